/* C = beta C + alpha A B for small matrices.
 *
 * C is cut into panels of at most MAX_VECTORS vectors of columns, a panel into tiles of a few rows (kernels_tile.h).
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

#define TILE(name) name##_plain
#define TILE_VEC vec
#define TILE_LANES LANES
#include "kernels_tile.h"

/* Vectors of 64 bytes: twice the work of an instruction, and where both units of the processor are that wide, of a cycle.
 * Rows are padded to 32 bytes, so only what is a whole number of panels runs this way. */
#if defined(__AVX512VL__)
enum { BIG_LANES = 64 / sizeof(real), BIG_VECTORS = 3, BIG_ROWS = 8, BIG_PANEL = BIG_VECTORS * BIG_LANES };
typedef real big_vec __attribute__((vector_size(64)));
#define TILE(name) name##_big
#define TILE_VEC big_vec
#define TILE_LANES BIG_LANES
#include "kernels_tile.h"
#endif

static void panel_of(size_t vectors, size_t m, const operands *o)
{
    switch (vectors) {
    case 1:
        panel_plain(ROWS_1, 1, m, *o);
        break;
    case 2:
        panel_plain(ROWS_2, 2, m, *o);
        break;
    case 3:
        panel_plain(ROWS_3, 3, m, *o);
        break;
    case 4:
        panel_plain(ROWS_4, 4, m, *o);
        break;
#if defined(__AVX512VL__)
    case 5:
        panel_plain(ROWS_5, 5, m, *o);
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
#if defined(__AVX512VL__)
    for (; n >= BIG_PANEL; n -= BIG_PANEL) {
        panel_big(BIG_ROWS, BIG_VECTORS, m, o);
        o.b += BIG_PANEL;
        o.c += BIG_PANEL;
    }
#endif
    size_t vectors = (n + LANES - 1) / LANES;
    for (size_t panels = (vectors + MAX_VECTORS - 1) / MAX_VECTORS; panels > 0; panels--) {
        size_t width = (vectors + panels - 1) / panels;
        panel_of(width, m, &o);
        o.b += width * LANES;
        o.c += width * LANES;
        vectors -= width;
    }
}

void kernels_name(transpose)(size_t rows, size_t cols, const void *a, size_t a_ld, void *t, size_t t_ld)
{
    const real *source = a;
    real *destination = t;
    size_t i = 0;
    for (; i + LANES <= rows; i += LANES) {
        for (size_t j = 0; j < cols; j++) {
            vec column;
            for (size_t lane = 0; lane < LANES; lane++)
                column[lane] = source[(i + lane) * a_ld + j];
            vec_store(destination + j * t_ld + i, column);
        }
    }
    for (; i < rows; i++) {
        for (size_t j = 0; j < cols; j++)
            destination[j * t_ld + i] = source[i * a_ld + j];
    }
}
