/* Inner products of matrices in double, and the angles that follow from them. */
#ifndef LIBFA_ANGLE_H
#define LIBFA_ANGLE_H

#include <fa/base.h>

/* <a, b>, <a, a> and <b, b> of two matrices, flattened, of which a is scaled by 2^shift_a and b by 2^shift_b; the
 * shifts are 0 unless squares would overflow or lose their digits. */
typedef struct products {
    double ab;
    double aa;
    double bb;
    int    shift_a;
    int    shift_b;
} products;

/* <a, b> of sound views of one shape and dtype, in any strides, as it comes: it may overflow. */
double angle_dot(const fa_matrix *a, const fa_matrix *b);

/* Products of sound views of one shape and dtype; FA_ERR_NOT_FINITE, with the name and the place, where an element is
 * NaN or infinite. */
fa_status angle_products(const fa_matrix *a, const char *a_name, const fa_matrix *b, const char *b_name, products *p);

/* Degrees, 0 .. 180; NaN where one is 0. */
double angle_degrees(const products *p);

/* The same from <a, b> and norms that are finite. */
double angle_between(double ab, double a, double b);

/* |a| / |b|; NaN where b is 0. */
double angle_ratio(const products *p);

/* Whether such squares of a norm are as they should be: no overflow, no digits lost. */
bool angle_is_exact(const fa_matrix *a, double squares);

/* |a|, which may be infinite only where the norm is too large for a double; NaN where an element is NaN. */
double angle_norm(const fa_matrix *a);

#endif
