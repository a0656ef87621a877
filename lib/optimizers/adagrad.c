/* adagrad -- the gradient over the root of the sum of its squares, for every parameter w with gradient g:
 *
 *     g = g + weight_decay w                      (coupled decay)
 *     v = v + g^2,   v = initial_accumulator at first
 *     w = w - rate / (1 + (t - 1) learning_rate_decay) g / (sqrt(v) + eps)
 *
 * torch.optim.Adagrad (Duchi, Hazan & Singer, JMLR 12, 2011). The array kept is v - initial_accumulator, so that it may
 * start at 0 like every other. */
#include "optimizer.h"

#include "kernels.h"

enum { LEARNING_RATE_DECAY = OPTIMIZER_COMMON, INITIAL_ACCUMULATOR, EPS, WEIGHT_DECAY };

static const fa_param params[] = {
    OPTIMIZER_COMMON_PARAMS(0.01),
    [LEARNING_RATE_DECAY] = {"learning_rate_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                             "the rate of update t = 1, 2, ... is divided by 1 + (t - 1) times this"},
    [INITIAL_ACCUMULATOR] = {"initial_accumulator", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                             "where the sum of squares starts"},
    [EPS] = {"eps", FA_PARAM_REAL, 1e-10, 1e-30, 1e30, NULL, "added to the root of the sum of squares"},
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                      "coupled: added to the gradient as weight_decay w"},
};

static unsigned moments(const double *values)
{
    (void)values;
    return 1;
}

static void apply(const optimizer_update *u)
{
    kernels_adagrad c = {
        .common = {u->scale, u->values[WEIGHT_DECAY],
                   u->rate / (1.0 + (double)(u->t - 1) * u->values[LEARNING_RATE_DECAY]), optimizer_keep(u, 0.0)},
        .initial = u->values[INITIAL_ACCUMULATOR],
        .eps = u->values[EPS],
    };

    kernels_for(u->dtype)->adagrad(u->count, &c, u->g, u->w, u->moments[0]);
}

extern const optimizer_kind optimizer_adagrad;

const optimizer_kind optimizer_adagrad = {
    .name = "adagrad",
    .params = params,
    .moment_names = {"sum"},
    .squares = 1u,
    .n_params = sizeof params / sizeof params[0],
    .coupled_decay = WEIGHT_DECAY,
    .moments = moments,
    .apply = apply,
};
