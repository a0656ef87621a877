/* libfa -- how far a rule's error signals are from back-propagation's, and whether gradients are right.
 *
 * Angles are in degrees, 0 .. 180, signed (not folded at 90), in float64; NaN where one of the two is 0.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_DIAGNOSTICS_H
#define LIBFA_DIAGNOSTICS_H

#include <fa/feedback.h>
#include <fa/network.h>
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

/**
 * Compare every hidden layer's delta with back-propagation's. Call it between fa_backward() and fa_update(), while the
 * weights are still the ones that made the deltas; the pass is not disturbed. Costs one more backward pass of BP
 * and allocates its own scratch.
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
 * Angle between the transpose of W_{l+1} and B_l, l = 1 .. L - 1, for a feedback with layerwise "B".
 *
 * @param[out] degrees  NaN where a norm is 0, and on failure
 * @retval FA_ERR_ARGUMENT  a NULL, l out of range, or the rule keeps no "B"
 * @retval FA_ERR_SHAPE     fb does not fit net, or B_l is not [n_l x n_{l+1}]
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees);

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

FA_END_DECLS

#endif
