/* sgd -- stochastic gradient descent with momentum, for every parameter w with gradient g:
 *
 *     g = g + weight_decay w                      (coupled decay)
 *     v = momentum v + g,   v = 0 at first
 *     d = g + momentum v  if nesterov, else v
 *     w = (1 - rate decoupled_weight_decay) w - rate d
 *
 * torch.optim.SGD with dampening 0 (Sutskever et al., ICML 2013, in PyTorch's form: the rate multiplies the velocity);
 * decoupled decay as in Loshchilov & Hutter, ICLR 2019. */
#include "optimizer.h"

#include "kernels.h"

enum { MOMENTUM = OPTIMIZER_COMMON, NESTEROV, WEIGHT_DECAY, DECOUPLED_WEIGHT_DECAY };

static const fa_param params[] = {
    OPTIMIZER_COMMON_PARAMS(0.01),
    [MOMENTUM] = {"momentum", FA_PARAM_REAL, 0.0, 0.0, 1.0, NULL, "share of the velocity that is kept each step"},
    [NESTEROV] = {"nesterov", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes", "look ahead along the velocity"},
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                      "coupled: added to the gradient as weight_decay w"},
    [DECOUPLED_WEIGHT_DECAY] = {"decoupled_weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                                "w shrinks by learning_rate times this, beside the gradient"},
};

static unsigned moments(const double *values)
{
    return values[MOMENTUM] > 0.0 ? 1 : 0;
}

static bool linear(const optimizer_update *u, double *alpha, double *beta)
{
    *alpha = -u->rate * u->scale;
    *beta = optimizer_keep(u, u->values[DECOUPLED_WEIGHT_DECAY] + u->values[WEIGHT_DECAY]);
    return !(u->values[MOMENTUM] > 0.0);
}

static void apply(const optimizer_update *u)
{
    kernels_sgd c = {
        .common = {u->scale, u->values[WEIGHT_DECAY], u->rate, optimizer_keep(u, u->values[DECOUPLED_WEIGHT_DECAY])},
        .momentum = u->values[MOMENTUM],
        .nesterov = u->values[NESTEROV] > 0.0,
    };

    kernels_for(u->dtype)->sgd(u->count, &c, u->g, u->w, u->values[MOMENTUM] > 0.0 ? u->moments[0] : NULL);
}

extern const optimizer_kind optimizer_sgd;

const optimizer_kind optimizer_sgd = {
    .name = "sgd",
    .params = params,
    .moment_names = {"momentum_buffer"},
    .n_params = sizeof params / sizeof params[0],
    .coupled_decay = WEIGHT_DECAY,
    .moments = moments,
    .linear = linear,
    .apply = apply,
};
