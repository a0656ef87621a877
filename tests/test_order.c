/* Handles: wrong creation, wrong partners, phases out of order. After each refusal the objects are as before. */
#include "session.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* --- creation --- */

START_TEST(creation_refuses)
{
    const size_t sizes[] = {0, (size_t)INT_MAX + 1, SIZE_MAX};
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    fa_network *net = make_network(&spec, 1), *empty;
    fa_pass *pass = (fa_pass *)&pass;
    fa_feedback *fb = (fa_feedback *)&fb;
    fa_optimizer *opt = (fa_optimizer *)&opt;
    size_t bytes = 1;
    expect_ok(fa_network_create(&empty, FA_FLOAT64, 3));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_create(NULL, net, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_create(&pass, NULL, 1));
    ck_assert_ptr_null(pass);
    expect_failure(FA_ERR_STATE, fa_pass_create(&pass, empty, 1));
    expect_failure(FA_ERR_STATE, fa_pass_bytes(empty, 1, &bytes));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_bytes(net, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_bytes(NULL, 1, &bytes));
    ck_assert_uint_eq(bytes, 0);
    for (int i = 0; i < 3; i++) {
        pass = (fa_pass *)&pass;
        bytes = 1;
        expect_failure(FA_ERR_SHAPE, fa_pass_create(&pass, net, sizes[i]));
        expect_failure(FA_ERR_SHAPE, fa_pass_bytes(net, sizes[i], &bytes));
        ck_assert(pass == NULL && bytes == 0);
    }
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(NULL, net, fa_rule_find("fa"), NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, NULL, fa_rule_find("fa"), NULL, 1));
    ck_assert_ptr_null(fb);
    fb = (fa_feedback *)&fb;
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, net, NULL, NULL, 1));
    ck_assert_ptr_null(fb);
    expect_failure(FA_ERR_STATE, fa_feedback_create(&fb, empty, fa_rule_find("fa"), NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_create(NULL, net, "sgd"));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_create(&opt, NULL, "sgd"));
    ck_assert_ptr_null(opt);
    opt = (fa_optimizer *)&opt;
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_create(&opt, net, NULL));
    ck_assert_ptr_null(opt);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_create(&opt, net, "none"));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "sgd"));
    expect_failure(FA_ERR_STATE, fa_optimizer_create(&opt, empty, "sgd"));
    fa_network_destroy(empty);
}
END_TEST

START_TEST(bytes_come_before_memory)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    size_t one, many;
    expect_ok(fa_pass_bytes(net, 1, &one));
    expect_ok(fa_pass_bytes(net, 1000, &many));
    ck_assert_uint_ge(one, (5 + 4) * 2 * sizeof(double));
    ck_assert_uint_ge(many, 1000 * (5 + 4) * 2 * sizeof(double));
    expect_ok(fa_pass_bytes(net, INT_MAX, &many)); /* terabytes may be named */
}
END_TEST

/* NULL among handles, where no status can be returned and where one is. */
START_TEST(null_handles)
{
    double value;
    fa_matrix view;
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    fa_pass_destroy(NULL);
    fa_gradient_reset(NULL);
    ck_assert(fa_pass_max_batch(NULL) == 0 && fa_pass_batch(NULL) == 0 && fa_pass_gradient_samples(NULL) == 0);
    ck_assert(fa_pass_max_batch(s.pass) == 3 && fa_pass_batch(s.pass) == 0);
    expect_failure(FA_ERR_ARGUMENT, fa_pass_activity(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_delta(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_gradient(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_bias_gradient(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_param(NULL, "a", 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(NULL, "a", "b"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_param(NULL, "a", &value));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set(NULL, "B", 1, &s.x));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set(s.fb, NULL, 1, &s.x));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set(s.fb, "B", 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(NULL, "B", 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(s.fb, NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(s.fb, "B", 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(NULL, "B", 1, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(s.fb, NULL, 1, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(NULL, "learning_rate", 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(s.opt, NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(NULL, "a", "b"));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(s.opt, "learning_rate", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_get(NULL, "learning_rate", &value));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_get(s.opt, NULL, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_get(s.opt, "learning_rate", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(NULL, 1, FA_WEIGHTS, 1));
}
END_TEST

START_TEST(null_arguments_of_phases)
{
    fa_delta_report reports[1];
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    double worst;
    expect_failure(FA_ERR_ARGUMENT, fa_forward(NULL, s.pass, &s.x));
    expect_failure(FA_ERR_ARGUMENT, fa_forward(s.net, NULL, &s.x));
    expect_failure(FA_ERR_ARGUMENT, fa_forward(s.net, s.pass, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_error(NULL, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_error(s.net, NULL, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_error(s.net, s.pass, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_backward(NULL, s.pass, s.fb));
    expect_failure(FA_ERR_ARGUMENT, fa_backward(s.net, NULL, s.fb));
    expect_failure(FA_ERR_ARGUMENT, fa_backward(s.net, s.pass, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient(NULL, s.pass, s.fb));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient(s.net, NULL, s.fb));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient(s.net, s.pass, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_update(NULL, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_ARGUMENT, fa_update(s.net, NULL, s.fb, s.opt));
    expect_failure(FA_ERR_ARGUMENT, fa_update(s.net, s.pass, NULL, s.opt));
    expect_failure(FA_ERR_ARGUMENT, fa_update(s.net, s.pass, s.fb, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(NULL, s.pass, s.fb, s.opt, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(s.net, NULL, s.fb, s.opt, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(s.net, s.pass, NULL, s.opt, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(s.net, s.pass, s.fb, NULL, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(s.net, s.pass, s.fb, s.opt, NULL, &s.target, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_train_step(s.net, s.pass, s.fb, s.opt, &s.x, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_compare_deltas(NULL, s.pass, reports));
    expect_failure(FA_ERR_ARGUMENT, fa_compare_deltas(s.net, NULL, reports));
    expect_failure(FA_ERR_ARGUMENT, fa_compare_deltas(s.net, s.pass, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_weight_angle(NULL, s.fb, 1, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_weight_angle(s.net, NULL, 1, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_weight_angle(s.net, s.fb, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(NULL, &s.x, &s.target, 0, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, NULL, &s.target, 0, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, &s.x, NULL, 0, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, &s.x, &s.target, 0, NULL));
}
END_TEST

/* --- order --- */

START_TEST(phases_have_an_order)
{
    fa_matrix view;
    fa_delta_report report;
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1), t = make_session(&spec, fa_rule_find("fa"), 3, 1);
    expect_failure(FA_ERR_STATE, fa_error(s.net, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_STATE, fa_backward(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_gradient(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_pass_activity(s.pass, 1, &view));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_failure(FA_ERR_STATE, fa_backward(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_pass_delta(s.pass, 2, &view));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_pass_delta(s.pass, 2, &view));
    expect_failure(FA_ERR_STATE, fa_pass_delta(s.pass, 1, &view));
    ck_assert(is_zeroed(&view));
    expect_failure(FA_ERR_STATE, fa_gradient(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_compare_deltas(s.net, s.pass, &report));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_pass_gradient(s.pass, 1, &view));
    expect_failure(FA_ERR_STATE, fa_pass_bias_gradient(s.pass, 1, &view));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_STATE, fa_gradient(s.net, s.pass, s.fb));
    ck_assert_uint_eq(fa_pass_gradient_samples(s.pass), 3);
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_STATE, fa_gradient(s.net, s.pass, s.fb));
    expect_ok(session_phases(&t, NULL));
    state_copy a = take_snapshot(&s), b = take_snapshot(&t);
    double bound = 20 * 0x1p-53 * 4; /* accumulated or not: sums of 3 samples in two orders, numbers of order 1 */
    for (size_t i = 0; i < a.count; i++)
        ck_assert_double_le(fabs(a.values[i] - b.values[i]), bound);
}
END_TEST

START_TEST(views_have_their_layers)
{
    fa_matrix view;
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    spec.bias[1] = false;
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    const size_t wrong[] = {0, 3, SIZE_MAX};
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    for (int i = 0; i < 3; i++) {
        expect_failure(FA_ERR_ARGUMENT, fa_pass_activity(s.pass, wrong[i], &view));
        expect_failure(FA_ERR_ARGUMENT, fa_pass_delta(s.pass, wrong[i], &view));
        expect_failure(FA_ERR_ARGUMENT, fa_pass_gradient(s.pass, wrong[i], &view));
        expect_failure(FA_ERR_ARGUMENT, fa_pass_bias_gradient(s.pass, wrong[i], &view));
        ck_assert(is_zeroed(&view));
    }
    expect_failure(FA_ERR_ARGUMENT, fa_pass_bias_gradient(s.pass, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_activity(s.pass, 1, NULL));
}
END_TEST

/* --- partners --- */

/* Change number i of an architecture; each makes another one. */
static net_spec another(net_spec spec, int i)
{
    switch (i) {
    case 0:
        spec.width[0]++;
        break;
    case 1:
        spec.width[1]++;
        break;
    case 2:
        spec.bias[1] = !spec.bias[1];
        break;
    case 3:
        spec.dtype = FA_FLOAT32;
        break;
    default:
        spec.depth++;
        spec.width[3] = 3;
        spec.activation[3] = FA_TANH;
    }
    return spec;
}

START_TEST(handles_of_another_architecture)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true), changed = another(spec, _i);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1), o = make_session(&changed, fa_rule_find("fa"), 3, 1);
    fa_delta_report reports[3];
    double angle;
    state_copy before = take_snapshot(&s);
    expect_failure(FA_ERR_SHAPE, fa_forward(s.net, o.pass, &s.x));
    expect_failure(FA_ERR_SHAPE, fa_train_step(s.net, o.pass, s.fb, s.opt, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_SHAPE, fa_train_step(s.net, s.pass, o.fb, s.opt, &s.x, &s.target, NULL));
    expect_failure(FA_ERR_SHAPE, fa_train_step(s.net, s.pass, s.fb, o.opt, &s.x, &s.target, NULL));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_failure(FA_ERR_SHAPE, fa_error(o.net, s.pass, &s.target, NULL));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_SHAPE, fa_backward(s.net, s.pass, o.fb));
    expect_failure(FA_ERR_SHAPE, fa_backward(o.net, s.pass, o.fb));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_failure(FA_ERR_SHAPE, fa_gradient(s.net, s.pass, o.fb));
    expect_failure(FA_ERR_SHAPE, fa_compare_deltas(o.net, s.pass, reports));
    expect_failure(FA_ERR_SHAPE, fa_weight_angle(o.net, s.fb, 1, &angle));
    expect_failure(FA_ERR_SHAPE, fa_update(s.net, s.pass, o.fb, s.opt));
    expect_failure(FA_ERR_SHAPE, fa_update(s.net, s.pass, s.fb, o.opt));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt)); /* the refusals cost nothing */
}
END_TEST

/* A layer added later makes another architecture of the same network. */
START_TEST(a_grown_network_fits_no_more)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    expect_ok(fa_network_add_dense(s.net, 4, FA_IDENTITY, false));
    expect_failure(FA_ERR_SHAPE, session_step(&s, NULL));
    expect_failure(FA_ERR_SHAPE, fa_forward(s.net, s.pass, &s.x));
}
END_TEST

/* --- data --- */

START_TEST(data_that_does_not_fit)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    double loss = 7, worst;
    fa_matrix floats = make_matrix(FA_FLOAT32, 3, 4), wide = make_matrix(FA_FLOAT64, 3, 5);
    fa_matrix many = make_matrix(FA_FLOAT64, 4, 4), none = s.x, few = make_matrix(FA_FLOAT64, 2, 4);
    const fa_matrix *const bad[] = {&wide, &many, &none, &floats};
    none.rows = 0;
    state_copy before = take_snapshot(&s);
    for (int i = 0; i < 4; i++) {
        fa_status status = i == 3 ? FA_ERR_DTYPE : FA_ERR_SHAPE;
        expect_failure(status, fa_forward(s.net, s.pass, bad[i]));
        expect_failure(status, fa_train_step(s.net, s.pass, s.fb, s.opt, bad[i], &s.target, &loss));
        expect_failure(status, fa_train_step(s.net, s.pass, s.fb, s.opt, &s.x, bad[i], &loss));
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_failure(status, fa_error(s.net, s.pass, bad[i], &loss));
        expect_failure(status, fa_gradient_check(s.net, &s.x, bad[i], 0, &worst));
    }
    expect_failure(FA_ERR_SHAPE, fa_train_step(s.net, s.pass, s.fb, s.opt, &few, &s.target, &loss));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after) && fa_optimizer_steps(s.opt) == 0);
    expect_ok(session_step(&s, &loss));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, creation_refuses);
    tcase_add_test(tcase, bytes_come_before_memory);
    tcase_add_test(tcase, null_handles);
    tcase_add_test(tcase, null_arguments_of_phases);
    tcase_add_test(tcase, phases_have_an_order);
    tcase_add_test(tcase, views_have_their_layers);
    tcase_add_loop_test(tcase, handles_of_another_architecture, 0, 5);
    tcase_add_test(tcase, a_grown_network_fits_no_more);
    tcase_add_test(tcase, data_that_does_not_fit);
    return support_run(suite, true);
}
