/* Updates of single samples that wait for the next sample (ADR 0007). Only fa_train_epoch() uses them. */
#ifndef LIBFA_ONLINE_H
#define LIBFA_ONLINE_H

#include <fa/train.h>

#include "layers/layer.h"
#include "pass.h"

/* Whether nobody could tell a waiting update from one that was applied: plain descent, and a rule that only brings
 * errors back. */
bool online_allowed(const fa_feedback *fb, const fa_optimizer *opt);

/* Let updates wait from now on: makes the room for them. */
fa_status online_begin(fa_pass *pass, const fa_network *net);

/* In the place of update_apply(), for a batch of one sample: the weights of layers where it pays are left waiting. */
fa_status online_apply(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt);

/* The layer's product for the next sample together with its waiting update, if one waits; what is 0 in the sample costs
 * nothing. False, and nothing done, outside online training. */
bool online_forward(const fa_pass *pass, const layer *layer, size_t l, const fa_matrix *in, const fa_matrix *h);

/* Apply what waits. */
void online_flush(const fa_network *net, const fa_pass *pass);

/* Apply what waits, and let nothing wait any more. */
void online_end(const fa_network *net, fa_pass *pass);

#endif
