#include "network.h"

#include <limits.h>
#include <string.h>

#include "activation.h"
#include "alloc.h"
#include "matrix.h"
#include "prune.h"
#include "rng.h"
#include "status.h"

/* FNV-1a, 64 bits: short, and any change of the architecture changes it. */
#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME  0x100000001b3u

static uint64_t hash(uint64_t state, uint64_t value)
{
    for (int byte = 0; byte < 8; byte++)
        state = (state ^ ((value >> (8 * byte)) & 0xff)) * FNV_PRIME;
    return state;
}

static uint64_t hash_layer(uint64_t state, const layer *l)
{
    for (const char *c = l->kind->name; *c; c++)
        state = hash(state, (uint64_t)(unsigned char)*c);
    state = hash(state, l->n_out);
    state = hash(state, (uint64_t)l->activation);
    return hash(state, l->has_bias);
}

fa_status network_check_built(const fa_network *net, const char *function)
{
    if (net->depth > 0)
        return FA_OK;
    return status_set(FA_ERR_STATE, "%s: the network has no layer", function);
}

fa_status network_check_fits(const fa_network *net, uint64_t fingerprint, const char *what)
{
    if (net->fingerprint == fingerprint)
        return FA_OK;
    return status_set(FA_ERR_SHAPE, "the %s was made for a network of another architecture", what);
}

size_t network_widest(const fa_network *net)
{
    size_t widest = 0;

    for (size_t l = 1; l <= net->depth; l++)
        if (network_layer(net, l)->weights_t.row_stride > widest)
            widest = network_layer(net, l)->weights_t.row_stride;
    return widest;
}

fa_status fa_network_create(fa_network **out, fa_dtype dtype, size_t n_inputs)
{
    fa_network *net;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (fa_dtype_size(dtype) == 0)
        return status_set(FA_ERR_DTYPE, "a network is float32 or float64; dtype %d is neither", (int)dtype);
    if (n_inputs == 0 || n_inputs > INT_MAX)
        return status_set(FA_ERR_SHAPE, "a network takes 1 to %d inputs, not %zu", INT_MAX, n_inputs);
    net = mem_zeroed(1, sizeof *net);
    if (!net)
        return FA_ERR_MEMORY;
    net->dtype = dtype;
    net->n_inputs = n_inputs;
    net->loss = FA_SQUARED_ERROR;
    net->fingerprint = hash(hash(FNV_OFFSET, (uint64_t)dtype), n_inputs);
    *out = net;
    return FA_OK;
}

void fa_network_destroy(fa_network *net)
{
    if (!net)
        return;
    for (size_t l = 1; l <= net->depth; l++) {
        mem_free(net->layers[l - 1].kept);
        mem_free(net->layers[l - 1].memory);
    }
    mem_free(net->layers);
    mem_free(net);
}

/* Room for one more layer. There is room for a power of two of them, so that a deep network is not copied for every
 * layer. */
static bool make_room(fa_network *net)
{
    layer *layers;

    if (net->depth & (net->depth - 1))
        return true;
    layers = mem_zeroed(net->depth ? 2 * net->depth : 1, sizeof *layers);
    if (!layers)
        return false;
    if (net->depth > 0)
        memcpy(layers, net->layers, net->depth * sizeof *layers);
    mem_free(net->layers);
    net->layers = layers;
    return true;
}

/* Put a layer, whose sizes are filled in, behind the last one. */
static fa_status append(fa_network *net, layer added)
{
    size_t bytes;

    if (!layer_bytes(added.n_in, added.n_out, added.has_bias, added.dtype, &bytes) || bytes > PTRDIFF_MAX)
        return status_set(FA_ERR_SHAPE, "a layer of %zu x %zu weights is too large", added.n_out, added.n_in);
    added.memory = mem_zeroed(1, bytes);
    if (!added.memory)
        return FA_ERR_MEMORY;
    if (!make_room(net)) {
        mem_free(added.memory);
        return FA_ERR_MEMORY;
    }
    layer_lay(&added, added.memory, &added.weights_t, &added.bias);
    added.transposed.matrix = added.weights_t;
    net->layers[net->depth++] = added;
    net->fingerprint = hash_layer(net->fingerprint, &added);
    return FA_OK;
}

/* Whether outputs of that activation can have the loss. */
static bool loss_fits(fa_loss loss, fa_activation activation)
{
    return loss == FA_SQUARED_ERROR || (loss == FA_BINARY_CROSS_ENTROPY && activation == FA_LOGISTIC) ||
           (loss == FA_CROSS_ENTROPY && activation == FA_SOFTMAX);
}

fa_status fa_network_add_dense(fa_network *net, size_t n_outputs, fa_activation activation, bool bias)
{
    layer added = {.kind = &layer_dense};

    if (!net)
        return status_null(__func__, "net");
    if (!activation_known(activation))
        return status_set(FA_ERR_ARGUMENT, "there is no activation number %d", (int)activation);
    if (n_outputs == 0 || n_outputs > INT_MAX)
        return status_set(FA_ERR_SHAPE, "a layer has 1 to %d outputs, not %zu", INT_MAX, n_outputs);
    if (net->depth > 0 && network_layer(net, net->depth)->activation == FA_SOFTMAX)
        return status_set(FA_ERR_UNSUPPORTED, "layer %zu is softmax, which only the last layer can be", net->depth);
    if (!loss_fits(net->loss, activation))
        return status_set(FA_ERR_UNSUPPORTED, "%s outputs cannot have the loss %s that was set",
                          fa_activation_name(activation), fa_loss_name(net->loss));
    added.dtype = net->dtype;
    added.n_in = fa_network_width(net, net->depth);
    added.n_out = n_outputs;
    added.activation = activation;
    added.has_bias = bias;
    return append(net, added);
}

fa_status fa_network_copy(fa_network **out, const fa_network *net)
{
    fa_network *copy;
    fa_status   status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net)
        return status_null(__func__, "net");
    status = fa_network_create(&copy, net->dtype, net->n_inputs);
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        layer like = net->layers[l - 1];

        like.kept = NULL;
        status = append(copy, like);
        if (status == FA_OK)
            status = prune_copy(network_layer(net, l), &copy->layers[l - 1]);
        if (status == FA_OK) {
            matrix_move(&network_layer(net, l)->weights_t, &copy->layers[l - 1].weights_t);
            if (copy->layers[l - 1].has_bias)
                matrix_move(&network_layer(net, l)->bias, &copy->layers[l - 1].bias);
        }
    }
    if (status != FA_OK) {
        fa_network_destroy(copy);
        return status;
    }
    copy->loss = net->loss;
    *out = copy;
    return FA_OK;
}

fa_status fa_network_set_loss(fa_network *net, fa_loss loss)
{
    fa_status     status;
    fa_activation activation;

    if (!net)
        return status_null(__func__, "net");
    if (loss < FA_SQUARED_ERROR || loss > FA_CROSS_ENTROPY)
        return status_set(FA_ERR_ARGUMENT, "there is no loss number %d", (int)loss);
    status = network_check_built(net, __func__);
    if (status != FA_OK)
        return status;
    activation = network_layer(net, net->depth)->activation;
    if (!loss_fits(loss, activation))
        return status_set(FA_ERR_UNSUPPORTED, "%s needs %s outputs, and these are %s", fa_loss_name(loss),
                          loss == FA_CROSS_ENTROPY ? "softmax" : "logistic", fa_activation_name(activation));
    net->loss = loss;
    return FA_OK;
}

/* Layer l of a network, or FA_ERR_ARGUMENT. */
static fa_status find_layer(const fa_network *net, size_t l, const char *function, layer **found)
{
    if (!net)
        return status_null(function, "net");
    if (l < 1 || l > net->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", function,
                          l, net->depth);
    *found = &net->layers[l - 1];
    return FA_OK;
}

static fa_status no_bias(size_t l)
{
    return status_set(FA_ERR_ARGUMENT, "layer %zu has no bias", l);
}

fa_status fa_network_init_weights(fa_network *net, size_t l, fa_init init, double scale, uint64_t seed)
{
    layer    *found = NULL;
    fa_status status = rng_check(init, scale);

    if (net && status == FA_OK && l == 0) {
        for (size_t i = 1; i <= net->depth; i++)
            (void)fa_network_init_weights(net, i, init, scale, seed);
        return FA_OK;
    }
    if (status == FA_OK)
        status = find_layer(net, l, __func__, &found);
    if (status == FA_OK) {
        fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_WEIGHTS, .layer = (uint32_t)l};
        fa_matrix weights = fa_matrix_transpose(found->weights_t);
        rng_fill(&weights, init, scale, found->n_in, found->n_out, &stream);
        prune_apply(found, &found->weights_t);
    }
    return status;
}

fa_status fa_network_init_bias(fa_network *net, size_t l, fa_init init, double scale, uint64_t seed)
{
    layer    *found = NULL;
    fa_status status = rng_check(init, scale);

    if (net && status == FA_OK && l == 0) {
        for (size_t i = 1; i <= net->depth; i++)
            if (net->layers[i - 1].has_bias)
                (void)fa_network_init_bias(net, i, init, scale, seed);
        return FA_OK;
    }
    if (status == FA_OK)
        status = find_layer(net, l, __func__, &found);
    if (status == FA_OK && !found->has_bias)
        status = no_bias(l);
    if (status == FA_OK) {
        fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_BIAS, .layer = (uint32_t)l};
        rng_fill(&found->bias, init, scale, found->n_in, found->n_out, &stream);
    }
    return status;
}

/* Copy an array that was checked to fit into place. */
static fa_status set_array(const fa_matrix *array, const char *name, const fa_matrix *place)
{
    fa_status status = matrix_check_shape(array, name, place->rows, place->cols, place->dtype);

    if (status == FA_OK)
        status = matrix_check_finite(array, name);
    if (status == FA_OK)
        matrix_move(array, place);
    return status;
}

fa_status fa_network_set_weights(fa_network *net, size_t l, const fa_matrix *weights)
{
    layer    *found = NULL;
    fa_status status = find_layer(net, l, __func__, &found);

    if (status == FA_OK && !weights)
        status = status_null(__func__, "weights");
    if (status == FA_OK) {
        fa_matrix place = fa_matrix_transpose(found->weights_t);
        status = set_array(weights, "weights", &place);
        if (status == FA_OK)
            prune_apply(found, &found->weights_t);
    }
    return status;
}

fa_status fa_network_set_bias(fa_network *net, size_t l, const fa_matrix *bias)
{
    layer    *found = NULL;
    fa_status status = find_layer(net, l, __func__, &found);

    if (status == FA_OK && !bias)
        status = status_null(__func__, "bias");
    if (status == FA_OK && !found->has_bias)
        status = no_bias(l);
    if (status == FA_OK)
        status = set_array(bias, "bias", &found->bias);
    return status;
}

fa_status fa_network_weights(const fa_network *net, size_t l, fa_matrix *view)
{
    layer    *found = NULL;
    fa_status status;

    if (!view)
        return status_null(__func__, "view");
    *view = (fa_matrix){0};
    status = find_layer(net, l, __func__, &found);
    if (status == FA_OK)
        *view = fa_matrix_transpose(found->weights_t);
    return status;
}

fa_status fa_network_bias(const fa_network *net, size_t l, fa_matrix *view)
{
    layer    *found = NULL;
    fa_status status;

    if (!view)
        return status_null(__func__, "view");
    *view = (fa_matrix){0};
    status = find_layer(net, l, __func__, &found);
    if (status == FA_OK && !found->has_bias)
        status = no_bias(l);
    if (status == FA_OK)
        *view = found->bias;
    return status;
}

fa_status fa_network_set_frozen(fa_network *net, size_t l, bool frozen)
{
    layer    *found = NULL;
    fa_status status = find_layer(net, l, __func__, &found);

    if (status == FA_OK)
        found->frozen = frozen;
    return status;
}

fa_status fa_network_set_dropout(fa_network *net, size_t l, double probability)
{
    if (!net)
        return status_null(__func__, "net");
    if (l >= net->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: layer %zu of a network with %zu layers; the outputs are never dropped",
                          __func__, l, net->depth);
    if (!(probability >= 0.0 && probability < 1.0))
        return status_set(FA_ERR_ARGUMENT, "%s: a probability of dropout is at least 0 and below 1; %g is not",
                          __func__, probability);
    net->layers[l].dropout = probability;
    return FA_OK;
}
