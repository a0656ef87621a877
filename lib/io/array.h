/* Files that hold one array of up to four dimensions, the first of which counts samples. */
#ifndef LIBFA_ARRAY_H
#define LIBFA_ARRAY_H

#include "element.h"
#include "stream.h"

enum { ARRAY_RANK = 4 };

/* An open file whose header was read; the elements come next. */
typedef struct array_file {
    stream       bytes;
    element_type type;
    bool         fortran_order; /* the first index runs fastest */
    size_t       rank;          /* 1 .. ARRAY_RANK */
    uint64_t     shape[ARRAY_RANK]; /* 1 beyond the rank */
    size_t       rows;          /* shape[0] */
    size_t       cols;          /* product of the others */
} array_file;

/* Set rows and cols, once type, rank and shape (no extent is 0) are there: at most INT_MAX each, and no more elements
 * than the rest of the file can hold. Else FA_ERR_SHAPE or FA_ERR_FORMAT. */
fa_status array_size(array_file *file);

/* All elements as a new matrix [rows x cols], one sample a row, flattened in C order; with pixels, unsigned bytes are
 * scaled to [0, 1]. Checks the end of the file. *matrix is {0} on failure. */
fa_status array_take_matrix(array_file *file, fa_dtype dtype, bool pixels, fa_matrix *matrix);

/* All elements, integers or booleans, as new labels [rows * cols]. Checks the end of the file. NULL, 0 on failure. */
fa_status array_take_labels(array_file *file, int32_t **labels, size_t *count);

void array_close(array_file *file);

#endif
