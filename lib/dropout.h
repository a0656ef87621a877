/* Dropout on the activities of a pass. */
#ifndef LIBFA_DROPOUT_H
#define LIBFA_DROPOUT_H

#include "pass.h"

/* Before a forward pass through net: room for every mask that it needs, and a seed to draw them from. */
fa_status dropout_prepare(const fa_network *net, fa_pass *pass);

/* Draw the masks of a batch that begins. */
void dropout_begin(const fa_network *net, const fa_pass *pass);

/* Make what layer l + 1 sees of h_l, if there is dropout on it. */
void dropout_run(const fa_pass *pass, size_t l);

/* m = m .* the mask of h_l, if there is one: error signals, and activities of further forward passes. m is inner and
 * runs row by row. */
void dropout_mask(const fa_pass *pass, size_t l, const fa_matrix *m);

/* The input of a further forward pass: what the mask of x drops is 0 in it too, in a copy [n x n_0] that may be the
 * input itself. The input as it is where x has no dropout. */
const fa_matrix *dropout_input(const fa_pass *pass, const fa_matrix *input, const fa_matrix *copy);

#endif
