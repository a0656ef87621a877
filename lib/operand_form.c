#include "operand_form.h"

#include <math.h>

#include "alloc.h"
#include "blas.h"
#include "matrix.h"
#include "rng.h"
#include "status.h"

/* Entries of a row that are looked at together; the narrowest block has so many columns. */
enum { RUN = 64 };

/* --- which entries a sparse operand keeps --- */

/* What a block of columns meets of a strip of samples is to lie in the first cache beside the sums (kernels_sparse.c),
 * and a row is to have a few entries in it, for that is what a look at a row's sums costs. */
enum { NARROWEST = 64, ENTRIES = 24 };

static size_t block_width(const operand_plan *plan)
{
    size_t width = NARROWEST;

    while (width < plan->cols && (double)width * plan->density < (double)ENTRIES)
        width *= 2;
    return width;
}

/* Calls `each` for every kept entry, block by block, in a block by rows: number i cols + j of the stream is below the
 * density. `row` counts the rows of all blocks. */
static void for_each_kept(const operand_plan *plan, void (*each)(void *data, size_t row, size_t j), void *data)
{
    const size_t width = block_width(plan);
    uint64_t     words[RUN];
    size_t       row = 0;

    for (size_t first = 0; first < plan->cols; first += width)
        for (size_t i = 0; i < plan->rows; i++, row++)
            for (size_t j = first; j < first + width && j < plan->cols; j += RUN) {
                const size_t count = plan->cols - j < RUN ? plan->cols - j : RUN;
                (void)fa_random_words(&plan->stream, (uint64_t)i * plan->cols + j, count, words);
                for (size_t k = 0; k < count; k++)
                    if ((double)(words[k] >> 11) * 0x1p-53 < plan->density)
                        each(data, row, j + k);
            }
}

static void count_entry(void *data, size_t row, size_t j)
{
    (void)row;
    (void)j;
    ++*(size_t *)data;
}

typedef struct placing {
    kernels_sparse *sparse;
    size_t          placed;
} placing;

static void place_entry(void *data, size_t row, size_t j)
{
    placing *p = data;

    p->sparse->columns[p->placed++] = (uint32_t)j;
    p->sparse->starts[row + 1] = p->placed;
}

/* --- making --- */

static fa_status too_large(const operand_plan *plan)
{
    return status_set(FA_ERR_SHAPE, "an array of %zu x %zu is too large", plan->rows, plan->cols);
}

static fa_status make_dense(fa_operand *o, const operand_plan *plan, void **memory, size_t *bytes)
{
    const size_t lines = plan->by_rows ? plan->rows : plan->cols, length = plan->by_rows ? plan->cols : plan->rows;

    if (!mem_add(bytes, lines, matrix_padded(length, plan->dtype) * fa_dtype_size(plan->dtype)))
        return too_large(plan);
    *memory = mem_zeroed(1, *bytes);
    if (!*memory)
        return FA_ERR_MEMORY;
    o->matrix = plan->by_rows ? matrix_inner(*memory, plan->rows, plan->cols, plan->dtype)
                              : matrix_inner_columns(*memory, plan->rows, plan->cols, plan->dtype);
    return FA_OK;
}

static fa_status make_sparse(fa_operand *o, const operand_plan *plan, void **memory, size_t *bytes)
{
    placing p = {.sparse = &o->sparse};
    size_t  kept = 0, values_at, columns_at;

    o->sparse.rows = plan->rows;
    o->sparse.blocks = (plan->cols - 1) / block_width(plan) + 1;
    if (!mem_add(bytes, o->sparse.blocks * plan->rows + 1, sizeof(size_t)))
        return too_large(plan);
    for_each_kept(plan, count_entry, &kept);
    columns_at = *bytes;
    if (!mem_add(bytes, kept, sizeof(uint32_t)))
        return too_large(plan);
    values_at = *bytes;
    if (!mem_add(bytes, kept, fa_dtype_size(plan->dtype)))
        return too_large(plan);
    *memory = mem_zeroed(1, *bytes);
    if (!*memory)
        return FA_ERR_MEMORY;
    o->sparse.starts = *memory;
    o->sparse.columns = (uint32_t *)((char *)*memory + columns_at);
    o->sparse.values = (char *)*memory + values_at;
    for_each_kept(plan, place_entry, &p);
    for (size_t i = 1; i <= o->sparse.blocks * plan->rows; i++) /* rows without entries */
        if (o->sparse.starts[i] < o->sparse.starts[i - 1])
            o->sparse.starts[i] = o->sparse.starts[i - 1];
    return FA_OK;
}

/* A rank above rows or columns would be no more than a full one. */
static size_t rank_of(const operand_plan *plan)
{
    const size_t full = plan->rows < plan->cols ? plan->rows : plan->cols;

    return plan->rank < full ? plan->rank : full;
}

static fa_status make_low_rank(fa_operand *o, const operand_plan *plan, void **memory, size_t *bytes)
{
    const size_t rank = rank_of(plan), size = fa_dtype_size(plan->dtype);
    size_t       right_at;

    if (!mem_add(bytes, rank, matrix_padded(plan->rows, plan->dtype) * size))
        return too_large(plan);
    right_at = *bytes;
    if (!mem_add(bytes, plan->cols, matrix_padded(rank, plan->dtype) * size))
        return too_large(plan);
    *memory = mem_zeroed(1, *bytes);
    if (!*memory)
        return FA_ERR_MEMORY;
    o->low_rank.left = matrix_inner_columns(*memory, plan->rows, rank, plan->dtype);
    o->low_rank.right = matrix_inner((char *)*memory + right_at, plan->cols, rank, plan->dtype);
    return FA_OK;
}

static fa_status make_regenerated(fa_operand *o, const operand_plan *plan, void **memory, size_t *bytes)
{
    (void)plan;
    (void)memory;
    (void)bytes;
    o->regenerated.init = FA_INIT_ZERO;
    return FA_OK;
}

fa_status operand_make(fa_operand *o, const operand_plan *plan, void **memory, size_t *bytes)
{
    static fa_status (*const makers[])(fa_operand *, const operand_plan *, void **, size_t *) = {
        [OPERAND_DENSE] = make_dense,
        [OPERAND_SPARSE] = make_sparse,
        [OPERAND_LOW_RANK] = make_low_rank,
        [OPERAND_REGENERATED] = make_regenerated,
    };

    *o = (fa_operand){.form = plan->form, .matrix = {.rows = plan->rows, .cols = plan->cols, .dtype = plan->dtype}};
    *memory = NULL;
    *bytes = 0;
    return makers[plan->form](o, plan, memory, bytes);
}

/* --- drawing --- */

/* View of entry p. */
static fa_matrix entry(const fa_operand *o, size_t p)
{
    return fa_matrix_view((char *)o->sparse.values + p * fa_dtype_size(o->matrix.dtype), 1, 1, o->matrix.dtype);
}

/* Entries that the dense matrix has at these places, a run of a row at a time. */
static void draw_sparse(const fa_operand *o, fa_init init, double scale, const fa_stream *stream)
{
    const size_t    rows = o->matrix.rows, cols = o->matrix.cols;
    const uint32_t *columns = o->sparse.columns;
    double          memory[RUN];

    for (size_t row = 0; row < o->sparse.blocks * rows; row++) {
        size_t p = o->sparse.starts[row], end = o->sparse.starts[row + 1];
        while (p < end) {
            const size_t    first = columns[p] / RUN * RUN;
            const fa_matrix run = fa_matrix_view(memory, 1, cols - first < RUN ? cols - first : RUN, o->matrix.dtype);
            rng_fill_block(&run, init, scale, cols, rows, stream, (uint64_t)(row % rows) * cols + first, cols);
            for (; p < end && columns[p] - first < RUN; p++) {
                const fa_matrix to = entry(o, p);
                matrix_put(&to, 0, 0, matrix_get(&run, 0, columns[p] - first));
            }
        }
    }
}

static bool is_normal(fa_init init)
{
    return init == FA_INIT_NORMAL || init == FA_INIT_GLOROT_NORMAL || init == FA_INIT_KAIMING_NORMAL;
}

/* The left factor has the dense matrix's variance, the entries of the right one the variance 1 / rank: a sum of rank
 * products then has the dense matrix's again. */
static void draw_low_rank(const fa_operand *o, fa_init init, double scale, const fa_stream *stream,
                          const fa_stream *form)
{
    const double variance = 1.0 / (double)o->low_rank.right.cols;

    rng_fill(&o->low_rank.left, init, scale, o->matrix.cols, o->matrix.rows, stream);
    if (is_normal(init))
        rng_fill(&o->low_rank.right, FA_INIT_NORMAL, sqrt(variance), 1, 1, form);
    else
        rng_fill(&o->low_rank.right, FA_INIT_UNIFORM, sqrt(3.0 * variance), 1, 1, form);
}

void operand_draw(fa_operand *o, fa_init init, double scale, const fa_stream *stream, const fa_stream *form)
{
    switch (o->form) {
    case OPERAND_DENSE:
        rng_fill(&o->matrix, init, scale, o->matrix.cols, o->matrix.rows, stream);
        break;
    case OPERAND_SPARSE:
        draw_sparse(o, init, scale, stream);
        break;
    case OPERAND_LOW_RANK:
        draw_low_rank(o, init, scale, stream, form);
        break;
    case OPERAND_REGENERATED:
        o->regenerated = (operand_regenerated){init, scale, *stream};
        break;
    }
}

/* --- writing out --- */

static void write_sparse(const fa_operand *o, const fa_matrix *out)
{
    matrix_zero(out);
    for (size_t row = 0; row < o->sparse.blocks * out->rows; row++)
        for (size_t p = o->sparse.starts[row]; p < o->sparse.starts[row + 1]; p++) {
            const fa_matrix value = entry(o, p);
            matrix_put(out, row % out->rows, o->sparse.columns[p], matrix_get(&value, 0, 0));
        }
}

enum { BLOCK = 32 };

/* From (i, j) on, at most BLOCK rows and columns. */
static fa_matrix block_of(const fa_matrix *m, size_t i, size_t j)
{
    fa_matrix block = *m;

    block.data = matrix_at(m, i, j);
    block.rows = m->rows - i < BLOCK ? m->rows - i : BLOCK;
    block.cols = m->cols - j < BLOCK ? m->cols - j : BLOCK;
    return block;
}

static fa_matrix in_double(const fa_matrix *m, double *memory)
{
    const fa_matrix copy = matrix_inner(memory, m->rows, m->cols, FA_FLOAT64);

    matrix_move(m, &copy);
    return copy;
}

/* Entries are summed in double and rounded once. */
static void write_low_rank(const fa_operand *o, const fa_matrix *out)
{
    const fa_matrix left_t = fa_matrix_transpose(o->low_rank.left);
    double memory[3][BLOCK * BLOCK] __attribute__((aligned(64))) STACK_PADDING;

    for (size_t i = 0; i < out->rows; i += BLOCK)
        for (size_t j = 0; j < out->cols; j += BLOCK) {
            const fa_matrix block = block_of(out, i, j), block_t = fa_matrix_transpose(block);
            const fa_matrix sum_t = matrix_inner(memory[0], block.cols, block.rows, FA_FLOAT64);

            for (size_t k = 0; k < left_t.rows; k += BLOCK) {
                const fa_matrix left = block_of(&left_t, k, i), right = block_of(&o->low_rank.right, j, k);
                const fa_matrix a = in_double(&right, memory[1]), b = in_double(&left, memory[2]);

                blas_product(1.0, &a, &b, k == 0 ? 0.0 : 1.0, &sum_t);
            }
            matrix_move(&sum_t, &block_t);
        }
}

void operand_write(const fa_operand *o, const fa_matrix *out)
{
    const operand_regenerated *r = &o->regenerated;

    switch (o->form) {
    case OPERAND_DENSE:
        matrix_move(&o->matrix, out);
        break;
    case OPERAND_SPARSE:
        write_sparse(o, out);
        break;
    case OPERAND_LOW_RANK:
        write_low_rank(o, out);
        break;
    case OPERAND_REGENERATED:
        rng_fill_block(out, r->init, r->scale, out->cols, out->rows, &r->stream, 0, out->cols);
        break;
    }
}
