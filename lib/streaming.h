/* Training steps on a streaming pass: every layer is updated on the way up. */
#ifndef LIBFA_STREAMING_H
#define LIBFA_STREAMING_H

#include "optimizer.h"
#include "step.h"

/* FA_ERR_UNSUPPORTED if the pass is streaming and the rule or the optimizer needs several layers at a time. */
fa_status streaming_check(const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt);

/* A whole training step, after train_prepare() and streaming_check(); x and target fit. After an error the layers below
 * the one it concerns have learned. */
fa_status streaming_step(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_matrix *x,
                         const fa_matrix *target, double *loss);

#endif
