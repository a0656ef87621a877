/* The two panels: errors and angles against time, points for students and lines for the theory.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_PLOT_H
#define ALIGN_THEN_MEMORISE_PLOT_H

#include "experiment.h"

/* False after a complaint. */
bool plot(const experiment *all);

#endif
