/* libfa -- what one batch produced.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_PASS_H
#define LIBFA_PASS_H

#include <fa/network.h>

FA_BEGIN_DECLS

/**
 * Activities, error signals and gradients of one batch; opaque. Made for a largest batch, it never grows; use one
 * per thread.
 */
typedef struct fa_pass fa_pass;

/**
 * New pass for batches of 1 .. max_batch samples.
 *
 * @param[out] out  to be released with fa_pass_destroy(); NULL on failure
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_SHAPE     max_batch is 0 or above INT_MAX, or a size overflows
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.1.
 */
FA_API fa_status fa_pass_create(fa_pass **out, const fa_network *net, size_t max_batch);

/**
 * New pass for rules with FA_RULE_LOCAL that keeps the activities of two layers at a time, whatever the depth: a layer
 * is updated as soon as its activity and its error signal exist, and then makes room for the next. Beside x and the
 * weights a step needs h_{l-1} and h_l, one delta, one pre-activation (of layers that need one: erf, and the output
 * layer with a cross-entropy) and one gradient, each as large as the largest of the network.
 *
 * fa_train_step(), fa_train_epoch() and fa_trainer_run() take it, with any optimizer. Every delta and activity still
 * comes from weights before their update, by the same operations in the same order, so a step without an error ends
 * with the same bits as on a pass of fa_pass_create(). What is different:
 *
 * - A step that fails has already updated some layers. A loss that is not finite is only seen when all hidden layers
 *   have learned, a gradient that is not finite when the layers below have; so is a rule's own failure. The layer
 *   concerned and those above it are as before.
 * - Separate phases (fa_forward() to fa_update()), and so accumulation, are FA_ERR_UNSUPPORTED; so are callbacks at
 *   FA_AFTER_DELTAS, and views of the pass, which keeps nothing. fa_compare_deltas() is FA_ERR_STATE.
 * - FA_ERR_UNSUPPORTED too, when training begins: a rule that is not local, or has `adapt`, activity sets or gradients
 *   of its own; clip_norm, which takes all gradients; dropout.
 * - In `local` a rule sees layers l - 1 and l only; layers below are FA_ERR_STATE.
 *
 * Errors as for fa_pass_create(). Since 0.3.
 */
FA_API fa_status fa_pass_create_streaming(fa_pass **out, const fa_network *net, size_t max_batch);

/** Whether a pass was made by fa_pass_create_streaming(); false for NULL. Since 0.3. */
FA_API bool fa_pass_is_streaming(const fa_pass *pass);

/** Release a pass. NULL is fine. Since 0.1. */
FA_API void fa_pass_destroy(fa_pass *pass);

/**
 * Bytes that fa_pass_create() would take, before anything is allocated.
 *
 * @param[out] bytes  0 on failure
 * Errors as for fa_pass_create(). Since 0.1.
 */
FA_API fa_status fa_pass_bytes(const fa_network *net, size_t max_batch, size_t *bytes);

/** The same for fa_pass_create_streaming(), and its errors. Since 0.3. */
FA_API fa_status fa_pass_streaming_bytes(const fa_network *net, size_t max_batch, size_t *bytes);

/**
 * Let n threads share the work of every phase: the calling one and n - 1 workers, which belong to the pass, are started
 * here and sleep between steps. Nothing else in the library ever starts a thread. How the work is split depends on
 * shapes and n alone, so the same n repeats the same bits; another n may round differently. A BLAS that has threads of
 * its own should be told to use one (OPENBLAS_NUM_THREADS=1, BLIS_NUM_THREADS=1): libfa never touches its setting.
 *
 * @param[in] n  1 (as at first) .. 256
 * @retval FA_ERR_ARGUMENT     pass is NULL or n out of range
 * @retval FA_ERR_MEMORY       out of memory, or the system starts no more threads; the pass is as before
 * Since 0.2.
 */
FA_API fa_status fa_pass_set_threads(fa_pass *pass, size_t n);

/** Threads that share the work of a phase; 0 for NULL. Since 0.2. */
FA_API size_t fa_pass_threads(const fa_pass *pass);

/**
 * Where dropout masks come from: the stream {seed, FA_PURPOSE_DROPOUT, l} with this step for the next batch; the step
 * counts up with every batch whose gradient is taken, so a step that is retried draws the same mask. Element i of h_l,
 * counted row by row, takes half of word i / 2, the low one where i is even, and is dropped if that is below
 * floor(probability 2^32). A network with dropout (fa_network_set_dropout()) cannot be trained on a pass without it.
 *
 * @retval FA_ERR_ARGUMENT  pass is NULL
 * Since 0.2.
 */
FA_API fa_status fa_pass_set_dropout(fa_pass *pass, uint64_t seed, uint64_t step);

/** Largest batch the pass takes; 0 for NULL. Since 0.1. */
FA_API size_t fa_pass_max_batch(const fa_pass *pass);

/** Samples in the current batch; 0 for NULL or before the first forward pass. Since 0.1. */
FA_API size_t fa_pass_batch(const fa_pass *pass);

/**
 * View of h_l [n x n_l] of the current batch, l = 1 .. L, as the next layer sees it: after dropout, where there is
 * some. Read only; valid until the next phase that writes it, and never longer than the pass.
 *
 * @param[out] view  {0} on failure
 * @retval FA_ERR_ARGUMENT  a NULL or an l out of range
 * @retval FA_ERR_STATE     no forward pass yet
 * Since 0.1.
 */
FA_API fa_status fa_pass_activity(const fa_pass *pass, size_t l, fa_matrix *view);

/**
 * View of delta_l [n x n_l], l = 1 .. L; delta_L is the output error e. As fa_pass_activity(), but FA_ERR_STATE
 * before fa_error() (l = L) or fa_backward() (l < L). Since 0.1.
 */
FA_API fa_status fa_pass_delta(const fa_pass *pass, size_t l, fa_matrix *view);

/**
 * View of what fa_gradient() has accumulated for W_l [n_l x n_{l-1}]: the sum over all samples since the last update,
 * not yet divided by their number (see fa_pass_gradient_samples()). As fa_pass_activity(), but FA_ERR_STATE
 * while nothing is accumulated. Since 0.1.
 */
FA_API fa_status fa_pass_gradient(const fa_pass *pass, size_t l, fa_matrix *view);

/** The same for b_l [1 x n_l]; FA_ERR_ARGUMENT if layer l has no bias. Since 0.1. */
FA_API fa_status fa_pass_bias_gradient(const fa_pass *pass, size_t l, fa_matrix *view);

/** Samples in the accumulated gradient; 0 for NULL or when nothing is accumulated. Since 0.1. */
FA_API size_t fa_pass_gradient_samples(const fa_pass *pass);

FA_END_DECLS

#endif
