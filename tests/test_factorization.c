/* Deep linear networks under direct feedback: Refinetti, d'Ascoli, Ohana, Goldt (arXiv:2011.12428) write their
 * weights as products of the feedback and small matrices, exactly so for descent in discrete steps. */
#include "session.h"

#include <math.h>

enum { WIDE = 12 };

/* y = a x, a [rows x cols], or its transpose times x. */
static void multiply(const double *a, size_t rows, size_t cols, bool transposed, const double *x, double *y)
{
    for (size_t i = 0; i < (transposed ? cols : rows); i++) {
        y[i] = 0;
        for (size_t j = 0; j < (transposed ? rows : cols); j++)
            y[i] += (transposed ? a[j * cols + i] : a[i * cols + j]) * x[j];
    }
}

static void add_outer(double *a, double rate, const double *e, size_t rows, const double *x, size_t cols)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            a[i * cols + j] += rate * e[i] * x[j];
}

/* max |W - left a right^T|, left [n x 4] or NULL for I, a [4 x m], right [k x m] or NULL. */
static double factor_distance(const fa_matrix *w, const double *left, const double *a, size_t m, const double *right)
{
    double worst = 0;
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = 0; j < w->cols; j++) {
            double sum = 0;
            for (size_t p = 0; p < 4; p++)
                for (size_t q = 0; q < m; q++)
                    sum += (left ? left[i * 4 + p] : p == i) * a[p * m + q] * (right ? right[j * m + q] : q == j);
            worst = fmax(worst, fabs(element(w, i, j) - sum));
        }
    return worst;
}

/* 12-9-8-4, zero weights, direct feedback, one sample a step: W_1 = B_1 A_1, W_2 = B_2 A_2 B_1^T, W_3 = A_3 B_2^T with
 * A_1 += rate e x^T, A_2 += rate e (A_1 x)^T, A_3 += rate e (A_2 B_1^T h_1)^T, where e = y* - y comes of the factors
 * alone. 5000 steps round numbers below 4 some 40 times each; descent contracts what has parted. */
START_TEST(deep_linear_networks_factorize)
{
    const double rate = 0.02;
    net_spec spec = {.dtype = FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 3, .width = {12, 9, 8, 4},
                     .activation = {0, FA_IDENTITY, FA_IDENTITY, FA_IDENTITY}};
    session s = make_session(&spec, fa_rule_find("dfa"), 1, 5);
    fa_network *teacher = make_network(&spec, 9);
    double b1[9 * 4], b2[8 * 4], a1[4 * 12] = {0}, a2[4 * 4] = {0}, a3[4 * 4] = {0}, worst = 0;
    fa_matrix view;
    expect_ok(fa_feedback_get(s.fb, "B", 1, &view));
    for (size_t at = 0; at < 9 * 4; at++)
        b1[at] = element(&view, at / 4, at % 4);
    expect_ok(fa_feedback_get(s.fb, "B", 2, &view));
    for (size_t at = 0; at < 8 * 4; at++)
        b2[at] = element(&view, at / 4, at % 4);
    expect_ok(fa_network_init_weights(s.net, 0, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", rate));
    fa_stream stream = {.seed = 8, .purpose = FA_PURPOSE_USER};
    for (stream.step = 0; stream.step < 5000; stream.step++) {
        double x[WIDE], g1[4], h1[9], u1[4], g2[4], h2[8], u2[4], y[4], e[4];
        expect_ok(fa_random_uniform(&stream, -1, 1, &s.x));
        expect_ok(fa_network_predict(teacher, &s.x, &s.target));
        for (size_t j = 0; j < 12; j++)
            x[j] = element(&s.x, 0, j);
        multiply(a1, 4, 12, false, x, g1); /* h_1 = B_1 A_1 x, u_1 = B_1^T h_1, h_2 = B_2 A_2 u_1, .. */
        multiply(b1, 9, 4, false, g1, h1);
        multiply(b1, 9, 4, true, h1, u1);
        multiply(a2, 4, 4, false, u1, g2);
        multiply(b2, 8, 4, false, g2, h2);
        multiply(b2, 8, 4, true, h2, u2);
        multiply(a3, 4, 4, false, u2, y);
        for (size_t k = 0; k < 4; k++)
            e[k] = element(&s.target, 0, k) - y[k];
        add_outer(a1, rate, e, 4, x, 12);
        add_outer(a2, rate, e, 4, g1, 4); /* W_2 += rate B_2 e h_1^T = B_2 (rate e (A_1 x)^T) B_1^T */
        add_outer(a3, rate, e, 4, g2, 4);
        expect_ok(session_step(&s, NULL));
    }
    fa_matrix w1 = weights_of(s.net, 1), w2 = weights_of(s.net, 2), w3 = weights_of(s.net, 3);
    worst = fmax(factor_distance(&w1, b1, a1, 12, NULL), factor_distance(&w2, b2, a2, 4, b1));
    worst = fmax(worst, factor_distance(&w3, NULL, a3, 4, b2));
    ck_assert_double_le(worst, 5000 * 40 * 0x1p-53 * 4);
    ck_assert(norm(&w1) > 0.1 && norm(&w2) > 0.1 && norm(&w3) > 0.1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("factorization");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, deep_linear_networks_factorize);
    return support_run(suite, true);
}
