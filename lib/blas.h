/* Matrix products. The only user of CBLAS. */
#ifndef LIBFA_BLAS_H
#define LIBFA_BLAS_H

#include <fa/base.h>

/* C = beta C + alpha A B, A [m x k], B [k x n], C [m x n], all of one dtype. A may be anybody's view; B is an inner
 * matrix or the transpose of one; C is an inner matrix that runs row by row. beta = 0 does not read C. Which code runs
 * depends on m, n, k and the strides alone, so the same call gives the same bits. */
void blas_product(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c);

/* C = A A^T, A [m x k] anybody's view, C [m x m] an inner matrix that runs row by row: half the work of the product.
 * Bits as above. */
void blas_square(const fa_matrix *a, const fa_matrix *c);

/* File of the shared object that answers CBLAS calls, links resolved (not in a library without files), or "?". The text
 * belongs to the calling thread and stays until its next call. */
const char *blas_file(void);

#endif
