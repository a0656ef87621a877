#include "clip.h"

#include <math.h>

#include "kernels.h"

/* Sum of the squares of unit x gradient, without frozen layers. */
static double sum_squares(const fa_network *net, const fa_pass *pass, double unit)
{
    const kernels *k = kernels_for(pass->dtype);
    double         sum = 0.0;

    for (size_t l = 1; l <= pass->depth; l++) {
        const fa_matrix *g = &pass_at(pass, l)->gradient;
        const fa_matrix *b = &pass_at(pass, l)->bias_gradient;

        if (network_layer(net, l)->frozen)
            continue;
        sum += k->sum_squares_double(unit, g->rows, g->cols, g->row_stride, g->data);
        if (b->data)
            sum += k->sum_squares_double(unit, b->rows, b->cols, b->row_stride, b->data);
    }
    return sum;
}

/* min(1, clip_norm / (norm + 1e-6)) as torch.nn.utils.clip_grad_norm_. Squares that overflow are taken again of smaller
 * numbers: the norm of a finite gradient must not count as infinite, or the factor would be 0. */
double clip_scale(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt)
{
    double scale = optimizer_scale(opt, pass->gradient_samples);
    double largest = opt->values[CLIP_NORM];
    double unit = 1.0;
    double squares;

    if (!(largest > 0.0))
        return scale;
    squares = sum_squares(net, pass, unit);
    if (!isfinite(squares)) {
        unit = 0x1p-600;
        squares = sum_squares(net, pass, unit);
    }
    return scale * fmin(1.0, largest * unit / (scale * sqrt(squares) + 1e-6 * unit));
}
