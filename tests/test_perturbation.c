/* What perturbations and mirrors estimate, by z-tests against exact expectations.
 *
 * A mean of N draws with standard error se is compared at |z| <= 5.7: with at most 80 comparisons in the file a false
 * alarm has a probability below 80 x 1.2e-8 < 1e-6 (the seeds are fixed, so it is raised always or never). What makes
 * the test sharp is checked as well: the standard error is small against the number that is estimated. */
#include "session.h"

#include <math.h>
#include <string.h>

static const double limit = 5.7;

typedef struct estimate {
    double sum, squares;
    size_t n;
} estimate;

static void add(estimate *e, double value)
{
    e->sum += value;
    e->squares += value * value;
    e->n++;
}

static double mean_of(const estimate *e)
{
    return e->sum / (double)e->n;
}

static double error_of(const estimate *e)
{
    double mean = mean_of(e);
    return sqrt((e->squares / (double)e->n - mean * mean) / (double)(e->n - 1));
}

static void check(const estimate *e, double expected, const char *what)
{
    double z = (mean_of(e) - expected) / error_of(e);
    ck_assert_msg(fabs(z) <= limit, "%s: mean %g, expected %g, z = %.2f", what, mean_of(e), expected, z);
}

/* --- node perturbation --- */

/* Every row of the batch is the same sample with noise of its own; the weights stand still. */
static session repeated(const net_spec *spec, const char *rule, size_t rows, double sigma, uint64_t seed)
{
    session s = make_session(spec, fa_rule_find(rule), rows, seed);
    for (size_t i = 1; i < rows; i++) {
        for (size_t j = 0; j < s.x.cols; j++)
            set_element(&s.x, i, j, element(&s.x, 0, j));
        for (size_t j = 0; j < s.target.cols; j++)
            set_element(&s.target, i, j, element(&s.target, 0, j));
    }
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0));
    expect_ok(fa_feedback_set_param(s.fb, "sigma", sigma));
    return s;
}

static void estimate_deltas(session *s, int steps, estimate *of)
{
    for (int step = 0; step < steps; step++) {
        expect_ok(session_step(s, NULL));
        fa_matrix delta = delta_of(s->pass, 1);
        for (size_t i = 0; i < delta.rows; i++)
            for (size_t j = 0; j < delta.cols; j++)
                add(&of[j], element(&delta, i, j));
    }
}

/* Linear network, squared error, one hidden layer perturbed: the loss is quadratic in the noise, whose odd moments
 * vanish, so the expectation is back-propagation's delta for every sigma. */
START_TEST(node_perturbation_is_unbiased_where_the_loss_is_quadratic)
{
    static const double sigmas[] = {0.01, 0.5, 2};
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_IDENTITY, true);
    session s = repeated(&spec, "node_perturbation", MAX_BATCH, sigmas[_i], 7);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    estimate of[MAX_WIDTH] = {{0}};
    double worst = 0;
    estimate_deltas(&s, 2500, of);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, bp));
    fa_matrix truth = delta_of(s.pass, 1), one;
    expect_ok(fa_matrix_rows(&truth, 0, 1, &one));
    for (size_t j = 0; j < truth.cols; j++) {
        check(&of[j], element(&truth, 0, j), "delta");
        worst = fmax(worst, error_of(&of[j]));
    }
    ck_assert_msg(worst < (sigmas[_i] > 1 ? 0.05 : 0.02) * norm(&one), "standard error %g of %g", worst, norm(&one));
}
END_TEST

/* 1-1-1 network, tanh: loss as a function of z_1 + noise. */
typedef struct single {
    double z, w, b, target;
} single;

static double loss_at(const single *n, double noise)
{
    double y = n->w * tanh(n->z + noise) + n->b;
    return 0.5 * (y - n->target) * (y - n->target);
}

/* E (L(z + sigma u) - L(z)) u / sigma, u normal: the rectangle rule on +-12 converges faster than any power. */
static double expected_delta(const single *n, double sigma)
{
    const double step = 1.0 / 64;
    double sum = 0;
    for (int k = -12 * 64; k <= 12 * 64; k++) {
        double u = k * step;
        sum += (loss_at(n, sigma * u) - loss_at(n, 0)) * u / sigma * exp(-u * u / 2) / sqrt(2 * acos(-1)) * step;
    }
    return sum;
}

static net_spec single_spec(bool bias)
{
    net_spec spec = {.dtype = FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 2, .width = {1, 1, 1},
                     .activation = {0, FA_TANH, FA_IDENTITY}, .bias = {false, bias, bias}};
    return spec;
}

/* Elsewhere the bias falls as sigma^2: the expectation, by quadrature, does, and the rule's means are that expectation,
 * which they tell from the true delta at the larger sigmas. */
START_TEST(node_perturbation_is_biased_by_the_square_of_sigma)
{
    const double sigma = 0.5 * (1 + _i);
    net_spec spec = single_spec(true);
    session s = repeated(&spec, "node_perturbation", MAX_BATCH, sigma, 11);
    fa_matrix w1 = weights_of(s.net, 1), w2 = weights_of(s.net, 2), b1 = bias_of(s.net, 1), b2 = bias_of(s.net, 2);
    single n = {element(&w1, 0, 0) * element(&s.x, 0, 0) + element(&b1, 0, 0), element(&w2, 0, 0), element(&b2, 0, 0),
                element(&s.target, 0, 0)};
    double h = tanh(n.z), truth = (n.w * h + n.b - n.target) * n.w * (1 - h * h);
    double coarse = expected_delta(&n, 0.02) - truth, fine = expected_delta(&n, 0.01) - truth;
    estimate of[MAX_WIDTH] = {{0}};
    ck_assert_double_le(fabs(coarse / fine - 4), 0.01);
    estimate_deltas(&s, 2500, of);
    check(&of[0], expected_delta(&n, sigma), "delta");
    ck_assert_msg(fabs(expected_delta(&n, sigma) - truth) > 2 * limit * error_of(&of[0]), "bias %g, error %g",
                  expected_delta(&n, sigma) - truth, error_of(&of[0]));
}
END_TEST

/* --- weight perturbation --- */

/* Gradients as what a learning rate of 1 takes away; the weights are put back. */
static void estimate_gradients(session *s, int steps, estimate of[3][MAX_WIDTH])
{
    fa_matrix start[3];
    expect_ok(fa_optimizer_set(s->opt, "learning_rate", 1));
    for (size_t l = 1; l <= s->spec.depth; l++) {
        fa_matrix w = weights_of(s->net, l);
        start[l] = make_matrix(w.dtype, w.rows, w.cols);
        expect_ok(fa_matrix_copy(&w, &start[l]));
    }
    for (int step = 0; step < steps; step++) {
        expect_ok(session_step(s, NULL));
        for (size_t l = 1; l <= s->spec.depth; l++) {
            fa_matrix w = weights_of(s->net, l);
            for (size_t at = 0; at < w.rows * w.cols; at++)
                add(&of[l][at], element(&start[l], at / w.cols, at % w.cols) - element(&w, at / w.cols, at % w.cols));
            expect_ok(fa_network_set_weights(s->net, l, &start[l]));
        }
    }
}

/* One linear layer: the loss is quadratic in W, and the expectation its gradient for every sigma. */
START_TEST(weight_perturbation_is_unbiased_where_the_loss_is_quadratic)
{
    static const double sigmas[] = {0.001, 0.5};
    net_spec spec = make_spec(FA_FLOAT64, 1, 3, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("weight_perturbation"), 4, 7);
    session bp = make_session(&spec, fa_rule_find("bp"), 4, 7);
    estimate of[3][MAX_WIDTH] = {{{0}}};
    double worst = 0;
    expect_ok(fa_feedback_set_param(s.fb, "sigma", sigmas[_i]));
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    estimate_gradients(&s, 40000, of);
    expect_ok(fa_forward(bp.net, bp.pass, &bp.x));
    expect_ok(fa_error(bp.net, bp.pass, &bp.target, NULL));
    expect_ok(fa_backward(bp.net, bp.pass, bp.fb));
    expect_ok(fa_gradient(bp.net, bp.pass, bp.fb));
    fa_matrix truth;
    expect_ok(fa_pass_gradient(bp.pass, 1, &truth));
    for (size_t at = 0; at < truth.rows * truth.cols; at++) {
        check(&of[1][at], element(&truth, at / truth.cols, at % truth.cols) / 4, "gradient");
        worst = fmax(worst, error_of(&of[1][at]));
    }
    ck_assert_msg(worst < 0.03 * norm(&truth) / 4, "standard error %g of %g", worst, norm(&truth) / 4);
}
END_TEST

/* E (L(w + sigma u) - L(w)) u_k / sigma over two weights, k = 1, 2. */
static void expected_gradient(double x, double w1, double w2, double target, double sigma, double g[2])
{
    const double step = 1.0 / 16;
    single n = {w1 * x, w2, 0, target};
    double start = loss_at(&n, 0);
    g[0] = g[1] = 0;
    for (int i = -10 * 16; i <= 10 * 16; i++)
        for (int j = -10 * 16; j <= 10 * 16; j++) {
            double u = i * step, v = j * step;
            single there = {(w1 + sigma * u) * x, w2 + sigma * v, 0, target};
            double weight = exp(-(u * u + v * v) / 2) / (2 * acos(-1)) * step * step;
            double slope = (loss_at(&there, 0) - start) / sigma * weight;
            g[0] += slope * u;
            g[1] += slope * v;
        }
}

/* The gradient of the smoothed loss, both layers perturbed at once. */
START_TEST(weight_perturbation_estimates_the_smoothed_gradient)
{
    const double sigma = 0.5 + 0.5 * _i;
    net_spec spec = single_spec(false);
    session s = make_session(&spec, fa_rule_find("weight_perturbation"), 1, 11);
    fa_matrix one = make_matrix(FA_FLOAT64, 1, 1);
    set_element(&one, 0, 0, 1);
    set_element(&s.x, 0, 0, 1);
    set_element(&s.target, 0, 0, -1);
    expect_ok(fa_network_set_weights(s.net, 1, &one));
    expect_ok(fa_network_set_weights(s.net, 2, &one));
    fa_matrix w1 = weights_of(s.net, 1), w2 = weights_of(s.net, 2);
    double g[2], h = tanh(element(&w1, 0, 0) * element(&s.x, 0, 0));
    double truth = (element(&w2, 0, 0) * h - element(&s.target, 0, 0)) * h;
    estimate of[3][MAX_WIDTH] = {{{0}}};
    expect_ok(fa_feedback_set_param(s.fb, "sigma", sigma));
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expected_gradient(element(&s.x, 0, 0), element(&w1, 0, 0), element(&w2, 0, 0), element(&s.target, 0, 0), sigma, g);
    estimate_gradients(&s, 60000, of);
    check(&of[1][0], g[0], "gradient of W_1");
    check(&of[2][0], g[1], "gradient of W_2");
    ck_assert_msg(fabs(g[1] - truth) > 2 * limit * error_of(&of[2][0]), "bias %g, error %g", g[1] - truth,
                  error_of(&of[2][0]));
}
END_TEST

/* --- weight mirrors --- */

static double angle(const fa_matrix *b, const fa_matrix *w)
{
    double dot = 0;
    for (size_t i = 0; i < b->rows; i++)
        for (size_t j = 0; j < b->cols; j++)
            dot += element(b, i, j) * element(w, j, i);
    return acos(dot / norm(b) / norm(w)) * 180 / acos(-1);
}

/* W xi answers xi ~ U[-s, s), of variance v = s^2 / 3 and fourth moment 9 v^2 / 5: from B = 0, n passes of N samples
 * give B = rate n (mean of xi zeta^T), whose expectation is rate n v W^T. An element's xi_i zeta_j has the variance
 * v^2 (|W_j|^2 - W_ji^2) + (4/5) v^2 W_ji^2. */
START_TEST(mirrors_learn_the_weights_in_expectation)
{
    const double noise = _i ? 0.05 : 2, v = noise * noise / 3, rate = 0.5;
    const uint64_t passes = 2000;
    net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_LOGISTIC, true);
    session s = make_session(&spec, fa_rule_find("weight_mirror"), MAX_BATCH, 5);
    fa_matrix b, w = weights_of(s.net, 2);
    double n = (double)passes * (double)MAX_BATCH;
    expect_ok(fa_feedback_set_choice(s.fb, "response", "linear"));
    expect_ok(fa_feedback_set_param(s.fb, "noise", noise));
    expect_ok(fa_feedback_set_param(s.fb, "rate", rate));
    expect_ok(fa_feedback_init(s.fb, "B", 0, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, passes));
    expect_ok(fa_feedback_get(s.fb, "B", 1, &b));
    for (size_t j = 0; j < w.rows; j++) {
        double square = 0;
        for (size_t i = 0; i < w.cols; i++)
            square += element(&w, j, i) * element(&w, j, i);
        for (size_t i = 0; i < w.cols; i++) {
            double own = element(&w, j, i), se = v * sqrt((square - 0.2 * own * own) / n);
            double got = element(&b, i, j) / (rate * (double)passes);
            ck_assert_msg(fabs(got - v * own) <= limit * se, "%g, expected %g, se %g", got, v * own, se);
        }
    }
    ck_assert_double_lt(angle(&b, &w), 3);
}
END_TEST

/* The published response, too, turns every B towards its W. A random B starts near 90 degrees. */
START_TEST(mirror_phases_align)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 4, 12, _i / 2 ? FA_LOGISTIC : FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("weight_mirror"), MAX_BATCH, 5);
    double before[MAX_DEPTH];
    fa_matrix b[MAX_DEPTH];
    expect_ok(fa_feedback_set_param(s.fb, "noise", 0.5));
    for (size_t l = 1; l < 4; l++) {
        fa_matrix w = weights_of(s.net, l + 1);
        expect_ok(fa_feedback_get(s.fb, "B", l, &b[l]));
        before[l] = angle(&b[l], &w);
    }
    expect_ok(fa_feedback_adapt(s.fb, s.net, s.pass, 2000));
    for (size_t l = 1; l < 4; l++) {
        fa_matrix w = weights_of(s.net, l + 1);
        ck_assert_msg(before[l] > 60 && angle(&b[l], &w) < 15, "layer %zu: %g, then %g", l, before[l], angle(&b[l],
                                                                                                             &w));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("perturbation");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, node_perturbation_is_unbiased_where_the_loss_is_quadratic, 0, 3);
    tcase_add_loop_test(tcase, node_perturbation_is_biased_by_the_square_of_sigma, 0, 3);
    tcase_add_loop_test(tcase, weight_perturbation_is_unbiased_where_the_loss_is_quadratic, 0, 2);
    tcase_add_loop_test(tcase, weight_perturbation_estimates_the_smoothed_gradient, 0, 2);
    tcase_add_loop_test(tcase, mirrors_learn_the_weights_in_expectation, 0, 2);
    tcase_add_loop_test(tcase, mirror_phases_align, 0, 4);
    return support_run(suite, true);
}
