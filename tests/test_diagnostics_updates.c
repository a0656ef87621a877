/* Updates against back-propagation's: the same by naive loops in double. */
#include "naive_deltas.h"

enum { WIDE = 32 };

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
    Suite *suite = suite_create("diagnostics updates");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, updates_against_back_propagation, 0, 4 * KINDS);
    tcase_add_loop_test(tcase, what_is_compared_is_what_is_applied, 0, 2);
    tcase_add_test(tcase, weights_too_large_for_an_update);
    tcase_add_test(tcase, nothing_to_compare_with);
    return support_run(suite, true);
}
