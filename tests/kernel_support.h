/* What the tests of kernels and products share: every table, inner matrices with NaN around their elements, and
 * Higham's error bounds (Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1). */
#ifndef LIBFA_TESTS_KERNEL_SUPPORT_H
#define LIBFA_TESTS_KERNEL_SUPPORT_H

#include "kernels.h"
#include "matrix.h"

#include "support.h"

#include <float.h>
#include <math.h>

/* Loop tests run over level x dtype. */
enum { TABLES = 6 };

static inline fa_dtype table_dtype(int i)
{
    return i % 2 == 0 ? FA_FLOAT32 : FA_FLOAT64;
}

/* NULL where the level was not compiled in or this processor lacks it. */
static inline const kernels *table_at(int i)
{
    return kernels_at((cpu_level)(i / 2), table_dtype(i));
}

/* Unit roundoff u. */
static inline double roundoff(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)FLT_EPSILON / 2 : DBL_EPSILON / 2;
}

/* gamma_n = n u / (1 - n u): what n roundings change at most, relative to the sum of absolute values. */
static inline double gamma_n(double n, fa_dtype dtype)
{
    return n * roundoff(dtype) / (1 - n * roundoff(dtype));
}

/* Results below this, the smallest normal number, may be rounded to 0. */
static inline double tiny(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)FLT_MIN : DBL_MIN;
}

/* x as the element type holds it. */
static inline double rounded(double x, fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)(float)x : x;
}

/* Memory for `count` elements, all NaN. */
static inline void *make_nan(size_t count, fa_dtype dtype)
{
    fa_matrix all = make_matrix(dtype, 1, count);
    for (size_t j = 0; j < count; j++)
        set_element(&all, 0, j, (double)NAN);
    return all.data;
}

/* Inner matrix with NaN everywhere, padding included, over `count` elements of memory that fit it. */
static inline fa_matrix inner_over(void *memory, size_t count, size_t rows, size_t cols, fa_dtype dtype)
{
    fa_matrix all = fa_matrix_view(memory, 1, count, dtype);
    for (size_t j = 0; j < count; j++)
        set_element(&all, 0, j, (double)NAN);
    return matrix_inner(memory, rows, cols, dtype);
}

static inline fa_matrix make_inner(size_t rows, size_t cols, fa_dtype dtype)
{
    size_t count = rows * matrix_padded(cols, dtype);
    return inner_over(make_memory(count, fa_dtype_size(dtype)), count, rows, cols, dtype);
}

static inline void fill_uniform(const fa_matrix *matrix, double bound, uint64_t *state)
{
    for (size_t i = 0; i < matrix->rows; i++) {
        for (size_t j = 0; j < matrix->cols; j++)
            set_element(matrix, i, j, draw_uniform(state, -bound, bound));
    }
}

#endif
