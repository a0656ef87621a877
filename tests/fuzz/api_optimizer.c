/* <fa/optimizer.h> */
#include "world.h"

static fa_status create(world *w, input *in)
{
    fa_optimizer **slot = &w->opt[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    const char *name = fa_optimizer_name_at(take_index(in, fa_optimizer_count()));
    if (take_chance(in, 4))
        name = take_name(w, in, NULL, 0);
    fa_optimizer *made = NULL;
    const fa_status status = fa_optimizer_create(&made, net, name);
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_optimizer_destroy(*slot);
        *slot = made;
        w->kind = name;
    }
    return status;
}

static fa_status destroy(world *w, input *in)
{
    fa_optimizer **slot = &w->opt[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_optimizer_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

/* Mostly of the kind that the optimizer is of. */
static const fa_param *params_of(const world *w, input *in, size_t *n)
{
    const fa_param *params = fa_optimizer_params(w->kind, n);
    if (params != NULL && !take_chance(in, 24))
        return params;
    return fa_optimizer_params(fa_optimizer_name_at(take_index(in, fa_optimizer_count())), n);
}

static fa_status set(world *w, input *in)
{
    fa_optimizer *opt = PICK(w, in, opt);
    size_t n;
    const fa_param *params = params_of(w, in, &n);
    const char *name = take_name(w, in, params, n);
    const double value = take_number(in);
    double before = 0, after = 0;
    const fa_status there = fa_optimizer_get(opt, name, &before);
    forget_failure();
    const fa_status status = fa_optimizer_set(opt, name, value);
    if (there == FA_OK) {
        require(fa_optimizer_get(opt, name, &after) == FA_OK);
        require(after == (status == FA_OK ? value : before));
    }
    return status;
}

static fa_status set_choice(world *w, input *in)
{
    fa_optimizer *opt = PICK(w, in, opt);
    size_t n;
    const fa_param *params = params_of(w, in, &n);
    const char *name = take_choice_param(w, in, params, n);
    return fa_optimizer_set_choice(opt, name, take_choice(w, in, params, n, name));
}

static fa_status factors(world *w, input *in)
{
    fa_optimizer *opt = PICK(w, in, opt);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    if (take_byte(in) % 3 == 0)
        return fa_optimizer_set_schedule(opt, take_number(in));
    const unsigned which = take_byte(in) % 5;
    return fa_optimizer_set_rate_factor(opt, l, which, take_number(in));
}

const operation optimizer_operations[] = {
    {create, NOTHING}, {destroy, NOTHING}, {set, NOTHING}, {set, NOTHING}, {set_choice, NOTHING}, {factors, NOTHING},
    {NULL, NOTHING},
};
