/* Dropout: masks redrawn from the documented stream, and every phase of a step against the model that has them. */
#include "model.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};
static const char *const modelled_rules[] = {"bp", "fa", "shallow"};

enum { SEED = 77, SAMPLES = 9, DEPTH = 3 };

/* Give the model the masks that step number `step` of a pass should draw. */
static void mask_model(model *m, const fa_network *net, size_t samples, uint64_t seed, uint64_t step)
{
    for (size_t l = 0; l < m->spec.depth; l++) {
        double probability = fa_network_dropout(net, l);
        m->layer[l].masked = probability > 0;
        if (probability > 0)
            draw_mask(probability, seed, step, l, samples * m->spec.width[l], m->layer[l].mask);
    }
}

/* --- a step --- */

static void check_agrees(const char *what, size_t l, const num *expected, const fa_matrix *got)
{
    double worst = misfit(expected, got);
    ck_assert_msg(worst <= 1, "%s of layer %zu is off by %.3g times its bound", what, l, worst);
}

static void check_pass(const session *s, const model *m)
{
    fa_matrix view;
    for (size_t l = 1; l <= m->spec.depth; l++) {
        expect_ok(fa_pass_activity(s->pass, l, &view));
        check_agrees("h", l, m->layer[l].out, &view);
        view = delta_of(s->pass, l);
        check_agrees("delta", l, m->layer[l].delta, &view);
    }
}

static void check_weights(const session *s, model *m)
{
    for (size_t l = 1; l <= m->spec.depth; l++) {
        fa_matrix view = weights_of(s->net, l);
        check_agrees("W", l, m->layer[l].w, &view);
        if (m->spec.bias[l]) {
            view = bias_of(s->net, l);
            check_agrees("b", l, m->layer[l].b, &view);
        }
    }
    model_read_weights(m, s->net);
}

/* Forward to deltas, in the library and in the model. */
static void go_backward(session *s, model *m, const char *rule, uint64_t step)
{
    double loss;
    mask_model(m, s->net, s->x.rows, SEED, step);
    expect_ok(fa_forward(s->net, s->pass, &s->x));
    expect_ok(fa_error(s->net, s->pass, &s->target, &loss));
    expect_ok(fa_backward(s->net, s->pass, s->fb));
    model_forward(m, &s->x);
    model_error(m, &s->target);
    model_backward(m, rule);
    ck_assert_double_le(misfit_number(m->loss, loss), 1);
    check_pass(s, m);
}

enum { TRIALS = 12, FIRST_STEP = 1000 };

/* Any architecture, some layers with dropout, the inputs too; updates, and gradients that are accumulated first. Every
 * batch whose gradient is taken draws masks of its own. */
START_TEST(a_step_is_the_model)
{
    uint64_t state = (uint64_t)_i + 5, step = FIRST_STEP;
    const char *rule = modelled_rules[_i / 2 % 3];
    net_spec spec = random_spec(dtypes[_i % 2], &state);
    session s = make_session(&spec, fa_rule_find(rule), SAMPLES, state);
    model *m = make_model(&spec, s.net, s.fb);
    m->learning_rate = 0.05;
    m->momentum = 0.5;
    for (size_t l = 0; l < spec.depth; l++)
        expect_ok(fa_network_set_dropout(s.net, l, draw_index(&state, 3) ? draw_uniform(&state, 0.1, 0.9) : 0));
    expect_ok(fa_pass_set_dropout(s.pass, SEED, step));
    for (int update = 0; update < 3; update++) {
        for (size_t more = draw_index(&state, 3); more > 0; more--) {
            go_backward(&s, m, rule, step++);
            model_gradient(m);
            expect_ok(fa_gradient(s.net, s.pass, s.fb));
        }
        go_backward(&s, m, rule, step++);
        model_gradient(m);
        model_update(m);
        expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
        check_weights(&s, m);
    }
}
END_TEST

/* The gradient against differences of the loss with the same masks; w changes it with third derivatives of a few units,
 * so that the error is some s^2 and rounding some 1e-16 / s. */
START_TEST(gradients_are_slopes_of_the_masked_loss)
{
    const double s = 6e-6, tolerance = 1e-8;
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session t = make_session(&spec, fa_rule_find("bp"), SAMPLES, 6);
    model *m = make_model(&spec, t.net, t.fb);
    for (size_t l = 0; l < DEPTH; l++)
        expect_ok(fa_network_set_dropout(t.net, l, 0.3));
    expect_ok(fa_pass_set_dropout(t.pass, SEED, 4));
    go_backward(&t, m, "bp", 4);
    expect_ok(fa_gradient(t.net, t.pass, t.fb));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix g;
        expect_ok(fa_pass_gradient(t.pass, l, &g));
        for (size_t at = 0; at < g.rows * g.cols; at++) {
            double *w = &m->layer[l].w[at].v, old = *w, loss[2];
            for (int side = 0; side < 2; side++) {
                *w = old + (side ? s : -s);
                model_forward(m, &t.x);
                model_error(m, &t.target);
                loss[side] = m->loss.v;
            }
            *w = old;
            double got = element(&g, at / g.cols, at % g.cols) / (double)SAMPLES;
            ck_assert_double_le(fabs((loss[1] - loss[0]) / (2 * s) - got), tolerance);
        }
    }
}
END_TEST

/* --- arguments --- */

/* A pass without a seed refuses, and goes on with the batch that it has. */
START_TEST(masks_need_a_seed)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 8, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 2);
    session plain = make_session(&spec, fa_rule_find("fa"), SAMPLES, 2);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_network_set_dropout(s.net, (size_t)_i, 0.5));
    expect_failure(FA_ERR_STATE, fa_forward(s.net, s.pass, &s.x));
    expect_failure(FA_ERR_STATE, session_step(&s, NULL));
    expect_ok(fa_pass_set_dropout(s.pass, SEED, 0));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    expect_ok(session_step(&plain, NULL));
    state_copy a = take_snapshot(&s), b = take_snapshot(&plain);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

START_TEST(bad_arguments)
{
    static const double wrong[] = {1, 1.5, -0.1, (double)NAN, (double)INFINITY};
    net_spec spec = make_spec(FA_FLOAT32, 2, 4, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_network_set_dropout(net, 0, wrong[i]));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_dropout(net, 2, 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_dropout(NULL, 0, 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_set_dropout(NULL, 1, 0));
    ck_assert(fa_network_dropout(net, 0) == 0 && fa_network_dropout(net, 2) == 0 && fa_network_dropout(NULL, 0) == 0);
    expect_ok(fa_network_set_dropout(net, 1, 0.25));
    ck_assert(fa_network_dropout(net, 0) == 0 && fa_network_dropout(net, 1) == 0.25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dropout");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, a_step_is_the_model, 0, 6 * TRIALS);
    tcase_add_test(tcase, gradients_are_slopes_of_the_masked_loss);
    tcase_add_loop_test(tcase, masks_need_a_seed, 0, DEPTH);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
