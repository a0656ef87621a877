/* Clipping of the gradient by its norm over all layers that learn. */
#ifndef LIBFA_CLIP_H
#define LIBFA_CLIP_H

#include "optimizer.h"
#include "pass.h"

/* What the gradient summed in pass is to be multiplied by: gradient_scale / samples, or less if clip_norm says so. */
double clip_scale(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt);

#endif
