/* What theory says exactly: two rules that coincide, the discrete conservation law, the recursion of Theorem 2 of
 * Lillicrap et al. (2014); and what it says of small rates and of angles on back-propagation runs. */
#include "model.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static void set_feedback_to_transposes(const session *s)
{
    for (size_t l = 1; l < s->spec.depth; l++) {
        fa_matrix w_t = fa_matrix_transpose(weights_of(s->net, l + 1));
        expect_ok(fa_feedback_set(s->fb, "B", l, &w_t));
    }
}

/* B_l = W_{l+1}^T refreshed before every step: the weights lie where the model's back-propagation puts them, within its
 * error bound. */
START_TEST(fa_with_transposes_is_bp)
{
    net_spec spec = make_spec(dtypes[_i % 2], 3, 3 + (size_t)_i, (fa_activation)(1 + _i / 2 % 5), _i / 10 == 0);
    session s = make_session(&spec, fa_rule_find("fa"), 10, (uint64_t)_i + 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    model *m = make_model(&spec, s.net, s.fb);
    m->learning_rate = 0.05;
    for (int step = 0; step < 4; step++) {
        set_feedback_to_transposes(&s);
        model_forward(m, &s.x);
        model_error(m, &s.target);
        model_backward(m, "bp");
        model_gradient(m);
        model_update(m);
        expect_ok(step % 2 ? session_step(&s, NULL) : session_phases(&s, NULL));
        for (size_t l = 1; l <= 3; l++) {
            fa_matrix w = weights_of(s.net, l);
            ck_assert_double_le(misfit(m->layer[l].w, &w), 1);
        }
        model_read_weights(m, s.net);
    }
}
END_TEST

/* Deltas of exact zeros: not a bit of the hidden layers moves, and the outputs learn alike. */
START_TEST(fa_without_feedback_is_shallow)
{
    net_spec spec = make_spec(dtypes[_i % 2], 3, 9, (fa_activation)(1 + _i / 2), true);
    session fa = make_session(&spec, fa_rule_find("fa"), 10, 5);
    session shallow = make_session(&spec, fa_rule_find("shallow"), 10, 5);
    expect_ok(fa_feedback_init(fa.fb, "B", 0, FA_INIT_ZERO, 1, 1));
    for (int step = 0; step < 4; step++) {
        expect_ok(session_step(&fa, NULL));
        expect_ok(session_step(&shallow, NULL));
    }
    fa_network *start = make_network(&spec, 5);
    for (size_t l = 1; l <= 3; l++) {
        fa_matrix a = weights_of(fa.net, l), b = weights_of(shallow.net, l), first = weights_of(start, l);
        ck_assert(same_bits(&a, &b));
        ck_assert(same_bits(&b, &first) == (l < 3));
    }
}
END_TEST

/* --- the conservation law --- */

/* A linear network without biases in Lillicrap's letters: A = W_1, W = W_2; B W + W^T B^T - A A^T, entry (i, j). */
static double invariant(const session *s, size_t i, size_t j)
{
    fa_matrix a = weights_of(s->net, 1), w = weights_of(s->net, 2), b;
    double sum = 0;
    expect_ok(fa_feedback_get(s->fb, "B", 1, &b));
    for (size_t k = 0; k < w.rows; k++)
        sum += element(&b, i, k) * element(&w, k, j) + element(&b, j, k) * element(&w, k, i);
    for (size_t k = 0; k < a.cols; k++)
        sum -= element(&a, i, k) * element(&a, j, k);
    return sum;
}

/* D = B (1/n) sum (y* - y) x^T, row i, with the weights as they are. */
static void modulated_covariance(const session *s, const fa_matrix *y, double *d, size_t i)
{
    fa_matrix b;
    expect_ok(fa_feedback_get(s->fb, "B", 1, &b));
    for (size_t k = 0; k < s->x.cols; k++) {
        d[k] = 0;
        for (size_t n = 0; n < s->x.rows; n++) {
            double signal = 0;
            for (size_t o = 0; o < y->cols; o++)
                signal += element(&b, i, o) * (element(&s->target, n, o) - element(y, n, o));
            d[k] += signal * element(&s->x, n, k) / (double)s->x.rows;
        }
    }
}

/* squares += rate^2 D D^T. */
static void add_squares(const session *s, double rate, double squares[9][9])
{
    double d[9][9];
    fa_matrix y = make_matrix(s->spec.dtype, s->x.rows, s->target.cols);
    expect_ok(fa_network_predict(s->net, &s->x, &y));
    for (size_t i = 0; i < s->spec.width[1]; i++)
        modulated_covariance(s, &y, d[i], i);
    for (size_t i = 0; i < s->spec.width[1]; i++)
        for (size_t j = 0; j < s->spec.width[1]; j++)
            for (size_t k = 0; k < s->x.cols; k++)
                squares[i][j] += rate * rate * d[i][k] * d[j][k];
}

/* Largest change of B W + W^T B^T - A A^T + rate^2 sum D D^T over the steps; zero in exact arithmetic. */
static double conservation_drift(session *s, double rate, int steps)
{
    size_t n = s->spec.width[1];
    double start[9][9], squares[9][9] = {{0}}, worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            start[i][j] = invariant(s, i, j);
    for (int step = 0; step < steps; step++) {
        add_squares(s, rate, squares);
        expect_ok(session_step(s, NULL));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                worst = fmax(worst, fabs(invariant(s, i, j) + squares[i][j] - start[i][j]));
    }
    return worst;
}

static session linear_session(fa_dtype dtype, double rate, double momentum, uint64_t seed)
{
    net_spec spec = make_spec(dtype, 2, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), 12, seed);
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", rate));
    expect_ok(fa_optimizer_set(s.opt, "momentum", momentum));
    return s;
}

/* Each step rounds each weight by at most (n + n_0 + n_1 + n_2 + 4) u times numbers of order 1, and an entry sums
 * 2 n_2 + n_0 products of them. Under momentum the law does not hold. */
START_TEST(conservation_law_is_exact)
{
    const double rate = 0.05, u = _i % 2 ? 0x1p-53 : 0x1p-24;
    const int steps = 50;
    session s = linear_session(dtypes[_i % 2], rate, 0, (uint64_t)_i), t = linear_session(FA_FLOAT64, rate, 0.5, 1);
    double bound = steps * (12 + 6 + 7 + 6 + 4) * u * (2 * 6 + 6) * 4;
    ck_assert_double_le(conservation_drift(&s, rate, steps), bound);
    ck_assert_double_gt(conservation_drift(&t, rate, steps), 1e-4);
}
END_TEST

/* --- Theorem 2: one pair (x, y*), zero weights, the rate of A divided by x^T x --- */

static void check_recursion(const session *s, const double *by, double s_h, double s_w, double bound)
{
    fa_matrix h = make_matrix(FA_FLOAT64, 1, s->spec.width[1]), w = weights_of(s->net, 2);
    expect_ok(fa_network_activity(s->net, &s->x, 1, &h));
    for (size_t j = 0; j < h.cols; j++) {
        ck_assert_double_le(fabs(element(&h, 0, j) - s_h * by[j]), bound);
        for (size_t i = 0; i < w.rows; i++)
            ck_assert_double_le(fabs(element(&w, i, j) - s_w * element(&s->target, 0, i) * by[j]), bound);
    }
}

/* h = s_h B y*, W = s_w y* (B y*)^T at every step, so the deltas of fa and bp are parallel from the second step on.
 * 300 steps of some 40 roundings each, of numbers below 4; the fixed point attracts. */
START_TEST(theorem_two_recursion)
{
    const double rate = 0.02, bound = 300 * 40 * 0x1p-53 * 4;
    net_spec spec = make_spec(FA_FLOAT64, 2, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), 1, 3);
    double by[MAX_WIDTH] = {0}, by_square = 0, x_square = norm(&s.x) * norm(&s.x), s_h = 0, s_w = 0;
    fa_matrix b;
    expect_ok(fa_network_init_weights(s.net, 0, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", rate));
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set_rate_factor(s.opt, 1, FA_WEIGHTS, 1 / x_square));
    expect_ok(fa_feedback_get(s.fb, "B", 1, &b));
    ck_assert(fabs(x_square - 1) > 0.1);
    for (size_t i = 0; i < b.rows; i++) {
        for (size_t k = 0; k < b.cols; k++)
            by[i] += element(&b, i, k) * element(&s.target, 0, k);
        by_square += by[i] * by[i];
    }
    for (int step = 0; step < 300; step++) {
        fa_delta_report report;
        double s_y = s_w * s_h * by_square;
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        expect_ok(fa_compare_deltas(s.net, s.pass, &report));
        ck_assert(step < 2 || fabs(1 - s_y) < 1e-6 || report.angle <= 1e-5);
        expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
        s_w += rate * (1 - s_y) * s_h;
        s_h += rate * (1 - s_y);
        check_recursion(&s, by, s_h, s_w, bound);
    }
    ck_assert_double_gt(s_h, 0.1);
}
END_TEST

/* --- small rates --- */

/* The matrix flow from zero weights, x white ((1/n) X^T X = I): drift of the invariant of the flow and the loss. */
static double flow_drift(double rate, int steps, double *fall)
{
    session s = linear_session(FA_FLOAT64, rate, 0, 9);
    double first, last = 0, worst = 0;
    s.pass = make_pass(s.net, 6);
    s.x = make_matrix(FA_FLOAT64, 6, 6);
    for (size_t i = 0; i < 6; i++)
        set_element(&s.x, i, i, sqrt(6));
    expect_ok(fa_matrix_rows(&s.target, 0, 6, &s.target));
    expect_ok(fa_network_init_weights(s.net, 0, FA_INIT_ZERO, 1, 1));
    expect_ok(session_step(&s, &first));
    for (int step = 1; step < steps; step++)
        expect_ok(session_step(&s, &last));
    *fall = last / first;
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++)
            worst = fmax(worst, fabs(invariant(&s, i, j)));
    return worst;
}

/* The drift is rate^2 sum D D^T: of first order in the rate over the same time. A tenth for a tenth, up to O(rate). */
START_TEST(flow_is_conserved_to_first_order)
{
    double coarse_fall, fine_fall;
    double coarse = flow_drift(1e-2, 6000, &coarse_fall), fine = flow_drift(1e-3, 60000, &fine_fall);
    ck_assert_msg(fabs(coarse / fine - 10) < 0.5, "%g, %g", coarse, fine);
    ck_assert_msg(coarse_fall < 1e-3 && fine_fall < 1e-3, "%g, %g", coarse_fall, fine_fall);
}
END_TEST

/* --- the control: back-propagation does not align with a random B --- */

static double mean_angle_on_run(const char *rule, uint64_t seed)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 20, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find(rule), 1, seed);
    fa_network *teacher = make_network(&spec, seed + 500);
    fa_feedback *fa = make_feedback(s.net, fa_rule_find("fa"), NULL, seed);
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_USER};
    fa_delta_report report;
    double sum = 0;
    expect_ok(fa_network_init_weights(s.net, 0, FA_INIT_UNIFORM, 0.01, seed));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 5e-3));
    for (stream.step = 0; stream.step < 500; stream.step++) {
        expect_ok(fa_random_normal(&stream, 0, 1, &s.x));
        expect_ok(fa_network_predict(teacher, &s.x, &s.target));
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, fa));
        expect_ok(fa_compare_deltas(s.net, s.pass, &report));
        sum += report.angle / 500;
        expect_ok(fa_backward(s.net, s.pass, rule[0] == 'f' ? fa : s.fb));
        expect_ok(fa_update(s.net, s.pass, rule[0] == 'f' ? fa : s.fb, s.opt));
    }
    return sum;
}

/* 20 seeds; the mean is 90.5 .. 91.3, a run's mean has a standard deviation of at most 6 degrees, so 90.9 +- 7 is
 * passed over by chance with less than 1e-6. Runs of fa itself end far below. */
START_TEST(bp_runs_stay_orthogonal)
{
    double bp = 0, fa = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bp += mean_angle_on_run("bp", seed) / 20;
        fa += mean_angle_on_run("fa", seed) / 20;
    }
    ck_assert_msg(fabs(bp - 90.9) < 7, "bp %g", bp);
    ck_assert_msg(fa < 70, "fa %g", fa);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identities");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, fa_with_transposes_is_bp, 0, 20);
    tcase_add_loop_test(tcase, fa_without_feedback_is_shallow, 0, 10);
    tcase_add_loop_test(tcase, conservation_law_is_exact, 0, 8);
    tcase_add_test(tcase, theorem_two_recursion);
    tcase_add_test(tcase, flow_is_conserved_to_first_order);
    tcase_add_test(tcase, bp_runs_stay_orthogonal);
    return support_run(suite, true);
}
