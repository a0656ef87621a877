/* The kinds of file that hold an array: what each makes of an array_file.
 *
 * Each start function takes the header from an open file; the file has to be closed on failure too. */
#ifndef LIBFA_ARRAY_KINDS_H
#define LIBFA_ARRAY_KINDS_H

#include "array.h"

#include <fa/data.h>

/* IDX, plain or compressed by gzip. info is set on success; it may be NULL. */
fa_status idx_start(array_file *file, fa_idx_info *info);

/* NumPy's .npy with 1 .. 4 dimensions. */
fa_status npy_start(array_file *file);

/* Open a file and start it as the kind that its first bytes say. On failure nothing is open. */
fa_status array_open(array_file *file, const char *path);

#endif
