/* Tiles of a product for one width of vectors. kernels_product.c includes it once for each, with
 *
 *     TILE(name)   the function's name for this width
 *     TILE_VEC     the vector, TILE_LANES its elements
 *
 * A tile's sums stay in registers for the whole of k: per step one row of B is loaded and as many elements of A as the
 * tile has rows. */

static ALWAYS_INLINE TILE_VEC TILE(load)(const real *from)
{
    typedef TILE_VEC anywhere __attribute__((aligned(sizeof(real)), may_alias));
    return *(const anywhere *)from;
}

static ALWAYS_INLINE void TILE(store)(real *to, TILE_VEC value)
{
    typedef TILE_VEC anywhere __attribute__((aligned(sizeof(real)), may_alias));
    *(anywhere *)to = value;
}

/* C = alpha sum, or what is there already plus that, rounded in between wherever the tile lies. */
static ALWAYS_INLINE void TILE(tile_store)(const size_t rows, const size_t vectors, const operands *o,
                                           TILE_VEC sum[MAX_ROWS][MAX_VECTORS])
{
    for (size_t i = 0; i < rows; i++) {
        real *c = o->c + i * o->c_ld;
        for (size_t v = 0; v < vectors; v++) {
            TILE_VEC value = o->alpha * sum[i][v];
            KEEP_ROUNDED(value);
            if (o->accumulate)
                value += TILE(load)(c + v * TILE_LANES);
            TILE(store)(c + v * TILE_LANES, value);
        }
    }
}

static ALWAYS_INLINE void TILE(tile)(const size_t rows, const size_t vectors, const operands *o)
{
    TILE_VEC sum[MAX_ROWS][MAX_VECTORS];
    for (size_t i = 0; i < rows; i++) {
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] = (TILE_VEC){0};
    }
    const real *a = o->a;
    const real *b = o->b;
    for (size_t p = 0; p < o->k; p++) {
        TILE_VEC b_row[MAX_VECTORS];
        for (size_t v = 0; v < vectors; v++)
            b_row[v] = TILE(load)(b + v * TILE_LANES);
        for (size_t i = 0; i < rows; i++) {
            real x = a[i * o->a_row_stride];
            for (size_t v = 0; v < vectors; v++)
                sum[i][v] += x * b_row[v];
        }
        a += o->a_col_stride;
        b += o->b_ld;
    }
    TILE(tile_store)(rows, vectors, o, sum);
}

static ALWAYS_INLINE void TILE(tile_then_down)(const size_t rows, const size_t vectors, operands *o)
{
    TILE(tile)(rows, vectors, o);
    o->a += rows * o->a_row_stride;
    o->c += rows * o->c_ld;
}

/* All m rows of a panel: tiles of `rows` rows, the rest in tiles of 4, 2 and 1. */
static ALWAYS_INLINE void TILE(panel)(const size_t rows, const size_t vectors, size_t m, operands o)
{
    for (; m >= rows; m -= rows)
        TILE(tile_then_down)(rows, vectors, &o);
    if (rows > 4 && (m & 4) != 0)
        TILE(tile_then_down)(4, vectors, &o);
    if (rows > 2 && (m & 2) != 0)
        TILE(tile_then_down)(2, vectors, &o);
    if ((m & 1) != 0)
        TILE(tile_then_down)(1, vectors, &o);
}

#undef TILE
#undef TILE_VEC
#undef TILE_LANES
