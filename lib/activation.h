/* Activations: names, and what a pass must keep for them. */
#ifndef LIBFA_ACTIVATION_H
#define LIBFA_ACTIVATION_H

#include <fa/network.h>

bool activation_known(fa_activation activation);

/* Whether f' needs z_l (else it follows from h_l). */
bool activation_slope_needs_z(fa_activation activation);

/* Whether a loss on such outputs is computed from z_L, so that it neither overflows nor takes ln 0. */
bool activation_loss_needs_z(fa_activation activation);

#endif
