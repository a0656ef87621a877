/* manhattan -- every step has the same size, only its direction comes from the gradient g of a parameter w:
 *
 *     v = momentum v + sign(g),   v = 0 at first;   sign(0) = 0
 *     w = (1 - rate decoupled_weight_decay) w - rate v
 *
 * "Batch Manhattan" of Liao, Leibo & Poggio, AAAI 2016 (arXiv:1510.05067): the sign is that of the gradient summed over
 * the mini-batch, and it is taken before momentum. */
#include "optimizer.h"

#include "kernels.h"

enum { MOMENTUM = OPTIMIZER_COMMON, DECOUPLED_WEIGHT_DECAY };

static const fa_param params[] = {
    OPTIMIZER_COMMON_PARAMS(0.001),
    [MOMENTUM] = {"momentum", FA_PARAM_REAL, 0.0, 0.0, 1.0, NULL, "share of the velocity that is kept each step"},
    [DECOUPLED_WEIGHT_DECAY] = {"decoupled_weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                                "w shrinks by learning_rate times this, beside the sign"},
};

static unsigned moments(const double *values)
{
    return values[MOMENTUM] > 0.0 ? 1 : 0;
}

static void apply(const optimizer_update *u)
{
    kernels_manhattan c = {
        .common = {u->scale, 0.0, u->rate, optimizer_keep(u, u->values[DECOUPLED_WEIGHT_DECAY])},
        .momentum = u->values[MOMENTUM],
    };

    kernels_for(u->dtype)->manhattan(u->count, &c, u->g, u->w, u->values[MOMENTUM] > 0.0 ? u->moments[0] : NULL);
}

extern const optimizer_kind optimizer_manhattan;

const optimizer_kind optimizer_manhattan = {
    .name = "manhattan",
    .params = params,
    .moment_names = {"momentum_buffer"},
    .n_params = sizeof params / sizeof params[0],
    .moments = moments,
    .apply = apply,
};
