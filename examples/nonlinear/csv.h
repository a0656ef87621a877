/* Every look of every reported run as a line of comma-separated values.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_CSV_H
#define NONLINEAR_CSV_H

#include "../common/output.h"
#include "run.h"

/* Writes the head, where the file is asked for. */
void csv_head(output *file);

void csv_write(output *file, const settings *chosen, const run *result);

#endif
