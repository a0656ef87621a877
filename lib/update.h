/* From error signals to changed weights. */
#ifndef LIBFA_UPDATE_H
#define LIBFA_UPDATE_H

#include "optimizer.h"
#include "step.h"

/* Add the gradient of the current batch, whose deltas are complete, to what is accumulated. FA_ERR_NOT_FINITE discards
 * all that is accumulated. */
fa_status update_accumulate(const fa_network *net, fa_pass *pass);

/* Take in the current batch if that is still to be done, update the weights, let the rule adapt. */
fa_status update_apply(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

#endif
