/* From error signals to changed weights. */
#ifndef LIBFA_UPDATE_H
#define LIBFA_UPDATE_H

#include "optimizer.h"
#include "step.h"

/* Add the gradient of the current batch, whose deltas are complete, to what is accumulated. FA_ERR_NOT_FINITE discards
 * all that is accumulated. */
fa_status update_accumulate(const fa_network *net, fa_pass *pass);

/* The activity that meets delta_l in the gradient of W_l. */
const fa_matrix *update_presynaptic(const fa_pass *pass, size_t l);

/* The error signal that does: delta_l, or what the rule put in its place; data NULL: 0. */
fa_matrix update_postsynaptic(const fa_pass *pass, size_t l);

/* Whether the whole update may be folded into the products: nobody wants to see the gradient, the update is linear in
 * it, and it is finite. */
bool update_may_fuse(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt);

/* Gradient and update of W_l / of b_l (if there is one) in one. Layer l is not frozen. */
void update_fuse_weights(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l);
void update_fuse_bias(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l);

/* The whole update of layer l alone, whose delta is complete: nobody wants to see its gradient, and nothing is clipped.
 * FA_ERR_NOT_FINITE leaves the layer as it is. */
fa_status update_layer(fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l);

/* After update_layer() of the last layer: count the step, let the rule adapt. */
void update_over(const fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

/* The same where the updates of the layers are still to be counted. */
void update_done(const fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

/* Take in the current batch if that is still to be done, update the weights, let the rule adapt. */
fa_status update_apply(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

#endif
