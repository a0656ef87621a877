/* libfa -- how far a rule's error signals and updates are from back-propagation's, how weights and feedback come into
 * line, how large and how well conditioned everything is, and whether gradients are right.
 *
 * Angles are in degrees, 0 .. 180, signed (not folded at 90), in float64; NaN where one of the two is 0.
 *
 * What looks at a batch is called between fa_backward() and fa_update(), or from a callback at FA_AFTER_DELTAS: the
 * weights are then still the ones that made the deltas. Nothing here changes network, pass or feedback: training goes
 * on bit for bit as if it had not been called. What needs scratch memory allocates its own; fa_recorder
 * (<fa/recorder.h>) computes the same numbers step after step without that, and writes them to a file.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_DIAGNOSTICS_H
#define LIBFA_DIAGNOSTICS_H

#include <fa/feedback.h>
#include <fa/network.h>
#include <fa/optimizer.h>
#include <fa/pass.h>

FA_BEGIN_DECLS

/** A rule's delta_l against the one that back-propagation gives at the same weights and for the same batch. */
typedef struct fa_delta_report {
    double angle;           /**< between the two [n x n_l] matrices, flattened */
    double angle_mean;      /**< mean over samples of the angle between the two rows, where both are non-zero */
    double angle_deviation; /**< standard deviation of those angles (n - 1); 0 for one sample */
    size_t angle_samples;   /**< samples in that mean */
    double ratio;           /**< |delta_rule| / |delta_bp|, Frobenius norms; NaN if the latter is 0 */
} fa_delta_report;

/**
 * Angle between two matrices of the same shape, flattened: arccos(<a, b> / (|a| |b|)).
 *
 * @param[out] degrees  NaN where a norm is 0, and on failure
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_SHAPE       shapes differ
 * @retval FA_ERR_NOT_FINITE  an element is NaN or infinite
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_angle(const fa_matrix *a, const fa_matrix *b, double *degrees);

/** @name A batch against back-propagation @{ */

/**
 * Compare every hidden layer's delta with back-propagation's. Call it between fa_backward() and fa_update(), while the
 * weights are still the ones that made the deltas; the pass is not disturbed. Costs the deltas of one more backward
 * pass of BP.
 *
 * @param[out] reports  [L - 1], reports[l - 1] for layer l
 * @retval FA_ERR_ARGUMENT    a NULL, or the network has no hidden layer
 * @retval FA_ERR_STATE       no error signals in the pass
 * @retval FA_ERR_SHAPE       pass does not fit net
 * @retval FA_ERR_NOT_FINITE  an error signal is NaN or infinite
 * @retval FA_ERR_MEMORY      out of memory
 * Threads: any that do not change net or pass. Since 0.1.
 */
FA_API fa_status fa_compare_deltas(const fa_network *net, const fa_pass *pass, fa_delta_report *reports);

/**
 * Compare every hidden layer's delta with pseudo-back-propagation's (Lillicrap et al. 2014, 2016), for which the
 * Moore-Penrose inverse stands where back-propagation has the transpose:
 *
 *     delta_l = (W_{l+1}^+ delta_{l+1}) .* f'(z_l),   l = L-1 .. 1,   delta_L = e,
 *
 * delta_{l+1} being its own and not the rule's. Singular values of W below max(rows, cols) eps times the largest count
 * as 0, eps being that of the network's dtype. Costs a singular value decomposition of every W_l, l >= 2: about
 * 30 m n^2 multiplications and more for W [m x n], m >= n (0.1 s for 256 x 256, 1 s for 500 x 500).
 *
 * @param[out] reports  [L - 1], reports[l - 1] for layer l
 * Errors and threads as for fa_compare_deltas(); FA_ERR_NOT_FINITE also where W or its inverse is. Since 0.3.
 */
FA_API fa_status fa_compare_pseudo_deltas(const fa_network *net, const fa_pass *pass, fa_delta_report *reports);

/** The gradient of weights that a rule gives against back-propagation's. This layout is frozen. */
typedef struct fa_update_report {
    double angle; /**< between the two, flattened */
    double ratio; /**< |rule's| / |back-propagation's|, Frobenius norms; NaN if the latter is 0 */
} fa_update_report;

/**
 * Compare the gradients of all weights, of this batch and before the optimizer, with back-propagation's. What the rule
 * has put in the place of h_{l-1} or delta_l, and gradients that it has written itself, count as they are applied;
 * removed connections (fa_network_prune()) do not count, nor do biases; frozen layers do.
 *
 * For n samples that are few beside the layer's width no gradient is formed: <D^T H, D'^T H'> is <D, (H H'^T) D'>. In
 * float32 that makes angles near 0 uncertain by a few hundredths of a degree, and by more where the samples' gradients
 * cancel.
 *
 * @param[out] reports  [L + 1]: reports[0] for all layers as one vector, reports[l] for W_l
 * @retval FA_ERR_STATE       no error signals in the pass, or fa_update() has given x back
 * @retval FA_ERR_NOT_FINITE  a gradient, or the square of its norm, is NaN or infinite
 * Other errors and threads as for fa_compare_deltas(), but a network without hidden layer is fine. Since 0.3.
 */
FA_API fa_status fa_compare_updates(const fa_network *net, const fa_pass *pass, fa_update_report *reports);

/** @} @name Weights against feedback, in whatever form it is kept (fa_feedback_dense()) @{ */

/**
 * Angle between the transpose of W_{l+1} and B_l, l = 1 .. L - 1, for a feedback with layerwise "B".
 *
 * @param[out] degrees  NaN where a norm is 0, and on failure
 * @retval FA_ERR_ARGUMENT  a NULL, l out of range, or the rule keeps no "B"
 * @retval FA_ERR_SHAPE     fb does not fit net, or B_l is not [n_l x n_{l+1}]
 * @retval FA_ERR_MEMORY    out of memory, where B_l is not dense
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees);

/**
 * Angle between W_l and what direct feedback aligns it with (Refinetti et al. 2021): B_l B_{l-1}^T for l = 2 .. L - 1,
 * B_{L-1}^T for l = L. For a feedback with layerwise "B" only l = L.
 *
 * @param[out] degrees  NaN where a norm is 0, and on failure
 * @retval FA_ERR_ARGUMENT     a NULL, l out of range, or the rule keeps no "B"
 * @retval FA_ERR_UNSUPPORTED  "B" of layer l or l - 1 does not bring the output error
 * @retval FA_ERR_SHAPE        fb does not fit net
 * @retval FA_ERR_NOT_FINITE   an element is NaN or infinite
 * @retval FA_ERR_MEMORY       out of memory
 * Threads: any. Since 0.3.
 */
FA_API fa_status fa_alignment_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees);

/**
 * The alignment matrix A_l of Refinetti et al. (2021). A deep linear network that starts from W = 0 and learns by
 * direct feedback alone keeps
 *
 *     W_1 = B_1 A_1,   W_l = B_l A_l B_{l-1}^T,   W_L = A_L B_{L-1}^T,
 *
 * with A_1 [n_L x n_0] and A_l [n_L x n_L]. For any weights this is the least-squares solution of least norm,
 * A_1 = B_1^+ W_1, A_l = B_l^+ W_l (B_{l-1}^T)^+ and A_L = W_L (B_{L-1}^T)^+, by pseudo-inverses as in
 * fa_compare_pseudo_deltas(). Its rank and condition (fa_spectrum_of()) decide how well the layer can align.
 *
 * @param[in]     l  1 .. L; for a feedback with layerwise "B" only L
 * @param[in,out] a  as above, float32 or float64, in any strides
 * @retval FA_ERR_ARGUMENT  a NULL, l out of range, no hidden layer, or the rule keeps no "B"
 * @retval FA_ERR_SHAPE     a has another shape; fb does not fit net
 * and the other errors of fa_alignment_angle(). Threads: any. Since 0.3.
 */
FA_API fa_status fa_alignment_matrix(const fa_network *net, const fa_feedback *fb, size_t l, const fa_matrix *a);

/** What the singular values of a matrix say. This layout is frozen. */
typedef struct fa_spectrum {
    size_t rank;      /**< values above max(rows, cols) eps times the largest, eps that of the matrix's dtype */
    size_t values;    /**< how many there are: min(rows, cols) */
    double largest;   /**< singular value: the spectral norm */
    double smallest;  /**< singular value */
    double condition; /**< largest / smallest; infinite where rank < values */
} fa_spectrum;

/**
 * Rank and condition of any matrix: weights, feedback, an alignment matrix.
 *
 * @param[out] spectrum   zeros and NaN on failure
 * @retval FA_ERR_ARGUMENT    a NULL
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  not a valid view, or too large
 * @retval FA_ERR_NOT_FINITE  an element is NaN or infinite
 * @retval FA_ERR_MEMORY      out of memory
 * Threads: any. Since 0.3.
 */
FA_API fa_status fa_spectrum_of(const fa_matrix *a, fa_spectrum *spectrum);

/** @} @name Sizes @{ */

/** Frobenius norms of layer l, of a batch not divided by its size. NaN for what is not there. Layout frozen. */
typedef struct fa_norm_report {
    double weights;  /**< |W_l| */
    double bias;     /**< |b_l|; NaN without bias */
    double feedback; /**< |B_l|; NaN where the rule keeps none */
    double activity; /**< |h_l|, before dropout */
    double delta;    /**< |delta_l|; that of layer L is |e| */
} fa_norm_report;

/**
 * Norms of weights, feedback, activities and error signals; infinite or NaN where an element is.
 *
 * @param[in]  fb       NULL for none
 * @param[out] reports  [L], reports[l - 1] for layer l
 * @retval FA_ERR_ARGUMENT  net, pass or reports is NULL
 * @retval FA_ERR_STATE     no error signals in the pass
 * @retval FA_ERR_SHAPE     pass or fb does not fit net
 * @retval FA_ERR_MEMORY    out of memory, where B is not dense
 * Threads: any that do not change net, pass or fb. Since 0.3.
 */
FA_API fa_status fa_layer_norms(const fa_network *net, const fa_pass *pass, const fa_feedback *fb,
                                fa_norm_report *reports);

/**
 * Fraction of the activities h_l of the batch (n x n_l numbers, before dropout) that are saturated:
 *
 *     tanh, erf   |h| > 1 - threshold
 *     logistic    |2 h - 1| > 1 - threshold
 *     relu        h = 0 or less: nothing comes through
 *     identity, softmax   NaN: no such thing
 *
 * @param[in]  threshold  in [0, 1], for instance 0.01; 0 finds what rounding has made exactly 1 not
 * @param[out] fractions  [L], fractions[l - 1] for layer l
 * @retval FA_ERR_ARGUMENT  a NULL, or threshold out of range
 * @retval FA_ERR_STATE     no forward pass
 * @retval FA_ERR_SHAPE     pass does not fit net
 * Threads: any that do not change pass. Since 0.3.
 */
FA_API fa_status fa_saturation(const fa_network *net, const fa_pass *pass, double threshold, double *fractions);

/** @} @name Conserved quantities @{ */

/**
 * Watches what feedback alignment conserves in a linear network of two layers without biases (Lillicrap et al. 2014);
 * opaque. With A = W_1, W = W_2 and B = B_1, in the limit of small steps
 *
 *     M = B W + W^T B^T - A A^T
 *
 * stays what it was, whatever the data; and under plain descent with steps of any size
 *
 *     M + sum_s eta_s^2 D_s D_s^T,   D_s = B (1/n) sum_i (y* - y)_i x_i^T of step s,
 *
 * does, exactly but for rounding. eta may change from step to step, but W_1 and W_2 share it.
 */
typedef struct fa_invariant fa_invariant;

/** How far the two are from what they were at first: largest absolute value of an element. This layout is frozen. */
typedef struct fa_invariant_report {
    double flow;  /**< of M: O(eta) */
    double exact; /**< of M + sum eta^2 D D^T: rounding */
    double scale; /**< largest absolute value of an element of A A^T now, to compare with */
} fa_invariant_report;

/**
 * Start to watch: keeps M as it is now.
 *
 * @param[out] out        to be released with fa_invariant_destroy(); NULL on failure
 * @param[in]  max_batch  largest batch that will be observed
 * @retval FA_ERR_ARGUMENT     a NULL, or max_batch is 0 or above INT_MAX
 * @retval FA_ERR_UNSUPPORTED  not two identity layers without bias, dropout, pruning and held norms; a rule that
 *                             changes B
 * @retval FA_ERR_SHAPE        fb does not fit net, or sizes overflow
 * @retval FA_ERR_MEMORY       out of memory
 * Since 0.3.
 */
FA_API fa_status fa_invariant_create(fa_invariant **out, const fa_network *net, const fa_feedback *fb,
                                     size_t max_batch);

/** Release it. NULL is fine. Since 0.3. */
FA_API void fa_invariant_destroy(fa_invariant *invariant);

/**
 * Take in the step that is about to be made: to be called for every batch between fa_backward() and fa_update().
 * Allocates nothing.
 *
 * @param[in] opt  makes the update, and says how large eta is
 * @retval FA_ERR_ARGUMENT     a NULL
 * @retval FA_ERR_STATE        no error signals in the pass, or gradients are being accumulated
 * @retval FA_ERR_SHAPE        something does not fit, or the batch is too large
 * @retval FA_ERR_UNSUPPORTED  opt is not plain descent (momentum, decay, clipping, another optimizer), W_1 and W_2
 *                             learn at different rates, or the rule writes gradients or their factors itself
 * @retval FA_ERR_NOT_FINITE   the step is NaN or infinite
 * On failure nothing is taken in. Threads: nothing else may use invariant. Since 0.3.
 */
FA_API fa_status fa_invariant_observe(fa_invariant *invariant, const fa_network *net, const fa_pass *pass,
                                      const fa_feedback *fb, const fa_optimizer *opt);

/**
 * The drift at the present weights, which have to be those after the last step that was observed.
 *
 * @param[out] report  NaN on failure
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_SHAPE     net or fb is another one
 * Threads: nothing else may use invariant. Since 0.3.
 */
FA_API fa_status fa_invariant_drift(fa_invariant *invariant, const fa_network *net, const fa_feedback *fb,
                                    fa_invariant_report *report);

/** @} @name Gradients @{ */

/**
 * Check back-propagation's gradient against central differences of the loss, (L(w + s) - L(w - s)) / 2s with
 * s = step * max(1, |w|), over every weight and bias, in float64 whatever the network's dtype. Where the loss has a
 * kink (relu) the two may honestly differ. Meant for small networks: it costs two forward passes per parameter.
 *
 * @param[in]  step       0 for the default 6e-6, about the cube root of the float64 rounding unit
 * @param[out] worst      largest |difference - gradient| / max(1, |gradient|) found; NaN on failure
 * @retval FA_ERR_ARGUMENT  a NULL, or step negative or not finite
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  x or target does not fit
 * @retval FA_ERR_NOT_FINITE  a loss is NaN or infinite
 * @retval FA_ERR_MEMORY    out of memory
 * Threads: any; works on a copy. Since 0.1.
 */
FA_API fa_status fa_gradient_check(const fa_network *net, const fa_matrix *x, const fa_matrix *target, double step,
                                   double *worst);

/** @} */

FA_END_DECLS

#endif
