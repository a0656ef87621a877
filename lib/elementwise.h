/* Element by element over views of any two directions. */
#ifndef LIBFA_ELEMENTWISE_H
#define LIBFA_ELEMENTWISE_H

#include <fa/base.h>

/* All matrices of one call are sound, of one shape and one dtype. */

/* c = beta c + alpha a; beta = 0 does not read c, alpha = 0 does not read a, which then may be NULL. */
void elementwise_combine(double alpha, const fa_matrix *a, double beta, const fa_matrix *c);

/* c = alpha |magnitude| .* sign(a); magnitude NULL is 1 everywhere. */
void elementwise_sign(double alpha, const fa_matrix *magnitude, const fa_matrix *a, const fa_matrix *c);

#endif
