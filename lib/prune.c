/* Removed connections: weights that are 0 for good. */
#include "prune.h"

#include <fa/random.h>

#include "alloc.h"
#include "kernels.h"
#include "matrix.h"
#include "network.h"
#include "status.h"

static size_t elements(const layer *l)
{
    return l->weights_t.rows * l->weights_t.row_stride;
}

fa_status prune_copy(const layer *from, layer *to)
{
    to->kept = NULL;
    if (!from->kept)
        return FA_OK;
    to->kept = mem_zeroed(elements(from), fa_dtype_size(from->dtype));
    if (!to->kept)
        return FA_ERR_MEMORY;
    fa_matrix source = from->weights_t, destination = from->weights_t;
    source.data = from->kept;
    destination.data = to->kept;
    matrix_move(&source, &destination);
    return FA_OK;
}

void prune_apply(const layer *l, const fa_matrix *weights_t)
{
    if (l->kept)
        kernels_for(l->dtype)->multiply(elements(l), l->kept, weights_t->data);
}

fa_status prune_make_map(layer *l)
{
    if (l->kept)
        return FA_OK;
    l->kept = mem_zeroed(elements(l), fa_dtype_size(l->dtype));
    if (!l->kept)
        return FA_ERR_MEMORY;
    fa_matrix kept = l->weights_t;
    kept.data = l->kept;
    for (size_t i = 0; i < kept.rows; i++)
        for (size_t j = 0; j < kept.cols; j++)
            matrix_put(&kept, i, j, 1.0);
    return FA_OK;
}

/* Weight (i, j) goes if number i * n_in + j of the layer's stream is below the fraction. */
static void remove_some(layer *l, size_t number, double fraction, uint64_t seed)
{
    const fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_PRUNING, .layer = (uint32_t)number};
    fa_matrix       kept = fa_matrix_transpose(l->weights_t);
    uint64_t        words[64];
    const uint64_t  n = (uint64_t)kept.rows * kept.cols;

    kept.data = l->kept;
    for (uint64_t first = 0; first < n; first += 64) {
        const size_t count = n - first < 64 ? (size_t)(n - first) : 64;

        (void)fa_random_words(&stream, first, count, words);
        for (size_t k = 0; k < count; k++)
            if ((double)(words[k] >> 11) * 0x1p-53 < fraction)
                matrix_put(&kept, (size_t)((first + k) / kept.cols), (size_t)((first + k) % kept.cols), 0.0);
    }
    prune_apply(l, &l->weights_t);
}

/* A map of a layer that lost nothing is none. */
static void drop_map_of_ones(layer *l)
{
    fa_matrix kept = l->weights_t;

    if (!l->kept)
        return;
    kept.data = l->kept;
    for (size_t i = 0; i < kept.rows; i++)
        for (size_t j = 0; j < kept.cols; j++)
            if (matrix_get(&kept, i, j) == 0.0)
                return;
    mem_free(l->kept);
    l->kept = NULL;
}

fa_status fa_network_prune(fa_network *net, size_t l, double fraction, uint64_t seed)
{
    fa_status status = FA_OK;
    size_t    first, last;

    if (!net)
        return status_null(__func__, "net");
    if (l > net->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", __func__,
                          l, net->depth);
    if (!(fraction >= 0.0 && fraction <= 1.0))
        return status_set(FA_ERR_ARGUMENT, "%s: a fraction is between 0 and 1; %g is not", __func__, fraction);
    first = l ? l : 1;
    last = l ? l : net->depth;
    for (size_t i = first; i <= last && status == FA_OK; i++)
        status = prune_make_map(&net->layers[i - 1]);
    for (size_t i = first; i <= last; i++) {
        if (status == FA_OK)
            remove_some(&net->layers[i - 1], i, fraction, seed);
        drop_map_of_ones(&net->layers[i - 1]);
    }
    return status;
}

bool fa_network_is_pruned(const fa_network *net, size_t l)
{
    return net && l >= 1 && l <= net->depth && network_layer(net, l)->kept;
}
