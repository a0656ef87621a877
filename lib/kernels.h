/* Loops over elements, compiled once per element type and CPU level.
 *
 * Sizes and strides count elements. Where a stride is called `ld`, the matrix is an inner one (matrix.h): rows
 * start on 32-byte boundaries, and their padding may be read and overwritten. Pointers are to the table's type. */
#ifndef LIBFA_KERNELS_H
#define LIBFA_KERNELS_H

#include "cpu.h"

#include <fa/network.h>

/* Coefficients of one update of an array; the equations are those of <fa/optimizer.h>. */
typedef struct kernels_optimizer {
    double scale;        /* the gradient is scale g: g is a sum over samples */
    double weight_decay; /* coupled */
    double rate;         /* of everything: rate factor, schedule, corrections */
    double keep;         /* what other decay leaves of w */
} kernels_optimizer;

typedef struct kernels_sgd {
    kernels_optimizer common;
    double            momentum;
    bool              nesterov;
} kernels_sgd;

typedef struct kernels_rmsprop {
    kernels_optimizer common;
    double            alpha;
    double            eps;
    double            momentum;
} kernels_rmsprop;

typedef struct kernels_adam {
    kernels_optimizer common;
    double            beta1;
    double            beta2;
    double            root_scale; /* 1 / sqrt(1 - beta2^t) */
    double            eps;
} kernels_adam;

typedef struct kernels_adagrad {
    kernels_optimizer common;
    double            initial;
    double            eps;
} kernels_adagrad;

typedef struct kernels_manhattan {
    kernels_optimizer common; /* without weight_decay; of scale only whether it is 0 */
    double            momentum;
} kernels_manhattan;

/* A sparse matrix whose columns are cut into blocks. Row i of block b has the entries starts[b rows + i] ..
 * starts[b rows + i + 1] - 1, by ascending column. */
typedef struct kernels_sparse {
    size_t    rows;
    size_t    blocks;
    size_t   *starts; /* [blocks rows + 1] */
    uint32_t *columns;
    void     *values;
} kernels_sparse;
/* [low, high) in numbers of a table's type. */
typedef struct kernels_interval {
    double low;
    double high;
    double span; /* high - low */
    double last; /* the largest number in it: what low + span u becomes where it rounds up to high */
} kernels_interval;

typedef struct kernels {
    /* C = beta C + alpha A B for small products: A [m x k] with any strides, B [k x n] and C [m x n] inner matrices
     * that run row by row. beta = 0 does not read C. Sums over k in ascending order for every element of C. */
    void (*product)(size_t m, size_t n, size_t k, double alpha, const void *a, size_t a_row_stride,
                    size_t a_col_stride, const void *b, size_t b_ld, double beta, void *c, size_t c_ld);

    /* out = (S t)^T for the rows first .. first + rows - 1 of a sparse matrix S. t [S's columns x samples] and out
     * [samples x rows] are inner matrices row by row. In which order a sum is taken depends on `samples` alone. */
    void (*sparse_product)(const kernels_sparse *sparse, size_t first, size_t rows, size_t samples, const void *t,
                           size_t t_ld, void *out, size_t out_ld);

    /* w = (beta w + alpha h delta^T) .* kept (h NULL: w stays as it is), then z = w^T x, in one pass over w.
     * w [n_in x n_out] and kept, of ones and zeros, are inner matrices row by row; kept NULL is all ones. h and x lie
     * side by side at any address; delta and z [n_out] are padded like a row. Row i is not touched if alpha h_i = 0,
     * x_i = 0 and beta = 1. So where h_i is 0, a NaN or infinity in delta does not enter w_i, and where x_i is 0, one
     * in w_i may or may not make z NaN; which, depends on the values alone. A BLAS would make 0 times infinity NaN
     * everywhere. */
    void (*update_product)(size_t n_in, size_t n_out, size_t ld, double alpha, const void *h, const void *delta,
                           double beta, const void *kept, const void *x, void *w, void *z);

    /* t [cols x rows] = transpose of a [rows x cols]. */
    void (*transpose)(size_t rows, size_t cols, const void *a, size_t a_ld, void *t, size_t t_ld);

    /* h = f(h + bias), element by element, bias [cols] (padded like a row) or NULL; the pre-activation h + bias is
     * kept in z unless z is NULL. z and h share ld. Softmax works row by row, shifted by the row's maximum. */
    void (*activate)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *bias, void *z, void *h);

    /* delta = delta .* f'(z), from h (erf: from z, which may be NULL otherwise); all share ld. Not for softmax. */
    void (*slope)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *h, const void *z, void *delta);

    /* Sum of squares in the element type; NaN or infinite if any element is (or if it overflows). Rows may have any
     * stride, elements of a row lie side by side. */
    double (*sum_squares)(size_t rows, size_t cols, size_t row_stride, const void *a);

    /* Sum of (unit a_ij)^2 in double, any rows as above. */
    double (*sum_squares_double)(double unit, size_t rows, size_t cols, size_t row_stride, const void *a);

    /* Sum of a_ij b_ij in double, any rows as above. */
    double (*dot)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride, const void *b);

    /* Add the sums of a_ij b_ij, a_ij^2 and b_ij^2 to sums[0 .. 2], in one pass; in double, any rows as above. */
    void (*products)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride, const void *b,
                     double *sums);

    /* How many of `count` elements are below low or above high; NaN is neither. */
    size_t (*count_outside)(double low, double high, size_t count, const void *a);

    /* out_j = beta out_j + alpha sum_i a_ij, out padded like a row; beta = 0 does not read out. */
    void (*column_sums)(size_t rows, size_t cols, size_t ld, double alpha, const void *a, double beta, void *out);

    /* e = y - target (skipped if e is NULL); the return value is sum (y - target)^2, in double. */
    double (*squared_error)(size_t rows, size_t cols, size_t ld, const void *y, const void *target,
                            size_t target_row_stride, size_t target_col_stride, void *e);

    /* e = y - target (or skipped); sum of max(z, 0) - z target + ln(1 + exp(-|z|)), in double: the binary cross-entropy
     * of logistic outputs y of z. */
    double (*binary_cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y,
                                   const void *target, size_t target_row_stride, size_t target_col_stride, void *e);

    /* e = y s - target with s the row's sum of target (or skipped); sum of s logsumexp(z) - z . target, in double: the
     * cross-entropy of softmax outputs y of z. */
    double (*cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y, const void *target,
                            size_t target_row_stride, size_t target_col_stride, void *e);

    /* a = a .* b, count elements in a row. */
    void (*multiply)(size_t count, const void *b, void *a);

    /* a = factor a, count elements in a row; multiplied in double, so that a factor near 1 is not rounded first. */
    void (*scale)(size_t count, double factor, void *a);

    /* a = a + scale b, count elements in a row. */
    void (*add_scaled)(size_t count, double scale, const void *b, void *a);

    /* c = beta c + alpha a, count elements in a row; beta = 0 does not read c, a NULL is 0. */
    void (*combine)(size_t count, double alpha, const void *a, double beta, void *c);

    /* c = alpha |magnitude| .* sign(a), count elements in a row, sign(0) = 0, sign(NaN) = NaN; magnitude NULL is 1. */
    void (*sign)(size_t count, double alpha, const void *magnitude, const void *a, void *c);

    /* Blocks of four words first, first + 1, ... of the stream of a key {seed, purpose and layer} and a step
     * (rng.h). */
    void (*random_words)(const uint64_t key[2], uint64_t step, uint64_t first, size_t blocks, uint64_t *words);

    /* out = low + span u with u in [0, 1) the high bits of a word, count elements in a row; the product and the sum are
     * rounded, so every level gives the same bits. */
    void (*uniform)(size_t count, const uint64_t *words, const kernels_interval *in, void *out);

    /* One update of count parameters in a row, by the names of <fa/optimizer.h>: g, the summed gradient, receives the
     * increment -rate d, and w = keep w + increment. Every parameter gets the same bits wherever it lies. */
    void (*sgd)(size_t count, const kernels_sgd *c, void *g, void *w, void *v); /* v NULL: momentum 0 */
    void (*rmsprop)(size_t count, const kernels_rmsprop *c, void *g, void *w, void *v, void *m, void *b); /* m NULL: not
                                                                             centered; b NULL: momentum 0 */
    void (*adam)(size_t count, const kernels_adam *c, void *g, void *w, void *m, void *v, void *largest); /* largest
                                                                                           NULL: not amsgrad */
    void (*adagrad)(size_t count, const kernels_adagrad *c, void *g, void *w, void *v); /* v less the initial value */
    void (*manhattan)(size_t count, const kernels_manhattan *c, void *g, void *w, void *v); /* v NULL: momentum 0 */
} kernels;

/* The table for a dtype at cpu_level_now(). */
const kernels *kernels_for(fa_dtype dtype);

/* The table of a level; NULL if it was not compiled in or this processor lacks it. */
const kernels *kernels_at(cpu_level level, fa_dtype dtype);

/* What computes exp, tanh and erf: "SLEEF" or "libm". */
const char *kernels_math(void);

#endif
