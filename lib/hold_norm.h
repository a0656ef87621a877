/* Layers that keep the norm of their weights. */
#ifndef LIBFA_HOLD_NORM_H
#define LIBFA_HOLD_NORM_H

#include "layers/layer.h"

/* After an update of W_l: back to the held norm, if there is one. */
void hold_norm_restore(const layer *l);

#endif
