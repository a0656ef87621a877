/* Sums and signs, element by element, for rows that start anywhere. */
#include "kernels_vector.h"

#include <string.h>

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

static ALWAYS_INLINE vec sign_of(vec x)
{
    const vec one = (real)1 - (vec){0};

    /* NaN is not below, not above and not equal to anything. */
    return vec_select(x > 0, one, vec_select(x < 0, -one, vec_select(x == 0, (vec){0}, x)));
}

static ALWAYS_INLINE vec absolute(vec x)
{
    return vec_select(x < 0, -x, x);
}

static ALWAYS_INLINE vec signed_size(real s, const real *size, const real *from)
{
    return size ? s * absolute(vec_load(size)) * sign_of(vec_load(from)) : s * sign_of(vec_load(from));
}

/* In vectors, because magnitude and c may be the same row, for which a compiler takes element after element. */
void kernels_name(sign)(size_t count, double alpha, const void *magnitude, const void *a, void *c)
{
    const real  s = (real)alpha;
    const real *size = magnitude, *from = a;
    real       *to = c;
    size_t      j = 0;

    for (; j + LANES <= count; j += LANES)
        vec_store(to + j, signed_size(s, size ? size + j : NULL, from + j));
    if (j < count) {
        real sizes[LANES] = {0}, signs[LANES] = {0}, result[LANES];

        memcpy(signs, from + j, (count - j) * sizeof *signs);
        if (size)
            memcpy(sizes, size + j, (count - j) * sizeof *sizes);
        vec_store(result, signed_size(s, size ? sizes : NULL, signs));
        memcpy(to + j, result, (count - j) * sizeof *to);
    }
}
