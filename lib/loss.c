#include "loss.h"

#include "kernels.h"
#include "matrix.h"

/* Squared error on softmax outputs: e holds d = y - target and becomes e_i = y_i (d_i - sum_j d_j y_j), the Jacobian of
 * softmax being diag(y) - y y^T. */
static void softmax_slope(const fa_matrix *y, const fa_matrix *e)
{
    for (size_t i = 0; i < y->rows; i++) {
        double dot = 0.0;
        for (size_t j = 0; j < y->cols; j++)
            dot += matrix_get(e, i, j) * matrix_get(y, i, j);
        for (size_t j = 0; j < y->cols; j++)
            matrix_put(e, i, j, matrix_get(y, i, j) * (matrix_get(e, i, j) - dot));
    }
}

static double squared_error(const layer *output, const fa_matrix *y, const void *z, const fa_matrix *target,
                            const fa_matrix *e)
{
    double sum = kernels_for(y->dtype)->squared_error(y->rows, y->cols, y->row_stride, y->data, target->data,
                                                      target->row_stride, target->col_stride, e ? e->data : NULL);

    if (e && output->activation == FA_SOFTMAX)
        softmax_slope(y, e);
    else if (e)
        layer_slope(output, NULL, y, z, e);
    return 0.5 * sum;
}

double loss_sum(const fa_network *net, const fa_matrix *y, const void *z, const fa_matrix *target, const fa_matrix *e)
{
    const kernels *k = kernels_for(y->dtype);
    void          *out = e ? e->data : NULL;

    switch (net->loss) {
    case FA_BINARY_CROSS_ENTROPY:
        return k->binary_cross_entropy(y->rows, y->cols, y->row_stride, z, y->data, target->data, target->row_stride,
                                       target->col_stride, out);
    case FA_CROSS_ENTROPY:
        return k->cross_entropy(y->rows, y->cols, y->row_stride, z, y->data, target->data, target->row_stride,
                                target->col_stride, out);
    case FA_SQUARED_ERROR:
        break;
    }
    return squared_error(network_layer(net, net->depth), y, z, target, e);
}

void loss_each(const fa_network *net, const fa_matrix *y, const void *z, const fa_matrix *target, double *losses)
{
    size_t stride = y->row_stride * fa_dtype_size(y->dtype);

    for (size_t i = 0; i < y->rows; i++) {
        fa_matrix row = *y;
        fa_matrix wanted = *target;
        row.data = matrix_at(y, i, 0);
        row.rows = 1;
        wanted.data = matrix_at(target, i, 0);
        wanted.rows = 1;
        losses[i] = loss_sum(net, &row, z ? (const char *)z + i * stride : NULL, &wanted, NULL);
    }
}
