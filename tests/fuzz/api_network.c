/* <fa/network.h> */
#include "world.h"

/* Into one of the slots, in the place of what is there. */
static fa_status adopt(fa_network **slot, fa_network *made, fa_status status)
{
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_network_destroy(*slot);
        *slot = made;
    }
    return status;
}

static fa_status create(world *w, input *in)
{
    fa_network *made = NULL;
    const fa_status status = fa_network_create(&made, (fa_dtype)take_kind(in, 2), take_size(in));
    return adopt(&w->net[!may_destroy(in)], made, status);
}

static fa_status copy(world *w, input *in)
{
    fa_network *made = NULL;
    const fa_status status = fa_network_copy(&made, PICK(w, in, net));
    return adopt(&w->net[slot_of(in)], made, status);
}

static fa_status destroy(world *w, input *in)
{
    fa_network **slot = &w->net[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_network_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

static fa_status add_dense(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t depth = fa_network_depth(net), width = take_size(in);
    if (depth >= LAYERS - 1)
        return FA_OK;
    const fa_activation activation = (fa_activation)take_kind(in, 6);
    const fa_status status = fa_network_add_dense(net, width, activation, take_byte(in) % 2 == 0);
    require(fa_network_depth(net) == depth + (status == FA_OK));
    return status;
}

static fa_status set_loss(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    return fa_network_set_loss(net, (fa_loss)take_kind(in, 3));
}

static fa_status draw(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    const fa_init init = (fa_init)take_kind(in, 7);
    const double scale = take_number(in);
    return take_byte(in) % 2 == 0 ? fa_network_init_weights(net, l, init, scale, take_byte(in))
                                  : fa_network_init_bias(net, l, init, scale, take_byte(in));
}

static fa_status set(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    const size_t rows = fa_network_width(net, l), cols = l == 0 ? 1 : fa_network_width(net, l - 1);
    if (take_byte(in) % 2 == 0)
        return fa_network_set_weights(net, l, take_matrix(w, in, rows, cols, fa_network_dtype(net)));
    return fa_network_set_bias(net, l, take_matrix(w, in, 1, rows, fa_network_dtype(net)));
}

static fa_status view(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    fa_matrix part;
    const fa_status status =
        take_byte(in) % 2 == 0 ? fa_network_weights(net, l, &part) : fa_network_bias(net, l, &part);
    look_at(status, &part);
    return status;
}

static fa_status freeze(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    return fa_network_set_frozen(net, take_layer(in, fa_network_depth(net)), take_byte(in) % 3 == 0);
}

static fa_status dropout(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    const fa_status status = fa_network_set_dropout(net, l == 0 ? 0 : l - 1, take_number(in));
    require(fa_network_dropout(net, 0) >= 0 && fa_network_dropout(net, 0) < 1);
    return status;
}

static fa_status prune(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    return fa_network_prune(net, l, take_number(in), take_byte(in));
}

static fa_status hold_norm(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    return fa_network_hold_norm(net, l, take_byte(in) % 4 != 0);
}

static fa_status ask(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const size_t l = take_layer(in, fa_network_depth(net));
    require(fa_network_has_bias(net, l) || fa_network_width(net, l) < SIZE_MAX);
    require(fa_activation_name(fa_network_activation(net, l)) != NULL && fa_loss_name(fa_network_loss(net)) != NULL);
    require(fa_network_bytes(net) >= fa_network_parameter_count(net) * fa_dtype_size(fa_network_dtype(net)));
    require(fa_network_held_norm(net, l) >= 0);
    fa_network_is_frozen(net, l);
    fa_network_is_pruned(net, l);
    return FA_OK;
}

static fa_status find(world *w, input *in)
{
    const char *name = take_name(w, in, NULL, 0);
    fa_activation activation;
    fa_loss loss;
    fa_init init;
    switch (take_byte(in) % 3) {
    case 0:
        return fa_activation_find(name, &activation);
    case 1:
        return fa_loss_find(name, &loss);
    default:
        return fa_init_find(name, &init);
    }
}

static fa_status predict(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const size_t n = take_size(in), depth = fa_network_depth(net), l = take_layer(in, depth);
    const fa_matrix *x = take_x(w, in, net, n);
    const size_t rows = x == NULL ? 1 : x->rows;
    if (take_byte(in) % 2 == 0)
        return fa_network_predict(net, x, take_target(w, in, net, rows));
    return fa_network_activity(net, x, l, take_matrix(w, in, rows, fa_network_width(net, l), fa_network_dtype(net)));
}

static fa_status evaluate(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const fa_matrix *x = take_x(w, in, net, take_size(in));
    double loss = 0;
    const fa_status status = fa_network_evaluate(net, x, take_target(w, in, net, x == NULL ? 1 : x->rows), &loss);
    require((status == FA_OK) == (loss - loss == 0));
    return status;
}

const operation network_operations[] = {
    {create, ON_OK},     {copy, ON_OK},      {destroy, ON_OK},    {add_dense, ON_OK},   {add_dense, ON_OK},
    {set_loss, NOTHING}, {draw, ON_OK},      {draw, ON_OK},       {set, ON_OK},         {view, NOTHING},
    {freeze, NOTHING},   {dropout, NOTHING}, {prune, ON_OK},      {hold_norm, NOTHING}, {ask, NOTHING},
    {find, NOTHING},     {predict, NOTHING}, {evaluate, NOTHING}, {NULL, NOTHING},
};
