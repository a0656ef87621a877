/* What streaming passes refuse, what a rule sees on them, and what a failure leaves. */
#include "local_rule.h"
#include "training.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* --- failures --- */

typedef enum failure { OF_THE_RULE, OF_THE_GRADIENT, OF_THE_LOSS } failure;

/* Outputs that are infinite whatever the hidden layers do. */
static void spoil_output(const session *s, size_t depth)
{
    const double most = s->spec.dtype == FA_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
    fa_matrix w = weights_of(s->net, depth), b = bias_of(s->net, depth);
    fa_matrix huge_w = make_matrix(w.dtype, w.rows, w.cols), huge_b = make_matrix(b.dtype, 1, b.cols);
    for (size_t j = 0; j < w.rows; j++) {
        set_element(&huge_b, 0, j, most);
        for (size_t i = 0; i < w.cols; i++)
            set_element(&huge_w, j, i, i % 2 ? most : -most);
    }
    expect_ok(fa_network_set_weights(s->net, depth, &huge_w));
    expect_ok(fa_network_set_bias(s->net, depth, &huge_b));
}

/* The layers below the one that fails end as in a step that goes well, the others stay. Then training goes on. */
START_TEST(a_failure_leaves_the_layers_above)
{
    enum { DEPTH = 4 };
    const failure what = (failure)(_i / 2 % 3);
    const size_t fails = what == OF_THE_LOSS ? DEPTH : 2;
    net_spec spec = make_spec(dtypes[_i % 2], DEPTH, 6, FA_TANH, true);
    fa_rule rule = make_local_rule();
    recipe kinds[] = {{"sgd", {{"learning_rate", 0.05}}}, {"adam", {{NULL, 0}}}};
    pair p = {.guest = {.fails_at = what == OF_THE_RULE ? fails : 0, .spoils = what == OF_THE_GRADIENT ? fails : 0}};
    fa_network *before;
    start_pair(&p, &spec, &rule, &kinds[_i / 6]);
    if (what == OF_THE_LOSS)
        spoil_output(&p.streaming, DEPTH);
    expect_ok(fa_network_copy(&before, p.streaming.net));
    expect_failure(what == OF_THE_RULE ? FA_ERR_RULE : FA_ERR_NOT_FINITE, session_step(&p.streaming, NULL));
    ck_assert_uint_eq(fa_optimizer_steps(p.streaming.opt), 0);
    expect_ok(session_step(&p.ordinary, NULL));
    for (size_t l = 1; l <= DEPTH; l++) {
        const fa_network *like = l < fails ? p.ordinary.net : before;
        fa_matrix now = weights_of(p.streaming.net, l), old = weights_of(before, l), expected = weights_of(like, l);
        ck_assert(same_bits(&now, &expected) && same_bits(&now, &old) == (l >= fails));
        now = bias_of(p.streaming.net, l);
        expected = bias_of(like, l);
        ck_assert(same_bits(&now, &expected));
    }
    p.guest.fails_at = p.guest.spoils = 0;
    if (what != OF_THE_LOSS)
        expect_ok(session_step(&p.streaming, NULL));
    fa_network_destroy(before);
}
END_TEST

/* Layers l - 1 and l are there in `local`, nothing below. */
START_TEST(rules_see_two_layers)
{
    enum { DEPTH = 4 };
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 6, FA_TANH, true);
    fa_rule rule = make_local_rule();
    pair p = {.guest = {.looks = true}};
    start_pair(&p, &spec, &rule, NULL);
    expect_ok(session_step(&p.streaming, NULL));
    ck_assert_uint_eq(p.guest.seen, 5 * (DEPTH - 1));
    ck_assert_uint_eq(p.guest.refused, 5 * (1 + 2) + 2); /* of layers 1, 2 from above; delta_2, delta_3 from below */
    expect_ok(session_step(&p.ordinary, NULL));
    expect_equal(&p);
}
END_TEST

/* --- what is refused --- */

static void no_adapt(fa_step *step)
{
    (void)step;
}

static fa_status with_slots(fa_setup *setup)
{
    fa_status status = local_setup(setup);
    return status == FA_OK ? fa_setup_slots(setup, 1) : status;
}

static void expect_refused(const session *s, const fa_rule *rule)
{
    session other = *s;
    other.fb = make_feedback(s->net, rule, NULL, 1);
    expect_failure(FA_ERR_UNSUPPORTED, session_step(&other, NULL));
    expect_failure(FA_ERR_UNSUPPORTED, fa_train_epoch(other.net, other.pass, other.fb, other.opt,
                                                      make_dataset(&other.x, &other.target), NULL, NULL));
}

START_TEST(rules_that_need_more_are_refused)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    fa_rule rule = make_local_rule(), other;
    pair p = {.guest = {0}};
    start_pair(&p, &spec, &rule, NULL);
    state_copy before = take_snapshot(&p.streaming);
    for (size_t i = 0; i < fa_rule_count(); i++)
        if (!(fa_rule_at(i)->flags & FA_RULE_LOCAL))
            expect_refused(&p.streaming, fa_rule_at(i));
    other = rule;
    other.adapt = no_adapt;
    expect_refused(&p.streaming, &other);
    other = rule;
    other.setup = with_slots;
    expect_refused(&p.streaming, &other);
    other = rule;
    other.flags |= FA_RULE_WRITES_GRADIENT;
    expect_refused(&p.streaming, &other);
    other = rule;
    other.flags |= FA_RULE_NEEDS_INCREMENT;
    other.adapt = no_adapt;
    expect_refused(&p.streaming, &other);
    state_copy after = take_snapshot(&p.streaming);
    ck_assert(same_snapshot(&before, &after));
    expect_ok(session_step(&p.streaming, NULL));
}
END_TEST

/* A callback that switches clipping on while an epoch runs. */
static bool clip(void *user_data, const fa_progress *progress)
{
    (void)progress;
    expect_ok(fa_optimizer_set(user_data, "clip_norm", 1));
    return true;
}

START_TEST(clipping_and_dropout_are_refused)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    fa_rule rule = make_local_rule();
    pair p = {.guest = {0}};
    start_pair(&p, &spec, &rule, NULL);
    session *s = &p.streaming;
    fa_dataset *data = make_dataset(&s->x, &s->target);
    expect_ok(fa_optimizer_set(s->opt, "clip_norm", 1));
    expect_failure(FA_ERR_UNSUPPORTED, session_step(s, NULL));
    expect_ok(fa_optimizer_set(s->opt, "clip_norm", 0));
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 2, .point = FA_AFTER_UPDATE, .every = 2,
                                .callback = clip, .user_data = s->opt};
    fa_result result;
    expect_failure(FA_ERR_UNSUPPORTED, fa_train_epoch(s->net, s->pass, s->fb, s->opt, data, &options, &result));
    ck_assert_uint_eq(result.samples, 4);
    expect_ok(fa_optimizer_set(s->opt, "clip_norm", 0));
    expect_ok(fa_network_set_dropout(s->net, 1, 0.5));
    expect_ok(fa_pass_set_dropout(s->pass, 1, 0));
    expect_failure(FA_ERR_UNSUPPORTED, session_step(s, NULL));
    expect_ok(fa_network_set_dropout(s->net, 1, 0));
    expect_ok(session_step(s, NULL));
}
END_TEST

static bool count_call(void *user_data, const fa_progress *progress)
{
    size_t *calls = user_data;
    (void)progress;
    (*calls)++;
    return true;
}

START_TEST(phases_views_and_callbacks_are_refused)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    fa_rule rule = make_local_rule();
    pair p = {.guest = {0}};
    fa_matrix view;
    fa_delta_report reports[MAX_DEPTH];
    size_t calls = 0;
    start_pair(&p, &spec, &rule, NULL);
    session *s = &p.streaming;
    for (int again = 0; again < 2; again++) {
        expect_failure(FA_ERR_UNSUPPORTED, fa_forward(s->net, s->pass, &s->x));
        expect_failure(FA_ERR_UNSUPPORTED, fa_error(s->net, s->pass, &s->target, NULL));
        expect_failure(FA_ERR_UNSUPPORTED, fa_backward(s->net, s->pass, s->fb));
        expect_failure(FA_ERR_UNSUPPORTED, fa_gradient(s->net, s->pass, s->fb));
        expect_failure(FA_ERR_UNSUPPORTED, fa_update(s->net, s->pass, s->fb, s->opt));
        expect_failure(FA_ERR_UNSUPPORTED, fa_pass_activity(s->pass, 3, &view));
        expect_failure(FA_ERR_UNSUPPORTED, fa_pass_delta(s->pass, 1, &view));
        expect_failure(FA_ERR_STATE, fa_pass_gradient(s->pass, 1, &view));
        expect_failure(FA_ERR_STATE, fa_compare_deltas(s->net, s->pass, reports));
        expect_ok(session_step(s, NULL));
    }
    const fa_epoch_options options = {.struct_size = sizeof options, .point = FA_AFTER_DELTAS, .callback = count_call,
                                      .user_data = &calls};
    expect_failure(FA_ERR_UNSUPPORTED, fa_train_epoch(s->net, s->pass, s->fb, s->opt, make_dataset(&s->x, &s->target),
                                                      &options, NULL));
    fa_trainer *trainer = make_trainer(s->net, 1);
    expect_ok(fa_trainer_set_callback(trainer, FA_AFTER_DELTAS, 1, count_call, &calls));
    expect_failure(FA_ERR_UNSUPPORTED, fa_trainer_run(trainer, s->net, s->pass, s->fb, s->opt,
                                                      make_dataset(&s->x, &s->target), NULL));
    ck_assert(calls == 0 && fa_trainer_epochs(trainer) == 0);
}
END_TEST

START_TEST(bad_arguments)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    fa_network *net = make_network(&spec, 1), *empty;
    fa_pass *pass = (fa_pass *)&spec;
    size_t bytes = 7;
    expect_ok(fa_network_create(&empty, FA_FLOAT32, 3));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_create_streaming(NULL, net, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_create_streaming(&pass, NULL, 1));
    ck_assert_ptr_null(pass);
    expect_failure(FA_ERR_STATE, fa_pass_create_streaming(&pass, empty, 1));
    expect_failure(FA_ERR_SHAPE, fa_pass_create_streaming(&pass, net, 0));
    expect_failure(FA_ERR_SHAPE, fa_pass_create_streaming(&pass, net, (size_t)INT32_MAX + 1));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_streaming_bytes(net, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_streaming_bytes(NULL, 1, &bytes));
    ck_assert_uint_eq(bytes, 0);
    expect_failure(FA_ERR_STATE, fa_pass_streaming_bytes(empty, 1, &bytes));
    expect_failure(FA_ERR_SHAPE, fa_pass_streaming_bytes(net, 0, &bytes));
    ck_assert(!fa_pass_is_streaming(NULL) && !fa_pass_is_streaming(make_pass(net, 1)));
    fa_network_destroy(empty);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streaming limits");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, a_failure_leaves_the_layers_above, 0, 12);
    tcase_add_test(tcase, rules_see_two_layers);
    tcase_add_test(tcase, rules_that_need_more_are_refused);
    tcase_add_test(tcase, clipping_and_dropout_are_refused);
    tcase_add_test(tcase, phases_views_and_callbacks_are_refused);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
