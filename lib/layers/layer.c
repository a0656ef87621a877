#include "layers/layer.h"

#include "alloc.h"
#include "kernels.h"
#include "matrix.h"

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

void layer_run(const layer *l, const fa_matrix *in, const fa_matrix *noise, void *z, const fa_matrix *h)
{
    const kernels *k = kernels_for(l->dtype);

    l->kind->forward(l, in, h);
    if (noise)
        k->add_scaled(h->rows * h->row_stride, 1.0, noise->data, h->data);
    layer_activate(l, z, h);
}

void layer_activate(const layer *l, void *z, const fa_matrix *h)
{
    if (l->activation != FA_IDENTITY || l->has_bias || z)
        kernels_for(l->dtype)->activate(l->activation, h->rows, h->cols, h->row_stride, l->bias.data, z, h->data);
}

void layer_slope(const layer *l, const fa_matrix *h, const void *z, const fa_matrix *delta)
{
    if (l->activation != FA_IDENTITY)
        kernels_for(l->dtype)->slope(l->activation, h->rows, h->cols, h->row_stride, h->data, z, delta->data);
}
