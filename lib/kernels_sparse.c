/* Products with a sparse matrix, over vectors of samples.
 *
 * Samples are cut into strips of up to 8 vectors, rows of the sparse matrix into groups, and its columns into the
 * blocks that it is stored in. For a strip and a group, block after block adds what its entries contribute to the sums
 * of the group: what a block meets of t then lies in the first cache while the group's rows use it. Per entry one value
 * is loaded and as many vectors as the strip has. Narrow strips have more than one sum for each vector, to overlap the
 * latency of multiply-add. At last a group's sums are turned into what the samples get of them. */
#include "kernels_vector.h"

#include <string.h>

enum { STRIP = 8, GROUP = 32 };

typedef struct operands {
    const kernels_sparse *s;
    size_t                first; /* row */
    const real           *t;     /* from the strip's first sample on */
    size_t                t_ld;
} operands;

/* sums += what the entries start .. end - 1 of one row contribute. */
static ALWAYS_INLINE void add_row(const size_t vectors, const size_t chains, const operands *o, size_t start,
                                  size_t end, real *sums)
{
    const uint32_t *columns = o->s->columns;
    const real *values = o->s->values;
    vec sum[STRIP]; /* chains x vectors */
    for (size_t v = 0; v < chains * vectors; v++)
        sum[v] = v < vectors ? vec_load(sums + v * LANES) : (vec){0};
    size_t p = start;
    for (; p + chains <= end; p += chains) {
        for (size_t c = 0; c < chains; c++) {
            const real *t = o->t + columns[p + c] * o->t_ld;
            for (size_t v = 0; v < vectors; v++)
                sum[c * vectors + v] += values[p + c] * vec_load(t + v * LANES);
        }
    }
    for (; p < end; p++) {
        const real *t = o->t + columns[p] * o->t_ld;
        for (size_t v = 0; v < vectors; v++)
            sum[v] += values[p] * vec_load(t + v * LANES);
    }
    for (size_t v = 0; v < vectors; v++) {
        vec total = sum[v];
        for (size_t c = 1; c < chains; c++)
            total += sum[c * vectors + v];
        vec_store(sums + v * LANES, total);
    }
}

/* Rows of a group that follow each other as vectors of the samples' rows. */
static ALWAYS_INLINE void turn(real sums[GROUP][STRIP * LANES], size_t samples, real *out, size_t out_ld)
{
    for (size_t s = 0; s < samples; s++) {
        vec column;
        for (size_t k = 0; k < LANES; k++)
            column[k] = sums[k][s];
        vec_store(out + s * out_ld, column);
    }
}

static ALWAYS_INLINE void strip(const size_t vectors, const size_t chains, const operands *o, size_t rows,
                                size_t samples, real *out, size_t out_ld)
{
    real sums[GROUP][STRIP * LANES];
    for (size_t i = 0; i < rows; i += GROUP) {
        const size_t count = rows - i < GROUP ? rows - i : GROUP;
        memset(sums, 0, sizeof sums);
        for (size_t b = 0; b < o->s->blocks; b++) {
            const size_t *starts = o->s->starts + b * o->s->rows + o->first + i;
            for (size_t k = 0; k < count; k++)
                add_row(vectors, chains, o, starts[k], starts[k + 1], sums[k]);
        }
        for (size_t k = 0; k < count; k += LANES)
            turn(sums + k, samples, out + i + k, out_ld);
    }
}

void kernels_name(sparse_product)(const kernels_sparse *sparse, size_t first, size_t rows, size_t samples,
                                  const void *t, size_t t_ld, void *out, size_t out_ld)
{
    operands o = {sparse, first, t, t_ld};
    for (size_t s = 0; s < samples;) {
        const size_t left = samples - s, vectors = (left + LANES - 1) / LANES;
        const size_t width = vectors >= 8 ? 8 : vectors >= 4 ? 4 : vectors >= 2 ? 2 : 1;
        const size_t count = left < width * LANES ? left : width * LANES;
        real *to = (real *)out + s * out_ld;
        o.t = (const real *)t + s;
        switch (width) {
        case 8:
            strip(8, 1, &o, rows, count, to, out_ld);
            break;
        case 4:
            strip(4, 2, &o, rows, count, to, out_ld);
            break;
        case 2:
            strip(2, 4, &o, rows, count, to, out_ld);
            break;
        default:
            strip(1, 4, &o, rows, count, to, out_ld);
            break;
        }
        s += count;
    }
}
