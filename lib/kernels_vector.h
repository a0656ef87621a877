/* What the kernels_*.c files share: the element type, vectors of it, and the functions of one table.
 *
 * Those files are compiled once per element type and CPU level (see meson.build), with FA_KERNELS_LEVEL, one of
 * FA_KERNELS_FLOAT32 and FA_KERNELS_FLOAT64, and FA_HAVE_SLEEF on the command line. Vectors are GCC's vector
 * extensions, as wide as the level's registers but never wider than the 32 bytes that rows are padded to, so a padded
 * row is a whole number of vectors and its tail runs through the same code. */
#ifndef LIBFA_KERNELS_VECTOR_H
#define LIBFA_KERNELS_VECTOR_H

#include "kernels.h"

#include <stdint.h>

#ifdef FA_KERNELS_FLOAT64
typedef double real;
typedef int64_t real_bits;
#define FA_KERNELS_DTYPE float64
#else
typedef float real;
typedef int32_t real_bits;
#define FA_KERNELS_DTYPE float32
#endif

#ifdef __AVX__
#define FA_VECTOR_BYTES 32
#else
#define FA_VECTOR_BYTES 16
#endif

/* kernels_name(product) is product_avx2_float64: every variant's functions meet in one library. */
#define kernels_paste(stem, level, dtype) stem##_##level##_##dtype
#define kernels_expand(stem, level, dtype) kernels_paste(stem, level, dtype)
#define kernels_name(stem) kernels_expand(stem, FA_KERNELS_LEVEL, FA_KERNELS_DTYPE)

enum {
    LANES = FA_VECTOR_BYTES / sizeof(real),  /* elements of a vec */
    WIDE_LANES = FA_VECTOR_BYTES / sizeof(double)
};

typedef real vec __attribute__((vector_size(FA_VECTOR_BYTES)));
typedef real_bits vec_mask __attribute__((vector_size(FA_VECTOR_BYTES)));
typedef real vec_anywhere __attribute__((vector_size(FA_VECTOR_BYTES), aligned(sizeof(real)), may_alias));

/* Vectors are loaded and stored at any address: on aligned ones it costs nothing. */
static inline vec vec_load(const real *from)
{
    return *(const vec_anywhere *)from;
}

static inline void vec_store(real *to, vec value)
{
    *(vec_anywhere *)to = value;
}

/* As many elements as there are doubles in a vector, in double. Compilers see the conversion of a vector in this. */
typedef double doubles __attribute__((vector_size(FA_VECTOR_BYTES)));

static inline doubles doubles_load(const real *from)
{
#if FA_VECTOR_BYTES == 32
    return (doubles){(double)from[0], (double)from[1], (double)from[2], (double)from[3]};
#else
    return (doubles){(double)from[0], (double)from[1]};
#endif
}

/* Lane by lane: mask (all ones or all zeros) ? a : b. */
static inline vec vec_select(vec_mask mask, vec a, vec b)
{
    return (vec)((mask & (vec_mask)a) | (~mask & (vec_mask)b));
}

/* Functions that get their counts as constants, so that loops over them unroll and local arrays are registers. Where
 * size counts for more than speed, one instance serves all. */
#if defined(__OPTIMIZE_SIZE__)
#define ALWAYS_INLINE inline
#else
#define ALWAYS_INLINE inline __attribute__((always_inline))
#endif

/* The product it is given, rounded. Compilers may fuse a product into the addition that follows, and not every place
 * would get the same choice; one that the empty statement may have changed cannot be fused. */
static ALWAYS_INLINE vec rounded(vec product)
{
#if defined(__x86_64__)
    __asm__("" : "+v"(product));
#elif defined(__aarch64__)
    __asm__("" : "+w"(product));
#else
    __asm__("" : "+m"(product));
#endif
    return product;
}

/* n rounded up to whole vectors. */
static inline size_t vec_padded(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

void kernels_name(product)(size_t m, size_t n, size_t k, double alpha, const void *a, size_t a_row_stride,
                           size_t a_col_stride, const void *b, size_t b_ld, double beta, void *c, size_t c_ld);
void kernels_name(transpose)(size_t rows, size_t cols, const void *a, size_t a_ld, void *t, size_t t_ld);
void kernels_name(sparse_product)(const kernels_sparse *sparse, size_t first, size_t rows, size_t samples,
                                  const void *t, size_t t_ld, void *out, size_t out_ld);
void kernels_name(activate)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *bias, void *z, void *h);
void kernels_name(slope)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *h, const void *z,
                         void *delta);
double kernels_name(sum_squares)(size_t rows, size_t cols, size_t row_stride, const void *a);
double kernels_name(sum_squares_double)(double unit, size_t rows, size_t cols, size_t row_stride, const void *a);
double kernels_name(dot)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride,
                         const void *b);
void kernels_name(products)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride,
                            const void *b, double *sums);
size_t kernels_name(count_outside)(double low, double high, size_t count, const void *a);
void kernels_name(column_sums)(size_t rows, size_t cols, size_t ld, double alpha, const void *a, double beta,
                               void *out);
double kernels_name(squared_error)(size_t rows, size_t cols, size_t ld, const void *y, const void *target,
                                   size_t target_row_stride, size_t target_col_stride, void *e);
double kernels_name(binary_cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y,
                                          const void *target, size_t target_row_stride, size_t target_col_stride,
                                          void *e);
double kernels_name(cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y,
                                   const void *target, size_t target_row_stride, size_t target_col_stride, void *e);
void kernels_name(multiply)(size_t count, const void *b, void *a);
void kernels_name(update_product)(size_t n_in, size_t n_out, size_t ld, double alpha, const void *h, const void *delta,
                                  double beta, const void *kept, const void *x, void *w, void *z);
void kernels_name(combine)(size_t count, double alpha, const void *a, double beta, void *c);
void kernels_name(sign)(size_t count, double alpha, const void *magnitude, const void *a, void *c);
void kernels_name(scale)(size_t count, double factor, void *a);
void kernels_name(add_scaled)(size_t count, double scale, const void *b, void *a);
void kernels_name(random_words)(const uint64_t key[2], uint64_t step, uint64_t first, size_t blocks, uint64_t *words);
void kernels_name(uniform)(size_t count, const uint64_t *words, const kernels_interval *in, void *out);
void kernels_name(sgd)(size_t count, const kernels_sgd *c, void *g, void *w, void *v);
void kernels_name(rmsprop)(size_t count, const kernels_rmsprop *c, void *g, void *w, void *v, void *m, void *b);
void kernels_name(adam)(size_t count, const kernels_adam *c, void *g, void *w, void *m, void *v, void *largest);
void kernels_name(adagrad)(size_t count, const kernels_adagrad *c, void *g, void *w, void *v);
void kernels_name(manhattan)(size_t count, const kernels_manhattan *c, void *g, void *w, void *v);

#endif
