/* libfa -- optimizers: from gradient to weight change.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_OPTIMIZER_H
#define LIBFA_OPTIMIZER_H

#include <fa/network.h>

FA_BEGIN_DECLS

/** An optimizer bound to a network's architecture; opaque. Owns rates, rate factors, moments and the step count. */
typedef struct fa_optimizer fa_optimizer;

/** Which parameters of a layer. */
typedef enum fa_parameters {
    FA_WEIGHTS = 1, /**< W_l */
    FA_BIASES = 2   /**< b_l */
} fa_parameters;

/**
 * New optimizer with the defaults of its kind.
 *
 * Every kind has these parameters; G is the mean gradient over the batch (or over all accumulated batches), c the rate
 * factor of the layer's weights or biases (fa_optimizer_set_rate_factor(), default 1) times that of the schedule
 * (fa_optimizer_set_schedule()):
 *
 *     learning_rate            eta
 *     gradient_scale     s = 1: the gradient is s G. With s = n it is the sum over a batch of n, which matters where
 *                              the size of the gradient does (eps of rmsprop, adam, adagrad; clip_norm; weight_decay)
 *     clip_norm          0:    none. Else the gradients of all layers that learn are multiplied by
 *                              min(1, clip_norm / (|s G| + 1e-6)), |.| over all of them: torch's clip_grad_norm_
 *     unscaled_weight_decay a: w = (1 - a) w - ..., whatever the learning rate
 *
 * and for every parameter w with gradient g = s G, clipped:
 *
 *     "sgd"      g = g + weight_decay w;   v = momentum v + g;   d = g + momentum v if nesterov, else v
 *                w = (1 - eta c decoupled_weight_decay) w - eta c d                      (torch.optim.SGD, dampening 0)
 *     "rmsprop"  g = g + weight_decay w;   v = alpha v + (1 - alpha) g^2;   m = alpha m + (1 - alpha) g if centered
 *                u = g / (sqrt(v - m^2 if centered, else v) + eps);   b = momentum b + u;   w = w - eta c b
 *                                                                                             (torch.optim.RMSprop)
 *     "adam"     g = g + weight_decay w;   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2
 *                w = w - eta c (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)             (torch.optim.Adam)
 *                amsgrad: the largest v so far stands for v
 *     "adamw"    the same with w = (1 - eta c weight_decay) w first, and no weight decay in g    (torch.optim.AdamW)
 *     "adagrad"  g = g + weight_decay w;   v = v + g^2, v = initial_accumulator at first
 *                w = w - eta c / (1 + (t - 1) learning_rate_decay) g / (sqrt(v) + eps)           (torch.optim.Adagrad)
 *     "manhattan"  v = momentum v + sign(g), sign(0) = 0;   w = (1 - eta c decoupled_weight_decay) w - eta c v
 *                                                   ("Batch Manhattan": Liao, Leibo & Poggio, AAAI 2016; since 0.3)
 *
 * t counts the updates of the layer from 1; one while it is frozen does not count. Moments start at 0 where nothing
 * else is said. A variance v - m^2 that rounding makes negative counts as 0.
 *
 * "manhattan" looks at the sign of the gradient of the whole mini-batch, not of single samples, and takes it before
 * momentum, so that without momentum every parameter moves by eta c or not at all; gradient_scale and clip_norm change
 * nothing, unless they are so chosen that the gradient is 0. Another reading of "sign with momentum" takes the sign of
 * the velocity; it is not offered. Decay stays outside the sign: inside, it would say no more than which way a weight
 * with a small gradient goes.
 *
 * Weight decay acts on W and b alike, always on the w before the update: what several readings take away adds up. Three
 * readings of it: "weight_decay" of sgd, rmsprop, adam and adagrad is part of the gradient (coupled), so under sgd w
 * shrinks by eta c weight_decay a step; "weight_decay" of adamw and "decoupled_weight_decay" of sgd and manhattan
 * shrink w by eta c times themselves, beside the gradient; "unscaled_weight_decay" shrinks it by itself, whatever the
 * learning rate. A paper that says "weight decay 1e-6" may mean any of them, and they differ by orders of magnitude.
 *
 * @param[out] out   to be released with fa_optimizer_destroy(); NULL on failure
 * @param[in]  name  "adagrad", "adam", "adamw", "manhattan", "rmsprop" or "sgd"
 * @retval FA_ERR_ARGUMENT  a NULL or an unknown name (the sentence lists the known ones)
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.1.
 */
FA_API fa_status fa_optimizer_create(fa_optimizer **out, const fa_network *net, const char *name);

/** Release an optimizer. NULL is fine. Since 0.1. */
FA_API void fa_optimizer_destroy(fa_optimizer *opt);

/** Number of kinds of optimizers. Since 0.1. */
FA_API size_t fa_optimizer_count(void);

/** Name of kind i = 0 .. fa_optimizer_count() - 1; NULL for another i. Since 0.1. */
FA_API const char *fa_optimizer_name_at(size_t i);

/** Table of the parameters of a kind; NULL, and *n_params 0, for an unknown name. n_params may be NULL. Since 0.1. */
FA_API const fa_param *fa_optimizer_params(const char *name, size_t *n_params);

/**
 * Set a parameter by name, e.g. "learning_rate"; a choice by the index of its name. Takes effect with the next update.
 *
 * @retval FA_ERR_ARGUMENT  a NULL, no such parameter, or a value out of its range
 * @retval FA_ERR_MEMORY    the new value needs more moments, which cannot be made; nothing was changed
 * Since 0.1.
 */
FA_API fa_status fa_optimizer_set(fa_optimizer *opt, const char *name, double value);

/** Set a parameter that is a choice by the choice's name. Errors as above. Since 0.1. */
FA_API fa_status fa_optimizer_set_choice(fa_optimizer *opt, const char *name, const char *choice);

/** Read a parameter. FA_ERR_ARGUMENT if there is none of that name. Since 0.1. */
FA_API fa_status fa_optimizer_get(const fa_optimizer *opt, const char *name, double *value);

/**
 * Multiply the learning rate of the weights or the biases of a layer.
 *
 * @param[in] l       1 .. L, or 0 for every layer
 * @param[in] which   FA_WEIGHTS, FA_BIASES or both, or'ed
 * @param[in] factor  finite and >= 0; 1 at first
 * @retval FA_ERR_ARGUMENT  opt is NULL, or an argument is out of range
 * Since 0.1.
 */
FA_API fa_status fa_optimizer_set_rate_factor(fa_optimizer *opt, size_t l, unsigned which, double factor);

/**
 * Multiply the learning rate of everything, beside the rate factors: for schedules. fa_trainer_run() sets it before
 * every update, and back at its end.
 *
 * @param[in] factor  finite and >= 0; 1 at first
 * @retval FA_ERR_ARGUMENT  opt is NULL, or factor out of range
 * Since 0.2.
 */
FA_API fa_status fa_optimizer_set_schedule(fa_optimizer *opt, double factor);

/** Updates applied so far; 0 for NULL. Since 0.1. */
FA_API uint64_t fa_optimizer_steps(const fa_optimizer *opt);

FA_END_DECLS

#endif
