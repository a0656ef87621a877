/* What a step lets a rule do since 0.3: what it refuses, in which callback, and that a mirror phase has no batch. */
#include "call_script.h"
#include "session.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 4, DEPTH = 3 };

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* 5-6-5-6 units, direct feedback, two slots, an array of each dtype's worth. */
static fa_status setup(fa_setup *setup)
{
    fa_status status = fa_setup_feedback(setup, FA_DIRECT);
    if (status == FA_OK)
        status = fa_setup_scratch(setup, "S", 0, SAMPLES, 6);
    return status == FA_OK ? fa_setup_slots(setup, 2) : status;
}

static session start(const fa_rule *rule, call_script *script, fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 1);
    s.fb = make_feedback(s.net, rule, script, 1);
    return s;
}

/* --- signals --- */

static void refuse_signals(fa_step *step, call_script *script)
{
    double memory[8 * 8] = {0};
    float narrow[SAMPLES * 6] = {0};
    fa_matrix good = fa_matrix_view(memory, SAMPLES, 6, FA_FLOAT64), few = good, thin = good, left, right, e;
    fa_matrix floats = fa_matrix_view(narrow, SAMPLES, 6, FA_FLOAT32);
    few.rows--;
    thin.cols--;
    left = fa_matrix_view(memory, 6, 3, FA_FLOAT64);  /* [n_1 x 3] */
    right = fa_matrix_view(memory, 3, 5, FA_FLOAT64); /* [3 x n_2] */
    RECORD(FA_ERR_ARGUMENT, fa_step_inject_signal(NULL, 1, 1, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_inject_signal(step, 1, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_inject_signal(step, 0, 1, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_inject_signal(step, DEPTH, 1, &good));
    RECORD(FA_ERR_SHAPE, fa_step_inject_signal(step, 1, 1, &few));
    RECORD(FA_ERR_SHAPE, fa_step_inject_signal(step, 1, 1, &thin));
    RECORD(FA_ERR_DTYPE, fa_step_inject_signal(step, 1, 1, &floats));
    RECORD(FA_ERR_STATE, fa_step_transport(step, 1)); /* the feedback is direct */
    RECORD(FA_ERR_ARGUMENT, fa_step_carry(NULL, 2));
    RECORD(FA_ERR_ARGUMENT, fa_step_carry(step, 1)); /* nothing below it carries an error */
    RECORD(FA_ERR_ARGUMENT, fa_step_carry(step, DEPTH));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_through(NULL, 1, &left, &right));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_through(step, 1, NULL, &right));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_through(step, 1, &left, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_through(step, DEPTH, &left, &right));
    RECORD(FA_ERR_SHAPE, fa_step_transport_through(step, 1, &right, &right));
    RECORD(FA_ERR_SHAPE, fa_step_transport_through(step, 1, &left, &left));
    RECORD(FA_ERR_DTYPE, fa_step_transport_through(step, 1, &left, &floats));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_through(step, 1, &left, &right)); /* not the step's own */
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_mask(NULL, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_mask(step, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_mask(step, DEPTH));
    RECORD(FA_OK, fa_step_activity(step, 2, DEPTH, &e));
    RECORD(FA_ERR_ARGUMENT, fa_step_error(NULL, 0, &e));
    RECORD(FA_ERR_ARGUMENT, fa_step_error(step, 0, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_error(step, 3, &e));
    RECORD(FA_ERR_STATE, fa_step_error(step, 1, &e)); /* no forward pass there */
    RECORD(FA_ERR_SHAPE, fa_step_error(step, 0, &few));
    RECORD(FA_ERR_DTYPE, fa_step_error(step, 0, &floats));
    RECORD(FA_ERR_ARGUMENT, fa_step_error(step, 0, &good)); /* does not lie like delta_L */
    RECORD(FA_OK, fa_step_activity(step, 0, DEPTH, &right));
    RECORD(FA_ERR_ARGUMENT, fa_step_error(step, 0, &right)); /* the outputs themselves */
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(NULL, 1, &e));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(step, DEPTH, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(step, 0, &e));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(step, DEPTH + 1, &e));
    RECORD(FA_ERR_SHAPE, fa_step_set_postsynaptic(step, 2, &e));
    RECORD(FA_ERR_DTYPE, fa_step_set_postsynaptic(step, DEPTH, &floats));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(step, DEPTH, &good));
}

static void refuse_layers(fa_step *step, call_script *script)
{
    double memory[SAMPLES * 6] = {0};
    fa_matrix x = fa_matrix_view(memory, SAMPLES, 5, FA_FLOAT64), h = fa_matrix_view(memory, SAMPLES, 6, FA_FLOAT64);
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(NULL, 1, &x, 0, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, NULL, 0, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 0, &x, 0, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, DEPTH + 1, &x, 0, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, &x, 0, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, &x, 0, 3));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, &x, 3, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, &x, 1, 1));
    RECORD(FA_ERR_SHAPE, fa_step_layer(step, 1, &h, 0, 1));
    RECORD(FA_ERR_STATE, fa_step_shrink_weights(step, 1, 0.5)); /* weights are not updated yet */
    script->numbers = fa_step_numbers(step, 0) && fa_step_numbers(step, 1) && !fa_step_numbers(step, 2) &&
                      !fa_step_numbers(NULL, 0) && fa_step_numbers(step, 1) - fa_step_numbers(step, 0) >= SAMPLES;
    script->rate_before = fa_step_learning_rate(step);
}

static void refuse_arithmetic(fa_step *step, call_script *script)
{
    double memory[SAMPLES * 6 + 1] = {0}, factors[SAMPLES] = {0};
    float narrow[SAMPLES * 6] = {0};
    fa_matrix s, t, floats = fa_matrix_view(narrow, SAMPLES, 6, FA_FLOAT32), row = {0};
    fa_matrix own = fa_matrix_view(memory + 1, SAMPLES, 6, FA_FLOAT64);
    RECORD(FA_OK, fa_step_array(step, "S", 0, &s));
    t = fa_matrix_transpose(s);
    RECORD(FA_ERR_ARGUMENT, fa_step_product(NULL, 1, &s, &t, 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_product(step, 1, NULL, &t, 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_product(step, 1, &s, NULL, 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_product(step, 1, &s, &t, 0, NULL));
    RECORD(FA_ERR_SHAPE, fa_step_product(step, 1, &s, &s, 0, &s));
    RECORD(FA_ERR_SHAPE, fa_step_product(step, 1, &t, &t, 0, &s));
    RECORD(FA_ERR_DTYPE, fa_step_product(step, 1, &s, &t, 0, &floats));
    RECORD(FA_ERR_ARGUMENT, fa_step_combine(NULL, 1, &s, 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_combine(step, 1, NULL, 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_combine(step, 1, &s, 0, NULL));
    RECORD(FA_ERR_SHAPE, fa_step_combine(step, 1, &t, 0, &s));
    RECORD(FA_ERR_DTYPE, fa_step_combine(step, 1, &floats, 0, &s));
    RECORD(FA_ERR_DTYPE, fa_step_combine(step, 1, &s, 0, &row)); /* no matrix at all */
    RECORD(FA_OK, fa_step_combine(step, 1, &own, 0, &s));         /* what is read may lie anywhere */
    RECORD(FA_ERR_ARGUMENT, fa_step_sign(NULL, 1, NULL, &s, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_sign(step, 1, NULL, NULL, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_sign(step, 1, NULL, &s, NULL));
    RECORD(FA_ERR_SHAPE, fa_step_sign(step, 1, &t, &s, &s));
    RECORD(FA_ERR_SHAPE, fa_step_sign(step, 1, NULL, &t, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_scale_rows(NULL, factors, &s, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_scale_rows(step, NULL, &s, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_scale_rows(step, factors, NULL, &s));
    RECORD(FA_ERR_SHAPE, fa_step_scale_rows(step, factors, &t, &s));
    row = s;
    row.rows = 1;
    RECORD(FA_ERR_ARGUMENT, fa_step_add_row(NULL, &row, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_add_row(step, NULL, &s));
    RECORD(FA_ERR_SHAPE, fa_step_add_row(step, &s, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_pseudo_inverse(NULL, &s, &t));
    RECORD(FA_ERR_ARGUMENT, fa_step_pseudo_inverse(step, NULL, &t));
    RECORD(FA_ERR_SHAPE, fa_step_pseudo_inverse(step, &s, &s));
}

static fa_status refuse_signals_and_layers(fa_step *step)
{
    refuse_signals(step, fa_step_user_data(step));
    refuse_layers(step, fa_step_user_data(step));
    return FA_OK;
}

static fa_status refuse_sums(fa_step *step)
{
    refuse_arithmetic(step, fa_step_user_data(step));
    return FA_OK;
}

/* After the update: rates and decay, and no signals any more. */
static void look_in_adapt(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    double memory[SAMPLES * 6] = {0};
    fa_matrix signal = fa_matrix_view(memory, SAMPLES, 6, FA_FLOAT64), s, t;
    script->rate = fa_step_learning_rate(step);
    RECORD(FA_ERR_STATE, fa_step_inject_signal(step, 1, 1, &signal));
    RECORD(FA_ERR_STATE, fa_step_carry(step, 2));
    RECORD(FA_ERR_STATE, fa_step_transport_through(step, 1, &signal, &signal));
    RECORD(FA_ERR_STATE, fa_step_apply_mask(step, 1));
    RECORD(FA_ERR_STATE, fa_step_set_postsynaptic(step, DEPTH, &signal));
    RECORD(FA_OK, fa_step_array(step, "S", 0, &s));
    t = fa_matrix_transpose(s);
    RECORD(FA_ERR_STATE, fa_step_pseudo_inverse(step, &s, &t));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(NULL, 1, 0.5));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(step, 0, 0.5));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(step, DEPTH + 1, 0.5));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(step, 1, -0.1));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(step, 1, 1.1));
    RECORD(FA_ERR_ARGUMENT, fa_step_shrink_weights(step, 1, NAN));
    RECORD(FA_ERR_STATE, fa_step_shrink_weights(step, 2, 0.5)); /* frozen */
}

/* None of the refused calls leaves anything behind: the step ends as shallow would. */
START_TEST(a_step_refuses)
{
    call_script script = {0};
    fa_rule rule = {.struct_size = sizeof rule, .name = "refused", .setup = setup,
                    .backward = _i ? refuse_sums : refuse_signals_and_layers, .adapt = look_in_adapt};
    session s = start(&rule, &script, FA_FLOAT64), shallow = start(fa_rule_find("shallow"), NULL, FA_FLOAT64);
    expect_ok(fa_network_set_frozen(s.net, 2, true));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0.03));
    expect_ok(fa_optimizer_set(shallow.opt, "learning_rate", 0.03));
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&shallow, NULL));
    check_script(&script, 40);
    if (!_i)
        ck_assert(script.numbers == 1 && isnan(script.rate_before));
    ck_assert_double_eq(script.rate, 0.03);
    ck_assert(isnan(fa_step_learning_rate(NULL)));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix a = weights_of(s.net, l), b = weights_of(shallow.net, l);
        ck_assert(same_bits(&a, &b));
    }
}
END_TEST

/* --- successes that no built-in rule shows by itself --- */

/* The error of a slot that ran on x itself is e; of the batch, too. A postsynaptic signal of twice e: twice the
 * step. */
static fa_status double_the_error(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix e, again, view;
    RECORD(FA_OK, fa_step_forward(step, 1, NULL, 0));
    RECORD(FA_OK, fa_step_activity(step, 2, DEPTH, &again));
    RECORD(FA_OK, fa_step_delta(step, DEPTH, &e));
    RECORD(FA_OK, fa_step_error(step, 1, &again));
    script->numbers = distance(&e, &again);
    RECORD(FA_OK, fa_step_error(step, 0, &again));
    script->numbers = fmax(script->numbers, distance(&e, &again));
    RECORD(FA_OK, fa_step_combine(step, 2, &e, 0, &again));
    RECORD(FA_OK, fa_step_set_postsynaptic(step, DEPTH, &again));
    RECORD(FA_OK, fa_step_layer(step, 1, (fa_step_activity(step, 0, 0, &view), &view), 0, 1));
    return FA_OK;
}

static void halve(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    RECORD(FA_OK, fa_step_shrink_weights(step, 1, 0.5));
    RECORD(FA_OK, fa_step_shrink_weights(step, 2, 1));
}

START_TEST(a_step_obeys)
{
    const double u = _i ? 0x1p-53 : 0x1p-24;
    call_script script = {0};
    fa_rule rule = {.struct_size = sizeof rule, .name = "obeyed", .setup = setup, .backward = double_the_error,
                    .adapt = halve};
    session s = start(&rule, &script, dtypes[_i]), shallow = start(fa_rule_find("shallow"), NULL, dtypes[_i]);
    expect_ok(fa_optimizer_set(shallow.opt, "learning_rate", 0.1)); /* twice the session's */
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&shallow, NULL));
    check_script(&script, 10);
    ck_assert_double_le(script.numbers, 8 * u * 4);
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix a = weights_of(s.net, l), b = weights_of(shallow.net, l);
        for (size_t at = 0; at < a.rows * a.cols; at++) {
            double there = element(&b, at / a.cols, at % a.cols) * (l == 1 ? 0.5 : 1);
            ck_assert_double_le(fabs(element(&a, at / a.cols, at % a.cols) - there), 16 * u * 4);
        }
    }
}
END_TEST

/* --- rules without slots, and the time before the error --- */

static fa_status declare_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status too_early(fa_step *step, size_t l)
{
    call_script *script = fa_step_user_data(step);
    double memory[SAMPLES * 6] = {0};
    fa_matrix signal = fa_matrix_view(memory, SAMPLES, 6, FA_FLOAT64);
    script->numbers = fa_step_numbers(step, 0) == NULL;
    RECORD(FA_ERR_STATE, fa_step_carry(step, 2));
    RECORD(FA_ERR_STATE, fa_step_transport_through(step, 1, &signal, &signal));
    RECORD(FA_ERR_STATE, fa_step_error(step, 0, &signal));
    RECORD(l < 2 ? FA_ERR_STATE : FA_OK, fa_step_inject_signal(step, 2, 1, &signal));
    return fa_step_inject_signal(step, l, 1, &signal);
}

START_TEST(local_rules_are_early)
{
    call_script script = {0};
    fa_rule rule = {.struct_size = sizeof rule, .name = "early", .flags = FA_RULE_LOCAL, .setup = declare_direct,
                    .local = too_early};
    session s = start(&rule, &script, FA_FLOAT64);
    expect_ok(session_step(&s, NULL));
    check_script(&script, 8);
    ck_assert(script.numbers == 1);
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_use_weights(s.fb, 1, true));
}
END_TEST

/* --- mirror phases --- */

static void look_in_mirror(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix view, input;
    double losses[SAMPLES];
    script->rate = fa_step_learning_rate(step);
    if (!isnan(script->rate))
        return;
    for (size_t l = 0; l <= DEPTH; l++)
        RECORD(FA_ERR_STATE, fa_step_activity(step, 0, l, &view));
    RECORD(FA_ERR_STATE, fa_step_target(step, &view));
    RECORD(FA_ERR_STATE, fa_step_delta(step, DEPTH, &view));
    RECORD(FA_ERR_STATE, fa_step_loss(step, 0, losses));
    RECORD(FA_ERR_STATE, fa_step_increment(step, 1, &view, NULL));
    RECORD(FA_ERR_STATE, fa_step_forward(step, 1, NULL, 0)); /* there is no x */
    RECORD(FA_OK, fa_step_activity(step, 1, 0, &input));
    script->numbers = (double)input.rows;
    RECORD(FA_OK, fa_step_combine(step, 0, NULL, 0, &input));
    RECORD(FA_OK, fa_step_forward(step, 2, &input, 0));
}

START_TEST(mirror_phases_have_no_batch)
{
    call_script script = {0};
    fa_rule rule = {.struct_size = sizeof rule, .name = "mirror", .setup = setup, .adapt = look_in_mirror,
                    .flags = FA_RULE_MIRRORS | FA_RULE_NEEDS_INCREMENT};
    session s = start(&rule, &script, FA_FLOAT64);
    if (_i) {
        expect_ok(session_step(&s, NULL));
        ck_assert_double_eq(script.rate, 0.05);
    }
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 2));
    check_script(&script, 2 * 12);
    ck_assert(script.numbers == (double)SAMPLES && isnan(script.rate));
    expect_failure(FA_ERR_STATE, fa_backward(s.net, s.pass, s.fb)); /* the batch is forgotten */
}
END_TEST

static bool adapt_inside(void *user_data, const fa_progress *p)
{
    session *s = user_data;
    (void)p;
    return fa_feedback_adapt(s->fb, s->net, s->pass, 1) == FA_ERR_STATE;
}

START_TEST(mirror_phases_are_refused)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 5, FA_TANH, true), wider = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("weight_mirror"), SAMPLES, 1);
    session other = make_session(&wider, fa_rule_find("weight_mirror"), SAMPLES, 1);
    fa_feedback *fa = make_feedback(s.net, fa_rule_find("fa"), NULL, 1);
    state_copy before = take_snapshot(&s);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_adapt(NULL, s.net, s.pass, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_adapt(s.fb, NULL, s.pass, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_adapt(s.fb, s.net, NULL, 1));
    expect_failure(FA_ERR_SHAPE, fa_feedback_adapt(other.fb, s.net, s.pass, 1));
    expect_failure(FA_ERR_SHAPE, fa_feedback_adapt(s.fb, s.net, other.pass, 1));
    expect_failure(FA_ERR_SHAPE, fa_feedback_adapt(s.fb, other.net, s.pass, 1));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_adapt(fa, s.net, s.pass, 1));
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 0));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 2, .point = FA_AFTER_UPDATE,
                                .callback = adapt_inside, .user_data = &s};
    fa_result result;
    expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, make_dataset(&s.x, &s.target), &options, &result));
    ck_assert_uint_eq(result.samples, SAMPLES);
}
END_TEST

/* Each time counts as a step, so two phases are one; weights stay, and so does a gradient that waits. */
START_TEST(mirror_phases_add_up)
{
    net_spec spec = make_spec(dtypes[_i], 3, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("weight_mirror"), SAMPLES, 1);
    session t = make_session(&spec, fa_rule_find("weight_mirror"), SAMPLES, 1);
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 5));
    expect_ok(fa_feedback_adapt(t.fb, t.net, t.pass, 2));
    expect_ok(fa_feedback_adapt(t.fb, t.net, t.pass, 3));
    state_copy a = take_snapshot(&s), b = take_snapshot(&t);
    ck_assert(same_snapshot(&a, &b));
    fa_network *fresh = make_network(&spec, 1);
    for (size_t l = 1; l <= 3; l++) {
        fa_matrix w = weights_of(s.net, l), old = weights_of(fresh, l);
        ck_assert(same_bits(&w, &old));
    }
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 1));
    ck_assert_uint_eq(fa_pass_gradient_samples(s.pass), SAMPLES);
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_abilities");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, a_step_refuses, 0, 2);
    tcase_add_loop_test(tcase, a_step_obeys, 0, 2);
    tcase_add_test(tcase, local_rules_are_early);
    tcase_add_loop_test(tcase, mirror_phases_have_no_batch, 0, 2);
    tcase_add_test(tcase, mirror_phases_are_refused);
    tcase_add_loop_test(tcase, mirror_phases_add_up, 0, 2);
    return support_run(suite, true);
}
