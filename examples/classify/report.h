/* Tables on stdout.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_REPORT_H
#define CLASSIFY_REPORT_H

#include "experiment.h"

/* What was run, in a few words: layers, samples, optimizer. */
void report_describe(const experiment *all, char *text, size_t size);

/* One run a rule, with the confusion matrices. */
void report_runs(const experiment *all);

/* Statistics over seeds. */
void report_study(const experiment *all);

/* Learning rates, the choice among them, and statistics for what was chosen. */
void report_grid(const experiment *all);

#endif
