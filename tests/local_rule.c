#include "local_rule.h"

#include <math.h>

fa_status local_setup(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

/* Everything of a layer that a step shows. */
static void look(fa_step *step, guest *g, size_t l)
{
    fa_matrix view;
    const fa_status status[] = {
        fa_step_activity(step, 0, l - 1, &view), fa_step_activity(step, 0, l, &view), fa_step_delta(step, l, &view),
        fa_step_weights(step, l, &view),         fa_step_bias(step, l, &view),
    };
    for (size_t below = 1; below < l; below++) {
        const fa_status lost[] = {
            below + 1 < l ? fa_step_activity(step, 0, below, &view) : FA_ERR_STATE, fa_step_delta(step, below, &view),
            fa_step_weights(step, below, &view), fa_step_bias(step, below, &view), fa_step_apply_slope(step, below),
        };
        for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
            g->refused += lost[i] == FA_ERR_STATE;
    }
    for (size_t i = 0; i < sizeof status / sizeof status[0]; i++)
        g->seen += status[i] == FA_OK;
    if (l + 1 < fa_step_depth(step))
        g->refused += fa_step_delta(step, l + 1, &view) == FA_ERR_STATE;
}

fa_status local_delta(fa_step *step, size_t l)
{
    guest *g = fa_step_user_data(step);
    fa_matrix target, b, delta;
    fa_status status = fa_step_target(step, &target);
    if (g && g->looks)
        look(step, g, l);
    if (status == FA_OK)
        status = fa_step_array(step, "B", l, &b);
    if (status == FA_OK)
        status = fa_step_delta(step, l, &delta);
    for (size_t i = 0; status == FA_OK && i < delta.rows; i++)
        for (size_t j = 0; j < delta.cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < target.cols; k++)
                sum += element(&b, j, k) * element(&target, i, k);
            set_element(&delta, i, j, sum);
        }
    if (status == FA_OK)
        status = fa_step_apply_slope(step, l);
    if (status == FA_OK && g && g->spoils == l)
        set_element(&delta, 0, 0, INFINITY);
    return status == FA_OK && g && g->fails_at == l ? fa_rule_fail("the guest fails") : status;
}

fa_rule make_local_rule(void)
{
    fa_rule rule = {.struct_size = sizeof rule, .name = "local", .flags = FA_RULE_LOCAL, .setup = local_setup,
                    .local = local_delta};
    return rule;
}

static void release_pass(void *pass)
{
    fa_pass_destroy(pass);
}

fa_pass *make_streaming(const fa_network *net, size_t max_batch)
{
    fa_pass *pass;
    expect_ok(fa_pass_create_streaming(&pass, net, max_batch));
    ck_assert(fa_pass_is_streaming(pass));
    return keep(pass, release_pass);
}

void start_pair(pair *p, const net_spec *spec, const fa_rule *rule, const recipe *r)
{
    session *both[] = {&p->ordinary, &p->streaming};
    for (size_t i = 0; i < 2; i++) {
        *both[i] = make_session(spec, rule, LOCAL_SAMPLES, 5);
        both[i]->fb = make_feedback(both[i]->net, rule, i ? &p->guest : NULL, 9);
        if (r)
            both[i]->opt = make_recipe_optimizer(both[i]->net, r);
    }
    p->streaming.pass = make_streaming(p->streaming.net, LOCAL_SAMPLES);
}

void expect_equal(const pair *p)
{
    state_copy a = take_snapshot(&p->ordinary), b = take_snapshot(&p->streaming);
    ck_assert(same_snapshot(&a, &b));
    ck_assert_uint_eq(fa_optimizer_steps(p->ordinary.opt), fa_optimizer_steps(p->streaming.opt));
}
