/* libfa -- a training step as learning rules see it.
 *
 * Rules never see where an array lies: they ask the step for views, whose rows are samples (activities, deltas) or the
 * rows of the array. Views are valid until the callback returns. Functions of the step may only be called from
 * the rule's callbacks (<fa/rule.h>), in the thread that runs the step.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_STEP_H
#define LIBFA_STEP_H

#include <fa/network.h>
#include <fa/random.h>

FA_BEGIN_DECLS

/** One training step, seen by `backward`, `local` and `adapt`; lives during that library call. */
typedef struct fa_step fa_step;

/** What brings an error signal to a layer in the place of its own weights; chosen by the feedback. */
typedef struct fa_operand fa_operand;

/** @name What there is to see @{ */

/** Number of layers L. Since 0.1. */
FA_API size_t fa_step_depth(const fa_step *step);

/** n_l, l = 0 .. L. Since 0.1. */
FA_API size_t fa_step_width(const fa_step *step, size_t l);

/**
 * Samples n in the batch. In `adapt` there may be no batch: in a mirror phase, and where gradients were accumulated and
 * another batch has gone forward since. Then n is the rows of further slots, and x, activities and error signals of
 * slot 0 and the target are FA_ERR_STATE. Since 0.1.
 */
FA_API size_t fa_step_batch(const fa_step *step);

/** Element type of every view. Since 0.1. */
FA_API fa_dtype fa_step_dtype(const fa_step *step);

/** Steps that this feedback has completed: 0 in the first one. A step that is retried keeps its number. Since 0.1. */
FA_API uint64_t fa_step_number(const fa_step *step);

/** The user_data given to fa_feedback_create(). Since 0.1. */
FA_API void *fa_step_user_data(const fa_step *step);

/** The rule's private state, state_size bytes; NULL if it has none. Since 0.1. */
FA_API void *fa_step_state(const fa_step *step);

/**
 * Value of a parameter of the rule, as set by fa_feedback_set_param().
 *
 * @retval FA_ERR_ARGUMENT  a NULL or no such parameter
 * Since 0.1.
 */
FA_API fa_status fa_step_param(const fa_step *step, const char *name, double *value);

/**
 * View of h_l [n x n_l], l = 0 .. L, in slot 0 (the batch itself, read only; h_0 = x), or of the matrix l of a further
 * slot (may be written). With dropout it is what the next layer sees. FA_ERR_STATE where it does not exist yet.
 * Since 0.1.
 */
FA_API fa_status fa_step_activity(const fa_step *step, size_t slot, size_t l, fa_matrix *view);

/** View of the target [n x n_L], read only. FA_ERR_STATE where the step has none. Since 0.1. */
FA_API fa_status fa_step_target(const fa_step *step, fa_matrix *view);

/**
 * View of delta_l [n x n_l]: may be written for l < L; delta_L = e is read only and FA_ERR_STATE in `local`. Since 0.1.
 */
FA_API fa_status fa_step_delta(const fa_step *step, size_t l, fa_matrix *view);

/**
 * View of W_l [n_l x n_{l-1}], read only; in `adapt` already updated. FA_ERR_ARGUMENT for a NULL or an l out of range;
 * FA_ERR_STATE for a layer that a streaming pass is done with. Since 0.1.
 */
FA_API fa_status fa_step_weights(const fa_step *step, size_t l, fa_matrix *view);

/** View of b_l [1 x n_l], read only; FA_ERR_ARGUMENT if the layer has none. Errors as above. Since 0.1. */
FA_API fa_status fa_step_bias(const fa_step *step, size_t l, fa_matrix *view);

/**
 * View of an array that `setup` declared: read only in `backward` and `local`, unless it is scratch or derived; may be
 * written in `adapt`. Errors as for fa_feedback_get(). Since 0.1.
 */
FA_API fa_status fa_step_array(const fa_step *step, const char *name, size_t l, fa_matrix *view);

/** @} @name Bringing errors back @{ */

/**
 * delta_l = (B_l delta_{l+1}) .* f'(z_l) with the feedback's own operand of layer l = 1 .. L - 1.
 *
 * @retval FA_ERR_ARGUMENT  step is NULL or l out of range
 * @retval FA_ERR_STATE     the rule declared no layerwise feedback
 * @retval FA_ERR_MEMORY    scratch for a B that is not dense (fa_feedback_params()) cannot be made (first step only)
 * Since 0.1.
 */
FA_API fa_status fa_step_transport(fa_step *step, size_t l);

/**
 * delta_l = (B_l e) .* f'(z_l): straight from the output, for direct feedback. Where fa_feedback_use_weights() has
 * layer l reached through W_{l+1} instead, delta_{l+1} has to be there, else FA_ERR_STATE. Errors as above. Since 0.1.
 */
FA_API fa_status fa_step_inject(fa_step *step, size_t l);

/**
 * delta_l = scale (B_l s) .* f'(z_l) for a signal of the rule's own in the place of e, with direct feedback. Also in
 * `local`, for the layer that has just run.
 *
 * @param[in] signal  s, [n x n_L], any strides
 * Errors as above, and FA_ERR_SHAPE, FA_ERR_DTYPE for the signal. Since 0.3.
 */
FA_API fa_status fa_step_inject_signal(fa_step *step, size_t l, double scale, const fa_matrix *signal);

/**
 * delta_l = (W_l delta_{l-1}) .* f'(z_l), l = 2 .. L - 1: an error signal carried on in the direction of the forward
 * pass (indirect feedback alignment). Errors as above. Since 0.3.
 */
FA_API fa_status fa_step_carry(fa_step *step, size_t l);

/**
 * delta_l = (left (right delta_{l+1})) .* f'(z_l): transport through two matrices one after the other.
 *
 * @param[in] left   a view of the step [n_l x m]
 * @param[in] right  a view of the step [m x n_{l+1}]
 * @retval FA_ERR_ARGUMENT  one of the two is not one of the step's own arrays: x and target are not
 * @retval FA_ERR_MEMORY    the room for what lies between cannot be made (first step only)
 * Errors as above. Since 0.3.
 */
FA_API fa_status fa_step_transport_through(fa_step *step, size_t l, const fa_matrix *left, const fa_matrix *right);

/** The transpose of W_{l+1} as operand of layer l = 1 .. L - 1; NULL for another l. Since 0.1. */
FA_API const fa_operand *fa_step_weights_operand(const fa_step *step, size_t l);

/** A declared array as operand of layer l; NULL if there is none of that name. Since 0.1. */
FA_API const fa_operand *fa_step_array_operand(const fa_step *step, const char *name, size_t l);

/** fa_step_transport() with a given operand [n_l x n_{l+1}]; FA_ERR_SHAPE if it has another shape. Since 0.1. */
FA_API fa_status fa_step_transport_with(fa_step *step, size_t l, const fa_operand *operand);

/** fa_step_inject() with a given operand [n_l x n_L]; FA_ERR_SHAPE if it has another shape. Since 0.1. */
FA_API fa_status fa_step_inject_with(fa_step *step, size_t l, const fa_operand *operand);

/**
 * delta_l = delta_l .* f'(z_l), and through the layer's dropout mask, for rules that wrote delta_l themselves;
 * l = 1 .. L - 1.
 *
 * @retval FA_ERR_ARGUMENT  step is NULL or l out of range
 * @retval FA_ERR_STATE     this is `adapt`, layer l has not run yet, or a streaming pass is done with it
 * Since 0.1.
 */
FA_API fa_status fa_step_apply_slope(fa_step *step, size_t l);

/** delta_l through the layer's dropout mask only, without f'; l = 1 .. L - 1. Errors as above. Since 0.3. */
FA_API fa_status fa_step_apply_mask(fa_step *step, size_t l);

/** @} @name Further forward passes @{ */

/**
 * Run the network on another input, or with noise added to every z_l, into a slot. Dropout masks are those of the
 * batch; an input of the rule's own is taken as already scaled, and only what x had dropped is 0 in it.
 *
 * @param[in] slot        1 .. the number asked for; receives h_1 .. h_L
 * @param[in] input       [n x n_0]; NULL for x
 * @param[in] noise_slot  slot whose matrix l is added to z_l, l = 1 .. L; 0 for none
 * @retval FA_ERR_ARGUMENT  a slot that was not asked for, or noise_slot = slot
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  input does not fit
 * Since 0.1.
 */
FA_API fa_status fa_step_forward(fa_step *step, size_t slot, const fa_matrix *input, size_t noise_slot);

/**
 * Loss of every sample, not reduced, in a slot (0: the batch itself).
 *
 * @param[out] losses  [n]
 * @retval FA_ERR_STATE  the slot holds no forward pass, or the step has no target
 * Since 0.1.
 */
FA_API fa_status fa_step_loss(const fa_step *step, size_t slot, double *losses);

/**
 * Output error e = dloss/dz_L of the forward pass in a slot, like delta_L.
 *
 * @param[out] e  a view of the step [n x n_L], for instance that of a further slot
 * @retval FA_ERR_STATE  the slot holds no forward pass, or the step has no target
 * Since 0.3.
 */
FA_API fa_status fa_step_error(fa_step *step, size_t slot, const fa_matrix *e);

/**
 * Run one layer on an input of its own: h_l = f(W_l input + noise + b_l) into the matrix l of a slot. Also in `adapt`,
 * with the updated weights. Dropout masks of the batch apply, except in `adapt`.
 *
 * @param[in] input       [n x n_{l-1}], any strides; n is fa_step_batch()
 * @param[in] noise_slot  slot whose matrix l is added to z_l; 0 for none
 * @param[in] slot        1 .. the number asked for, not noise_slot; after l = L fa_step_loss() takes it
 * Errors as for fa_step_forward(). Since 0.3.
 */
FA_API fa_status fa_step_layer(fa_step *step, size_t l, const fa_matrix *input, size_t noise_slot, size_t slot);

/**
 * Room for one double for each sample, [n], k = 0 or 1; NULL for another k, or if `setup` asked for no slots. It means
 * nothing beyond the callback. Since 0.3.
 */
FA_API double *fa_step_numbers(const fa_step *step, size_t k);

/**
 * Fill a view from the stream {feedback's seed, purpose, l, step number} with U[low, high). Errors as for
 * fa_random_uniform(). Since 0.1.
 */
FA_API fa_status fa_step_uniform(const fa_step *step, uint32_t purpose, size_t l, double low, double high,
                                 const fa_matrix *matrix);

/**
 * Fill a view from the stream {feedback's seed, purpose, l, step number} with N(mean, deviation^2). Errors as for
 * fa_random_normal(). Since 0.1.
 */
FA_API fa_status fa_step_normal(const fa_step *step, uint32_t purpose, size_t l, double mean, double deviation,
                                const fa_matrix *matrix);

/** @} @name Gradient and increment @{ */

/**
 * Let another activity stand for h_{l-1} in the gradient of W_l in this step (PEPITA's second pass).
 *
 * @param[in] view  [n x n_{l-1}], usually fa_step_activity() of a slot; it must stay unchanged until the update
 * @retval FA_ERR_ARGUMENT  a NULL, or l out of range
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  the view does not fit
 * @retval FA_ERR_STATE     this is `adapt`, or a streaming pass is done with layer l
 * Since 0.1.
 */
FA_API fa_status fa_step_set_presynaptic(fa_step *step, size_t l, const fa_matrix *view);

/**
 * Let another error signal stand for delta_l in the gradients of W_l and b_l in this step, l = 1 .. L.
 *
 * @param[in] view  a view of the step [n x n_l] that runs row by row; it must stay unchanged until the update
 * @retval FA_ERR_ARGUMENT  a NULL, l out of range, or the view is not one of the step's own: x and target are not
 * Since 0.3.
 */
FA_API fa_status fa_step_set_postsynaptic(fa_step *step, size_t l, const fa_matrix *view);

/**
 * Write the gradient of layer l oneself (mean over the batch): views, zeroed at the first call of the step, of the
 * gradient of W_l and, where there is a bias, b_l. Layers not asked for keep (1/n) delta_l^T h_{l-1}.
 *
 * @param[out] weights  [n_l x n_{l-1}]
 * @param[out] bias     [1 x n_l]; may be NULL; {0} if the layer has no bias
 * @retval FA_ERR_STATE   the rule lacks FA_RULE_WRITES_GRADIENT, or `backward` is over
 * Since 0.1.
 */
FA_API fa_status fa_step_gradient(fa_step *step, size_t l, fa_matrix *weights, fa_matrix *bias);

/**
 * In `adapt`: the change that the optimizer made to W_l and b_l for the sake of the gradient, after momentum and rate
 * factors; decoupled and unscaled weight decay are not in it (coupled decay is part of the gradient and is). Zero for
 * frozen layers.
 *
 * @param[out] weights  [n_l x n_{l-1}], read only
 * @param[out] bias     [1 x n_l]; may be NULL; {0} if the layer has no bias
 * @retval FA_ERR_STATE  the rule lacks FA_RULE_NEEDS_INCREMENT, this is not `adapt`, or l is below what the rule named
 *                       in fa_setup_increments()
 * Since 0.1.
 */
FA_API fa_status fa_step_increment(const fa_step *step, size_t l, fa_matrix *weights, fa_matrix *bias);

/**
 * In `adapt`: learning rate of the update just made, the optimizer's "learning_rate" times its schedule, without rate
 * factors; NaN elsewhere and under fa_feedback_adapt(). Since 0.3.
 */
FA_API double fa_step_learning_rate(const fa_step *step);

/**
 * In `adapt`: W_l = factor W_l, a decay of the rule's own beside the optimizer.
 *
 * @param[in] factor  0 .. 1
 * @retval FA_ERR_STATE     this is not `adapt`, or layer l is frozen: nothing was changed
 * @retval FA_ERR_ARGUMENT  step is NULL, l or factor out of range
 * Since 0.3.
 */
FA_API fa_status fa_step_shrink_weights(const fa_step *step, size_t l, double factor);

/** @} @name Arithmetic on its views
 *
 * Matrices are views of the step (and whatever fits, where they are only read); shapes that do not fit are
 * FA_ERR_SHAPE, another dtype FA_ERR_DTYPE, a NULL FA_ERR_ARGUMENT. What is written must not overlap what is read
 * unless it is the same view, and never in a product. Nothing is allocated. @{ */

/**
 * c = beta c + alpha a b, a product of matrices; beta = 0 does not read c.
 *
 * @retval FA_ERR_ARGUMENT  c is a factor; or c, or the factor that vector code runs along (b, or a where c runs by
 *                          columns), is not one of the step's own arrays, which start and end at multiples of 32
 *                          bytes: x and target are not
 * Since 0.3.
 */
FA_API fa_status fa_step_product(const fa_step *step, double alpha, const fa_matrix *a, const fa_matrix *b, double beta,
                                 const fa_matrix *c);

/**
 * c = beta c + alpha a, element by element; beta = 0 does not read c; a may be NULL if alpha is 0.
 *
 * @retval FA_ERR_ARGUMENT  step or c is NULL, or a although alpha is not 0
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  a does not fit c, or c not the step
 * Since 0.3.
 */
FA_API fa_status fa_step_combine(const fa_step *step, double alpha, const fa_matrix *a, double beta,
                                 const fa_matrix *c);

/**
 * c = alpha |magnitude| .* sign(a), sign(0) = 0; magnitude NULL is 1 everywhere. sign(NaN) is NaN. Errors as for
 * fa_step_combine(). Since 0.3.
 */
FA_API fa_status fa_step_sign(const fa_step *step, double alpha, const fa_matrix *magnitude, const fa_matrix *a,
                              const fa_matrix *c);

/**
 * c = the Moore-Penrose inverse of a, computed in float64: singular values up to max(rows, cols) eps times the largest
 * one count as 0, eps being that of the dtype. One-sided Jacobi, of the order of 10 (rows + cols) min(rows, cols)^2
 * multiplications: for a [256 x 256] far more than the rest of a step. Not in `adapt`.
 *
 * @param[in] c  a view of the step, shaped like the transpose of a
 * @retval FA_ERR_NOT_FINITE   an element of a or of the inverse is NaN or infinite
 * @retval FA_ERR_UNSUPPORTED  the decomposition did not converge
 * @retval FA_ERR_MEMORY       its workspace cannot be made (first time only)
 * @retval FA_ERR_STATE        this is `adapt`
 * Since 0.3.
 */
FA_API fa_status fa_step_pseudo_inverse(fa_step *step, const fa_matrix *a, const fa_matrix *c);

/** Row i of c = factors[i] times row i of a, factors [c->rows]. Errors as for fa_step_combine(). Since 0.3. */
FA_API fa_status fa_step_scale_rows(const fa_step *step, const double *factors, const fa_matrix *a, const fa_matrix *c);

/** Adds a row [1 x cols] to every row of c. Errors as for fa_step_combine(). Since 0.3. */
FA_API fa_status fa_step_add_row(const fa_step *step, const fa_matrix *row, const fa_matrix *c);

/** @} */

FA_END_DECLS

#endif
