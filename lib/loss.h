/* Losses of a batch and their error signals. */
#ifndef LIBFA_LOSS_H
#define LIBFA_LOSS_H

#include "network.h"

/* Sum over the rows of y of the network's loss, in double; e = dloss/dz_L per sample goes to e unless e is NULL. z_L is
 * needed (not NULL) where activation_loss_needs_z() or activation_slope_needs_z(); y, z and e share strides. The
 * target is any sound view of y's shape. */
double loss_sum(const fa_network *net, const fa_matrix *y, const void *z, const fa_matrix *target, const fa_matrix *e);

/* The same for every sample by itself, [y->rows]. */
void loss_each(const fa_network *net, const fa_matrix *y, const void *z, const fa_matrix *target, double *losses);

#endif
