#include "layers/layer.h"

#include "alloc.h"
#include "kernels.h"
#include "matrix.h"
#include "shared.h"

bool layer_bytes(size_t n_in, size_t n_out, bool has_bias, fa_dtype dtype, size_t *bytes)
{
    size_t row = matrix_padded(n_out, dtype) * fa_dtype_size(dtype);

    *bytes = 0;
    return mem_add(bytes, n_in, row) && (!has_bias || mem_add(bytes, 1, row));
}

void layer_lay(const layer *l, void *memory, fa_matrix *weights_t, fa_matrix *bias)
{
    size_t row = matrix_padded(l->n_out, l->dtype) * fa_dtype_size(l->dtype);
    size_t weights_bytes = 0;

    (void)mem_add(&weights_bytes, l->n_in, row);
    *weights_t = matrix_inner(memory, l->n_in, l->n_out, l->dtype);
    *bias = (fa_matrix){0};
    if (l->has_bias)
        *bias = matrix_inner((char *)memory + weights_bytes, 1, l->n_out, l->dtype);
}

/* h = f(h + b) in a block of h, and the pre-activation kept in z unless that is NULL. */
static void activate_block(const layer *l, const team_block *block, void *z, const fa_matrix *h)
{
    const fa_matrix part = shared_block(h, block);
    const size_t    offset = (size_t)((char *)part.data - (char *)h->data);
    const char     *bias = l->bias.data;

    if (l->activation != FA_IDENTITY || l->has_bias || z)
        kernels_for(l->dtype)->activate(l->activation, part.rows, part.cols, part.row_stride,
                                        bias ? bias + block->col * fa_dtype_size(l->dtype) : NULL,
                                        z ? (char *)z + offset : NULL, part.data);
}

typedef struct forward_job {
    const layer     *layer;
    const fa_matrix *in;
    const fa_matrix *noise;
    void            *z;
    const fa_matrix *h;
} forward_job;

/* A softmax needs whole rows. */
static team_block forward_block(const forward_job *j, size_t part, size_t parts)
{
    team_block block = {0, j->h->rows, 0, j->h->cols};

    if (j->layer->activation != FA_SOFTMAX)
        return team_split(block.rows, block.cols, j->h->dtype, part, parts);
    block.row = team_share(j->h->rows, 1, part, parts, &block.rows);
    return block;
}

static void forward_part(void *data, size_t part, size_t parts)
{
    const forward_job *j = data;
    const team_block   block = forward_block(j, part, parts);
    const fa_matrix    h = shared_block(j->h, &block);

    if (block.rows == 0 || block.cols == 0)
        return;
    j->layer->kind->forward(j->layer, j->in, &block, &h);
    if (j->noise) {
        const fa_matrix noise = shared_block(j->noise, &block);
        for (size_t i = 0; i < h.rows; i++)
            kernels_for(h.dtype)->add_scaled(h.cols, 1.0, matrix_at(&noise, i, 0), matrix_at(&h, i, 0));
    }
    activate_block(j->layer, &block, j->z, j->h);
}

void layer_run(const layer *l, team *t, const fa_matrix *in, const fa_matrix *noise, void *z, const fa_matrix *h)
{
    forward_job j = {l, in, noise, z, h};

    team_run(shared_team(t, h->rows, h->cols, l->n_in), forward_part, &j);
}

void layer_activate(const layer *l, void *z, const fa_matrix *h)
{
    activate_block(l, &(team_block){0, h->rows, 0, h->cols}, z, h);
}

void layer_slope(const layer *l, team *t, const fa_matrix *h, const void *z, const fa_matrix *delta)
{
    if (l->activation != FA_IDENTITY)
        shared_slope(t, l->activation, h, z, delta);
}
