/* <fa/network.h> */
#include "calls.h"

CALL(fa_network_create)
{
    fa_network     *net;
    const fa_status status = fa_network_create(&net, FA_FLOAT32, 4);
    (void)w;
    if ((net != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_network_destroy(net);
    return status;
}

HOLDS(fa_network_destroy, (fa_network_destroy(w->spare_net), w->spare_net = NULL, true))

CALL(fa_network_copy)
{
    fa_network     *copy;
    const fa_status status = fa_network_copy(&copy, w->net);
    if ((copy != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_network_destroy(copy);
    return status;
}

GIVES(fa_network_add_dense, fa_network_add_dense(w->bare, 3, FA_TANH, true))
GIVES(fa_network_set_loss, fa_network_set_loss(w->net, FA_SQUARED_ERROR))
HOLDS(fa_network_loss, fa_network_loss(w->net) == FA_SQUARED_ERROR)
HOLDS(fa_network_depth, fa_network_depth(w->net) == CALLS_DEPTH)
HOLDS(fa_network_width, fa_network_width(w->net, 1) == 6)
HOLDS(fa_network_activation, fa_network_activation(w->net, 1) == FA_TANH)
HOLDS(fa_network_has_bias, fa_network_has_bias(w->net, 1))
HOLDS(fa_network_dtype, fa_network_dtype(w->net) == FA_FLOAT64)
HOLDS(fa_network_parameter_count, fa_network_parameter_count(w->net) == 6 * 6 + 4 * 7 + 3 * 5)
HOLDS(fa_network_bytes, fa_network_bytes(w->net) > 0)
GIVES(fa_network_init_weights, fa_network_init_weights(w->net, 0, FA_INIT_KAIMING_NORMAL, 1, 2))
GIVES(fa_network_init_bias, fa_network_init_bias(w->net, 0, FA_INIT_UNIFORM, 1, 2))

CALL(fa_network_set_weights)
{
    const fa_matrix weights = world_matrix(w, 2, 6, 5);
    return fa_network_set_weights(w->net, 1, &weights);
}

CALL(fa_network_set_bias)
{
    const fa_matrix bias = world_matrix(w, 2, 1, 6);
    return fa_network_set_bias(w->net, 1, &bias);
}

CALL(fa_network_weights)
{
    fa_matrix view;
    return fa_network_weights(w->net, 1, &view);
}

CALL(fa_network_bias)
{
    fa_matrix view;
    return fa_network_bias(w->net, 1, &view);
}

GIVES(fa_network_set_frozen, fa_network_set_frozen(w->net, 1, true))
HOLDS(fa_network_is_frozen, !fa_network_is_frozen(w->net, 1))
GIVES(fa_network_set_dropout, fa_network_set_dropout(w->net, 2, 0.5))
HOLDS(fa_network_dropout, fa_network_dropout(w->net, 1) > 0)
GIVES(fa_network_prune, fa_network_prune(w->net, 0, 0.5, 1))
HOLDS(fa_network_is_pruned, !fa_network_is_pruned(w->net, 1))
GIVES(fa_network_hold_norm, fa_network_hold_norm(w->net, 1, true))
HOLDS(fa_network_held_norm, !(fa_network_held_norm(w->net, 1) > 0))

CALL(fa_network_predict)
{
    const fa_matrix y = world_matrix(w, 2, CALLS_SAMPLES, 3);
    return fa_network_predict(w->net, &w->x, &y);
}

CALL(fa_network_activity)
{
    const fa_matrix h = world_matrix(w, 2, CALLS_SAMPLES, 6);
    return fa_network_activity(w->net, &w->x, 1, &h);
}

CALL(fa_network_evaluate)
{
    double loss;
    return fa_network_evaluate(w->net, &w->x, &w->target, &loss);
}

HOLDS(fa_activation_name, fa_activation_name(FA_TANH) != NULL)
HOLDS(fa_loss_name, fa_loss_name(FA_SQUARED_ERROR) != NULL)
HOLDS(fa_init_name, fa_init_name(FA_INIT_ZERO) != NULL)

CALL(fa_activation_find)
{
    fa_activation found;
    (void)w;
    return fa_activation_find("tanh", &found);
}

CALL(fa_loss_find)
{
    fa_loss found;
    (void)w;
    return fa_loss_find("squared_error", &found);
}

CALL(fa_init_find)
{
    fa_init found;
    (void)w;
    return fa_init_find("zero", &found);
}

static const every_call calls[] = {
    ALLOCATES(fa_network_create),
    NEVER(fa_network_destroy),
    ALLOCATES(fa_network_copy),
    ALLOCATES(fa_network_add_dense),
    NEVER(fa_network_set_loss),
    NEVER(fa_network_loss),
    NEVER(fa_network_depth),
    NEVER(fa_network_width),
    NEVER(fa_network_activation),
    NEVER(fa_network_has_bias),
    NEVER(fa_network_dtype),
    NEVER(fa_network_parameter_count),
    NEVER(fa_network_bytes),
    NEVER(fa_network_init_weights),
    NEVER(fa_network_init_bias),
    NEVER(fa_network_set_weights),
    NEVER(fa_network_set_bias),
    NEVER(fa_network_weights),
    NEVER(fa_network_bias),
    NEVER(fa_network_set_frozen),
    NEVER(fa_network_is_frozen),
    NEVER(fa_network_set_dropout),
    NEVER(fa_network_dropout),
    ALLOCATES(fa_network_prune),
    NEVER(fa_network_is_pruned),
    NEVER(fa_network_hold_norm),
    NEVER(fa_network_held_norm),
    ALLOCATES(fa_network_predict),
    ALLOCATES(fa_network_activity),
    ALLOCATES(fa_network_evaluate),
    NEVER(fa_activation_name),
    NEVER(fa_loss_name),
    NEVER(fa_init_name),
    NEVER(fa_activation_find),
    NEVER(fa_loss_find),
    NEVER(fa_init_find),
};

TABLE(calls_of_network, calls);
