/* Sums and signs, element by element, for rows that start anywhere. Plain loops: compilers make vectors of them. */
#include "kernels_vector.h"

void kernels_name(combine)(size_t count, double alpha, const void *a, double beta, void *c)
{
    const real  s = (real)alpha, t = (real)beta;
    const real *from = a;
    real       *to = c;

    if (!from)
        for (size_t j = 0; j < count; j++)
            to[j] = beta != 0 ? t * to[j] : 0;
    else if (beta == 0)
        for (size_t j = 0; j < count; j++)
            to[j] = s * from[j];
    else
        for (size_t j = 0; j < count; j++)
            to[j] = t * to[j] + s * from[j];
}

/* -1, 0, 1, or NaN. */
static ALWAYS_INLINE real sign_of(real x)
{
    return x > 0 ? (real)1 : x < 0 ? (real)-1 : x == 0 ? (real)0 : x;
}

static ALWAYS_INLINE real absolute(real x)
{
    return x < 0 ? -x : x;
}

void kernels_name(sign)(size_t count, double alpha, const void *magnitude, const void *a, void *c)
{
    const real  s = (real)alpha;
    const real *size = magnitude, *from = a;
    real       *to = c;

    if (!size)
        for (size_t j = 0; j < count; j++)
            to[j] = s * sign_of(from[j]);
    else
        for (size_t j = 0; j < count; j++)
            to[j] = s * absolute(size[j]) * sign_of(from[j]);
}
