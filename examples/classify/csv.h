/* Every epoch of every run as a line of comma-separated values.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_CSV_H
#define CLASSIFY_CSV_H

#include <stdio.h>

#include "run.h"

void csv_head(FILE *stream, const settings *chosen);
void csv_epoch(FILE *stream, const settings *chosen, const run *result, size_t i);

#endif
