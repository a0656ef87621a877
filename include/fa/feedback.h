/* libfa -- a learning rule bound to a network: its parameters, its feedback matrices, its state.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_FEEDBACK_H
#define LIBFA_FEEDBACK_H

#include <fa/network.h>
#include <fa/pass.h>
#include <fa/rule.h>

FA_BEGIN_DECLS

/** A bound learning rule; opaque. Owns the rule's parameters, every B, and the rule's private state. */
typedef struct fa_feedback fa_feedback;

/**
 * Bind a rule to a network's architecture and draw its arrays.
 *
 * @param[out] out        to be released with fa_feedback_destroy(); NULL on failure
 * @param[in]  rule       from fa_rule_find(), or a rule of your own; the struct is copied
 * @param[in]  user_data  handed to the rule's callbacks, never looked at
 * @param[in]  seed       of the arrays and of whatever the rule draws
 * @retval FA_ERR_ARGUMENT     out, net or rule is NULL, or the rule is ill-formed (the sentence says how)
 * @retval FA_ERR_STATE        the network has no layer
 * @retval FA_ERR_UNSUPPORTED  a rule made for a later version of the library
 * @retval FA_ERR_MEMORY       out of memory
 * and whatever the rule's `setup` and `init` return. Since 0.1.
 */
FA_API fa_status fa_feedback_create(fa_feedback **out, const fa_network *net, const fa_rule *rule, void *user_data,
                                    uint64_t seed);

/** Release a feedback. NULL is fine. Since 0.1. */
FA_API void fa_feedback_destroy(fa_feedback *fb);

/** Name of the bound rule; "" for NULL. Since 0.1. */
FA_API const char *fa_feedback_rule_name(const fa_feedback *fb);

/** Bytes of all arrays, padding included; 0 for NULL. Since 0.1. */
FA_API size_t fa_feedback_bytes(const fa_feedback *fb);

/**
 * Set a parameter of the rule by name; a choice by the index of its name. A parameter that decides which arrays there
 * are (fa_setup_param()) draws all of them anew from the feedback's seed; what was set or drawn by hand is lost then.
 *
 * @retval FA_ERR_ARGUMENT  a NULL, no such parameter, or a value out of its range
 * @retval FA_ERR_STATE     the parameter decides which arrays there are, and the rule has been at work
 * @retval FA_ERR_MEMORY    arrays of the new shape cannot be made
 * On failure everything is as before. Since 0.1.
 */
FA_API fa_status fa_feedback_set_param(fa_feedback *fb, const char *name, double value);

/** Set a parameter that is a choice by the choice's name. Errors as above. Since 0.1. */
FA_API fa_status fa_feedback_set_choice(fa_feedback *fb, const char *name, const char *choice);

/** Read a parameter. FA_ERR_ARGUMENT if there is none of that name. Since 0.1. */
FA_API fa_status fa_feedback_param(const fa_feedback *fb, const char *name, double *value);

/**
 * Set an array of the rule, for instance "B" of layer l.
 *
 * @param[in] array  the array's shape, the network's dtype; copied
 * @retval FA_ERR_ARGUMENT    a NULL, or the rule keeps no such array for layer l
 * @retval FA_ERR_SHAPE       another shape
 * @retval FA_ERR_DTYPE       another dtype
 * @retval FA_ERR_NOT_FINITE  an element is NaN or infinite
 * @retval FA_ERR_UNSUPPORTED the rule computes this array itself in every step
 * On failure the array is as before. Since 0.1.
 */
FA_API fa_status fa_feedback_set(fa_feedback *fb, const char *name, size_t l, const fa_matrix *array);

/**
 * View of an array of the rule. Read only: set through fa_feedback_set(). Valid until the feedback is destroyed.
 *
 * @param[out] view  {0} on failure
 * @retval FA_ERR_ARGUMENT  a NULL, or the rule keeps no such array for layer l
 * Since 0.1.
 */
FA_API fa_status fa_feedback_get(const fa_feedback *fb, const char *name, size_t l, fa_matrix *view);

/**
 * Draw an array anew, from the stream that it was first drawn from but with this seed.
 *
 * @param[in] l      a layer, or 0 for every layer that has an array of that name (an array labelled 0 included)
 * @param[in] scale  as in fa_network_init_weights()
 * @retval FA_ERR_ARGUMENT    a NULL, no such array, or a wrong init or scale
 * @retval FA_ERR_UNSUPPORTED  the rule computes this array itself in every step
 * Since 0.1.
 */
FA_API fa_status fa_feedback_init(fa_feedback *fb, const char *name, size_t l, fa_init init, double scale,
                                  uint64_t seed);

/**
 * Bring the error to hidden layer l as back-propagation does, through the transpose of W_{l+1} from delta_{l+1}, in the
 * place of B_l; or through B_l again. Xiao et al. (arXiv:1811.03567) do so for the last hidden layer. B_l is kept,
 * unused.
 *
 * @param[in] l  1 .. L - 1, or 0 for every hidden layer
 * @retval FA_ERR_ARGUMENT     fb is NULL or l out of range
 * @retval FA_ERR_UNSUPPORTED  the rule keeps no feedback B for layer l or for hidden layer l + 1, so that no error
 *                             comes from above (ifa with several hidden layers), or works before the error is known
 * Since 0.3.
 */
FA_API fa_status fa_feedback_use_weights(fa_feedback *fb, size_t l, bool use);

/** Whether layer l is reached through W_{l+1}; false for NULL or another l. Since 0.3. */
FA_API bool fa_feedback_uses_weights(const fa_feedback *fb, size_t l);

/**
 * Let the rule adapt n times without a batch: the mirror phase of weight mirrors (Akrout et al., arXiv:1904.05391),
 * whose noise comes in batches of the pass's largest. Whatever batch the pass held is forgotten, an accumulated
 * gradient is not. Each time counts as a step of the feedback.
 *
 * @retval FA_ERR_ARGUMENT     a NULL
 * @retval FA_ERR_SHAPE        pass or fb does not fit net
 * @retval FA_ERR_STATE        an epoch is under way with the pass
 * @retval FA_ERR_UNSUPPORTED  the rule has no mirror phase (FA_RULE_MIRRORS)
 * @retval FA_ERR_MEMORY       the rule's activity sets cannot be made (first call only)
 * Threads: nothing else may use fb or pass or change net. Since 0.3.
 */
FA_API fa_status fa_feedback_adapt(fa_feedback *fb, const fa_network *net, fa_pass *pass, uint64_t n);

FA_END_DECLS

#endif
