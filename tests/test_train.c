/* The phases of a training step against the independent model, over random architectures, layouts and optimizers. */
#include "model.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};
static const char *const modelled_rules[] = {"bp", "fa", "shallow"};

/* One random case: a session and its model. */
typedef struct trial {
    session s;
    model *m;
    const char *rule;
    uint64_t state;
} trial;

static void set_option(trial *t, const char *name, double *copy, double value)
{
    expect_ok(fa_optimizer_set(t->s.opt, name, value));
    *copy = value;
}

static void random_optimizer(trial *t)
{
    model *m = t->m;
    uint64_t *state = &t->state;
    set_option(t, "learning_rate", &m->learning_rate, draw_uniform(state, 0.01, 0.2));
    set_option(t, "momentum", &m->momentum, draw_index(state, 2) ? 0 : draw_uniform(state, 0.1, 0.9));
    set_option(t, "weight_decay", &m->weight_decay, draw_index(state, 2) ? 0 : draw_uniform(state, 0, 0.1));
    set_option(t, "decoupled_weight_decay", &m->decoupled_weight_decay,
               draw_index(state, 2) ? 0 : draw_uniform(state, 0, 0.1));
    m->nesterov = m->momentum > 0 && draw_index(state, 2) == 0;
    expect_ok(fa_optimizer_set(t->s.opt, "nesterov", m->nesterov));
    for (size_t l = 1; l <= m->spec.depth && draw_index(state, 2); l++) {
        m->layer[l].w_factor = draw_uniform(state, 0, 2);
        m->layer[l].b_factor = draw_uniform(state, 0, 2);
        expect_ok(fa_optimizer_set_rate_factor(t->s.opt, l, FA_WEIGHTS, m->layer[l].w_factor));
        expect_ok(fa_optimizer_set_rate_factor(t->s.opt, l, FA_BIASES, m->layer[l].b_factor));
    }
}

/* A pre-activation within rounding of relu's kink has two right slopes, and the bound covers both. */
static bool has_kink(const net_spec *spec)
{
    for (size_t l = 1; l <= spec->depth; l++)
        if (spec->activation[l] == FA_RELU)
            return true;
    return false;
}

static bool kinked; /* the present trial's network */

static trial make_trial(fa_dtype dtype, uint64_t seed)
{
    trial t = {.state = seed};
    net_spec spec = random_spec(dtype, &t.state);
    kinked = has_kink(&spec);
    t.rule = modelled_rules[draw_index(&t.state, 3)];
    t.s = make_session(&spec, fa_rule_find(t.rule), MAX_BATCH, seed);
    t.m = make_model(&spec, t.s.net, t.s.fb);
    random_optimizer(&t);
    return t;
}

static void new_batch(trial *t)
{
    size_t n = 1 + draw_index(&t->state, MAX_BATCH);
    const net_spec *spec = &t->s.spec;
    t->s.x = make_uniform(spec->dtype, n, spec->width[0], (view_layout)draw_index(&t->state, LAYOUTS), 2, &t->state);
    t->s.target = make_target(spec, n, (view_layout)draw_index(&t->state, LAYOUTS), &t->state);
}

static void check_agrees(const char *what, size_t l, const num *expected, const fa_matrix *got)
{
    double worst = misfit(expected, got);
    ck_assert_msg(worst <= 1, "%s of layer %zu is off by %.3g times its bound", what, l, worst);
    if (got->dtype == FA_FLOAT64 && !kinked) {
        double bound = relative_bound(expected, got->rows * got->cols);
        ck_assert_msg(bound < 1e-9, "bound of %s, layer %zu, is %.3g: it proves nothing", what, l, bound);
    }
}

/* The model then goes on from the weights it was compared with. */
static void check_weights(const trial *t)
{
    for (size_t l = 1; l <= t->s.spec.depth; l++) {
        fa_matrix view = weights_of(t->s.net, l);
        check_agrees("W", l, t->m->layer[l].w, &view);
        if (t->s.spec.bias[l]) {
            view = bias_of(t->s.net, l);
            check_agrees("b", l, t->m->layer[l].b, &view);
        }
    }
    model_read_weights(t->m, t->s.net);
}

static void check_pass(const trial *t)
{
    fa_matrix view;
    for (size_t l = 1; l <= t->s.spec.depth; l++) {
        expect_ok(fa_pass_activity(t->s.pass, l, &view));
        ck_assert(view.rows == t->m->batch && view.cols == t->s.spec.width[l]);
        check_agrees("h", l, t->m->layer[l].h, &view);
        expect_ok(fa_pass_delta(t->s.pass, l, &view));
        ck_assert(view.rows == t->m->batch && view.cols == t->s.spec.width[l]);
        check_agrees("delta", l, t->m->layer[l].delta, &view);
    }
}

static void check_gradient(const trial *t)
{
    fa_matrix view;
    ck_assert_uint_eq(fa_pass_gradient_samples(t->s.pass), t->m->samples);
    for (size_t l = 1; l <= t->s.spec.depth; l++) {
        expect_ok(fa_pass_gradient(t->s.pass, l, &view));
        check_agrees("gradient", l, t->m->layer[l].w_gradient, &view);
        if (t->s.spec.bias[l]) {
            expect_ok(fa_pass_bias_gradient(t->s.pass, l, &view));
            check_agrees("bias gradient", l, t->m->layer[l].b_gradient, &view);
        }
    }
}

static void run_model(trial *t)
{
    model_forward(t->m, &t->s.x);
    model_error(t->m, &t->s.target);
    model_backward(t->m, t->rule);
    model_gradient(t->m);
}

static void check_loss(const trial *t, double loss)
{
    double worst = misfit_number(t->m->loss, loss);
    ck_assert_msg(worst <= 1, "loss %.17g, expected %.17g, is off by %.3g times its bound", loss, t->m->loss.v, worst);
}

START_TEST(train_step_matches_model)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 1);
    double loss;
    for (int step = 0; step < 3; step++) {
        new_batch(&t);
        run_model(&t);
        model_update(t.m);
        expect_ok(session_step(&t.s, &loss));
        check_loss(&t, loss);
        check_weights(&t);
    }
    ck_assert_uint_eq(fa_optimizer_steps(t.s.opt), 3);
}
END_TEST

START_TEST(phases_match_model)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 100001);
    double loss;
    for (int step = 0; step < 3; step++) {
        new_batch(&t);
        run_model(&t);
        expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
        expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, &loss));
        check_loss(&t, loss);
        expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
        check_pass(&t);
        model_update(t.m);
        expect_ok(fa_update(t.s.net, t.s.pass, t.s.fb, t.s.opt));
        check_weights(&t);
    }
}
END_TEST

/* Batches of different sizes are accumulated; the last one is left to the update. */
START_TEST(accumulation_matches_model)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 200001);
    for (int step = 0; step < 2; step++) {
        for (int part = 0; part < 3; part++) {
            new_batch(&t);
            run_model(&t);
            expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
            expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
            expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
            if (part == 2)
                break;
            expect_ok(fa_gradient(t.s.net, t.s.pass, t.s.fb));
            check_gradient(&t);
        }
        model_update(t.m);
        expect_ok(fa_update(t.s.net, t.s.pass, t.s.fb, t.s.opt));
        check_weights(&t);
        ck_assert_uint_eq(fa_pass_gradient_samples(t.s.pass), 0);
    }
}
END_TEST

/* Forward passes of a const network, for more samples than any pass holds. */
START_TEST(predict_matches_model)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 300001);
    new_batch(&t);
    run_model(&t);
    size_t n = t.s.x.rows, depth = t.s.spec.depth;
    for (size_t l = 1; l <= depth; l++) {
        fa_matrix h = make_layout(t.s.spec.dtype, n, t.s.spec.width[l], (view_layout)draw_index(&t.state, LAYOUTS));
        expect_ok(fa_network_activity(t.s.net, &t.s.x, l, &h));
        check_agrees("h", l, t.m->layer[l].h, &h);
    }
    fa_matrix y = make_layout(t.s.spec.dtype, n, t.s.spec.width[depth], (view_layout)draw_index(&t.state, LAYOUTS));
    expect_ok(fa_network_predict(t.s.net, &t.s.x, &y));
    check_agrees("y", depth, t.m->layer[depth].h, &y);
    double loss;
    expect_ok(fa_network_evaluate(t.s.net, &t.s.x, &t.s.target, &loss));
    check_loss(&t, loss);
}
END_TEST

/* A second fa_backward() replaces the first one's deltas, and the optimizer follows the second. */
START_TEST(last_backward_counts)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 400001);
    fa_feedback *other = make_feedback(t.s.net, fa_rule_find(t.rule[0] == 'b' ? "fa" : "bp"), NULL, 5);
    new_batch(&t);
    run_model(&t);
    expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
    expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
    expect_ok(fa_backward(t.s.net, t.s.pass, other));
    expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
    check_pass(&t);
    model_update(t.m);
    expect_ok(fa_update(t.s.net, t.s.pass, t.s.fb, t.s.opt));
    check_weights(&t);
}
END_TEST

START_TEST(discarded_gradient_leaves_nothing)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 500001);
    new_batch(&t);
    expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
    expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
    expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
    expect_ok(fa_gradient(t.s.net, t.s.pass, t.s.fb));
    fa_gradient_reset(t.s.pass);
    ck_assert_uint_eq(fa_pass_gradient_samples(t.s.pass), 0);
    new_batch(&t);
    run_model(&t);
    model_update(t.m);
    expect_ok(session_phases(&t.s, NULL));
    check_weights(&t);
}
END_TEST

/* fa_train_step() discards what was accumulated before it. */
START_TEST(train_step_discards_accumulated)
{
    trial t = make_trial(dtypes[_i % 2], (uint64_t)_i + 600001);
    new_batch(&t);
    expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
    expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
    expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
    expect_ok(fa_gradient(t.s.net, t.s.pass, t.s.fb));
    new_batch(&t);
    run_model(&t);
    model_update(t.m);
    expect_ok(session_step(&t.s, NULL));
    check_weights(&t);
}
END_TEST

/* The same seed gives the same bits, twenty times over. */
START_TEST(twenty_runs_are_one)
{
    net_spec spec = make_spec(dtypes[_i % 2], 3, 17, FA_TANH, true);
    state_copy first = {0, NULL};
    for (int run = 0; run < 20; run++) {
        session s = make_session(&spec, fa_rule_find(modelled_rules[_i / 2]), 13, 77);
        for (int step = 0; step < 5; step++)
            expect_ok(session_step(&s, NULL));
        state_copy now = take_snapshot(&s);
        if (run == 0)
            first = now;
        ck_assert_msg(same_snapshot(&first, &now), "run %d differs", run);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, train_step_matches_model, 0, 100);
    tcase_add_loop_test(tcase, phases_match_model, 0, 100);
    tcase_add_loop_test(tcase, accumulation_matches_model, 0, 60);
    tcase_add_loop_test(tcase, predict_matches_model, 0, 60);
    tcase_add_loop_test(tcase, last_backward_counts, 0, 10);
    tcase_add_loop_test(tcase, discarded_gradient_leaves_nothing, 0, 10);
    tcase_add_loop_test(tcase, train_step_discards_accumulated, 0, 10);
    tcase_add_loop_test(tcase, twenty_runs_are_one, 0, 6);
    return support_run(suite, true);
}
