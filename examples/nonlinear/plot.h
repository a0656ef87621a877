/* Test errors against samples seen, on a logarithmic scale.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_PLOT_H
#define NONLINEAR_PLOT_H

#include "experiment.h"

/* False after a complaint. */
bool plot(const experiment *all);

#endif
