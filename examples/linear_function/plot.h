/* The panels: losses on a logarithmic scale, angles, and for fa the drift of what it conserves, against epochs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_PLOT_H
#define LINEAR_FUNCTION_PLOT_H

#include "run.h"
#include "study.h"

/* Every so many epochs there is a point. */
size_t plot_stride(size_t epochs);

/* False after a complaint. */
bool plot_runs(const settings *chosen, const task *problem, const run *runs, size_t count);
bool plot_study(const settings *chosen, const study *all);

#endif
