/* Calls in an order, or with a feedback, that makes no sense: refused, or harmless. */
#include "call_script.h"
#include "session.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 3, SAMPLES = 6 };

static session start(const char *rule)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    return make_session(&spec, fa_rule_find(rule), SAMPLES, 1);
}

static void to_deltas(const session *s)
{
    expect_ok(fa_forward(s->net, s->pass, &s->x));
    expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
    expect_ok(fa_backward(s->net, s->pass, s->fb));
}

/* --- an update with another feedback than the one that went backward --- */

/* Whatever the other rule's `adapt` needs of the pass is there. */
START_TEST(another_rule_may_adapt)
{
    session s = start("bp");
    fa_feedback *other = make_feedback(s.net, fa_rule_at((size_t)_i), NULL, 1);
    to_deltas(&s);
    expect_ok(fa_update(s.net, s.pass, other, s.opt));
    to_deltas(&s);
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_update(s.net, s.pass, other, s.opt));
}
END_TEST

/* A gradient that a rule wrote itself is applied, whoever adapts. */
START_TEST(a_written_gradient_is_applied)
{
    session s = start("weight_perturbation"), t = start("weight_perturbation");
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0)); /* so that the update could be one product */
    expect_ok(fa_optimizer_set(t.opt, "momentum", 0));
    to_deltas(&s);
    expect_ok(fa_update(s.net, s.pass, make_feedback(s.net, fa_rule_find("bp"), NULL, 1), s.opt));
    to_deltas(&t);
    expect_ok(fa_update(t.net, t.pass, t.fb, t.opt));
    state_copy a = take_snapshot(&s), b = take_snapshot(&t);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

/* --- a batch that the pass has forgotten --- */

static void look_for_the_batch(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix view;
    for (size_t l = 0; l <= DEPTH; l++)
        RECORD(FA_ERR_STATE, fa_step_activity(step, 0, l, &view));
    RECORD(FA_ERR_STATE, fa_step_delta(step, DEPTH, &view));
    RECORD(FA_ERR_STATE, fa_step_target(step, &view));
}

/* The accumulated gradient is applied, but its batch is not there: another one went forward, or none, or as far as its
 * error. */
START_TEST(another_batch_went_forward)
{
    call_script script = {0};
    const fa_rule rule = {.struct_size = sizeof rule, .name = "looking", .flags = FA_RULE_MIRRORS,
                          .adapt = look_for_the_batch};
    session s = start("bp");
    fa_matrix view;
    to_deltas(&s);
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    s.fb = make_feedback(s.net, &rule, &script, 1);
    if (_i == 0)
        expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 1));
    else
        expect_ok(fa_forward(s.net, s.pass, &s.x));
    if (_i == 2)
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    check_script(&script, _i == 0 ? 2 * (DEPTH + 3) : DEPTH + 3);
    expect_failure(FA_ERR_STATE, fa_pass_delta(s.pass, DEPTH, &view));
    expect_failure(FA_ERR_STATE, fa_error(s.net, s.pass, &s.target, NULL)); /* of weights that are no more */
}
END_TEST

/* dkp does not learn from activities of one batch and errors of another. */
START_TEST(dkp_waits_for_a_batch_of_its_own)
{
    session s = start("dkp");
    state_copy before = take_snapshot(&s);
    fa_matrix b, first = make_matrix(FA_FLOAT64, s.spec.width[1], s.spec.width[DEPTH]);
    expect_ok(fa_feedback_get(s.fb, "B", 1, &b));
    expect_ok(fa_matrix_copy(&b, &first));
    to_deltas(&s);
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    state_copy after = take_snapshot(&s);
    ck_assert(same_bits(&b, &first) && !same_snapshot(&before, &after));
    to_deltas(&s);
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    ck_assert(!same_bits(&b, &first));
}
END_TEST

/* After an update x is the caller's again: what would look at it is refused. */
START_TEST(x_is_given_back)
{
    session s = start("fa");
    fa_update_report updates[DEPTH + 1];
    fa_delta_report deltas[DEPTH - 1];
    to_deltas(&s);
    expect_ok(fa_compare_updates(s.net, s.pass, updates));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_compare_updates(s.net, s.pass, updates));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_compare_updates(s.net, s.pass, updates));
    expect_ok(fa_compare_deltas(s.net, s.pass, deltas));
    expect_ok(session_step(&s, NULL));
    expect_failure(FA_ERR_STATE, fa_compare_updates(s.net, s.pass, updates));
}
END_TEST

static fa_status fail_backward(fa_step *step)
{
    (void)step;
    return fa_rule_fail("not today");
}

/* So after a step or an epoch that failed: no phase goes on with what was borrowed for the call. */
START_TEST(x_is_given_back_after_a_failure)
{
    const fa_rule rule = {.struct_size = sizeof rule, .name = "failing", .backward = fail_backward};
    const bool fails = _i % 2, epoch = _i / 2;
    const fa_status expected = fails ? FA_ERR_RULE : FA_ERR_NOT_FINITE;
    session s = start("fa");
    fa_feedback *fb = fails ? make_feedback(s.net, &rule, NULL, 1) : s.fb;
    fa_matrix x = make_matrix(FA_FLOAT64, SAMPLES, s.spec.width[0]), view;
    fa_update_report updates[DEPTH + 1];
    fa_dataset *data = NULL;
    if (!fails)
        set_element(&x, SAMPLES - 1, 0, NAN);
    expect_ok(fa_dataset_create(&data, &x, &s.target));
    if (epoch)
        expect_failure(expected, fa_train_epoch(s.net, s.pass, fb, s.opt, data, NULL, NULL));
    else
        expect_failure(expected, fa_train_step(s.net, s.pass, fb, s.opt, &x, &s.target, NULL));
    fa_dataset_destroy(data);
    expect_failure(FA_ERR_STATE, fa_error(s.net, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_STATE, fa_backward(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_gradient(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_compare_updates(s.net, s.pass, updates));
    expect_failure(FA_ERR_STATE, fa_pass_activity(s.pass, 1, &view));
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* --- direct feedback from the first layer up --- */

static fa_status declare_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status inject_upwards(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_status status = fa_step_inject(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

/* It is no matter, until a layer is to be reached from the one above. */
START_TEST(up_is_the_wrong_way_through_weights)
{
    const fa_rule rule = {.struct_size = sizeof rule, .name = "upward", .setup = declare_direct,
                          .backward = inject_upwards};
    session s = start("dfa");
    s.fb = make_feedback(s.net, &rule, NULL, 1);
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_feedback_use_weights(s.fb, DEPTH - 1, true)); /* from e, which is there */
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_feedback_use_weights(s.fb, 1, true));
    expect_failure(FA_ERR_STATE, session_step(&s, NULL));
    expect_ok(fa_feedback_use_weights(s.fb, 1, false));
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* --- results on top of what they are made of --- */

static fa_status two_slots(fa_setup *setup)
{
    fa_status status = fa_setup_scratch(setup, "S", 0, 5, 5);
    return status == FA_OK ? fa_setup_slots(setup, 2) : status;
}

static fa_status on_top(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix s, h, x, target, e;
    RECORD(FA_OK, fa_step_array(step, "S", 0, &s));
    RECORD(FA_ERR_ARGUMENT, fa_step_product(step, 1, &s, &s, 0, &s));
    h = fa_matrix_transpose(s);
    RECORD(FA_ERR_ARGUMENT, fa_step_product(step, 1, &h, &h, 0, &s));
    RECORD(FA_OK, fa_step_activity(step, 1, 1, &h));
    RECORD(FA_OK, fa_step_activity(step, 0, 0, &x));
    RECORD(FA_OK, fa_step_forward(step, 1, &x, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(step, 1, &h, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_layer(step, 1, &h, 0, 1));
    RECORD(FA_OK, fa_step_layer(step, 1, &h, 0, 2));
    RECORD(FA_OK, fa_step_target(step, &target));
    RECORD(FA_OK, fa_step_delta(step, DEPTH, &e));
    RECORD(FA_OK, fa_step_set_postsynaptic(step, DEPTH, &e));
    target.row_stride = e.row_stride; /* as it would be by chance */
    RECORD(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(step, DEPTH, &target));
    return FA_OK;
}

START_TEST(results_on_top_of_arguments)
{
    call_script script = {0};
    const fa_rule rule = {.struct_size = sizeof rule, .name = "on_top", .setup = two_slots, .backward = on_top};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    for (size_t l = 0; l <= DEPTH; l++)
        spec.width[l] = 5;
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 1);
    s.fb = make_feedback(s.net, &rule, &script, 1);
    expect_ok(session_step(&s, NULL));
    check_script(&script, 13);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("careless_calls");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, another_rule_may_adapt, 0, (int)fa_rule_count());
    tcase_add_test(tcase, a_written_gradient_is_applied);
    tcase_add_loop_test(tcase, another_batch_went_forward, 0, 3);
    tcase_add_test(tcase, dkp_waits_for_a_batch_of_its_own);
    tcase_add_test(tcase, x_is_given_back);
    tcase_add_loop_test(tcase, x_is_given_back_after_a_failure, 0, 4);
    tcase_add_test(tcase, up_is_the_wrong_way_through_weights);
    tcase_add_test(tcase, results_on_top_of_arguments);
    return support_run(suite, true);
}
