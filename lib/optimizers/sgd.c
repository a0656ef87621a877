/* sgd -- stochastic gradient descent with momentum, for every parameter w with mean gradient g and rate factor c:
 *
 *     g = g + weight_decay w                      (coupled decay)
 *     v = momentum v + g,   v = 0 at first
 *     d = g + momentum v  if nesterov, else v
 *     w = (1 - learning_rate c decoupled_weight_decay) w - learning_rate c d
 *
 * torch.optim.SGD with dampening 0 (Sutskever et al., ICML 2013, in PyTorch's form: the rate multiplies the velocity);
 * decoupled decay as in Loshchilov & Hutter, ICLR 2019. */
#include "optimizer.h"

#include "kernels.h"

enum { LEARNING_RATE, MOMENTUM, NESTEROV, WEIGHT_DECAY, DECOUPLED_WEIGHT_DECAY };

static const fa_param params[] = {
    [LEARNING_RATE] = {"learning_rate", FA_PARAM_REAL, 0.01, 0.0, 1e30, NULL, "step size, of the mean gradient"},
    [MOMENTUM] = {"momentum", FA_PARAM_REAL, 0.0, 0.0, 1.0, NULL, "share of the velocity that is kept each step"},
    [NESTEROV] = {"nesterov", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes", "look ahead along the velocity"},
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                      "coupled: added to the gradient as weight_decay w"},
    [DECOUPLED_WEIGHT_DECAY] = {"decoupled_weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                                "w shrinks by learning_rate times this, beside the gradient"},
};

static size_t moments(const double *values)
{
    return values[MOMENTUM] > 0.0 ? 1 : 0;
}

static bool linear(const double *values, double factor, size_t samples, double *alpha, double *beta)
{
    double rate = values[LEARNING_RATE] * factor;

    *alpha = -rate / (double)samples;
    *beta = 1.0 - rate * (values[DECOUPLED_WEIGHT_DECAY] + values[WEIGHT_DECAY]);
    return !(values[MOMENTUM] > 0.0);
}

static void apply(const double *values, double factor, size_t samples, fa_dtype dtype, size_t count, void *g,
                  void *const *m, void *w)
{
    double      rate = values[LEARNING_RATE] * factor;
    kernels_sgd c = {
        .gradient_scale = 1.0 / (double)samples,
        .weight_decay = values[WEIGHT_DECAY],
        .momentum = values[MOMENTUM],
        .nesterov = values[NESTEROV] > 0.0,
        .rate = rate,
        .keep = 1.0 - rate * values[DECOUPLED_WEIGHT_DECAY],
    };

    kernels_for(dtype)->sgd(count, &c, g, values[MOMENTUM] > 0.0 ? m[0] : NULL, w);
}

extern const optimizer_kind optimizer_sgd;

const optimizer_kind optimizer_sgd = {
    .name = "sgd",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .moments = moments,
    .linear = linear,
    .apply = apply,
};
