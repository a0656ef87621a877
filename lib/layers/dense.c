/* The dense layer: z = in W^T + b. */
#include "layers/layer.h"

#include "blas.h"
#include "shared.h"

static void forward(const layer *l, const fa_matrix *in, const team_block *block, const fa_matrix *z)
{
    const fa_matrix samples = shared_block(in, &(team_block){block->row, block->rows, 0, in->cols});
    const fa_matrix weights_t = shared_block(&l->weights_t, &(team_block){0, l->n_in, block->col, block->cols});

    blas_product(1.0, &samples, &weights_t, 0.0, z);
}

static void gradient(team *t, double alpha, const fa_matrix *in, const fa_matrix *delta,
                     double beta, const fa_matrix *weights_t)
{
    fa_matrix transposed = fa_matrix_transpose(*in);

    shared_product(t, alpha, &transposed, delta, beta, weights_t);
}

/* A dense layer's output is a row, so straight from the output is the same product as from the layer above. */
const layer_kind layer_dense = {
    .name = "dense",
    .forward = forward,
    .transport = operand_product,
    .inject = operand_product,
    .gradient = gradient,
};
