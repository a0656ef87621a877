#include "predict.h"

#include <math.h>

#include "alloc.h"
#include "loss.h"
#include "matrix.h"
#include "status.h"

fa_status predict_scratch_make(predict_scratch *s, const fa_network *net, size_t samples)
{
    size_t rows = samples < PREDICT_PIECE ? samples : PREDICT_PIECE;
    size_t one = 0;

    *s = (predict_scratch){0};
    if (!mem_add(&one, rows, network_widest(net) * fa_dtype_size(net->dtype)))
        return status_set(FA_ERR_SHAPE, "a layer is too wide for %zu samples at once", rows);
    s->memory = mem_zeroed(3, one);
    if (!s->memory)
        return FA_ERR_MEMORY;
    s->even = s->memory;
    s->odd = (char *)s->memory + one;
    s->z = (char *)s->memory + 2 * one;
    return FA_OK;
}

fa_matrix predict_run(const fa_network *net, const fa_matrix *x, size_t l, const predict_scratch *s, bool keep_z)
{
    fa_matrix h = *x;

    for (size_t m = 1; m <= l; m++) {
        const layer *found = network_layer(net, m);
        fa_matrix    next = matrix_inner(m % 2 ? s->odd : s->even, x->rows, found->n_out, net->dtype);
        layer_run(found, NULL, &h, NULL, keep_z && m == l ? s->z : NULL, &next);
        h = next;
    }
    return h;
}

static fa_matrix piece_of(const fa_matrix *matrix, size_t first, size_t rows)
{
    fa_matrix piece = *matrix;

    piece.data = matrix_at(matrix, first, 0);
    piece.rows = rows;
    return piece;
}

fa_status fa_network_activity(const fa_network *net, const fa_matrix *x, size_t l, const fa_matrix *h)
{
    predict_scratch s;
    fa_status status;

    if (!net || !x || !h)
        return status_null(__func__, !net ? "net" : !x ? "x" : "h");
    status = network_check_built(net, __func__);
    if (status == FA_OK && (l < 1 || l > net->depth))
        status = status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", __func__,
                            l, net->depth);
    if (status == FA_OK)
        status = matrix_check_shape(x, "x", 0, net->n_inputs, net->dtype);
    if (status == FA_OK)
        status = matrix_check_shape(h, "the output", x->rows, fa_network_width(net, l), net->dtype);
    if (status == FA_OK)
        status = predict_scratch_make(&s, net, x->rows);
    if (status != FA_OK)
        return status;
    for (size_t first = 0; first < x->rows; first += PREDICT_PIECE) {
        size_t    rows = x->rows - first < PREDICT_PIECE ? x->rows - first : PREDICT_PIECE;
        fa_matrix in = piece_of(x, first, rows);
        fa_matrix out = piece_of(h, first, rows);
        fa_matrix result = predict_run(net, &in, l, &s, false);
        matrix_move(&result, &out);
    }
    mem_free(s.memory);
    return FA_OK;
}

fa_status fa_network_predict(const fa_network *net, const fa_matrix *x, const fa_matrix *y)
{
    if (!net || !x || !y)
        return status_null(__func__, !net ? "net" : !x ? "x" : "y");
    return fa_network_activity(net, x, net->depth, y);
}

fa_status fa_network_evaluate(const fa_network *net, const fa_matrix *x, const fa_matrix *target, double *loss)
{
    predict_scratch s;
    double    sum = 0.0;
    fa_status status;

    if (!loss)
        return status_null(__func__, "loss");
    *loss = (double)NAN;
    if (!net || !x || !target)
        return status_null(__func__, !net ? "net" : !x ? "x" : "target");
    status = network_check_built(net, __func__);
    if (status == FA_OK)
        status = matrix_check_shape(x, "x", 0, net->n_inputs, net->dtype);
    if (status == FA_OK)
        status = matrix_check_shape(target, "target", x->rows, fa_network_width(net, net->depth), net->dtype);
    if (status == FA_OK)
        status = predict_scratch_make(&s, net, x->rows);
    if (status != FA_OK)
        return status;
    for (size_t first = 0; first < x->rows; first += PREDICT_PIECE) {
        size_t    rows = x->rows - first < PREDICT_PIECE ? x->rows - first : PREDICT_PIECE;
        fa_matrix in = piece_of(x, first, rows);
        fa_matrix wanted = piece_of(target, first, rows);
        fa_matrix y = predict_run(net, &in, net->depth, &s, true);
        sum += loss_sum(net, &y, s.z, &wanted, NULL);
    }
    mem_free(s.memory);
    if (!isfinite(sum))
        return status_set(FA_ERR_NOT_FINITE, "the loss is %s", isnan(sum) ? "NaN" : "infinite");
    *loss = sum / (double)x->rows;
    return FA_OK;
}
