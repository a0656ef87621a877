/* Diagnostics of feedback that is not kept as a dense matrix: as if it were. */
#include "forms.h"
#include "recording.h"

#include <float.h>

enum { CASES = 2 * 2 * FORMS };

/* A feedback in one of the forms, and a dense one with the same numbers in it. */
typedef struct pair {
    session s;
    fa_feedback *dense;
    bool direct;
    bool exact; /* B lies in memory as the dense one does, so sums are taken in the same order */
} pair;

static pair make_pair(int i)
{
    const form *f = &forms[i / 4];
    const fa_dtype dtype = dtypes[i % 2];
    const char *rule = i / 2 % 2 ? "dfa" : "fa";
    net_spec spec = make_layers(dtype);
    pair p = {.direct = i / 2 % 2, .exact = i / 4 != SHARED, .s = make_session(&spec, fa_rule_find(rule), 7, 3)};
    set_form(p.s.fb, f);
    p.dense = make_feedback(p.s.net, fa_rule_find(rule), NULL, SEED);
    for (size_t l = 1; l < DEPTH; l++) {
        const fa_matrix b = dense_of(p.s.fb, dtype, p.direct, l);
        expect_ok(fa_feedback_set(p.dense, "B", l, &b));
    }
    to_deltas(&p.s);
    return p;
}

/* In another order, sums of N <= 9100 products are off by N roundings at most; a condition, by as many times its own
 * size, but of roundings in double. */
static void expect_same(const pair *p, double got, double expected)
{
    const double epsilon = p->s.x.dtype == FA_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    const double bound = p->exact ? 0 : 1e4 * epsilon * fabs(expected);
    ck_assert_msg(same(got, expected) || fabs(got - expected) <= bound, "%.17g, expected %.17g", got, expected);
}

START_TEST(one_call)
{
    const pair p = make_pair(_i);
    fa_norm_report got_norms[DEPTH], norms[DEPTH];
    double got = 0, expected = 1;
    for (size_t l = p.direct ? 2 : DEPTH; l <= DEPTH; l++) {
        expect_ok(fa_alignment_angle(p.s.net, p.s.fb, l, &got));
        expect_ok(fa_alignment_angle(p.s.net, p.dense, l, &expected));
        expect_same(&p, got, expected);
        ck_assert(expected > 1);
    }
    for (size_t l = p.direct ? DEPTH - 1 : 1; l < DEPTH; l++) {
        expect_ok(fa_weight_angle(p.s.net, p.s.fb, l, &got));
        expect_ok(fa_weight_angle(p.s.net, p.dense, l, &expected));
        expect_same(&p, got, expected);
    }
    expect_ok(fa_layer_norms(p.s.net, p.s.pass, p.s.fb, got_norms));
    expect_ok(fa_layer_norms(p.s.net, p.s.pass, p.dense, norms));
    for (size_t l = 1; l <= DEPTH; l++) {
        expect_same(&p, got_norms[l - 1].feedback, norms[l - 1].feedback);
        ck_assert(isnan(norms[l - 1].feedback) == (l == DEPTH));
    }
}
END_TEST

START_TEST(alignment_matrices)
{
    const pair p = make_pair(_i);
    for (size_t l = p.direct ? 1 : DEPTH; l <= DEPTH; l++) {
        const size_t cols = widths[l == 1 ? 0 : DEPTH];
        const fa_matrix a = make_matrix(FA_FLOAT64, widths[DEPTH], cols);
        const fa_matrix b = make_matrix(FA_FLOAT64, widths[DEPTH], cols);
        expect_ok(fa_alignment_matrix(p.s.net, p.s.fb, l, &a));
        expect_ok(fa_alignment_matrix(p.s.net, p.dense, l, &b));
        for (size_t at = 0; at < a.rows * cols; at++) /* no sums of B before the copy in double: always the same */
            ck_assert(element(&a, at / cols, at % cols) == element(&b, at / cols, at % cols));
    }
}
END_TEST

START_TEST(recorded)
{
    static const char *const names[] = {"weight_angle", "alignment_angle", "feedback_norm", "feedback_rank",
                                        "feedback_condition", "alignment_rank"};
    const pair p = make_pair(_i);
    fa_recorder *got = make_recorder(p.s.net, all_names(), 1), *expected = make_recorder(p.s.net, all_names(), 1);
    size_t numbers = 0;
    expect_ok(fa_recorder_observe(got, p.s.net, p.s.pass, p.s.fb, 1, 1));
    expect_ok(fa_recorder_observe(expected, p.s.net, p.s.pass, p.dense, 1, 1));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t l = 1; l <= DEPTH; l++) {
            double a = 0, b = 0;
            if (fa_recorder_value(expected, names[i], l, &b) != FA_OK)
                continue;
            expect_ok(fa_recorder_value(got, names[i], l, &a));
            expect_same(&p, a, b);
            numbers += isnan(b) ? 0 : 1;
        }
    ck_assert_uint_ge(numbers, p.direct ? 12 : 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostics of forms");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, one_call, 0, CASES);
    tcase_add_loop_test(tcase, alignment_matrices, 0, CASES);
    tcase_add_loop_test(tcase, recorded, 0, CASES);
    return support_run(suite, true);
}
