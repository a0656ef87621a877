/* What a network tells about itself. */
#include "network.h"

#include "names.h"
#include "status.h"

static const named losses[] = {
    {"squared_error", FA_SQUARED_ERROR},
    {"binary_cross_entropy", FA_BINARY_CROSS_ENTROPY},
    {"cross_entropy", FA_CROSS_ENTROPY},
};

static const named inits[] = {
    {"zero", FA_INIT_ZERO},
    {"uniform", FA_INIT_UNIFORM},
    {"normal", FA_INIT_NORMAL},
    {"glorot_uniform", FA_INIT_GLOROT_UNIFORM},
    {"glorot_normal", FA_INIT_GLOROT_NORMAL},
    {"kaiming_uniform", FA_INIT_KAIMING_UNIFORM},
    {"kaiming_normal", FA_INIT_KAIMING_NORMAL},
};

/* Layer l, or NULL. */
static const layer *peek(const fa_network *net, size_t l)
{
    return net && l >= 1 && l <= net->depth ? network_layer(net, l) : NULL;
}

fa_loss fa_network_loss(const fa_network *net)
{
    return net ? net->loss : FA_SQUARED_ERROR;
}

size_t fa_network_depth(const fa_network *net)
{
    return net ? net->depth : 0;
}

size_t fa_network_width(const fa_network *net, size_t l)
{
    const layer *found = peek(net, l);

    if (net && l == 0)
        return net->n_inputs;
    return found ? found->n_out : 0;
}

fa_activation fa_network_activation(const fa_network *net, size_t l)
{
    const layer *found = peek(net, l);

    return found ? found->activation : FA_IDENTITY;
}

bool fa_network_has_bias(const fa_network *net, size_t l)
{
    const layer *found = peek(net, l);

    return found && found->has_bias;
}

bool fa_network_is_frozen(const fa_network *net, size_t l)
{
    const layer *found = peek(net, l);

    return found && found->frozen;
}

double fa_network_dropout(const fa_network *net, size_t l)
{
    const layer *above = peek(net, l + 1);

    return above ? above->dropout : 0.0;
}

fa_dtype fa_network_dtype(const fa_network *net)
{
    return net ? net->dtype : (fa_dtype)0;
}

size_t fa_network_parameter_count(const fa_network *net)
{
    size_t count = 0;

    for (size_t l = 1; net && l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        count += found->n_out * found->n_in + (found->has_bias ? found->n_out : 0);
    }
    return count;
}

size_t fa_network_bytes(const fa_network *net)
{
    size_t total = 0;

    for (size_t l = 1; net && l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        size_t       bytes = 0;
        (void)layer_bytes(found->n_in, found->n_out, found->has_bias, found->dtype, &bytes);
        total += bytes;
    }
    return total;
}

const char *fa_loss_name(fa_loss loss)
{
    return names_of(losses, sizeof losses / sizeof losses[0], (int)loss);
}

fa_status fa_loss_find(const char *name, fa_loss *loss)
{
    int       value = 0;
    fa_status status;

    if (!name)
        return status_null(__func__, "name");
    if (!loss)
        return status_null(__func__, "loss");
    status = names_find(losses, sizeof losses / sizeof losses[0], "loss", name, &value);
    if (status == FA_OK)
        *loss = (fa_loss)value;
    return status;
}

const char *fa_init_name(fa_init init)
{
    return names_of(inits, sizeof inits / sizeof inits[0], (int)init);
}

fa_status fa_init_find(const char *name, fa_init *init)
{
    int       value = 0;
    fa_status status;

    if (!name)
        return status_null(__func__, "name");
    if (!init)
        return status_null(__func__, "init");
    status = names_find(inits, sizeof inits / sizeof inits[0], "initialization", name, &value);
    if (status == FA_OK)
        *init = (fa_init)value;
    return status;
}
