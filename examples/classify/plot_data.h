/* What the plot shows, as a gnuplot script has it: blocks of data, and the axes that hold them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_PLOT_DATA_H
#define CLASSIFY_PLOT_DATA_H

#include <stdio.h>

#include "experiment.h"

/* A rule's data block has the epoch, and for each of these (and every layer's angle) the line and the limits of its
 * band: columns 2 + 3 i to 4 + 3 i. */
enum { PLOT_TRAIN_LOSS, PLOT_TEST_LOSS, PLOT_TRAIN_ERROR, PLOT_TEST_ERROR, PLOT_ANGLE };

/* Of a panel, the vertical one. */
typedef struct plot_axis {
    double low, high;
} plot_axis;

/* A logarithmic axis that just holds the lines of two quantities. Contenders without a cell are not shown. */
plot_axis plot_range(const experiment *all, const contender *shown, size_t what, size_t other);

/* The end of the axis of angles: 90 degrees at least, and more where an angle needs it. */
double plot_angle_limit(const experiment *all, const contender *shown);

/* Data block $rule0, $rule1, ... of a contender. Bands end where the axes of losses, errors and angles do. */
void plot_put_block(FILE *script, const experiment *all, contender one, const plot_axis *panels);

/* Points of a curve. */
size_t plot_points(const experiment *all);

/* Column of a quantity's line; those of its band follow. */
int plot_column(size_t what);

/* Whether a curve has any point of so many seeds: gnuplot complains about one without. A band needs two seeds. */
bool plot_has_points(const experiment *all, contender one, size_t what, size_t seeds);

/* Whether any curve would be in the panel of angles. */
bool plot_has_angles(const experiment *all, const contender *shown);

#endif
