/* A page of panels of what --record has written, against batches.
 *
 * With several rules every layer has a panel, and a row of panels is a quantity; with one rule a quantity has a panel,
 * and layers are shades.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RECORD_PLOT_H
#define CLASSIFY_RECORD_PLOT_H

#include "experiment.h"

/* False after a complaint. */
bool record_plot(const experiment *all);

#endif
