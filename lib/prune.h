/* Removed connections of a layer. */
#ifndef LIBFA_PRUNE_H
#define LIBFA_PRUNE_H

#include "layers/layer.h"

/* to->kept = a copy of from->kept; the two layers have one shape. */
fa_status prune_copy(const layer *from, layer *to);

/* A map of what is kept, of ones, unless there is one. */
fa_status prune_make_map(layer *l);

/* Set to 0, in an array laid out like the layer's weights, what was removed. */
void prune_apply(const layer *l, const fa_matrix *weights_t);

#endif
