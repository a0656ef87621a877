/* One sample's update of W and the next sample's product with it, in one pass over W: w = beta w + alpha h delta^T,
 * then z = w^T x (docs/adr/0007-one-pass-over-w-online.md).
 *
 * Rows that need to be touched are listed first, those that change apart from those that are only read. Wide rows are
 * then taken in groups, a group vector by vector: each vector of w is loaded and stored once and meets two
 * multiply-adds, and z and delta are loaded once a group. Where a row is a few vectors, z and delta stay in registers
 * instead, and the rows go by one after the other. */
#include "kernels_vector.h"

/* A group needs two coefficients a row in registers. LIST is a whole number of groups. */
#if defined(__AVX512VL__)
enum { GROUP = 8 }; /* 32 registers */
#else
enum { GROUP = 4 }; /* 16 registers */
#endif
enum { LIST = 128, BLOCK = 1024, NARROW = 4 };

/* Rows of w, and what is done with row i: w_i = beta w_i + step_i delta, z = z + x_i w_i. */
typedef struct row_list {
    size_t count;
    real  *w[LIST];
    const real *kept[LIST]; /* of PRUNE_AND_UPDATE */
    real   x[LIST];
    real   step[LIST];
} row_list;

typedef struct columns {
    size_t      n_out;
    real        beta;
    const real *delta;
    real       *z;
} columns;

/* What happens to the rows of a list. */
typedef enum change { READ, UPDATE, SCALE_AND_UPDATE, PRUNE_AND_UPDATE } change;

/* beta w is rounded before anything is added, in every instance alike. */
static ALWAYS_INLINE vec changed(const change how, vec w, real beta, real step, vec delta, const real *kept)
{
    if (how == READ)
        return w;
    vec value = (how == UPDATE ? w : rounded(beta * w)) + step * delta;
    return how == PRUNE_AND_UPDATE ? value * vec_load(kept) : value;
}

/* --- wide rows --- */

static ALWAYS_INLINE void group(const size_t rows, const change how, const columns *c, const row_list *list,
                                size_t first, size_t from, size_t to)
{
    real *w[GROUP];
    const real *kept[GROUP];
    real  x[GROUP], step[GROUP];
    for (size_t r = 0; r < rows; r++) {
        w[r] = list->w[first + r];
        kept[r] = list->kept[first + r];
        x[r] = list->x[first + r];
        step[r] = list->step[first + r];
    }
    const real beta = c->beta;
    const real *const delta = c->delta;
    real *const z = c->z;
    for (size_t j = from; j < to; j += LANES) {
        vec sum = vec_load(z + j);
        vec d = how == READ ? (vec){0} : vec_load(delta + j);
        for (size_t r = 0; r < rows; r++) {
            vec value = changed(how, vec_load(w[r] + j), beta, step[r], d, kept[r] + j);
            if (how != READ)
                vec_store(w[r] + j, value);
            sum += x[r] * value;
        }
        vec_store(z + j, sum);
    }
}

/* In blocks of columns, so that delta and z stay in the nearest cache. */
static ALWAYS_INLINE void wide(const change how, const columns *c, const row_list *list)
{
    for (size_t from = 0; from < c->n_out; from += BLOCK) {
        const size_t to = c->n_out - from < BLOCK ? c->n_out : from + BLOCK;
        size_t i = 0;
        for (; i + GROUP <= list->count; i += GROUP)
            group(GROUP, how, c, list, i, from, to);
        for (; i < list->count; i++)
            group(1, how, c, list, i, from, to);
    }
}

/* --- narrow rows --- */

/* Several chains of sums, to overlap the latency of multiply-add. */
static ALWAYS_INLINE void narrow(const size_t vectors, const change how, const columns *c, const row_list *list)
{
    enum { MAX_CHAINS = 4 };
    const size_t chains = vectors <= 2 ? MAX_CHAINS : 2;
    vec delta[NARROW], sum[MAX_CHAINS][NARROW] = {{{0}}};
    for (size_t v = 0; v < vectors; v++) {
        delta[v] = how == READ ? (vec){0} : vec_load(c->delta + v * LANES);
        sum[0][v] = vec_load(c->z + v * LANES);
    }
    size_t i = 0;
    for (; i + chains <= list->count; i += chains) {
        for (size_t k = 0; k < chains; k++) {
            real *w = list->w[i + k];
            for (size_t v = 0; v < vectors; v++) {
                vec value = changed(how, vec_load(w + v * LANES), c->beta, list->step[i + k], delta[v],
                                    list->kept[i + k] + v * LANES);
                if (how != READ)
                    vec_store(w + v * LANES, value);
                sum[k][v] += list->x[i + k] * value;
            }
        }
    }
    for (; i < list->count; i++) {
        for (size_t v = 0; v < vectors; v++) {
            real *w = list->w[i] + v * LANES;
            vec value = changed(how, vec_load(w), c->beta, list->step[i], delta[v], list->kept[i] + v * LANES);
            if (how != READ)
                vec_store(w, value);
            sum[0][v] += list->x[i] * value;
        }
    }
    for (size_t v = 0; v < vectors; v++) {
        for (size_t k = 1; k < chains; k++)
            sum[0][v] += sum[k][v];
        vec_store(c->z + v * LANES, sum[0][v]);
    }
}

/* --- any rows --- */

static ALWAYS_INLINE void run(const change how, const columns *c, row_list *list)
{
    switch (vec_padded(c->n_out) / LANES) {
    case 1:
        narrow(1, how, c, list);
        break;
    case 2:
        narrow(2, how, c, list);
        break;
    case 3:
        narrow(3, how, c, list);
        break;
    case 4:
        narrow(4, how, c, list);
        break;
    default:
        wide(how, c, list);
        break;
    }
    list->count = 0;
}

static void run_read(const columns *c, row_list *list)
{
    run(READ, c, list);
}

static void run_changed(const columns *c, row_list *list, bool pruned)
{
    if (pruned)
        run(PRUNE_AND_UPDATE, c, list);
    else if (c->beta == 1)
        run(UPDATE, c, list);
    else
        run(SCALE_AND_UPDATE, c, list);
}

/* Written whether it counts or not: zeros come in no order that a branch could be predicted by. */
static ALWAYS_INLINE void append(row_list *list, bool counts, real *w, const real *kept, real x, real step)
{
    list->w[list->count] = w;
    list->kept[list->count] = kept;
    list->x[list->count] = x;
    list->step[list->count] = step;
    list->count += counts;
}

void kernels_name(update_product)(size_t n_in, size_t n_out, size_t ld, double alpha, const void *h, const void *delta,
                                  double beta, const void *kept, const void *x, void *w, void *z)
{
    const columns c = {.n_out = n_out, .beta = h != NULL ? (real)beta : 1, .delta = delta, .z = z};
    const real *const before = h;
    const real *const after = x;
    const bool pruned = kept != NULL;
    row_list read, update;
    read.count = update.count = 0;
    for (size_t j = 0; j < n_out; j += LANES)
        vec_store(c.z + j, (vec){0});
    for (size_t i = 0; i < n_in; i++) {
        const real step = before != NULL ? (real)alpha * before[i] : 0;
        const bool changes = step != 0 || c.beta != 1;
        real *const row = (real *)w + i * ld;
        const real *const keeps = pruned ? (const real *)kept + i * ld : row;
        append(&update, changes, row, keeps, after[i], step);
        append(&read, !changes && after[i] != 0, row, keeps, after[i], 0);
        if (update.count == LIST)
            run_changed(&c, &update, pruned);
        if (read.count == LIST)
            run_read(&c, &read);
    }
    run_changed(&c, &update, pruned);
    run_read(&c, &read);
}
