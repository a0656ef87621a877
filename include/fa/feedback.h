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

/** Bytes of all arrays as they are stored, padding included; 0 for NULL. Since 0.1. */
FA_API size_t fa_feedback_bytes(const fa_feedback *fb);

/**
 * The parameters that every rule with feedback B has, beside its own. They say how each B_l [n_l x m] that the rule
 * declared (fa_setup_feedback(), fa_setup_feedback_layer()) is drawn and stored:
 *
 * "feedback_form"     dense (default)
 *                     sparse: an entry is there with probability "feedback_density", and then is that of the dense
 *                     matrix; it is not scaled up for those that are missing. Only what is there is stored and
 *                     multiplied
 *                     low_rank: U V^T of rank "feedback_rank", at most min(n_l, m). U has the variance of the dense
 *                     matrix's entries, V the variance 1/rank, so that B has the former
 *                     shared: one array for all layers, as tall as the widest hidden layer and as wide as the widest m;
 *                     B_l is its first n_l rows and m columns (Launay et al. 2020). It is drawn once, as a B of its own
 *                     shape
 *                     regenerated: nothing is stored; every product draws the dense matrix again, with the same bits
 * "feedback_density"  above 0, at most 1 (default 0.1): of sparse
 * "feedback_rank"     1 or more (default 10): of low_rank
 * "feedback_draw"     rule (default: what the rule asks for) or one of enum fa_feedback_draw, in lower case. orthogonal
 *                     goes with the forms dense and shared; of a shared array the whole is orthogonal
 * "feedback_scale"    factor of every entry (default 1); what fa_feedback_init() draws has its own scale
 *
 * Which entries are there, and V, follow from the stream {seed of the feedback, FA_PURPOSE_FORM, l, step = k} as B from
 * {seed, FA_PURPOSE_FEEDBACK, l, step = k} (fa_setup_array()): entry (i, j) is there if number i m + j, as float64, is
 * below the density; V is drawn row by row, uniformly or normally as B is. The shared array has l = 0.
 *
 * Setting one of them draws every array of the rule anew. That, beside what is said at fa_feedback_set_param(), is
 *
 * FA_ERR_UNSUPPORTED  for rules that have no feedback, or compute it in every step, unless the value is the default;
 *                     for a form other than dense of rules that change B (`adapt`); and for orthogonal in another form
 *
 * @param[out] n  their number; may be NULL
 * Threads: any. Since 0.3.
 */
FA_API const fa_param *fa_feedback_params(size_t *n);

/**
 * Set a parameter of the rule, or one of fa_feedback_params(), by name; a choice by the index of its name. A parameter
 * that decides which arrays there are (fa_setup_param(), fa_feedback_params()) draws all of them anew from the
 * feedback's seed; what was set or drawn by hand is lost then.
 *
 * @retval FA_ERR_ARGUMENT  a NULL, no such parameter, or a value out of its range
 * @retval FA_ERR_STATE     the parameter decides which arrays there are, and the rule has been at work
 * @retval FA_ERR_MEMORY    arrays of the new shape cannot be made
 * On failure everything is as before. Since 0.1.
 */
FA_API fa_status fa_feedback_set_param(fa_feedback *fb, const char *name, double value);

/** Set a parameter that is a choice by the choice's name. Errors as above. Since 0.1. */
FA_API fa_status fa_feedback_set_choice(fa_feedback *fb, const char *name, const char *choice);

/**
 * Whether setting this parameter to another value makes every array of the rule anew, so that views of them end: those
 * that `setup` asked for (fa_setup_param()), and fa_feedback_params(). false for a NULL or no such parameter.
 * Since 0.3.
 */
FA_API bool fa_feedback_redraws(const fa_feedback *fb, const char *name);

/**
 * Read a parameter. FA_ERR_ARGUMENT if there is none of that name; FA_ERR_UNSUPPORTED for one of fa_feedback_params()
 * if the rule has no feedback or computes it in every step. Since 0.1.
 */
FA_API fa_status fa_feedback_param(const fa_feedback *fb, const char *name, double *value);

/**
 * Set an array of the rule, for instance "B" of layer l.
 *
 * @param[in] array  the array's shape, the network's dtype; copied
 * @retval FA_ERR_ARGUMENT    a NULL, or the rule keeps no such array for layer l
 * @retval FA_ERR_SHAPE       another shape
 * @retval FA_ERR_DTYPE       another dtype
 * @retval FA_ERR_NOT_FINITE  an element is NaN or infinite
 * @retval FA_ERR_UNSUPPORTED the rule computes this array itself in every step, or it is a B that is not dense
 *                            (fa_feedback_params())
 * On failure the array is as before. Since 0.1.
 */
FA_API fa_status fa_feedback_set(fa_feedback *fb, const char *name, size_t l, const fa_matrix *array);

/**
 * View of an array of the rule. Read only: set through fa_feedback_set(). Valid until the feedback is destroyed, or a
 * parameter is set that makes the arrays anew (fa_feedback_redraws()).
 *
 * @param[out] view  {0} on failure
 * @retval FA_ERR_ARGUMENT    a NULL, or the rule keeps no such array for layer l
 * @retval FA_ERR_UNSUPPORTED a B in a form that has no dense matrix (sparse, low_rank, regenerated): see
 *                            fa_feedback_dense()
 * Since 0.1.
 */
FA_API fa_status fa_feedback_get(const fa_feedback *fb, const char *name, size_t l, fa_matrix *view);

/**
 * Shape of an array of the rule, whatever its form.
 *
 * @param[out] rows, cols  0 on failure
 * @retval FA_ERR_ARGUMENT  a NULL, or the rule keeps no such array for layer l
 * Since 0.3.
 */
FA_API fa_status fa_feedback_shape(const fa_feedback *fb, const char *name, size_t l, size_t *rows, size_t *cols);

/**
 * Write B_l as a dense matrix, whatever its form.
 *
 * @param[in]  l    1 .. L - 1
 * @param[out] out  [n_l x m], the network's dtype, any strides; the product of low rank is summed in double
 * @retval FA_ERR_ARGUMENT  a NULL, or the rule keeps no B for layer l
 * @retval FA_ERR_SHAPE     another shape
 * @retval FA_ERR_DTYPE     another dtype
 * Since 0.3.
 */
FA_API fa_status fa_feedback_dense(const fa_feedback *fb, size_t l, const fa_matrix *out);

/**
 * Draw an array anew, from the stream that it was first drawn from but with this seed. A B keeps its form: a sparse one
 * the places of its entries, too, and of a shared one every layer's part is drawn, whichever l is given.
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
