/* The dense layer: z = in W^T + b. */
#include "layers/layer.h"

#include "blas.h"

static void forward(const layer *l, const fa_matrix *in, const fa_matrix *z)
{
    blas_product(1.0, in, &l->weights_t, 0.0, z);
}

static void transport(const fa_matrix *operand, const fa_matrix *delta, const fa_matrix *out)
{
    fa_matrix transposed = fa_matrix_transpose(*operand);

    blas_product(1.0, delta, &transposed, 0.0, out);
}

static void gradient(double alpha, const fa_matrix *in, const fa_matrix *delta, double beta,
                     const fa_matrix *weights_t)
{
    fa_matrix transposed = fa_matrix_transpose(*in);

    blas_product(alpha, &transposed, delta, beta, weights_t);
}

/* A dense layer's output is a row, so straight from the output is the same product as from the layer above. */
const layer_kind layer_dense = {
    .name = "dense",
    .forward = forward,
    .transport = transport,
    .inject = transport,
    .gradient = gradient,
};
