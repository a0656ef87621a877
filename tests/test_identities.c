/* Exact relations between rules, and Lillicrap's theory of the linear network, in float64.
 *
 * Tolerances: two computations of one quantity through products of other shapes differ by at most gamma_k = k u / (1 - k u)
 * times sums of absolute values in each of a few products a step; with entries of order 1 and k <= 40 one step stays below
 * 1e-13, and stable learning does not enlarge what earlier steps left by more than the number of steps. */
#include "session.h"

#include <math.h>
#include <string.h>

static void set_feedback_to_transposes(const session *s)
{
    for (size_t l = 1; l < s->spec.depth; l++) {
        fa_matrix w = weights_of(s->net, l + 1), w_t = fa_matrix_transpose(w);
        expect_ok(fa_feedback_set(s->fb, "B", l, &w_t));
    }
}

/* B_l = W_{l+1}^T, refreshed every step, is back-propagation. */
START_TEST(fa_with_transposes_is_bp)
{
    uint64_t state = (uint64_t)_i + 1;
    net_spec spec = random_spec(FA_FLOAT64, &state);
    session fa = make_session(&spec, fa_rule_find("fa"), 12, 5), bp = make_session(&spec, fa_rule_find("bp"), 12, 5);
    for (int step = 0; step < 10; step++) {
        double a, b;
        set_feedback_to_transposes(&fa);
        expect_ok(session_step(&fa, &a));
        expect_ok(session_step(&bp, &b));
        ck_assert_double_le(fabs(a - b), 1e-12 * fmax(1, b));
    }
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix a = weights_of(fa.net, l), b = weights_of(bp.net, l);
        ck_assert_double_le(distance(&a, &b), 1e-12 * fmax(1, norm(&b)));
    }
}
END_TEST

/* B = 0 is the shallow control: hidden deltas are 0 whichever way. */
START_TEST(fa_without_feedback_is_shallow)
{
    uint64_t state = (uint64_t)_i + 50;
    net_spec spec = random_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, &state);
    session fa = make_session(&spec, fa_rule_find("fa"), 12, 5);
    session shallow = make_session(&spec, fa_rule_find("shallow"), 12, 5);
    if (spec.depth > 1)
        expect_ok(fa_feedback_init(fa.fb, "B", 0, FA_INIT_ZERO, 1, 1));
    for (int step = 0; step < 10; step++) {
        expect_ok(session_step(&fa, NULL));
        expect_ok(session_step(&shallow, NULL));
    }
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix a = weights_of(fa.net, l), b = weights_of(shallow.net, l);
        ck_assert_double_eq(distance(&a, &b), 0);
    }
}
END_TEST

/* --- linear networks W_2 W_1 with one hidden layer --- */

typedef struct linear_task {
    session s;
    size_t n;
    double eta;
} linear_task;

static linear_task make_linear(size_t n, double eta, double scale)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_IDENTITY, false);
    linear_task t = {.s = make_session(&spec, fa_rule_find("fa"), n, 21), .n = n, .eta = eta};
    expect_ok(fa_optimizer_set(t.s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set(t.s.opt, "learning_rate", eta));
    expect_ok(fa_network_init_weights(t.s.net, 0, FA_INIT_UNIFORM, scale, 4));
    return t;
}

/* out += factor a b, plain loops. */
static void add_product(const fa_matrix *out, double factor, fa_matrix a, fa_matrix b)
{
    for (size_t i = 0; i < out->rows; i++)
        for (size_t j = 0; j < out->cols; j++) {
            double sum = element(out, i, j);
            for (size_t k = 0; k < a.cols; k++)
                sum += factor * element(&a, i, k) * element(&b, k, j);
            set_element(out, i, j, sum);
        }
}

/* B W + W^T B^T - A A^T, with W = W_2 and A = W_1. */
static fa_matrix invariant(const linear_task *t)
{
    fa_matrix b, w = weights_of(t->s.net, 2), a = weights_of(t->s.net, 1);
    fa_matrix out = make_matrix(FA_FLOAT64, a.rows, a.rows);
    expect_ok(fa_feedback_get(t->s.fb, "B", 1, &b));
    add_product(&out, 1, b, w);
    add_product(&out, 1, fa_matrix_transpose(w), fa_matrix_transpose(b));
    add_product(&out, -1, a, fa_matrix_transpose(a));
    return out;
}

/* The discrete law: B W + W^T B^T - A A^T + eta^2 sum_s D_s D_s^T keeps its value, D_s = B (1/n) sum_i (y* - y)_i x_i^T, for
 * any data and start. 200 steps of about 1e-14 each are allowed to add up. */
START_TEST(conservation_law_is_exact)
{
    linear_task t = make_linear(14, 0.05, 0.5);
    fa_matrix start = invariant(&t);
    fa_matrix squares = make_matrix(FA_FLOAT64, start.rows, start.rows);
    for (int step = 0; step < 200; step++) {
        fa_matrix d = make_matrix(FA_FLOAT64, start.rows, t.s.x.cols);
        expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
        expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
        expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
        add_product(&d, -1 / (double)t.n, fa_matrix_transpose(delta_of(t.s.pass, 1)), t.s.x);
        add_product(&squares, t.eta * t.eta, d, fa_matrix_transpose(d));
        expect_ok(fa_update(t.s.net, t.s.pass, t.s.fb, t.s.opt));
    }
    fa_matrix end = invariant(&t);
    ck_assert_double_gt(norm(&squares), 1e-6); /* without the sum it would not hold */
    double moved = distance(&start, &end);
    for (size_t i = 0; i < end.rows; i++)
        for (size_t j = 0; j < end.cols; j++)
            set_element(&end, i, j, element(&end, i, j) + element(&squares, i, j));
    ck_assert_double_le(distance(&start, &end), 200 * 1e-14);
    ck_assert_double_gt(moved, 1e-7);
}
END_TEST

/* The matrix flow's invariant drifts as O(eta): half the rate, half the drift, over the same time. */
START_TEST(drift_is_first_order)
{
    double drift[2];
    for (int k = 0; k < 2; k++) {
        linear_task t = make_linear(14, k ? 0.01 : 0.02, 0.5);
        fa_matrix start = invariant(&t);
        for (int step = 0; step < (k ? 400 : 200); step++)
            expect_ok(session_step(&t.s, NULL));
        fa_matrix end = invariant(&t);
        drift[k] = distance(&start, &end);
    }
    ck_assert_double_le(fabs(drift[0] / drift[1] - 2), 0.2); /* the next order is a few eta of it */
}
END_TEST

/* Theorem 2: one pair (x, y*), zero start, eta_A = eta_W / |x|^2. At every step h = s_h B y*, W = s_w y* (B y*)^T with
 * s_h' = s_h + eta (1 - s_y), s_w' = s_w + eta (1 - s_y) s_h, s_y = s_w s_h |B y*|^2. Weights are W_2 W_1 x = y. */
START_TEST(theorem_2_recursion)
{
    const double eta = 0.02;
    linear_task t = make_linear(1, eta, 0);
    double x_squared, s_h = 0, s_w = 0, by_squared;
    fa_matrix b, by = make_matrix(FA_FLOAT64, t.s.spec.width[1], 1);
    for (size_t j = 0; j < t.s.x.cols; j++)
        set_element(&t.s.x, 0, j, 2.3 * element(&t.s.x, 0, j));
    x_squared = norm(&t.s.x) * norm(&t.s.x);
    ck_assert_double_gt(x_squared, 2);
    expect_ok(fa_feedback_init(t.s.fb, "B", 1, FA_INIT_UNIFORM, 1, 6));
    expect_ok(fa_feedback_get(t.s.fb, "B", 1, &b));
    add_product(&by, 1, b, fa_matrix_transpose(t.s.target));
    by_squared = norm(&by) * norm(&by);
    expect_ok(fa_optimizer_set_rate_factor(t.s.opt, 1, FA_WEIGHTS, 1 / x_squared));
    for (int step = 0; step < 400; step++) {
        fa_matrix h, w = weights_of(t.s.net, 2);
        expect_ok(fa_forward(t.s.net, t.s.pass, &t.s.x));
        expect_ok(fa_pass_activity(t.s.pass, 1, &h));
        for (size_t j = 0; j < h.cols; j++) {
            ck_assert_double_le(fabs(element(&h, 0, j) - s_h * element(&by, j, 0)), 1e-12);
            for (size_t i = 0; i < w.rows; i++)
                ck_assert_double_le(fabs(element(&w, i, j) - s_w * element(&t.s.target, 0, i) * element(&by, j, 0)),
                                    1e-12);
        }
        expect_ok(fa_error(t.s.net, t.s.pass, &t.s.target, NULL));
        expect_ok(fa_backward(t.s.net, t.s.pass, t.s.fb));
        expect_ok(fa_update(t.s.net, t.s.pass, t.s.fb, t.s.opt));
        double s_y = s_w * s_h * by_squared;
        double next_h = s_h + eta * (1 - s_y);
        s_w += eta * (1 - s_y) * s_h;
        s_h = next_h;
    }
    ck_assert_double_gt(s_w, 0.01);
}
END_TEST

/* 20 of 20 runs give the same bits. */
START_TEST(runs_repeat)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3, 20, FA_TANH, true);
    state_copy first = {0, NULL};
    for (int run = 0; run < 20; run++) {
        session s = make_session(&spec, fa_rule_find("fa"), 30, 5);
        for (int step = 0; step < 10; step++)
            expect_ok(session_step(&s, NULL));
        state_copy now = take_snapshot(&s);
        if (run == 0)
            first = now;
        ck_assert(same_snapshot(&first, &now));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identities");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, fa_with_transposes_is_bp, 0, 20);
    tcase_add_loop_test(tcase, fa_without_feedback_is_shallow, 0, 20);
    tcase_add_test(tcase, conservation_law_is_exact);
    tcase_add_test(tcase, drift_is_first_order);
    tcase_add_test(tcase, theorem_2_recursion);
    tcase_add_loop_test(tcase, runs_repeat, 0, 2);
    return support_run(suite, true);
}
