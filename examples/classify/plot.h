/* The three panels: losses, errors and angles against epochs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_PLOT_H
#define CLASSIFY_PLOT_H

#include "experiment.h"

/* Whether the plots' files can be made, before anything is trained; false after a complaint. */
bool plot_possible(const settings *chosen);

/* False after a complaint. */
bool plot(const experiment *all);

#endif
