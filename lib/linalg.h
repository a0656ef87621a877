/* Singular values, pseudo-inverses and orthonormal bases. Everything is computed in float64, whatever the dtype of the
 * matrix, in memory of the caller's: nothing is allocated.
 *
 * The decomposition is one-sided Jacobi (Hestenes 1958; order as in de Rijk 1989): plane rotations from the right make
 * the columns of a matrix [m x n], m >= n, orthogonal; their norms are then the singular values. A wide matrix is taken
 * transposed. Elements are scaled by a power of 2 first, so that nothing overflows. It takes 7 to 12 sweeps over
 * n^2 / 2 pairs, m multiplications for a pair that is orthogonal and 5 m + 4 n for one that is not. */
#ifndef LIBFA_LINALG_H
#define LIBFA_LINALG_H

#include <fa/base.h>

/* So many sweeps were never needed. */
enum { LINALG_SWEEPS = 60 };

/* What is known of a matrix from its singular values. */
typedef struct linalg_spectrum {
    size_t        rank;      /* values above max(rows, cols) eps times the largest; eps is that of the matrix's dtype */
    double        condition; /* largest over smallest; infinite where rank < count */
    size_t        count;     /* min(rows, cols) */
    const double *values;    /* [count], descending; in the workspace; infinite only where one is above DBL_MAX */
} linalg_spectrum;

/* Doubles of workspace that any of these functions needs for a matrix [rows x cols]; 0 if the number of bytes overflows
 * size_t. */
size_t linalg_workspace(size_t rows, size_t cols);

/* Singular values of a, with at most so many sweeps.
 *
 * FA_ERR_NOT_FINITE    an element is NaN or infinite
 * FA_ERR_UNSUPPORTED   columns are not orthogonal after the last sweep */
fa_status linalg_singular_values(const fa_matrix *a, unsigned sweeps, double *workspace, linalg_spectrum *spectrum);

/* inverse [cols x rows] = the Moore-Penrose inverse of a [rows x cols], of any dtype and strides, apart from a.
 * Singular values that do not count for the rank are taken as 0. spectrum may be NULL. Besides the above:
 *
 * FA_ERR_SHAPE       inverse has another shape
 * FA_ERR_NOT_FINITE  an element of the inverse is too large for its dtype */
fa_status linalg_pseudo_inverse(const fa_matrix *a, const fa_matrix *inverse, double *workspace,
                                linalg_spectrum *spectrum);

/* Make the columns of a (its rows, if there are fewer of them) orthonormal in place, by Gram and Schmidt, every one
 * twice, in ascending order: column j becomes the direction of what the columns before it do not span. A matrix of
 * independent normal numbers becomes one that is uniform among all with orthonormal columns (Haar).
 *
 * FA_ERR_NOT_FINITE  an element is NaN or infinite
 * FA_ERR_ARGUMENT    a column depends on those before it; a is as it was */
fa_status linalg_orthonormalize(const fa_matrix *a, double *workspace);

#endif
