#include "operand.h"

#include "alloc.h"
#include "blas.h"
#include "kernels.h"
#include "matrix.h"
#include "rng.h"
#include "shared.h"

/* A regenerated operand is drawn in blocks of so many bytes to a row of the transpose and so many rows: what
 * blas_product() gives to the library's own kernel in one piece. */
enum { BLOCK_ROW_BYTES = 128, BLOCK_DEPTH = 256 };

/* --- dense --- */

static void dense_product(team *t, const fa_operand *o, const fa_matrix *delta, const fa_matrix *out, void *scratch)
{
    const fa_matrix transposed = fa_matrix_transpose(o->matrix);

    (void)scratch;
    shared_product(t, 1.0, delta, &transposed, 0.0, out);
}

/* --- sparse: the transpose of delta, in which samples lie side by side, and vectors of samples --- */

typedef struct job {
    const fa_operand *o;
    const fa_matrix  *delta;
    const fa_matrix  *turned; /* [cols x n] */
    const fa_matrix  *out;
} job;

static void turn_part(void *data, size_t part, size_t parts)
{
    const job   *j = data;
    const size_t size = fa_dtype_size(j->out->dtype);
    size_t       length;
    const size_t first = team_share(j->delta->cols, 64 / size, part, parts, &length);
    const fa_matrix from = shared_block(j->delta, &(team_block){0, j->delta->rows, first, length});
    const fa_matrix to = shared_block(j->turned, &(team_block){first, length, 0, j->turned->cols});
    const fa_matrix back = fa_matrix_transpose(to);

    if (length == 0)
        return;
    if (from.cols == 1 || from.col_stride == 1)
        kernels_for(from.dtype)->transpose(from.rows, from.cols, from.data, from.row_stride, to.data, to.row_stride);
    else
        matrix_move(&from, &back);
}

/* Parts are rows of the operand only, so every element is summed up in the same way in any team. */
static void sparse_part(void *data, size_t part, size_t parts)
{
    const job   *j = data;
    const size_t size = fa_dtype_size(j->out->dtype);
    size_t       length;
    const size_t first = team_share(j->out->cols, 64 / size, part, parts, &length);

    if (length > 0)
        kernels_for(j->out->dtype)->sparse_product(&j->o->sparse, first, length, j->out->rows, j->turned->data,
                                                   j->turned->row_stride, (char *)j->out->data + first * size,
                                                   j->out->row_stride);
}

static void sparse_product(team *t, const fa_operand *o, const fa_matrix *delta, const fa_matrix *out, void *scratch)
{
    const fa_matrix turned = matrix_inner(scratch, delta->cols, delta->rows, delta->dtype);
    const size_t    per_row = o->sparse.starts[o->sparse.blocks * o->matrix.rows] / o->matrix.rows + 1;
    job             j = {o, delta, &turned, out};

    team_run(shared_team(t, delta->rows, delta->cols, 8), turn_part, &j);
    team_run(shared_team(t, out->rows, out->cols, per_row), sparse_part, &j);
}

/* --- low rank --- */

static void low_rank_product(team *t, const fa_operand *o, const fa_matrix *delta, const fa_matrix *out, void *scratch)
{
    const fa_matrix between = matrix_inner(scratch, delta->rows, o->low_rank.right.cols, delta->dtype);
    const fa_matrix left_t = fa_matrix_transpose(o->low_rank.left);

    shared_product(t, 1.0, delta, &o->low_rank.right, 0.0, &between);
    shared_product(t, 1.0, &between, &left_t, 0.0, out);
}

/* --- regenerated --- */

/* Rows and columns of the operand, drawn and multiplied. */
static void draw_block(const job *j, const team_block *at, void *memory)
{
    const operand_regenerated *r = &j->o->regenerated;
    const size_t               rows = j->o->matrix.rows, cols = j->o->matrix.cols;
    const fa_matrix block = matrix_inner_columns(memory, at->rows, at->cols, j->out->dtype);
    const fa_matrix block_t = fa_matrix_transpose(block);
    const fa_matrix delta = shared_block(j->delta, &(team_block){0, j->delta->rows, at->col, at->cols});
    const fa_matrix out = shared_block(j->out, &(team_block){0, j->out->rows, at->row, at->rows});

    rng_fill_block(&block, r->init, r->scale, cols, rows, &r->stream, (uint64_t)at->row * cols + at->col, cols);
    blas_product(1.0, &delta, &block_t, at->col == 0 ? 0.0 : 1.0, &out);
}

/* The block lies on the stack of whoever draws it. */
static void regenerated_part(void *data, size_t part, size_t parts)
{
    const job   *j = data;
    const size_t size = fa_dtype_size(j->out->dtype), most = BLOCK_ROW_BYTES / size;
    size_t       length;
    const size_t first = team_share(j->out->cols, 64 / size, part, parts, &length);
    double       memory[BLOCK_DEPTH * BLOCK_ROW_BYTES / sizeof(double)] __attribute__((aligned(64))) STACK_PADDING;
    team_block   at;

    for (at.row = first; at.row < first + length; at.row += most) {
        at.rows = first + length - at.row < most ? first + length - at.row : most;
        for (at.col = 0; at.col < j->delta->cols; at.col += BLOCK_DEPTH) {
            at.cols = j->delta->cols - at.col < BLOCK_DEPTH ? j->delta->cols - at.col : BLOCK_DEPTH;
            draw_block(j, &at, memory);
        }
    }
}

static void regenerated_product(team *t, const fa_operand *o, const fa_matrix *delta, const fa_matrix *out,
                                void *scratch)
{
    job j = {o, delta, NULL, out};

    (void)scratch;
    /* A number takes about as long to draw as eight products. */
    team_run(shared_team(t, out->rows + 8, out->cols, delta->cols), regenerated_part, &j);
}

/* --- any --- */

size_t operand_scratch(const fa_operand *o, size_t max_batch)
{
    const size_t size = fa_dtype_size(o->matrix.dtype);
    size_t       bytes = 0;
    bool         fits = true;

    if (o->form == OPERAND_SPARSE)
        fits = mem_add(&bytes, o->matrix.cols, matrix_padded(max_batch, o->matrix.dtype) * size);
    else if (o->form == OPERAND_LOW_RANK)
        fits = mem_add(&bytes, max_batch, matrix_padded(o->low_rank.right.cols, o->matrix.dtype) * size);
    return fits ? bytes : SIZE_MAX;
}

void operand_product(team *t, const fa_operand *o, const fa_matrix *delta, const fa_matrix *out, void *scratch)
{
    static void (*const products[])(team *, const fa_operand *, const fa_matrix *, const fa_matrix *, void *) = {
        [OPERAND_DENSE] = dense_product,
        [OPERAND_SPARSE] = sparse_product,
        [OPERAND_LOW_RANK] = low_rank_product,
        [OPERAND_REGENERATED] = regenerated_product,
    };

    products[o->form](t, o, delta, out, scratch);
}
