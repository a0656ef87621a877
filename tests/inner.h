/* Inner matrices (matrix.h) for the tests of private functions. */
#ifndef LIBFA_TESTS_INNER_H
#define LIBFA_TESTS_INNER_H

#include "matrix.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Everything NaN, the padding too. */
static inline fa_matrix make_inner(fa_dtype dtype, size_t rows, size_t cols)
{
    const size_t padded = matrix_padded(cols, dtype);
    void *memory = NULL;
    ck_assert_int_eq(posix_memalign(&memory, 64, rows * padded * fa_dtype_size(dtype)), 0);
    fa_matrix all = fa_matrix_view(keep(memory, free), rows, padded, dtype);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < padded; j++)
            set_element(&all, i, j, (double)NAN);
    return matrix_inner(memory, rows, cols, dtype);
}

static inline fa_matrix make_inner_uniform(fa_dtype dtype, size_t rows, size_t cols, double bound, uint64_t *state)
{
    fa_matrix matrix = make_inner(dtype, rows, cols);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            set_element(&matrix, i, j, draw_uniform(state, -bound, bound));
    return matrix;
}

/* Spacing of the numbers just above 1: twice the unit roundoff u. */
static inline double epsilon(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
}

/* The expected number, NaN or infinity, or one within the bound of it; `what` and `argument` are for the message. */
static inline void check_near(double got, double expected, double bound, const char *what, double argument)
{
    bool same = isnan(expected) ? isnan(got) : got == expected || fabs(got - expected) <= bound;
    ck_assert_msg(same, "%s at %.17g: %.17g, expected %.17g within %.3g", what, argument, got, expected, bound);
}

#endif
