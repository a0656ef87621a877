/* Angles, comparison of error signals, the gradient check. */
#include "session.h"

#include <math.h>
#include <string.h>

static const double degrees_per_radian = 57.29577951308232;

/* --- angles --- */

/* arccos magnifies an error of d in the cosine to sqrt(2 d) at worst: 32 u gives 1e-7 radians, 5e-6 degrees. */
static const double angle_bound = 1e-5;

START_TEST(known_angles)
{
    static const struct {
        double a[2], b[2], degrees;
    } cases[] = {{{1, 0}, {0, 1}, 90}, {{1, 0}, {3, 0}, 0},   {{1, 0}, {-3, 0}, 180},
                 {{1, 1}, {1, 0}, 45}, {{1, 1}, {-1, 0}, 135}, {{1e-30, 0}, {1e-30, 1e-30}, 45}};
    fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fa_matrix a = make_layout(dtype, 1, 2, (view_layout)(_i / 2)), b = make_matrix(dtype, 1, 2);
        for (size_t j = 0; j < 2; j++) {
            set_element(&a, 0, j, cases[i].a[j]);
            set_element(&b, 0, j, cases[i].b[j]);
        }
        double degrees = 0;
        expect_ok(fa_angle(&a, &b, &degrees));
        ck_assert_double_le(fabs(degrees - cases[i].degrees), angle_bound);
    }
}
END_TEST

/* The cosine of a vector and a multiple of it may be rounded to more than 1. */
START_TEST(angles_of_multiples)
{
    uint64_t state = 8;
    for (size_t n = 1; n < 200; n++) {
        const fa_dtype dtype = n % 2 ? FA_FLOAT32 : FA_FLOAT64;
        fa_matrix a = make_uniform(dtype, 1 + n % 3, 1 + n % 7, LAYOUT_C, 1, &state);
        fa_matrix b = make_matrix(dtype, a.rows, a.cols);
        double degrees = (double)NAN;
        for (size_t i = 0; i < a.rows; i++)
            for (size_t j = 0; j < a.cols; j++)
                set_element(&b, i, j, (n % 4 < 2 ? 3 : -3) * element(&a, i, j));
        expect_ok(fa_angle(&a, &b, &degrees));
        ck_assert_double_le(fabs(degrees - (n % 4 < 2 ? 0 : 180)), dtype == FA_FLOAT32 ? 0.05 : angle_bound);
    }
}
END_TEST

/* Numbers whose squares a double cannot hold, beside some of which it can. */
START_TEST(angles_of_any_size)
{
    const double sizes[][2] = {{1e-200, 1}, {1, 1e-200}, {1e-200, 1e-200}, {1e200, 1}, {1, 1e200}, {1e200, 1e-200}};
    fa_matrix a = make_layout(FA_FLOAT64, 2, 2, (view_layout)_i), b = make_matrix(FA_FLOAT64, 2, 2);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        double degrees = 0;
        set_element(&a, 0, 0, sizes[k][0]);
        set_element(&a, 1, 1, sizes[k][0]);
        set_element(&b, 0, 0, sizes[k][1]);
        expect_ok(fa_angle(&a, &b, &degrees));
        ck_assert_double_le(fabs(degrees - 45), angle_bound);
        expect_ok(fa_angle(&b, &a, &degrees));
        ck_assert_double_le(fabs(degrees - 45), angle_bound);
    }
    for (size_t k = 0; k < 4; k++) { /* the largest number stands anywhere */
        double degrees = 0;
        for (size_t at = 0; at < 4; at++) {
            set_element(&a, at / 2, at % 2, at == k ? 1e200 : 1e-200);
            set_element(&b, at / 2, at % 2, at == k || at == (k + 1) % 4 ? 1 : 0);
        }
        expect_ok(fa_angle(&a, &b, &degrees));
        ck_assert_double_le(fabs(degrees - 45), angle_bound);
    }
}
END_TEST

START_TEST(angles_that_are_not)
{
    uint64_t state = 1;
    fa_matrix zero = make_matrix(FA_FLOAT64, 3, 4), a = make_uniform(FA_FLOAT64, 3, 4, LAYOUT_ROWS, 1, &state);
    fa_matrix other = make_matrix(FA_FLOAT64, 4, 3), bad = make_matrix(FA_FLOAT64, 3, 4);
    double degrees = 5;
    expect_ok(fa_angle(&zero, &a, &degrees));
    ck_assert(isnan(degrees));
    degrees = 5;
    expect_failure(FA_ERR_SHAPE, fa_angle(&other, &a, &degrees));
    ck_assert(isnan(degrees));
    set_element(&bad, 2, 3, INFINITY);
    degrees = 5;
    expect_failure(FA_ERR_NOT_FINITE, fa_angle(&bad, &a, &degrees));
    ck_assert(isnan(degrees));
    expect_failure(FA_ERR_ARGUMENT, fa_angle(NULL, &a, &degrees));
    expect_failure(FA_ERR_ARGUMENT, fa_angle(&a, NULL, &degrees));
    expect_failure(FA_ERR_ARGUMENT, fa_angle(&a, &a, NULL));
}
END_TEST

/* --- a rule's deltas against back-propagation's --- */

static double dot_rows(const fa_matrix *a, const fa_matrix *b, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < a->cols; j++)
        sum += element(a, i, j) * element(b, i, j);
    return sum;
}

static double angle_of(double dot, double aa, double bb)
{
    return acos(fmax(-1, fmin(1, dot / sqrt(aa * bb)))) * degrees_per_radian;
}

static void check_report(const fa_delta_report *report, const fa_matrix *rule, const fa_matrix *bp)
{
    double dot = 0, rr = 0, bb = 0, sum = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < rule->rows; i++) {
        double d = dot_rows(rule, bp, i), r = dot_rows(rule, rule, i), b = dot_rows(bp, bp, i);
        dot += d;
        rr += r;
        bb += b;
        if (r == 0 || b == 0)
            continue;
        count++;
        sum += angle_of(d, r, b);
        squares += angle_of(d, r, b) * angle_of(d, r, b);
    }
    double mean = sum / (double)count, bound = rule->dtype == FA_FLOAT32 ? 0.1 : 1e-4;
    ck_assert_uint_eq(report->angle_samples, count);
    ck_assert_double_le(fabs(report->angle - angle_of(dot, rr, bb)), bound);
    ck_assert_double_le(fabs(report->angle_mean - mean), bound);
    ck_assert_double_le(fabs(report->ratio - sqrt(rr / bb)), bound * report->ratio);
    double variance = count > 1 ? (squares - (double)count * mean * mean) / (double)(count - 1) : 0;
    ck_assert_double_le(fabs(report->angle_deviation - sqrt(fmax(0, variance))), bound);
}

/* The same comparison through two ordinary passes. The report may form back-propagation's deltas with other products:
 * relative errors of some 200 u, which an angle near 0 or 180 would magnify, not the ones of random feedback. */
START_TEST(reports_match_two_passes)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3, 8, _i / 2 % 2 ? FA_RELU : FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), _i < 4 ? 9 : 1, 3);
    fa_pass *other = make_pass(s.net, 9);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    fa_delta_report reports[2];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_forward(s.net, other, &s.x));
    expect_ok(fa_error(s.net, other, &s.target, NULL));
    expect_ok(fa_backward(s.net, other, bp));
    expect_ok(fa_compare_deltas(s.net, s.pass, reports));
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix rule_delta = delta_of(s.pass, l), bp_delta = delta_of(other, l);
        check_report(&reports[l - 1], &rule_delta, &bp_delta);
    }
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt)); /* the pass was not disturbed */
    session undisturbed = make_session(&spec, fa_rule_find("fa"), _i < 4 ? 9 : 1, 3);
    expect_ok(session_phases(&undisturbed, NULL));
    state_copy a = take_snapshot(&s), b = take_snapshot(&undisturbed);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

START_TEST(bp_agrees_with_itself_and_shallow_has_no_angle)
{
    net_spec spec = make_spec(FA_FLOAT64, 3, 8, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 9, 3);
    fa_feedback *shallow = make_feedback(s.net, fa_rule_find("shallow"), NULL, 1);
    fa_delta_report reports[2];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_failure(FA_ERR_STATE, fa_compare_deltas(s.net, s.pass, reports));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_compare_deltas(s.net, s.pass, reports));
    for (int l = 0; l < 2; l++) {
        ck_assert(reports[l].angle <= angle_bound && reports[l].angle_mean <= angle_bound);
        ck_assert(fabs(reports[l].ratio - 1) <= 1e-12 && reports[l].angle_samples == 9);
    }
    expect_ok(fa_backward(s.net, s.pass, shallow));
    expect_ok(fa_compare_deltas(s.net, s.pass, reports));
    for (int l = 0; l < 2; l++) {
        ck_assert(isnan(reports[l].angle) && reports[l].angle_samples == 0 && reports[l].ratio == 0);
        ck_assert(isnan(reports[l].angle_mean));
    }
}
END_TEST

START_TEST(weight_angle_is_between_transpose_and_B)
{
    net_spec spec = make_spec(_i ? FA_FLOAT32 : FA_FLOAT64, 3, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 2, 3);
    double got = 0, expected = 0;
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix b, w_t = fa_matrix_transpose(weights_of(s.net, l + 1));
        expect_ok(fa_feedback_get(s.fb, "B", l, &b));
        expect_ok(fa_angle(&w_t, &b, &expected));
        expect_ok(fa_weight_angle(s.net, s.fb, l, &got));
        ck_assert(fabs(got - expected) <= angle_bound && expected > 30 && expected < 150);
    }
    fa_matrix w_t = fa_matrix_transpose(weights_of(s.net, 2));
    expect_ok(fa_feedback_set(s.fb, "B", 1, &w_t));
    expect_ok(fa_weight_angle(s.net, s.fb, 1, &got));
    ck_assert_double_le(got, angle_bound);
    expect_ok(fa_feedback_init(s.fb, "B", 1, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_weight_angle(s.net, s.fb, 1, &got));
    ck_assert(isnan(got));
    const size_t wrong[] = {0, 3, (size_t)-1};
    for (int i = 0; i < 3; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_weight_angle(s.net, s.fb, wrong[i], &got));
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    expect_failure(FA_ERR_ARGUMENT, fa_weight_angle(s.net, bp, 1, &got));
}
END_TEST

/* --- the gradient check --- */

/* Every output pair x hidden activation x bias. Truncation s^2 / 6 L''' and rounding u L / s with s = 6e-6 stay near
 * 1e-11 and 1e-10 for losses of order 1: 1e-7 leaves room for third derivatives of hundreds, not for a wrong term. */
START_TEST(back_propagation_is_the_gradient)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3, 5, (fa_activation)(1 + _i / 4 % 5), _i / 2 % 2);
    set_output_pair(&spec, (size_t)_i / 20);
    session s = make_session(&spec, fa_rule_find("bp"), 4, (uint64_t)_i + 1);
    double worst = 1;
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 0, &worst));
    ck_assert_msg(worst <= 1e-7, "worst %.3g", worst);
}
END_TEST

/* The same by hand, through the public phases: independent of what the check itself does. */
START_TEST(differences_by_hand)
{
    net_spec spec = make_spec(FA_FLOAT64, 3, 5, (fa_activation)(1 + _i % 5), true);
    set_output_pair(&spec, (size_t)_i / 5);
    session s = make_session(&spec, fa_rule_find("bp"), 4, (uint64_t)_i + 1);
    const double step = 6e-6;
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    for (size_t l = 1; l <= 3; l++) {
        fa_matrix w = weights_of(s.net, l), g, moved = make_matrix(FA_FLOAT64, w.rows, w.cols);
        expect_ok(fa_pass_gradient(s.pass, l, &g));
        expect_ok(fa_matrix_copy(&w, &moved));
        for (size_t at = 0; at < w.rows * w.cols; at++) {
            size_t i = at / w.cols, j = at % w.cols;
            double up, down, old = element(&moved, i, j);
            set_element(&moved, i, j, old + step);
            expect_ok(fa_network_set_weights(s.net, l, &moved));
            expect_ok(fa_network_evaluate(s.net, &s.x, &s.target, &up));
            set_element(&moved, i, j, old - step);
            expect_ok(fa_network_set_weights(s.net, l, &moved));
            expect_ok(fa_network_evaluate(s.net, &s.x, &s.target, &down));
            set_element(&moved, i, j, old);
            ck_assert_double_le(fabs((up - down) / (2 * step) - element(&g, i, j) / 4), 1e-7);
        }
        expect_ok(fa_network_set_weights(s.net, l, &moved));
    }
}
END_TEST

/* At the kink of relu the two honestly differ, by half of |w_2 target x|: the check sees what is there to see. */
START_TEST(a_difference_is_found)
{
    net_spec spec = {.dtype = FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 2, .width = {1, 1, 1},
                     .activation = {0, FA_RELU, FA_IDENTITY}, .bias = {false, false, false}};
    session s = make_session(&spec, fa_rule_find("bp"), 1, 4);
    double x = element(&s.x, 0, 0), target = element(&s.target, 0, 0), worst = 0;
    fa_matrix zero = make_matrix(FA_FLOAT64, 1, 1), w2 = weights_of(s.net, 2);
    expect_ok(fa_network_set_weights(s.net, 1, &zero));
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 0, &worst));
    double expected = fabs(element(&w2, 0, 0) * target * x) / 2;
    ck_assert(expected > 0.01);
    ck_assert_double_le(fabs(worst - expected), 1e-4);
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, &s.x, &s.target, -1, &worst));
    ck_assert(isnan(worst));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, &s.x, &s.target, NAN, &worst));
    expect_failure(FA_ERR_ARGUMENT, fa_gradient_check(s.net, &s.x, &s.target, INFINITY, &worst));
    set_element(&s.x, 0, 0, NAN);
    expect_failure(FA_ERR_NOT_FINITE, fa_gradient_check(s.net, &s.x, &s.target, 0, &worst));
    ck_assert(isnan(worst));
}
END_TEST

/* The same kink, of one weight only, in the last row and column of its layer: every weight is looked at. */
START_TEST(every_weight_is_checked)
{
    net_spec spec = {.dtype = FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 2, .width = {2, 3, 1},
                     .activation = {0, FA_RELU, FA_IDENTITY}, .bias = {false, false, false}};
    session s = make_session(&spec, fa_rule_find("bp"), 1, 4);
    fa_matrix w1 = make_matrix(FA_FLOAT64, 3, 2), w2 = make_matrix(FA_FLOAT64, 1, 3), x = make_matrix(FA_FLOAT64, 1, 2);
    double worst = 0;
    for (size_t i = 0; i < 3; i++) {
        set_element(&w1, i, 1, i < 2 ? 1 : 0);
        set_element(&w2, 0, i, 1);
    }
    set_element(&x, 0, 1, 2);
    expect_ok(fa_network_set_weights(s.net, 1, &w1));
    expect_ok(fa_network_set_weights(s.net, 2, &w2));
    expect_ok(fa_gradient_check(s.net, &x, &s.target, 0, &worst));
    ck_assert(worst > 0.1); /* where the sum of the third unit is 0, and its second input is not */
}
END_TEST

/* A step across the curve of the logistic function, in a network that has no layer but the last. */
START_TEST(the_last_layer_is_checked)
{
    net_spec spec = make_spec(FA_FLOAT64, 1, 4, FA_IDENTITY, false);
    spec.activation[1] = FA_LOGISTIC;
    session s = make_session(&spec, fa_rule_find("bp"), 4, 2);
    double worst = 0;
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 0.5, &worst));
    ck_assert_msg(worst > 1e-4, "worst %.3g", worst);
}
END_TEST

/* The step is relative to what is large: one of 6e-6 / 1e6 would be lost in the rounding. */
START_TEST(large_weights)
{
    net_spec spec = make_spec(FA_FLOAT64, 1, 3, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("bp"), 4, 2);
    fa_matrix w = weights_of(s.net, 1);
    double worst = 1;
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            set_element(&w, i, j, 1e6 * element(&w, i, j));
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 0, &worst));
    ck_assert_msg(worst <= 1e-7, "worst %.3g", worst);
}
END_TEST

/* A long step shows the curvature that a short one hides, and the network is not touched. */
START_TEST(step_length_counts)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 4, 2);
    state_copy before = take_snapshot(&s);
    double fine = 1, coarse = 0;
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 1e-5, &fine));
    expect_ok(fa_gradient_check(s.net, &s.x, &s.target, 0.5, &coarse));
    ck_assert(fine <= 1e-7 && coarse > 1e-3);
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostics");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, known_angles, 0, 2 * LAYOUTS);
    tcase_add_test(tcase, angles_of_multiples);
    tcase_add_loop_test(tcase, angles_of_any_size, 0, LAYOUTS);
    tcase_add_test(tcase, angles_that_are_not);
    tcase_add_loop_test(tcase, reports_match_two_passes, 0, 8);
    tcase_add_test(tcase, bp_agrees_with_itself_and_shallow_has_no_angle);
    tcase_add_loop_test(tcase, weight_angle_is_between_transpose_and_B, 0, 2);
    tcase_add_loop_test(tcase, back_propagation_is_the_gradient, 0, 20 * (int)output_pair_count());
    tcase_add_loop_test(tcase, differences_by_hand, 0, 5 * (int)output_pair_count());
    tcase_add_test(tcase, a_difference_is_found);
    tcase_add_test(tcase, every_weight_is_checked);
    tcase_add_test(tcase, the_last_layer_is_checked);
    tcase_add_test(tcase, large_weights);
    tcase_add_test(tcase, step_length_counts);
    return support_run(suite, true);
}
