/* exp, tanh and erf of a vector, exp and ln(1 + x) of a vector of doubles: SLEEF's within 1.0 ulp, or libm lane by
 * lane. Only the functions that a file uses should stay in it, hence static inline. */
#ifndef LIBFA_KERNELS_MATH_H
#define LIBFA_KERNELS_MATH_H

#include "kernels_vector.h"

#include <math.h>

typedef double wide __attribute__((vector_size(FA_VECTOR_BYTES)));

/* Two vectors: a call costs less for both than for each where they fit into one register. */
typedef struct vec2 {
    vec a, b;
} vec2;

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

#if defined(__AVX512VL__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define FA_HAVE_VEC2 1
#endif
#endif

#ifdef FA_HAVE_VEC2
typedef real vec_both __attribute__((vector_size(2 * FA_VECTOR_BYTES)));

/* Both in one register; lane by lane SLEEF's result is that of the narrower function. */
#ifdef FA_KERNELS_FLOAT64
#define sleef_both(f) Sleef_##f##d8_u10avx512f
#define vec2_join(x) __builtin_shufflevector((x).a, (x).b, 0, 1, 2, 3, 4, 5, 6, 7)
#define vec2_half(both, i) __builtin_shufflevector(both, both, 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3)
#else
#define sleef_both(f) Sleef_##f##f16_u10avx512f
#define vec2_join(x) __builtin_shufflevector((x).a, (x).b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define vec2_half(both, i)                                                                                            \
    __builtin_shufflevector(both, both, 8 * (i), 8 * (i) + 1, 8 * (i) + 2, 8 * (i) + 3, 8 * (i) + 4, 8 * (i) + 5,     \
                            8 * (i) + 6, 8 * (i) + 7)
#endif

static inline vec2 vec2_split(vec_both both)
{
    return (vec2){vec2_half(both, 0), vec2_half(both, 1)};
}

static inline vec2 vec2_exp(vec2 x)
{
    return vec2_split((vec_both)sleef_both(exp)(vec2_join(x)));
}

static inline vec2 vec2_tanh(vec2 x)
{
    return vec2_split((vec_both)sleef_both(tanh)(vec2_join(x)));
}

static inline vec2 vec2_erf(vec2 x)
{
    return vec2_split((vec_both)sleef_both(erf)(vec2_join(x)));
}
#endif

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

#ifndef FA_HAVE_VEC2
static inline vec2 vec2_exp(vec2 x)
{
    return (vec2){vec_exp(x.a), vec_exp(x.b)};
}

static inline vec2 vec2_tanh(vec2 x)
{
    return (vec2){vec_tanh(x.a), vec_tanh(x.b)};
}

static inline vec2 vec2_erf(vec2 x)
{
    return (vec2){vec_erf(x.a), vec_erf(x.b)};
}
#endif

#endif
