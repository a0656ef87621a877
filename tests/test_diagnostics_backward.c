/* Deltas against pseudo-back-propagation's, updates against back-propagation's: the same by naive loops in double. */
#include "session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 3, WIDE = 32 };

/* Products of float32 numbers, summed in any order, err by k u of the sum of absolute values, k <= 40: in the cosine
 * less than 1e-4 for samples that do not cancel, and angles away from 0 and 180 by little more. In float64, 5e8 times
 * less. */
static double angle_bound(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? 0.05 : 1e-8;
}

static double degrees_of(double ab, double aa, double bb)
{
    return acos(fmax(-1, fmin(1, ab / sqrt(aa * bb)))) * 57.29577951308232;
}

/* --- naive deltas --- */

static fa_matrix copy_of(const fa_matrix *m)
{
    fa_matrix copy = make_matrix(FA_FLOAT64, m->rows, m->cols);
    expect_ok(fa_matrix_copy(m, &copy));
    return copy;
}

static fa_matrix product(const fa_matrix *a, const fa_matrix *b)
{
    fa_matrix c = make_matrix(FA_FLOAT64, a->rows, b->cols);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < b->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < a->cols; k++)
                sum += element(a, i, k) * element(b, k, j);
            set_element(&c, i, j, sum);
        }
    return c;
}

/* The inverse of a square matrix, by Gauss and Jordan with the largest pivot of a column. */
static fa_matrix inverse(const fa_matrix *square)
{
    const size_t n = square->rows;
    fa_matrix a = copy_of(square), x = make_matrix(FA_FLOAT64, n, n);
    for (size_t i = 0; i < n; i++)
        set_element(&x, i, i, 1);
    for (size_t p = 0; p < n; p++) {
        size_t pivot = p;
        for (size_t i = p; i < n; i++)
            pivot = fabs(element(&a, i, p)) > fabs(element(&a, pivot, p)) ? i : pivot;
        for (size_t j = 0; j < n; j++)
            for (int which = 0; which < 2; which++) {
                fa_matrix *m = which ? &x : &a;
                double keep_it = element(m, p, j);
                set_element(m, p, j, element(m, pivot, j));
                set_element(m, pivot, j, keep_it);
            }
        const double by = element(&a, p, p);
        for (size_t i = 0; i < n; i++) {
            const double factor = element(&a, i, p) / by;
            for (size_t j = 0; j < n; j++) {
                if (i != p) {
                    set_element(&a, i, j, element(&a, i, j) - factor * element(&a, p, j));
                    set_element(&x, i, j, element(&x, i, j) - factor * element(&x, p, j));
                }
            }
        }
        for (size_t j = 0; j < n; j++) {
            set_element(&a, p, j, element(&a, p, j) / by);
            set_element(&x, p, j, element(&x, p, j) / by);
        }
    }
    return x;
}

/* Full rank: (W^T W)^-1 W^T, or W^T (W W^T)^-1. */
static fa_matrix pseudo_inverse(const fa_matrix *w)
{
    const fa_matrix w_t = fa_matrix_transpose(*w);
    const fa_matrix gram = w->rows > w->cols ? product(&w_t, w) : product(w, &w_t), inverted = inverse(&gram);
    return w->rows > w->cols ? product(&inverted, &w_t) : product(&w_t, &inverted);
}

static double slope(fa_activation f, double h)
{
    return f == FA_TANH ? 1 - h * h : f == FA_LOGISTIC ? h * (1 - h) : f == FA_RELU ? h > 0 : 1;
}

/* deltas[l] of (pseudo-)back-propagation. h_l without dropout. */
static void naive_deltas(const session *s, bool pseudo, fa_matrix deltas[DEPTH + 1])
{
    fa_matrix top = delta_of(s->pass, DEPTH);
    deltas[DEPTH] = copy_of(&top);
    for (size_t l = DEPTH - 1; l >= 1; l--) {
        const fa_matrix w = weights_of(s->net, l + 1), down_t = pseudo ? pseudo_inverse(&w) : fa_matrix_transpose(w);
        const fa_matrix down = fa_matrix_transpose(down_t);
        fa_matrix h;
        expect_ok(fa_pass_activity(s->pass, l, &h));
        deltas[l] = product(&deltas[l + 1], &down);
        for (size_t i = 0; i < h.rows; i++)
            for (size_t j = 0; j < h.cols; j++)
                set_element(&deltas[l], i, j,
                            element(&deltas[l], i, j) * slope(s->spec.activation[l], element(&h, i, j)));
    }
}

static session to_deltas(const net_spec *spec, const fa_rule *rule, size_t n, uint64_t seed)
{
    session s = make_session(spec, rule, n, seed);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    return s;
}

/* --- pseudo-back-propagation --- */

START_TEST(deltas_against_pseudo_back_propagation)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 6, _i / 2 % 2 ? FA_TANH : FA_LOGISTIC, true);
    spec.width[1] = 9 + (size_t)(_i / 4); /* tall and wide inverses */
    session s = to_deltas(&spec, fa_rule_find(_i / 4 % 2 ? "bp" : "fa"), _i < 4 ? 7 : 1, (uint64_t)_i + 1);
    fa_matrix expected[DEPTH + 1];
    fa_delta_report got[DEPTH - 1];
    state_copy before = take_snapshot(&s);
    naive_deltas(&s, true, expected);
    expect_ok(fa_compare_pseudo_deltas(s.net, s.pass, got));
    for (size_t l = 1; l < DEPTH; l++) {
        const fa_matrix delta = delta_of(s.pass, l);
        double ab = 0, mean = 0;
        for (size_t i = 0; i < delta.rows; i++) {
            double one = 0, aa = 0, bb = 0;
            for (size_t j = 0; j < delta.cols; j++) {
                one += element(&delta, i, j) * element(&expected[l], i, j);
                aa += element(&delta, i, j) * element(&delta, i, j);
                bb += element(&expected[l], i, j) * element(&expected[l], i, j);
            }
            ab += one;
            mean += degrees_of(one, aa, bb) / (double)delta.rows;
        }
        const double a = norm(&delta), b = norm(&expected[l]), bound = 20 * angle_bound(dtype);
        ck_assert_double_le(fabs(got[l - 1].angle - degrees_of(ab, a * a, b * b)), bound);
        ck_assert_double_le(fabs(got[l - 1].angle_mean - mean), bound);
        ck_assert_double_le(fabs(got[l - 1].ratio - a / b), bound * a / b);
        ck_assert_uint_eq(got[l - 1].angle_samples, delta.rows);
    }
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

/* With orthonormal columns W^+ = W^T: then both are one. */
START_TEST(pseudo_is_back_propagation_where_weights_are_orthogonal)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 4, FA_TANH, false);
    session s = make_session(&spec, fa_rule_find("fa"), 5, 3);
    for (size_t l = 2; l <= DEPTH; l++) {
        fa_matrix w = make_matrix(FA_FLOAT64, spec.width[l], spec.width[l - 1]);
        for (size_t i = 0; i < w.rows && i < w.cols; i++)
            set_element(&w, i, (i + 1) % (w.rows < w.cols ? w.rows : w.cols), i % 2 ? -1 : 1);
        expect_ok(fa_network_set_weights(s.net, l, &w));
    }
    fa_delta_report bp[DEPTH - 1], pseudo[DEPTH - 1];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_compare_deltas(s.net, s.pass, bp));
    expect_ok(fa_compare_pseudo_deltas(s.net, s.pass, pseudo));
    for (size_t l = 0; l < DEPTH - 1; l++)
        ck_assert(fabs(bp[l].angle - pseudo[l].angle) <= 1e-8 && fabs(bp[l].ratio / pseudo[l].ratio - 1) <= 1e-12);
}
END_TEST

/* --- updates --- */

/* fa, with layer 2 fed from the target, padded with its own first columns, in the place of h_1. */
static fa_status replace_factor(fa_step *step)
{
    fa_status status = fa_rule_find("fa")->backward(step);
    return status == FA_OK ? fa_step_set_presynaptic(step, 2, fa_step_user_data(step)) : status;
}

static fa_status setup_layerwise(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_LAYERWISE);
}

/* fa, with a gradient of its own for layer 1. */
static fa_status write_gradient(fa_step *step)
{
    fa_matrix weights;
    fa_status status = fa_rule_find("fa")->backward(step);
    if (status == FA_OK)
        status = fa_step_gradient(step, 1, &weights, NULL);
    for (size_t i = 0; status == FA_OK && i < weights.rows; i++)
        for (size_t j = 0; j < weights.cols; j++)
            set_element(&weights, i, j, 0.01 * ((double)((i * 7 + j * 3) % 11) - 4));
    return status;
}

static const fa_rule replacing = {.struct_size = sizeof(fa_rule), .name = "replacing", .setup = setup_layerwise,
                                  .backward = replace_factor};
static const fa_rule writing = {.struct_size = sizeof(fa_rule), .name = "writing", .flags = FA_RULE_WRITES_GRADIENT,
                                .setup = setup_layerwise, .backward = write_gradient};

/* fa, with the error's signs for the output layer. */
static fa_status replace_error(fa_step *step)
{
    const size_t depth = fa_step_depth(step);
    fa_matrix e, signs;
    fa_status status = fa_rule_find("fa")->backward(step);
    if (status == FA_OK)
        status = fa_step_delta(step, depth, &e);
    if (status == FA_OK)
        status = fa_step_activity(step, 1, depth, &signs);
    if (status == FA_OK)
        status = fa_step_sign(step, 0.5, NULL, &e, &signs);
    return status == FA_OK ? fa_step_set_postsynaptic(step, depth, &signs) : status;
}

static fa_status setup_with_slot(fa_setup *setup)
{
    fa_status status = fa_setup_slots(setup, 1);
    return status == FA_OK ? setup_layerwise(setup) : status;
}

static const fa_rule signing = {.struct_size = sizeof(fa_rule), .name = "signing", .setup = setup_with_slot,
                                .backward = replace_error};

/* delta^T in / n, as W; removed connections 0. */
static fa_matrix naive_gradient(const session *s, size_t l, const fa_matrix *delta, const fa_matrix *in)
{
    const fa_matrix delta_t = fa_matrix_transpose(*delta), w = weights_of(s->net, l);
    fa_matrix g = product(&delta_t, in);
    for (size_t i = 0; i < g.rows; i++)
        for (size_t j = 0; j < g.cols; j++)
            set_element(&g, i, j, fa_network_is_pruned(s->net, l) && element(&w, i, j) == 0
                                      ? 0 : element(&g, i, j) / (double)delta->rows);
    return g;
}

static fa_matrix half_signs(const fa_matrix *delta)
{
    fa_matrix signs = make_matrix(FA_FLOAT64, delta->rows, delta->cols);
    for (size_t i = 0; i < signs.rows; i++)
        for (size_t j = 0; j < signs.cols; j++)
            set_element(&signs, i, j, 0.5 * ((element(delta, i, j) > 0) - (element(delta, i, j) < 0)));
    return signs;
}

typedef struct sums {
    double ab, aa, bb;
} sums;

static void add_to(sums *t, const fa_matrix *a, const fa_matrix *b)
{
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++) {
            t->ab += element(a, i, j) * element(b, i, j);
            t->aa += element(a, i, j) * element(a, i, j);
            t->bb += element(b, i, j) * element(b, i, j);
        }
}

static void check_update(const fa_update_report *got, const sums *t, fa_dtype dtype)
{
    ck_assert_double_le(fabs(got->angle - degrees_of(t->ab, t->aa, t->bb)),
                        angle_bound(dtype) + (t->ab * t->ab > 0.999999 * t->aa * t->bb ? 0.1 : 0));
    ck_assert_double_le(fabs(got->ratio / sqrt(t->aa / t->bb) - 1), angle_bound(dtype));
}

enum { KINDS = 6 };

/* Few samples of wide layers and many, x in any layout; rules that deliver deltas, factors, gradients. */
START_TEST(updates_against_back_propagation)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    const size_t n = _i / 2 % 2 ? 40 : _i % 3 ? 18 : 6;
    const int kind = _i / 4;
    net_spec spec = make_spec(dtype, DEPTH, WIDE, FA_TANH, true);
    uint64_t state = (uint64_t)_i + 5;
    fa_matrix factor = make_uniform(dtype, n, spec.width[1], LAYOUT_FORTRAN, 1, &state);
    session s = make_session(&spec, fa_rule_find(kind == 1 ? "bp" : "fa"), n, (uint64_t)_i + 1);
    if (kind == 2 || kind == 3)
        s.fb = make_feedback(s.net, kind == 2 ? &replacing : &writing, &factor, 4);
    if (kind == 5)
        s.fb = make_feedback(s.net, &signing, NULL, 4);
    if (kind == 4)
        expect_ok(fa_network_prune(s.net, 0, 0.5, 1));
    s.x = make_uniform(dtype, n, spec.width[0], (view_layout)(_i % LAYOUTS), 1, &state);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    fa_matrix bp[DEPTH + 1], h[DEPTH + 1] = {s.x};
    fa_update_report got[DEPTH + 1];
    sums all = {0, 0, 0};
    naive_deltas(&s, false, bp);
    expect_ok(fa_compare_updates(s.net, s.pass, got));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix delta = delta_of(s.pass, l);
        sums t = {0, 0, 0};
        expect_ok(fa_pass_activity(s.pass, l, &h[l]));
        fa_matrix other = naive_gradient(&s, l, &bp[l], &h[l - 1]);
        if (kind == 5 && l == DEPTH)
            delta = half_signs(&delta);
        fa_matrix g = naive_gradient(&s, l, &delta, kind == 2 && l == 2 ? &factor : &h[l - 1]);
        if (kind == 3 && l == 1)
            for (size_t i = 0; i < g.rows; i++)
                for (size_t j = 0; j < g.cols; j++)
                    set_element(&g, i, j, 0.01 * ((double)((i * 7 + j * 3) % 11) - 4));
        add_to(&t, &g, &other);
        add_to(&all, &g, &other);
        check_update(&got[l], &t, dtype);
        ck_assert(kind != 1 || got[l].angle <= 1e-5); /* bp is bp */
    }
    check_update(&got[0], &all, dtype);
}
END_TEST

/* The gradient that the library applies, against back-propagation's by another pass. */
START_TEST(what_is_compared_is_what_is_applied)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, WIDE, FA_TANH, true);
    uint64_t state = 2;
    fa_matrix factor = make_uniform(FA_FLOAT64, 6, spec.width[1], LAYOUT_C, 1, &state);
    session s = make_session(&spec, fa_rule_find("bp"), 6, 8);
    fa_feedback *fb = make_feedback(s.net, _i ? &replacing : &writing, &factor, 4);
    fa_pass *other = make_pass(s.net, 6);
    fa_update_report got[DEPTH + 1];
    if (_i)
        expect_ok(fa_network_prune(s.net, 2, 0.3, 1));
    for (int rule = 0; rule < 2; rule++) {
        fa_pass *pass = rule ? s.pass : other;
        expect_ok(fa_forward(s.net, pass, &s.x));
        expect_ok(fa_error(s.net, pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, pass, rule ? fb : s.fb));
        if (rule)
            expect_ok(fa_compare_updates(s.net, pass, got));
        expect_ok(fa_gradient(s.net, pass, rule ? fb : s.fb));
    }
    sums all = {0, 0, 0};
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix a, b;
        sums t = {0, 0, 0};
        expect_ok(fa_pass_gradient(s.pass, l, &a));
        expect_ok(fa_pass_gradient(other, l, &b));
        add_to(&t, &a, &b);
        add_to(&all, &a, &b);
        check_update(&got[l], &t, FA_FLOAT64);
    }
    check_update(&got[0], &all, FA_FLOAT64);
}
END_TEST

/* Powers of two change no digit: neither angles nor ratios depend on how large the error is, though the squares of its
 * elements are far below the smallest number; and only ratios on how large B is. */
START_TEST(size_does_not_matter)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("dfa"), 7, 3), small = make_session(&spec, fa_rule_find("dfa"), 7, 3);
    fa_delta_report one[DEPTH - 1], other[DEPTH - 1];
    fa_update_report updates[2][DEPTH + 1];
    const int sizes[] = {-600, -520, -30, 600};
    const int size = sizes[_i % 4], only_b = _i / 4;
    for (size_t l = 1; only_b && l < DEPTH; l++) {
        fa_matrix b;
        expect_ok(fa_feedback_get(small.fb, "B", l, &b));
        for (size_t i = 0; i < b.rows; i++)
            for (size_t j = 0; j < b.cols; j++)
                set_element(&b, i, j, ldexp(element(&b, i, j), size));
        expect_ok(fa_feedback_set(small.fb, "B", l, &b));
    }
    for (int which = 0; which < 2; which++) {
        session *t = which ? &small : &s;
        expect_ok(fa_forward(t->net, t->pass, &t->x));
        expect_ok(fa_error(t->net, t->pass, &t->target, NULL));
        fa_matrix error = delta_of(t->pass, DEPTH);
        for (size_t i = 0; which && !only_b && i < error.rows; i++)
            for (size_t j = 0; j < error.cols; j++)
                set_element(&error, i, j, ldexp(element(&error, i, j), size));
        expect_ok(fa_backward(t->net, t->pass, t->fb));
        expect_ok(fa_compare_deltas(t->net, t->pass, which ? other : one));
        if (size == -30)
            expect_ok(fa_compare_updates(t->net, t->pass, updates[which]));
        else if (which && size == 600)
            expect_failure(FA_ERR_NOT_FINITE, fa_compare_updates(t->net, t->pass, updates[which]));
    }
    for (size_t l = 1; l < DEPTH; l++) {
        const double ratio = ldexp(other[l - 1].ratio, only_b ? -size : 0);
        ck_assert_double_le(fabs(one[l - 1].angle - other[l - 1].angle), 1e-9);
        ck_assert_double_le(fabs(one[l - 1].angle_mean - other[l - 1].angle_mean), 1e-9);
        ck_assert_double_le(fabs(ratio / one[l - 1].ratio - 1), 1e-12);
        if (size == -30) {
            ck_assert_double_le(fabs(updates[0][l].angle - updates[1][l].angle), 1e-9);
            ck_assert_double_le(fabs(ldexp(updates[1][l].ratio, only_b ? 30 : 0) / updates[0][l].ratio - 1), 1e-12);
        }
    }
}
END_TEST

/* Back-propagation's gradient overflows where the rule's does not. */
START_TEST(weights_too_large_for_an_update)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("dfa"), 7, 3);
    fa_update_report got[DEPTH + 1];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    fa_matrix w = weights_of(s.net, DEPTH);
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            set_element(&w, i, j, ldexp(element(&w, i, j), 600));
    expect_failure(FA_ERR_NOT_FINITE, fa_compare_updates(s.net, s.pass, got));
}
END_TEST

START_TEST(nothing_to_compare_with)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true), single = make_spec(FA_FLOAT64, 1, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("shallow"), 3, 1);
    session one = make_session(&single, fa_rule_find("bp"), 3, 1);
    fa_update_report got[DEPTH + 1];
    fa_delta_report deltas[DEPTH];
    expect_failure(FA_ERR_ARGUMENT, fa_compare_updates(NULL, s.pass, got));
    expect_failure(FA_ERR_ARGUMENT, fa_compare_updates(s.net, NULL, got));
    expect_failure(FA_ERR_ARGUMENT, fa_compare_updates(s.net, s.pass, NULL));
    expect_failure(FA_ERR_STATE, fa_compare_updates(s.net, s.pass, got));
    expect_failure(FA_ERR_STATE, fa_compare_pseudo_deltas(s.net, s.pass, deltas));
    expect_failure(FA_ERR_SHAPE, fa_compare_updates(s.net, one.pass, got));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_compare_updates(s.net, s.pass, got));
    ck_assert(isnan(got[1].angle) && got[1].ratio == 0 && isnan(got[2].angle) && got[3].ratio == 1);
    ck_assert(got[0].ratio < 1 && got[0].angle > 0 && got[0].angle < 90);
    expect_ok(fa_forward(one.net, one.pass, &one.x));
    expect_ok(fa_error(one.net, one.pass, &one.target, NULL));
    expect_ok(fa_backward(one.net, one.pass, one.fb));
    expect_ok(fa_compare_updates(one.net, one.pass, got));
    ck_assert(got[0].ratio == 1 && got[1].ratio == 1 && got[1].angle <= 1e-5);
    expect_failure(FA_ERR_ARGUMENT, fa_compare_pseudo_deltas(one.net, one.pass, deltas));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostics backward");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, deltas_against_pseudo_back_propagation, 0, 8);
    tcase_add_test(tcase, pseudo_is_back_propagation_where_weights_are_orthogonal);
    tcase_add_loop_test(tcase, updates_against_back_propagation, 0, 4 * KINDS);
    tcase_add_loop_test(tcase, what_is_compared_is_what_is_applied, 0, 2);
    tcase_add_loop_test(tcase, size_does_not_matter, 0, 8);
    tcase_add_test(tcase, weights_too_large_for_an_update);
    tcase_add_test(tcase, nothing_to_compare_with);
    return support_run(suite, true);
}
