/* <fa/feedback.h>, with every rule that there is. */
#include "world.h"

static fa_status create(world *w, input *in)
{
    fa_feedback **slot = &w->fb[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    const fa_rule *rule = fa_rule_at(take_index(in, fa_rule_count() + (take_chance(in, 4) ? 1 : 0)));
    fa_feedback *made = NULL;
    const fa_status status = fa_feedback_create(&made, net, rule, NULL, take_byte(in));
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_feedback_destroy(*slot);
        *slot = made;
    }
    return status;
}

static fa_status destroy(world *w, input *in)
{
    fa_feedback **slot = &w->fb[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_feedback_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

/* The rule's own parameters, or those of all rules. */
static const fa_param *params_of(const fa_feedback *fb, input *in, size_t *n)
{
    const fa_rule *rule = fa_rule_find(fa_feedback_rule_name(fb));
    forget_failure();
    if (take_byte(in) % 2 == 0 || rule == NULL || rule->n_params == 0)
        return fa_feedback_params(n);
    *n = rule->n_params;
    return rule->params;
}

static fa_status set_param(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    size_t n;
    const fa_param *params = params_of(fb, in, &n);
    const char *name = take_name(w, in, params, n);
    const double value = take_number(in);
    double before = 0, after = 0;
    const fa_status there = fa_feedback_param(fb, name, &before);
    const bool redraws = fa_feedback_redraws(fb, name);
    forget_failure();
    const fa_status status = fa_feedback_set_param(fb, name, value);
    require(status == FA_OK || !redraws || fa_feedback_redraws(fb, name));
    if (there == FA_OK) {
        require(fa_feedback_param(fb, name, &after) == FA_OK);
        require(after == (status == FA_OK ? value : before));
    }
    return status;
}

static fa_status set_choice(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    size_t n;
    const fa_param *params = params_of(fb, in, &n);
    const char *name = take_choice_param(w, in, params, n);
    return fa_feedback_set_choice(fb, name, take_choice(w, in, params, n, name));
}

/* Names of arrays that the rules have. */
static const char *take_array(world *w, input *in)
{
    static const char *const names[] = {"B", "B", "B", "M", "R", "F", "P"};
    const uint8_t byte = take_byte(in);
    return byte >= 240 ? take_name(w, in, NULL, 0) : names[byte % (sizeof names / sizeof names[0])];
}

static fa_status set(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    const fa_network *net = w->net[0];
    const char *name = take_array(w, in);
    const size_t l = take_layer(in, fa_network_depth(net));
    size_t rows = 0, cols = 0;
    fa_feedback_shape(fb, name, l, &rows, &cols);
    forget_failure();
    return fa_feedback_set(fb, name, l, take_matrix(w, in, rows, cols, fa_network_dtype(net)));
}

static fa_status get(world *w, input *in)
{
    const fa_feedback *fb = PICK(w, in, fb);
    const char *name = take_array(w, in);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    fa_matrix view;
    const fa_status status = fa_feedback_get(fb, name, l, &view);
    look_at(status, &view);
    return status;
}

static fa_status dense(world *w, input *in)
{
    const fa_feedback *fb = PICK(w, in, fb);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    size_t rows = 0, cols = 0;
    fa_feedback_shape(fb, "B", l, &rows, &cols);
    forget_failure();
    return fa_feedback_dense(fb, l, take_matrix(w, in, rows, cols, fa_network_dtype(w->net[0])));
}

static fa_status draw(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    const char *name = take_array(w, in);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    const fa_init init = (fa_init)take_kind(in, 7);
    return fa_feedback_init(fb, name, l, init, take_number(in), take_byte(in));
}

static fa_status use_weights(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    const bool use = take_byte(in) % 3 != 0, used = fa_feedback_uses_weights(fb, l);
    const fa_status status = fa_feedback_use_weights(fb, l, use);
    require(l == 0 || fa_feedback_uses_weights(fb, l) == (status == FA_OK ? use : used));
    return status;
}

static fa_status adapt(world *w, input *in)
{
    fa_feedback *fb = PICK(w, in, fb);
    const fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    return fa_feedback_adapt(fb, net, pass, take_byte(in) % 3);
}

const operation feedback_operations[] = {
    {create, NOTHING}, {create, NOTHING},     {destroy, NOTHING}, {set_param, NOTHING}, {set_param, NOTHING},
    {set, NOTHING},    {set_choice, NOTHING}, {set_choice, NOTHING}, {get, NOTHING},  {dense, NOTHING},
    {draw, NOTHING},   {use_weights, NOTHING}, {adapt, NOTHING},  {NULL, NOTHING},
};
