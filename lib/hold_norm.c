/* Weight normalization after each step, as Moskovitz, Litwin-Kumar & Abbott (arXiv:1812.06488) use it with asymmetric
 * feedback: |W_l| stays what it was, so that only the direction of W_l learns. */
#include "hold_norm.h"

#include <math.h>

#include "kernels.h"
#include "network.h"
#include "status.h"

/* Frobenius norm. Squares that overflow or vanish in double are taken again of smaller or larger numbers. */
static double norm_of(const fa_matrix *m)
{
    const kernels *k = kernels_for(m->dtype);
    double         unit = 1.0;
    double         squares = k->sum_squares_double(unit, m->rows, m->cols, m->row_stride, m->data);

    if (!(squares >= 0x1p-900 && squares <= 0x1p900)) {
        unit = squares < 1.0 ? 0x1p600 : 0x1p-600;
        squares = k->sum_squares_double(unit, m->rows, m->cols, m->row_stride, m->data);
    }
    return sqrt(squares) / unit;
}

void hold_norm_restore(const layer *l)
{
    const fa_matrix *w = &l->weights_t;
    double           factor;

    if (!(l->held_norm > 0.0))
        return;
    factor = l->held_norm / norm_of(w);
    if (isfinite(factor) && factor > 0.0 && factor != 1.0) /* else W is 0, or out of reach */
        kernels_for(w->dtype)->scale(w->rows * w->row_stride, factor, w->data);
}

static fa_status check_norm(const fa_network *net, size_t l)
{
    const double norm = norm_of(&network_layer(net, l)->weights_t);

    if (!isfinite(norm))
        return status_set(FA_ERR_NOT_FINITE, "the norm of W_%zu is %s", l, isnan(norm) ? "NaN" : "infinite");
    if (norm == 0.0)
        return status_set(FA_ERR_STATE, "W_%zu is 0: there is no norm to hold", l);
    return FA_OK;
}

fa_status fa_network_hold_norm(fa_network *net, size_t l, bool hold)
{
    const size_t first = l ? l : 1;
    size_t       last;
    fa_status    status = FA_OK;

    if (!net)
        return status_null(__func__, "net");
    if (l > net->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", __func__,
                          l, net->depth);
    last = l ? l : net->depth;
    for (size_t i = first; hold && i <= last && status == FA_OK; i++)
        status = check_norm(net, i);
    for (size_t i = first; i <= last && status == FA_OK; i++)
        net->layers[i - 1].held_norm = hold ? norm_of(&net->layers[i - 1].weights_t) : 0.0;
    return status;
}

double fa_network_held_norm(const fa_network *net, size_t l)
{
    return net && l >= 1 && l <= net->depth ? network_layer(net, l)->held_norm : 0.0;
}
