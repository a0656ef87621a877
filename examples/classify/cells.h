/* Pieces that the tables share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_CELLS_H
#define CLASSIFY_CELLS_H

#include "experiment.h"

/* Two blanks and a number in a format of its own; "-" of that width where the number does not exist. */
void cell(int width, const char *format, double value);

/* The lines above every report: what was run, on what. */
void report_head(const experiment *all);

#endif
