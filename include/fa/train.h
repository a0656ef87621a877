/* libfa -- the phases of a training step, one by one and together.
 *
 *     fa_forward   h_l = f(h_{l-1} W_l^T + b_l)
 *     fa_error     loss, and e = delta_L
 *     fa_backward  delta_l of the hidden layers: the learning rule
 *     fa_gradient  adds delta_l^T h_{l-1} of this batch to what is accumulated (only needed to accumulate batches)
 *     fa_update    applies the mean gradient through the optimizer; then the rule may adapt its own arrays
 *
 * fa_train_step() is these in order. With separate calls the pass keeps views of x and target until the update: keep
 * the arrays alive and unchanged. x may come in any strides of fa_matrix; nothing is copied.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_TRAIN_H
#define LIBFA_TRAIN_H

#include <fa/feedback.h>
#include <fa/network.h>
#include <fa/optimizer.h>
#include <fa/pass.h>

FA_BEGIN_DECLS

/**
 * Forward pass.
 *
 * @param[in] x  [n x n_0], 1 <= n <= largest batch; borrowed until the update
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_SHAPE     x or pass does not fit net
 * @retval FA_ERR_DTYPE     x has another dtype than net
 * Threads: nothing else may use pass or change net during the call. Since 0.1.
 */
FA_API fa_status fa_forward(const fa_network *net, fa_pass *pass, const fa_matrix *x);

/**
 * Loss and output error e = dloss/dz_L of the batch that went forward last.
 *
 * @param[in]  target  [n x n_L]; borrowed until the update
 * @param[out] loss    mean over the batch; may be NULL; also set where it is not finite
 * @retval FA_ERR_ARGUMENT    net, pass or target is NULL
 * @retval FA_ERR_STATE       no forward pass
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  target or pass does not fit
 * @retval FA_ERR_NOT_FINITE  the loss is NaN or infinite; there is no error signal
 * Threads: as for fa_forward(). Since 0.1.
 */
FA_API fa_status fa_error(const fa_network *net, fa_pass *pass, const fa_matrix *target, double *loss);

/**
 * The learning rule: error signals delta_l of the hidden layers. May be called again, with the same or another
 * feedback, until the gradient is taken; the last one counts.
 *
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     no error
 * @retval FA_ERR_SHAPE     pass or fb does not fit net
 * @retval FA_ERR_MEMORY    the rule's activity sets or gradients cannot be made (first call only)
 * and whatever the rule returns. Threads: nothing else may use pass or fb or change net. Since 0.1.
 */
FA_API fa_status fa_backward(const fa_network *net, fa_pass *pass, fa_feedback *fb);

/**
 * Add the gradient of this batch to the accumulated one. Batches of different sizes weigh by their samples.
 *
 * @param[in] fb  the one that went backward
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_STATE       no error signals, or this batch was already added
 * @retval FA_ERR_SHAPE       pass or fb does not fit net
 * @retval FA_ERR_NOT_FINITE  the accumulated gradient is NaN or infinite now; it was discarded
 * Threads: as for fa_backward(). Since 0.1.
 */
FA_API fa_status fa_gradient(const fa_network *net, fa_pass *pass, fa_feedback *fb);

/** Discard what fa_gradient() has accumulated. NULL is fine. Since 0.1. */
FA_API void fa_gradient_reset(fa_pass *pass);

/**
 * Update the weights with the mean gradient of everything accumulated since the last update; a batch that went backward
 * but not through fa_gradient() is taken in first. Then the rule adapts its arrays. A finite gradient times an enormous
 * learning rate can still make a weight infinite; the next step then ends with FA_ERR_NOT_FINITE.
 *
 * @param[in] fb  the one that went backward
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_STATE       nothing to apply
 * @retval FA_ERR_SHAPE       pass, fb or opt does not fit net
 * @retval FA_ERR_NOT_FINITE  the gradient is NaN or infinite; it was discarded, and nothing was updated
 * @retval FA_ERR_MEMORY      out of memory (first update only)
 * Threads: nothing else may use net, pass, fb or opt during the call. Since 0.1.
 */
FA_API fa_status fa_update(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

/**
 * Train on one mini-batch: forward pass, error, learning rule, gradient, weight update.
 *
 * @param[in,out] net     weights change only if FA_OK is returned
 * @param[in]     x       inputs  [n x n_0], borrowed for the call
 * @param[in]     target          [n x n_L]
 * @param[out]    loss    mean over the batch, before the update; may be NULL; also set where it is not finite
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_SHAPE       x, target, pass, fb or opt does not fit net
 * @retval FA_ERR_DTYPE       x or target has another dtype than net
 * @retval FA_ERR_NOT_FINITE  loss or gradient is NaN or infinite; nothing was updated
 * @retval FA_ERR_MEMORY      out of memory (first step only); nothing was updated
 * and whatever the rule returns. A gradient that was being accumulated is discarded.
 * Threads: nothing else may use net, pass, fb or opt during the call. After the first step of the same objects
 * nothing is allocated. Since 0.1.
 */
FA_API fa_status fa_train_step(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_matrix *x,
                               const fa_matrix *target, double *loss);

FA_END_DECLS

#endif
