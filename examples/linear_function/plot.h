/* The two panels: losses on a logarithmic scale and angles, against epochs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_PLOT_H
#define LINEAR_FUNCTION_PLOT_H

#include "run.h"
#include "study.h"

/* False after a complaint. */
bool plot_runs(const settings *chosen, const task *problem, const run *runs, size_t count);
bool plot_study(const settings *chosen, const study *all);

#endif
