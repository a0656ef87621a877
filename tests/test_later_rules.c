/* What later rules will need, each tried as a rule of a user's own through <fa/rule.h> (ADR 0003): further forward
 * passes with noise and with changed input, gradients of the rule's own, named arrays, the applied increment, and the
 * step before the loss is known. */
#include "session.h"

#include <math.h>
#include <string.h>

static fa_rule make_rule(const char *name)
{
    fa_rule rule = {.struct_size = sizeof rule, .name = name, .summary = "a rule of the test"};
    return rule;
}

/* --- node perturbation: forward passes with noise --- */

static fa_status two_slots(fa_setup *setup)
{
    return fa_setup_slots(setup, 2);
}

/* delta_1 = (L(z_1 + xi) - L) xi / s^2 per sample; xi in slot 2, the noisy pass in slot 1. */
static fa_status perturb(fa_step *step)
{
    const double s = 0.5;
    double clean[MAX_BATCH], noisy[MAX_BATCH];
    fa_matrix xi, delta;
    fa_status status = fa_step_activity(step, 2, 1, &xi);
    if (status == FA_OK)
        status = fa_step_normal(step, FA_PURPOSE_RULE, 1, 0, s, &xi);
    if (status == FA_OK)
        status = fa_step_forward(step, 1, NULL, 2);
    if (status == FA_OK)
        status = fa_step_loss(step, 0, clean);
    if (status == FA_OK)
        status = fa_step_loss(step, 1, noisy);
    if (status == FA_OK)
        status = fa_step_delta(step, 1, &delta);
    for (size_t i = 0; status == FA_OK && i < delta.rows; i++)
        for (size_t j = 0; j < delta.cols; j++)
            set_element(&delta, i, j, (noisy[i] - clean[i]) * element(&xi, i, j) / (s * s));
    return status;
}

/* For a linear network and squared error the expectation is back-propagation's delta for every s (Stein). One z-test
 * for each of 6 means over 4000 draws; |z| <= 5.3 is passed by chance with probability above 1 - 1e-6. */
START_TEST(node_perturbation_is_unbiased)
{
    enum { DRAWS = 4000, SAMPLES = 2, WIDTH = 3 };
    net_spec spec = make_spec(FA_FLOAT64, 2, WIDTH, FA_IDENTITY, true);
    spec.width[1] = WIDTH;
    fa_rule rule = make_rule("perturb");
    rule.setup = two_slots;
    rule.backward = perturb;
    session s = make_session(&spec, &rule, SAMPLES, 7);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    double sum[SAMPLES][WIDTH] = {{0}}, squares[SAMPLES][WIDTH] = {{0}};
    fa_matrix frozen_x = s.x;
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0));
    for (size_t d = 0; d < DRAWS; d++) {
        expect_ok(fa_train_step(s.net, s.pass, s.fb, s.opt, &frozen_x, &s.target, NULL));
        fa_matrix delta = delta_of(s.pass, 1);
        for (size_t i = 0; i < SAMPLES; i++)
            for (size_t j = 0; j < WIDTH; j++) {
                sum[i][j] += element(&delta, i, j);
                squares[i][j] += element(&delta, i, j) * element(&delta, i, j);
            }
    }
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, bp));
    fa_matrix truth = delta_of(s.pass, 1);
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t j = 0; j < WIDTH; j++) {
            double mean = sum[i][j] / (double)DRAWS, variance = squares[i][j] / (double)DRAWS - mean * mean;
            ck_assert_double_gt(variance, 0);
            ck_assert_double_le(fabs(mean - element(&truth, i, j)), 5.3 * sqrt(variance / (double)DRAWS));
        }
}
END_TEST

/* --- PEPITA: a second pass on changed input, its activities in the gradient, gradients of the rule's own --- */

static fa_status pepita_setup(fa_setup *setup)
{
    fa_status status = fa_setup_array(setup, "F", 0, fa_setup_width(setup, 0), fa_setup_width(setup, 2),
                                      FA_INIT_UNIFORM, 0.1);
    return status == FA_OK ? fa_setup_slots(setup, 1) : status;
}

/* Pass 2 on x + F e; delta_1 = h_1 - h_1^err; presynaptic x + F e for W_1, h_1^err for W_2. */
static fa_status pepita(fa_step *step)
{
    fa_matrix x, input, e, f, h, err, delta;
    fa_status status = fa_step_activity(step, 0, 0, &x);
    if (status == FA_OK)
        status = fa_step_activity(step, 1, 0, &input);
    if (status == FA_OK)
        status = fa_step_delta(step, 2, &e);
    if (status == FA_OK)
        status = fa_step_array(step, "F", 0, &f);
    for (size_t i = 0; status == FA_OK && i < x.rows; i++)
        for (size_t j = 0; j < x.cols; j++) {
            double sum = element(&x, i, j);
            for (size_t k = 0; k < e.cols; k++)
                sum += element(&f, j, k) * element(&e, i, k);
            set_element(&input, i, j, sum);
        }
    if (status == FA_OK)
        status = fa_step_forward(step, 1, &input, 0);
    if (status == FA_OK)
        status = fa_step_activity(step, 0, 1, &h);
    if (status == FA_OK)
        status = fa_step_activity(step, 1, 1, &err);
    if (status == FA_OK)
        status = fa_step_delta(step, 1, &delta);
    for (size_t i = 0; status == FA_OK && i < h.rows; i++)
        for (size_t j = 0; j < h.cols; j++)
            set_element(&delta, i, j, element(&h, i, j) - element(&err, i, j));
    if (status == FA_OK)
        status = fa_step_set_presynaptic(step, 1, &input);
    return status == FA_OK ? fa_step_set_presynaptic(step, 2, &err) : status;
}

/* The same rule, but it writes both gradients itself. */
static fa_status pepita_by_hand(fa_step *step)
{
    fa_matrix pre[3], delta, weights, bias;
    fa_status status = pepita(step);
    for (size_t l = 1; l <= 2 && status == FA_OK; l++) {
        status = fa_step_activity(step, 1, l - 1, &pre[l]);
        if (status == FA_OK)
            status = fa_step_delta(step, l, &delta);
        if (status == FA_OK)
            status = fa_step_gradient(step, l, &weights, &bias);
        for (size_t i = 0; status == FA_OK && i < delta.rows; i++)
            for (size_t j = 0; j < delta.cols; j++) {
                double d = element(&delta, i, j) / (double)delta.rows;
                set_element(&bias, 0, j, element(&bias, 0, j) + d);
                for (size_t k = 0; k < pre[l].cols; k++)
                    set_element(&weights, j, k, element(&weights, j, k) + d * element(&pre[l], i, k));
            }
    }
    return status;
}

/* Both forms move the weights alike: sums of n products in two orders, gamma_n with all terms of order 1. */
START_TEST(pepita_writes_what_the_library_would)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 6, FA_TANH, true);
    fa_rule rule = make_rule("pepita");
    rule.setup = pepita_setup;
    rule.backward = pepita;
    fa_rule by_hand = rule;
    by_hand.backward = pepita_by_hand;
    by_hand.flags = FA_RULE_WRITES_GRADIENT;
    session a = make_session(&spec, &rule, 9, 3), b = make_session(&spec, &by_hand, 9, 3);
    fa_matrix before = make_matrix(FA_FLOAT64, spec.width[1], spec.width[0]);
    fa_matrix w1 = weights_of(a.net, 1);
    expect_ok(fa_matrix_copy(&w1, &before));
    expect_ok(session_step(&a, NULL));
    expect_ok(session_step(&b, NULL));
    ck_assert_double_gt(distance(&w1, &before), 1e-4);
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix wa = weights_of(a.net, l), wb = weights_of(b.net, l);
        ck_assert_double_le(distance(&wa, &wb), 1e-14 * fmax(1, norm(&wa)));
    }
}
END_TEST

/* --- Kolen-Pollack: named arrays, and the increment that was applied --- */

static fa_status layerwise(fa_setup *setup)
{
    fa_status status = fa_setup_feedback(setup, FA_LAYERWISE);
    if (status == FA_OK) /* a second array, which stays as it is */
        status = fa_setup_array(setup, "M", 1, 2, 3, FA_INIT_NORMAL, 1);
    return status;
}

static fa_status transport_all(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = fa_step_transport(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

/* B_l^T += increment of W_{l+1}. */
static void follow(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_matrix b, increment, bias;
        if (fa_step_array(step, "B", l, &b) != FA_OK ||
            fa_step_increment(step, l + 1, &increment, &bias) != FA_OK)
            return;
        for (size_t i = 0; i < b.rows; i++)
            for (size_t j = 0; j < b.cols; j++)
                set_element(&b, i, j, element(&b, i, j) + element(&increment, j, i));
    }
}

/* W - B^T stays what it was under every optimizer: one rounding in each of 50 steps on either side. With decoupled
 * decay, which is not in the increment, it must not. */
START_TEST(kolen_pollack_follows_the_increment)
{
    const double decay = _i == 2 ? 0.5 : 0;
    net_spec spec = make_spec(FA_FLOAT64, 3, 5, FA_TANH, true);
    fa_rule rule = make_rule("kp");
    rule.flags = FA_RULE_NEEDS_INCREMENT;
    rule.setup = layerwise;
    rule.backward = transport_all;
    rule.adapt = follow;
    session s = make_session(&spec, &rule, 8, 11);
    expect_ok(fa_optimizer_set(s.opt, "momentum", _i == 0 ? 0 : 0.9));
    expect_ok(fa_optimizer_set(s.opt, "decoupled_weight_decay", decay));
    for (size_t l = 1; l < 3; l++) {
        fa_matrix b, w = weights_of(s.net, l + 1);
        fa_matrix w_t = fa_matrix_transpose(w), start = make_matrix(FA_FLOAT64, w_t.rows, w_t.cols);
        expect_ok(fa_feedback_get(s.fb, "B", l, &b));
        for (size_t i = 0; i < start.rows; i++)
            for (size_t j = 0; j < start.cols; j++)
                set_element(&start, i, j, element(&w_t, i, j) - element(&b, i, j));
        for (int step = 0; step < 50; step++)
            expect_ok(_i == 1 ? session_phases(&s, NULL) : session_step(&s, NULL));
        double drift = 0, size = norm(&w) + norm(&b);
        for (size_t i = 0; i < start.rows; i++)
            for (size_t j = 0; j < start.cols; j++)
                drift = fmax(drift, fabs(element(&w_t, i, j) - element(&b, i, j) - element(&start, i, j)));
        if (decay > 0)
            ck_assert_double_gt(drift, 1e-3);
        else
            ck_assert_double_le(drift, 2 * 50 * 0x1p-53 * fmax(1, size));
    }
}
END_TEST

/* --- DRTP: the step before the loss is known --- */

typedef struct drtp_record {
    int calls;
    fa_status error, loss, later, transport;
} drtp_record;

static fa_status direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

/* delta_l = (B_l target) .* f'(z_l), from h_l and the target alone. */
static fa_status from_target(fa_step *step, size_t l)
{
    fa_matrix target, b, delta;
    fa_status status = fa_step_target(step, &target);
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
    return status == FA_OK ? fa_step_apply_slope(step, l) : status;
}

static fa_status local(fa_step *step, size_t l)
{
    drtp_record *r = fa_step_user_data(step);
    double losses[MAX_BATCH];
    fa_matrix view;
    r->calls++;
    r->error = fa_step_delta(step, fa_step_depth(step), &view);
    r->loss = fa_step_loss(step, 0, losses);
    r->later = fa_step_activity(step, 0, l + 1, &view);
    r->transport = fa_step_inject(step, l);
    return from_target(step, l);
}

static fa_status after_the_loss(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_status status = from_target(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

START_TEST(local_rules_run_before_the_loss)
{
    drtp_record r = {0};
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 4, 5, FA_TANH, true);
    fa_rule early = make_rule("drtp");
    early.setup = direct;
    early.flags = FA_RULE_LOCAL;
    early.local = local;
    fa_rule late = make_rule("drtp");
    late.setup = direct;
    late.backward = after_the_loss;
    session a = make_session(&spec, fa_rule_find("bp"), 6, 5), b = make_session(&spec, &late, 6, 5);
    a.fb = make_feedback(a.net, &early, &r, 9);
    b.fb = make_feedback(b.net, &late, NULL, 9);
    for (int step = 0; step < 5; step++) {
        expect_ok(_i < 2 ? session_step(&a, NULL) : session_phases(&a, NULL));
        expect_ok(_i < 2 ? session_step(&b, NULL) : session_phases(&b, NULL));
        ck_assert_int_eq(r.calls, 3 * (step + 1));
        ck_assert(r.error == FA_ERR_STATE && r.loss == FA_ERR_STATE && r.later == FA_ERR_STATE);
        ck_assert(r.transport == FA_ERR_STATE);
    }
    state_copy left = take_snapshot(&a), right = take_snapshot(&b);
    ck_assert(same_snapshot(&left, &right));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("later rules");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, node_perturbation_is_unbiased);
    tcase_add_test(tcase, pepita_writes_what_the_library_would);
    tcase_add_loop_test(tcase, kolen_pollack_follows_the_increment, 0, 3);
    tcase_add_loop_test(tcase, local_rules_run_before_the_loss, 0, 4);
    return support_run(suite, true);
}
