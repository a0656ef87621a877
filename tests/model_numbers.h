/* Arithmetic on numbers that carry an error bound (model.h). */
#ifndef LIBFA_TESTS_MODEL_NUMBERS_H
#define LIBFA_TESTS_MODEL_NUMBERS_H

#include "model.h"

#include <math.h>

static inline double gamma_of(const model *m, size_t k)
{
    return 2 * (double)k * m->u / (1 - (double)k * m->u);
}

static inline num exact(double v)
{
    return (num){v, 0};
}

/* A sum of products under way: value, bound carried over from the factors, sum of absolute values. */
typedef struct sum {
    double v, e, a;
} sum;

static inline void add_product(sum *s, num x, num y)
{
    s->v += x.v * y.v;
    s->e += fabs(x.v) * y.e + fabs(y.v) * x.e + x.e * y.e;
    s->a += (fabs(x.v) + x.e) * (fabs(y.v) + y.e);
}

static inline num finish_sum(const model *m, const sum *s, size_t terms)
{
    if (s->a == 0) /* sums of zeros are exact */
        return exact(0);
    return (num){s->v, s->e + gamma_of(m, terms + 2) * s->a + m->tiny};
}

/* A parameter in double that the library may round to its element type. */
static inline num rounded(const model *m, double v)
{
    return (num){v, 4 * m->u * fabs(v)};
}

static inline num product(const model *m, num x, num y)
{
    sum s = {0, 0, 0};
    add_product(&s, x, y);
    return finish_sum(m, &s, 1);
}

static inline num plus(const model *m, num x, num y)
{
    return (num){x.v + y.v, x.e + y.e + 2 * m->u * (fabs(x.v) + x.e + fabs(y.v) + y.e) + m->tiny};
}

static inline num minus(const model *m, num x, num y)
{
    return plus(m, x, (num){-y.v, y.e});
}

/* Numbers that the library has, exactly, row by row. */
static inline void read_matrix(num *numbers, const fa_matrix *view)
{
    for (size_t i = 0; i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++)
            numbers[i * view->cols + j] = exact(element(view, i, j));
}

#endif
