/* libfa -- the phases of a training step, one by one and together.
 *
 *     fa_forward   h_l = f(h_{l-1} W_l^T + b_l)
 *     fa_error     loss, and e = delta_L
 *     fa_backward  delta_l of the hidden layers: the learning rule
 *     fa_gradient  adds delta_l^T h_{l-1} of this batch to what is accumulated (only needed to accumulate batches)
 *     fa_update    applies the mean gradient through the optimizer; then the rule may adapt its own arrays
 *
 * fa_train_step() is these in order, and fa_train_epoch() is shuffled mini-batches of it. With separate calls the pass
 * keeps views of x and target until the update: keep the arrays alive and unchanged. x may come in any strides of
 * fa_matrix; nothing is copied.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_TRAIN_H
#define LIBFA_TRAIN_H

#include <fa/data.h>
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
 * @retval FA_ERR_STATE     dropout without fa_pass_set_dropout()
 * @retval FA_ERR_MEMORY    out of memory (first time with dropout only)
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
 * @param[in,out] net     weights change only if FA_OK is returned; on a streaming pass see fa_pass_create_streaming()
 * @param[in]     x       inputs  [n x n_0], borrowed for the call
 * @param[in]     target          [n x n_L]
 * @param[out]    loss    mean over the batch, before the update; may be NULL; also set where it is not finite
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_SHAPE       x, target, pass, fb or opt does not fit net
 * @retval FA_ERR_DTYPE       x or target has another dtype than net
 * @retval FA_ERR_STATE       dropout without fa_pass_set_dropout()
 * @retval FA_ERR_UNSUPPORTED a streaming pass with a rule or an optimizer that it does not take
 * @retval FA_ERR_NOT_FINITE  loss or gradient is NaN or infinite; nothing was updated
 * @retval FA_ERR_MEMORY      out of memory (first step only); nothing was updated
 * and whatever the rule returns. A gradient that was being accumulated is discarded.
 * Threads: nothing else may use net, pass, fb or opt during the call. After the first step of the same objects
 * nothing is allocated. Since 0.1.
 */
FA_API fa_status fa_train_step(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_matrix *x,
                               const fa_matrix *target, double *loss);

/** @name Epochs @{ */

/** Where in training a callback is called. Numbers are only ever added. */
typedef enum fa_point {
    /** A batch went backward, and the weights are still the ones that made its deltas: the place for diagnostics. */
    FA_AFTER_DELTAS = 1,
    FA_AFTER_UPDATE = 2, /**< a batch is done */
    FA_AFTER_EPOCH = 3   /**< an epoch of fa_trainer_run() is done, validation included */
} fa_point;

/** What came of training on samples, or of an evaluation. This layout is frozen. */
typedef struct fa_result {
    uint64_t samples;  /**< how many there were */
    uint64_t correct;  /**< samples whose largest output is that of their label; 0 without labels */
    double   loss;     /**< mean over the samples; NaN for none */
    double   accuracy; /**< correct / samples; NaN without labels */
} fa_result;

/** What a callback sees; valid during the call. Grows at its end. */
typedef struct fa_progress {
    size_t              struct_size; /**< of the library's version */
    fa_point            point;       /**< why it is called */
    uint64_t            epoch;       /**< its number, as in the options */
    uint64_t            batch;       /**< of this epoch: the current one or the one just done, counted from 1 */
    uint64_t            batches;     /**< in this epoch */
    fa_result           training;    /**< over the epoch so far, each batch before its update */
    fa_result           validation;  /**< FA_AFTER_EPOCH with validation data; else samples is 0 */
    const fa_network   *net;         /**< the network that is trained */
    const fa_pass      *pass;        /**< the latest batch; overwritten by the next one */
    const fa_feedback  *fb;          /**< the feedback in use */
    const fa_optimizer *opt;         /**< the optimizer in use */
} fa_progress;

/**
 * Called during training; false stops it after the current batch (FA_AFTER_EPOCH: at once). It may look at everything,
 * and change parameters of the optimizer and the rule; training with the same pass is FA_ERR_STATE meanwhile.
 */
typedef bool (*fa_callback)(void *user_data, const fa_progress *progress);

/** How fa_train_epoch() goes through the data. Zero what you do not use. */
typedef struct fa_epoch_options {
    size_t      struct_size; /**< sizeof(fa_epoch_options) */
    size_t      batch;       /**< samples in a mini-batch; 0 for the pass's largest */
    bool        shuffle;     /**< order of the stream {seed, FA_PURPOSE_ORDER, step = epoch}; else that of the data */
    bool        drop_last;   /**< leave out the last batch if it is smaller than the others */
    uint64_t    seed;        /**< of the order, with shuffle */
    uint64_t    epoch;       /**< number of this epoch: picks the order */
    fa_point    point;       /**< FA_AFTER_DELTAS or FA_AFTER_UPDATE, where there is a callback */
    uint64_t    every;       /**< call it for batches every, 2 every, ... and the last one; 0 counts as 1 */
    fa_callback callback;    /**< or NULL */
    void       *user_data;   /**< handed to the callback */
} fa_epoch_options;

/**
 * Train on every sample once, in mini-batches.
 *
 * The result is that of fa_train_step() on each mini-batch, bit for bit, but for batches of one sample: with plain sgd,
 * and a rule that neither writes gradients nor asks for increments, the update of a layer then runs together with the
 * next sample's forward product, which reads and writes W once a sample instead of twice and rounds differently. No
 * update is outstanding when a callback runs or the function returns.
 *
 * Batches are copied together in the pass where they do not lie one after the other, and labels become one-hot
 * targets there.
 *
 * @param[in,out] net, pass, fb, opt  as for fa_train_step()
 * @param[in]     data     fits net; not changed, and not shuffled itself
 * @param[in]     options  NULL for all defaults: no shuffling, the pass's largest batch
 * @param[out]    result   over the samples trained on, each before its update, also after a failure; may be NULL
 * @retval FA_ERR_ARGUMENT    a NULL; options is ill-formed
 * @retval FA_ERR_SHAPE       data, pass, fb or opt does not fit net; a batch above the pass's largest; or drop_last
 *                            leaves nothing
 * @retval FA_ERR_DTYPE       data has another dtype than net
 * @retval FA_ERR_STATE       dropout without fa_pass_set_dropout()
 * @retval FA_ERR_UNSUPPORTED a streaming pass with a rule, optimizer or callback that it does not take
 * @retval FA_ERR_NOT_FINITE  a loss or gradient is NaN or infinite; the steps before stand, result tells how many
 *                            samples
 * @retval FA_ERR_MEMORY      out of memory (first epoch only)
 * and whatever the rule returns. Stopped by the callback is FA_OK. Threads: as for fa_train_step(). Since 0.2.
 */
FA_API fa_status fa_train_epoch(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                                const fa_dataset *data, const fa_epoch_options *options, fa_result *result);

/**
 * Mean loss and accuracy on a data set, without dropout and without learning.
 *
 * @param[out] result     set also where the loss is not finite
 * @param[out] confusion  [n_L x n_L] counts, row by row: samples of label i whose largest output is j; may be NULL
 * @retval FA_ERR_ARGUMENT    net, data or result is NULL
 * @retval FA_ERR_STATE       the network has no layer; confusion without labels
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  data does not fit net
 * @retval FA_ERR_NOT_FINITE  the loss is NaN or infinite
 * @retval FA_ERR_MEMORY      out of memory
 * Threads: any number may use the same network and data in const calls at once. Since 0.2.
 */
FA_API fa_status fa_evaluate(const fa_network *net, const fa_dataset *data, fa_result *result, uint64_t *confusion);

/** @} */

FA_END_DECLS

#endif
