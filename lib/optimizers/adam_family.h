/* What adam and adamw share: everything but where the weight decay goes. For every parameter w with gradient g:
 *
 *     m = beta1 m + (1 - beta1) g,     m = 0 at first
 *     v = beta2 v + (1 - beta2) g^2,   v = 0 at first
 *     w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * amsgrad: the largest v so far stands for v (Reddi, Kale & Kumar, ICLR 2018), before the correction as in PyTorch. */
#ifndef LIBFA_ADAM_FAMILY_H
#define LIBFA_ADAM_FAMILY_H

#include "optimizer.h"

#include <math.h>

#include "kernels.h"

enum { BETA1 = OPTIMIZER_COMMON, BETA2, EPS, AMSGRAD, WEIGHT_DECAY };

enum { MEAN, SQUARES, LARGEST }; /* moments */

#define ADAM_PARAMS                                                                                                   \
    OPTIMIZER_COMMON_PARAMS(0.001),                                                                                   \
    [BETA1] = {"beta1", FA_PARAM_REAL, 0.9, 0.0, 1.0 - 1e-9, NULL, "share of the mean that is kept each step"},       \
    [BETA2] = {"beta2", FA_PARAM_REAL, 0.999, 0.0, 1.0 - 1e-9, NULL, "share of the mean square that is kept"},        \
    [EPS] = {"eps", FA_PARAM_REAL, 1e-8, 1e-30, 1e30, NULL, "added to the root mean square"},                         \
    [AMSGRAD] = {"amsgrad", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes", "divide by the largest mean square so far"}

static inline unsigned adam_moments(const double *values)
{
    return 1u << MEAN | 1u << SQUARES | (values[AMSGRAD] > 0.0 ? 1u << LARGEST : 0);
}

static inline void adam_apply(const optimizer_update *u, double coupled, double decoupled)
{
    double       t = (double)u->t;
    kernels_adam c = {
        .common = {u->scale, coupled, u->rate / (1.0 - pow(u->values[BETA1], t)), optimizer_keep(u, decoupled)},
        .beta1 = u->values[BETA1],
        .beta2 = u->values[BETA2],
        .root_scale = 1.0 / sqrt(1.0 - pow(u->values[BETA2], t)),
        .eps = u->values[EPS],
    };

    kernels_for(u->dtype)->adam(u->count, &c, u->g, u->w, u->moments[MEAN], u->moments[SQUARES],
                                u->values[AMSGRAD] > 0.0 ? u->moments[LARGEST] : NULL);
}

#endif
