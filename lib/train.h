/* A training step from inside. */
#ifndef LIBFA_TRAIN_PRIVATE_H
#define LIBFA_TRAIN_PRIVATE_H

#include <fa/train.h>

/* pass, fb and opt were made for net and go together. */
fa_status train_check(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt);

/* Make what the rule and dropout need in the pass. */
fa_status train_prepare(const fa_network *net, fa_pass *pass, const fa_feedback *fb);

/* Start a batch of a training step; x and target fit. */
void train_begin(const fa_network *net, fa_pass *pass, const fa_matrix *x, const fa_matrix *target);

/* h_l of a batch that was begun. */
void train_run_layer(const fa_network *net, fa_pass *pass, size_t l);

/* The error phase, after the last layer; the target is in the pass. */
fa_status train_error(const fa_network *net, fa_pass *pass, double *loss);

/* Everything before the update: forward pass, error, learning rule. train_prepare() succeeded, x and target fit. */
fa_status train_to_deltas(const fa_network *net, fa_pass *pass, fa_feedback *fb, const fa_matrix *x,
                          const fa_matrix *target, double *loss);

#endif
