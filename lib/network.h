/* The network from inside. */
#ifndef LIBFA_NETWORK_PRIVATE_H
#define LIBFA_NETWORK_PRIVATE_H

#include <fa/network.h>

#include "layers/layer.h"

struct fa_network {
    fa_dtype dtype;
    size_t   n_inputs;
    size_t   depth;
    uint64_t fingerprint; /* of the architecture: what other handles remember it by */
    fa_loss  loss;
    layer   *layers; /* [depth]; layer l is layers[l - 1] */
};

/* Layer l = 1 .. L. */
static inline const layer *network_layer(const fa_network *net, size_t l)
{
    return &net->layers[l - 1];
}

/* FA_ERR_STATE for a network without layers. */
fa_status network_check_built(const fa_network *net, const char *function);

/* FA_ERR_SHAPE, "<what> was made for another network", unless the fingerprints agree. */
fa_status network_check_fits(const fa_network *net, uint64_t fingerprint, const char *what);

/* Elements of the longest padded row among h_1 .. h_L. */
size_t network_widest(const fa_network *net);

#endif
