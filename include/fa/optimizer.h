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
 * "sgd", for every parameter w with mean gradient g:
 *
 *     g = g + weight_decay w                      (coupled decay)
 *     v = momentum v + g
 *     d = g + momentum v  if nesterov, else v
 *     w = (1 - learning_rate c decoupled_weight_decay) w - learning_rate c d
 *
 * where c is the rate factor of the layer's weights or biases (fa_optimizer_set_rate_factor(), default 1) and v
 * starts at 0: torch.optim.SGD with dampening 0. weight_decay and decoupled_weight_decay act on W and b alike.
 *
 * @param[out] out   to be released with fa_optimizer_destroy(); NULL on failure
 * @param[in]  name  "sgd"
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
 * @retval FA_ERR_MEMORY    the momentum was 0 and its buffers cannot be made; nothing was changed
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

/** Updates applied so far; 0 for NULL. Since 0.1. */
FA_API uint64_t fa_optimizer_steps(const fa_optimizer *opt);

FA_END_DECLS

#endif
