/* Tables on stdout.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_REPORT_H
#define LINEAR_FUNCTION_REPORT_H

#include "run.h"
#include "study.h"

/* What was run, in one line: sizes, samples, epochs, learning rate. At most size characters with the final 0. */
void report_describe(const settings *chosen, const task *problem, char *text, size_t size);

void report_runs(const settings *chosen, const task *problem, const run *runs, size_t count);
void report_study(const settings *chosen, const study *all);

#endif
