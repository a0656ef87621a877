/* Deltas against pseudo-back-propagation's by naive loops in double, and errors of any size. */
#include "naive_deltas.h"

static session to_deltas(const net_spec *spec, const fa_rule *rule, size_t n, uint64_t seed)
{
    session s = make_session(spec, rule, n, seed);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    return s;
}

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

int main(void)
{
    Suite *suite = suite_create("diagnostics backward");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, deltas_against_pseudo_back_propagation, 0, 8);
    tcase_add_test(tcase, pseudo_is_back_propagation_where_weights_are_orthogonal);
    tcase_add_loop_test(tcase, size_does_not_matter, 0, 8);
    return support_run(suite, true);
}
