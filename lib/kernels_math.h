/* exp, tanh and erf of a vector, exp and ln(1 + x) of a vector of doubles: SLEEF's within 1.0 ulp, or libm lane by
 * lane. Only the functions that a file uses should stay in it, hence static inline. */
#ifndef LIBFA_KERNELS_MATH_H
#define LIBFA_KERNELS_MATH_H

#include "kernels_vector.h"

#include <math.h>

typedef double wide __attribute__((vector_size(FA_VECTOR_BYTES)));

#if FA_HAVE_SLEEF
#include <sleef.h>

#if defined(__AVX2__) && defined(__FMA__)
#define sleef_double(f) Sleef_##f##d4_u10avx2
#define sleef_float(f) Sleef_##f##f8_u10avx2
#else
#define sleef_double(f) Sleef_##f##d2_u10sse2
#define sleef_float(f) Sleef_##f##f4_u10sse2
#endif
#ifdef FA_KERNELS_FLOAT64
#define sleef_real(f) sleef_double(f)
#else
#define sleef_real(f) sleef_float(f)
#endif

static inline vec vec_exp(vec x)
{
    return (vec)sleef_real(exp)(x);
}

static inline vec vec_tanh(vec x)
{
    return (vec)sleef_real(tanh)(x);
}

static inline vec vec_erf(vec x)
{
    return (vec)sleef_real(erf)(x);
}

static inline wide wide_exp(wide x)
{
    return (wide)sleef_double(exp)(x);
}

static inline wide wide_log1p(wide x)
{
    return (wide)sleef_double(log1p)(x);
}

#else

static inline vec vec_exp(vec x)
{
    for (size_t i = 0; i < LANES; i++)
        x[i] = (real)exp((double)x[i]);
    return x;
}

static inline vec vec_tanh(vec x)
{
    for (size_t i = 0; i < LANES; i++)
        x[i] = (real)tanh((double)x[i]);
    return x;
}

static inline vec vec_erf(vec x)
{
    for (size_t i = 0; i < LANES; i++)
        x[i] = (real)erf((double)x[i]);
    return x;
}

static inline wide wide_exp(wide x)
{
    for (size_t i = 0; i < WIDE_LANES; i++)
        x[i] = exp(x[i]);
    return x;
}

static inline wide wide_log1p(wide x)
{
    for (size_t i = 0; i < WIDE_LANES; i++)
        x[i] = log1p(x[i]);
    return x;
}

#endif
#endif
