/* C = beta C + alpha A B for small matrices.
 *
 * C is cut into panels of at most MAX_VECTORS vectors of columns, a panel into tiles of a few rows. A tile's sums stay
 * in registers for the whole of k: per step one row of B is loaded and as many elements of A as the tile has rows.
 * Each sum runs over ascending k on its own, so no element's bits depend on the tile it falls into. */
#include "kernels_vector.h"

/* A tile has rows x vectors sums; those, one row of B and one element of A have to fit into the vector registers, and
 * eight sums or more keep two FMA units of latency 4 busy. */
#if defined(__AVX512VL__)
enum { MAX_VECTORS = 5, ROWS_1 = 8, ROWS_2 = 8, ROWS_3 = 5, ROWS_4 = 6, ROWS_5 = 5 }; /* 32 registers */
#elif defined(__AVX__)
enum { MAX_VECTORS = 4, ROWS_1 = 8, ROWS_2 = 6, ROWS_3 = 4, ROWS_4 = 3 }; /* 16 registers */
#else
enum { MAX_VECTORS = 4, ROWS_1 = 8, ROWS_2 = 4, ROWS_3 = 3, ROWS_4 = 2 }; /* the same, one of them for a product */
#endif
enum { MAX_ROWS = 8 };

typedef struct operands {
    size_t      k;
    real        alpha;
    const real *a;
    size_t      a_row_stride;
    size_t      a_col_stride;
    const real *b;
    size_t      b_ld;
    bool        accumulate; /* C holds something to add to */
    real       *c;
    size_t      c_ld;
} operands;

/* C = alpha sum, or what is there already plus that. */
static ALWAYS_INLINE void tile_store(const size_t rows, const size_t vectors, const operands *o,
                                     vec sum[MAX_ROWS][MAX_VECTORS])
{
    for (size_t i = 0; i < rows; i++) {
        real *c = o->c + i * o->c_ld;
        for (size_t v = 0; v < vectors; v++) {
            vec value = rounded(o->alpha * sum[i][v]);
            if (o->accumulate)
                value += vec_load(c + v * LANES);
            vec_store(c + v * LANES, value);
        }
    }
}

static ALWAYS_INLINE void tile(const size_t rows, const size_t vectors, const operands *o)
{
    vec sum[MAX_ROWS][MAX_VECTORS];
    for (size_t i = 0; i < rows; i++) {
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] = (vec){0};
    }
    const real *a = o->a;
    const real *b = o->b;
    for (size_t p = 0; p < o->k; p++) {
        vec b_row[MAX_VECTORS];
        for (size_t v = 0; v < vectors; v++)
            b_row[v] = vec_load(b + v * LANES);
        for (size_t i = 0; i < rows; i++) {
            real x = a[i * o->a_row_stride];
            for (size_t v = 0; v < vectors; v++)
                sum[i][v] += x * b_row[v];
        }
        a += o->a_col_stride;
        b += o->b_ld;
    }
    tile_store(rows, vectors, o, sum);
}

static ALWAYS_INLINE void tile_then_down(const size_t rows, const size_t vectors, operands *o)
{
    tile(rows, vectors, o);
    o->a += rows * o->a_row_stride;
    o->c += rows * o->c_ld;
}

/* All m rows of a panel: tiles of `rows` rows, the rest in tiles of 4, 2 and 1. */
static ALWAYS_INLINE void panel(const size_t rows, const size_t vectors, size_t m, operands o)
{
    for (; m >= rows; m -= rows)
        tile_then_down(rows, vectors, &o);
    if (rows > 4 && (m & 4) != 0)
        tile_then_down(4, vectors, &o);
    if (rows > 2 && (m & 2) != 0)
        tile_then_down(2, vectors, &o);
    if ((m & 1) != 0)
        tile_then_down(1, vectors, &o);
}

static void panel_of(size_t vectors, size_t m, const operands *o)
{
    switch (vectors) {
    case 1:
        panel(ROWS_1, 1, m, *o);
        break;
    case 2:
        panel(ROWS_2, 2, m, *o);
        break;
    case 3:
        panel(ROWS_3, 3, m, *o);
        break;
    case 4:
        panel(ROWS_4, 4, m, *o);
        break;
#if defined(__AVX512VL__)
    case 5:
        panel(ROWS_5, 5, m, *o);
        break;
#endif
    default:
        break;
    }
}

/* C = beta C, before the sums come: beta = 1 needs nothing of it. */
static void scale(size_t m, size_t n, real beta, real *c, size_t c_ld)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j += LANES)
            vec_store(c + i * c_ld + j, beta * vec_load(c + i * c_ld + j));
    }
}

void kernels_name(product)(size_t m, size_t n, size_t k, double alpha, const void *a, size_t a_row_stride,
                           size_t a_col_stride, const void *b, size_t b_ld, double beta, void *c, size_t c_ld)
{
    operands o = {
        .k = k, .alpha = (real)alpha, .a = a, .a_row_stride = a_row_stride, .a_col_stride = a_col_stride,
        .b = b, .b_ld = b_ld, .accumulate = beta != 0, .c = c, .c_ld = c_ld,
    };
    if (beta != 0 && beta != 1)
        scale(m, n, (real)beta, c, c_ld);
    size_t vectors = (n + LANES - 1) / LANES;
    for (size_t panels = (vectors + MAX_VECTORS - 1) / MAX_VECTORS; panels > 0; panels--) {
        size_t width = (vectors + panels - 1) / panels;
        panel_of(width, m, &o);
        o.b += width * LANES;
        o.c += width * LANES;
        vectors -= width;
    }
}

/* Lanes of a and b in turn, of their first and of their second halves. */
static ALWAYS_INLINE void interleave(vec a, vec b, vec *first, vec *second)
{
#if defined(__AVX__) && !defined(FA_KERNELS_FLOAT64)
    *first = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    *second = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX__) || !defined(FA_KERNELS_FLOAT64)
    *first = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    *second = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    *first = __builtin_shufflevector(a, b, 0, 2);
    *second = __builtin_shufflevector(a, b, 1, 3);
#endif
}

/* A square of LANES rows and columns: interleaving each row with the one half of the rows further on turns one bit of
 * an element's place at a time, and all of them at the end. */
static ALWAYS_INLINE void transpose_square(const real *a, size_t a_ld, real *t, size_t t_ld)
{
    vec row[LANES], next[LANES];

    for (size_t i = 0; i < LANES; i++)
        row[i] = vec_load(a + i * a_ld);
    for (size_t turned = 1; turned < LANES; turned *= 2) {
        for (size_t i = 0; i < LANES / 2; i++)
            interleave(row[i], row[i + LANES / 2], &next[2 * i], &next[2 * i + 1]);
        for (size_t i = 0; i < LANES; i++)
            row[i] = next[i];
    }
    for (size_t i = 0; i < LANES; i++)
        vec_store(t + i * t_ld, row[i]);
}

void kernels_name(transpose)(size_t rows, size_t cols, const void *a, size_t a_ld, void *t, size_t t_ld)
{
    const real *source = a;
    real *destination = t;
    size_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        size_t j = 0;
        for (; j + LANES <= cols; j += LANES)
            transpose_square(source + i * a_ld + j, a_ld, destination + j * t_ld + i, t_ld);
        for (; j < cols; j++) {
            for (size_t lane = 0; lane < LANES; lane++)
                destination[j * t_ld + i + lane] = source[(i + lane) * a_ld + j];
        }
    }
    for (; i < rows; i++) {
        for (size_t j = 0; j < cols; j++)
            destination[j * t_ld + i] = source[i * a_ld + j];
    }
}
