/* Angles, and deltas of back-propagation and of pseudo-back-propagation by naive loops in double. */
#ifndef LIBFA_TESTS_NAIVE_DELTAS_H
#define LIBFA_TESTS_NAIVE_DELTAS_H

#include "session.h"

#include <math.h>

enum { DEPTH = 3 };

/* Products of float32 numbers, summed in any order, err by k u of the sum of absolute values, k <= 40: in the cosine
 * less than 1e-4 for samples that do not cancel, and angles away from 0 and 180 by little more. In float64, 5e8 times
 * less. */
static inline double angle_bound(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? 0.05 : 1e-8;
}

static inline double degrees_of(double ab, double aa, double bb)
{
    return acos(fmax(-1, fmin(1, ab / sqrt(aa * bb)))) * 57.29577951308232;
}

static inline fa_matrix copy_of(const fa_matrix *m)
{
    fa_matrix copy = make_matrix(FA_FLOAT64, m->rows, m->cols);
    expect_ok(fa_matrix_copy(m, &copy));
    return copy;
}

static inline fa_matrix product(const fa_matrix *a, const fa_matrix *b)
{
    fa_matrix c = make_matrix(FA_FLOAT64, a->rows, b->cols);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < b->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < a->cols; k++)
                sum += element(a, i, k) * element(b, k, j);
            set_element(&c, i, j, sum);
        }
    return c;
}

/* The inverse of a square matrix, by Gauss and Jordan with the largest pivot of a column. */
static inline fa_matrix inverse(const fa_matrix *square)
{
    const size_t n = square->rows;
    fa_matrix a = copy_of(square), x = make_matrix(FA_FLOAT64, n, n);
    for (size_t i = 0; i < n; i++)
        set_element(&x, i, i, 1);
    for (size_t p = 0; p < n; p++) {
        size_t pivot = p;
        for (size_t i = p; i < n; i++)
            pivot = fabs(element(&a, i, p)) > fabs(element(&a, pivot, p)) ? i : pivot;
        for (size_t j = 0; j < n; j++)
            for (int which = 0; which < 2; which++) {
                fa_matrix *m = which ? &x : &a;
                double keep_it = element(m, p, j);
                set_element(m, p, j, element(m, pivot, j));
                set_element(m, pivot, j, keep_it);
            }
        const double by = element(&a, p, p);
        for (size_t i = 0; i < n; i++) {
            const double factor = element(&a, i, p) / by;
            for (size_t j = 0; j < n; j++) {
                if (i != p) {
                    set_element(&a, i, j, element(&a, i, j) - factor * element(&a, p, j));
                    set_element(&x, i, j, element(&x, i, j) - factor * element(&x, p, j));
                }
            }
        }
        for (size_t j = 0; j < n; j++) {
            set_element(&a, p, j, element(&a, p, j) / by);
            set_element(&x, p, j, element(&x, p, j) / by);
        }
    }
    return x;
}

/* Full rank: (W^T W)^-1 W^T, or W^T (W W^T)^-1. */
static inline fa_matrix pseudo_inverse(const fa_matrix *w)
{
    const fa_matrix w_t = fa_matrix_transpose(*w);
    const fa_matrix gram = w->rows > w->cols ? product(&w_t, w) : product(w, &w_t), inverted = inverse(&gram);
    return w->rows > w->cols ? product(&inverted, &w_t) : product(&w_t, &inverted);
}

static inline double slope(fa_activation f, double h)
{
    return f == FA_TANH ? 1 - h * h : f == FA_LOGISTIC ? h * (1 - h) : f == FA_RELU ? h > 0 : 1;
}

/* deltas[l] of (pseudo-)back-propagation. h_l without dropout. */
static inline void naive_deltas(const session *s, bool pseudo, fa_matrix deltas[DEPTH + 1])
{
    fa_matrix top = delta_of(s->pass, DEPTH);
    deltas[DEPTH] = copy_of(&top);
    for (size_t l = DEPTH - 1; l >= 1; l--) {
        const fa_matrix w = weights_of(s->net, l + 1), down_t = pseudo ? pseudo_inverse(&w) : fa_matrix_transpose(w);
        const fa_matrix down = fa_matrix_transpose(down_t);
        fa_matrix h;
        expect_ok(fa_pass_activity(s->pass, l, &h));
        deltas[l] = product(&deltas[l + 1], &down);
        for (size_t i = 0; i < h.rows; i++)
            for (size_t j = 0; j < h.cols; j++)
                set_element(&deltas[l], i, j,
                            element(&deltas[l], i, j) * slope(s->spec.activation[l], element(&h, i, j)));
    }
}

#endif
