/* rmsprop -- the gradient over its root mean square, for every parameter w with gradient g:
 *
 *     g = g + weight_decay w                      (coupled decay)
 *     v = alpha v + (1 - alpha) g^2,   v = 0 at first
 *     m = alpha m + (1 - alpha) g  if centered,   m = 0 at first
 *     u = g / (sqrt(v - m^2 if centered, else v) + eps)
 *     b = momentum b + u,   b = 0 at first
 *     w = w - rate b
 *
 * torch.optim.RMSprop (Tieleman & Hinton, Coursera lecture 6.5, 2012; centered: Graves, arXiv:1308.0850). eps is added
 * outside the root, as there. */
#include "optimizer.h"

#include "kernels.h"

enum { ALPHA = OPTIMIZER_COMMON, EPS, MOMENTUM, CENTERED, WEIGHT_DECAY };

enum { SQUARES, MEAN, VELOCITY }; /* moments */

static const fa_param params[] = {
    OPTIMIZER_COMMON_PARAMS(0.01),
    [ALPHA] = {"alpha", FA_PARAM_REAL, 0.99, 0.0, 1.0, NULL, "share of the mean square that is kept each step"},
    [EPS] = {"eps", FA_PARAM_REAL, 1e-8, 1e-30, 1e30, NULL, "added to the root mean square"},
    [MOMENTUM] = {"momentum", FA_PARAM_REAL, 0.0, 0.0, 1.0, NULL, "share of the velocity that is kept each step"},
    [CENTERED] = {"centered", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes", "variance in the place of the mean square"},
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                      "coupled: added to the gradient as weight_decay w"},
};

static unsigned moments(const double *values)
{
    return 1u << SQUARES | (values[CENTERED] > 0.0 ? 1u << MEAN : 0) | (values[MOMENTUM] > 0.0 ? 1u << VELOCITY : 0);
}

static void apply(const optimizer_update *u)
{
    kernels_rmsprop c = {
        .common = {u->scale, u->values[WEIGHT_DECAY], u->rate, optimizer_keep(u, 0.0)},
        .alpha = u->values[ALPHA],
        .eps = u->values[EPS],
        .momentum = u->values[MOMENTUM],
    };

    kernels_for(u->dtype)->rmsprop(u->count, &c, u->g, u->w, u->moments[SQUARES],
                                   u->values[CENTERED] > 0.0 ? u->moments[MEAN] : NULL,
                                   u->values[MOMENTUM] > 0.0 ? u->moments[VELOCITY] : NULL);
}

extern const optimizer_kind optimizer_rmsprop;

const optimizer_kind optimizer_rmsprop = {
    .name = "rmsprop",
    .params = params,
    .moment_names = {"square_avg", "grad_avg", "momentum_buffer"},
    .squares = 1u << SQUARES,
    .n_params = sizeof params / sizeof params[0],
    .coupled_decay = WEIGHT_DECAY,
    .moments = moments,
    .apply = apply,
};
