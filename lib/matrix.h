/* Views: checking, copying, single elements.
 *
 * Arrays of the library itself ("inner" matrices) run along one dimension with stride 1 and along the other with a
 * stride padded to a multiple of 32 bytes; they start on a 64-byte boundary, and the padding is theirs: vector code may
 * read it and write rubbish into it, so it never enters a result. */
#ifndef LIBFA_MATRIX_H
#define LIBFA_MATRIX_H

#include <fa/base.h>

/* How inner matrices on the stack start: not at all. MemorySanitizer alone, which takes a computation with the padding
 * for a use of it, gets zeros. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define STACK_PADDING = {0}
#endif
#endif
#ifndef STACK_PADDING
#define STACK_PADDING
#endif

/* n rounded up to a multiple of 32 bytes' worth of elements. */
size_t matrix_padded(size_t n, fa_dtype dtype);

/* A view that is sound (data, strides, dtype, sizes <= INT_MAX); `name` opens the sentence. */
fa_status matrix_check(const fa_matrix *matrix, const char *name);

/* matrix_check(), and it is [rows x cols] of the dtype; rows = 0 takes any number. */
fa_status matrix_check_shape(const fa_matrix *matrix, const char *name, size_t rows, size_t cols, fa_dtype dtype);

/* Every element finite, else FA_ERR_NOT_FINITE with the first offender's place. The view must be sound. */
fa_status matrix_check_finite(const fa_matrix *matrix, const char *name);

/* Element (i, j) as double, and its address. Sound views only. */
double matrix_get(const fa_matrix *matrix, size_t i, size_t j);
void matrix_put(const fa_matrix *matrix, size_t i, size_t j, double value);
void *matrix_at(const fa_matrix *matrix, size_t i, size_t j);

/* Inner matrix that runs row by row [rows x cols] / column by column, over memory of at least
 * rows * matrix_padded(cols) / cols * matrix_padded(rows) elements. */
fa_matrix matrix_inner(void *data, size_t rows, size_t cols, fa_dtype dtype);
fa_matrix matrix_inner_columns(void *data, size_t rows, size_t cols, fa_dtype dtype);

/* Copy between sound views of one shape, converting as needed. */
void matrix_move(const fa_matrix *source, const fa_matrix *destination);

/* Copy with the offsets of padded rows kept: all elements 0. */
void matrix_zero(const fa_matrix *matrix);

#endif
