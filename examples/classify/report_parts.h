/* Parts that the reports of several seeds and of a grid share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_REPORT_PARTS_H
#define CLASSIFY_REPORT_PARTS_H

#include "cells.h"

enum { MAX_LABEL = 200 };

typedef struct quantity_row {
    const char *name;
    double      factor; /* errors are told in per cent */
} quantity_row;

extern const quantity_row quantity_rows[ANGLE];

/* Every rule by itself, then differences between rules. */
void report_contenders(const experiment *all, const contender *chosen);

/* Whether a rule minus the other one is wanted: every pair, or the --baseline from the others. */
bool report_compares(const experiment *all, size_t rule, size_t other);

/* Width of the first column where these contenders are compared. */
int report_difference_width(const experiment *all, const contender *shown, size_t count);

/* The line above differences, after an empty one. */
void report_difference_columns(const char *title, int width);

/* One contender minus another; false where no seed has both. Nothing is called better whose interval holds 0. */
bool report_difference(const experiment *all, contender one, contender other, size_t what, int width);

/* How the runs ended, and the library's line about itself. */
void report_outcomes(const experiment *all);

#endif
