/* Every epoch of every run as a line of comma-separated values.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_CSV_H
#define LINEAR_FUNCTION_CSV_H

#include "../common/output.h"
#include "run.h"

typedef struct csv {
    output file; /* where nothing is asked for, every call does nothing */
    bool   seeds; /* the seed comes first */
} csv;

/* Opens the file and writes its head; false after a complaint. path may be NULL. */
bool csv_open(csv *file, const char *path, bool seeds);

void csv_write(csv *file, uint64_t seed, const run *result);

/* False, after a complaint, if anything could not be written. */
bool csv_close(csv *file);

#endif
