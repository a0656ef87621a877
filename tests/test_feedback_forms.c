/* Feedback in every form: that products are those with its matrix, what is stored, what is seen. */
#include "forms.h"

#include <float.h>
#include <math.h>

static const char *const rules[] = {"fa", "dfa", "drtp"};

/* A session of one rule in one form; drtp's signal is the target, in any layout. */
static session start(fa_dtype dtype, size_t rule, const form *f, size_t n, size_t threads)
{
    uint64_t state = 5;
    net_spec spec = make_layers(dtype);
    session s = make_session(&spec, fa_rule_find(rules[rule]), n, 3);
    s.target = make_target(&spec, n, (view_layout)(n % LAYOUTS), &state);
    s.fb = make_formed(s.net, rules[rule], f);
    if (threads > 1)
        expect_ok(fa_pass_set_threads(s.pass, threads));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    return s;
}

/* The library sums m products, or by low rank sums of r of m: relative to the sum of absolute values the error is below
 * gamma_{m + r} (Higham 3.1), and the dense matrix is rounded once more. Of B = U V^T the sum of absolute values of
 * entry (i, j) is at most r max|U| max|V|, with max|U| = a = 1 / sqrt(n_l) (dfa, fa), sqrt(6 / n_l) (drtp), and
 * max|V| = sqrt(3 / r). */
static double bound_of(const fa_matrix *b, const form *f, size_t i, const double *signal)
{
    const double u = (b->dtype == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON) / 2;
    const size_t full = b->rows < b->cols ? b->rows : b->cols;
    const bool low = f->name[0] == 'l';
    const double r = low && f->value < (double)full ? f->value : low ? (double)full : 0;
    double sum = 0;
    for (size_t j = 0; j < b->cols; j++)
        sum += fabs(signal[j]) * (low ? r * sqrt(6.0 / (double)b->rows) * sqrt(3.0 / r) : fabs(element(b, i, j)));
    return 2 * ((double)b->cols + r + 2) * u * sum;
}

/* Every fourth sample, and so some of every strip of vectors. */
static void check_delta(const session *s, size_t rule, const form *f, size_t l)
{
    fa_matrix delta = delta_of(s->pass, l), b = dense_of(s->fb, s->spec.dtype, rule > 0, l);
    fa_matrix from = rule == 2 ? s->target : delta_of(s->pass, rule == 1 ? DEPTH : l + 1);
    double *signal = make_memory(from.cols, sizeof *signal);
    for (size_t n = delta.rows - 1; n < delta.rows; n -= 4) {
        for (size_t j = 0; j < from.cols; j++)
            signal[j] = element(&from, n, j);
        for (size_t i = 0; i < delta.cols; i++) {
            double sum = 0;
            for (size_t j = 0; j < from.cols; j++)
                sum += element(&b, i, j) * signal[j];
            double off = fabs(element(&delta, n, i) - sum), bound = bound_of(&b, f, i, signal);
            ck_assert_msg(off <= bound, "%s, %s, layer %zu, (%zu, %zu): off by %g, allowed %g", rules[rule], f->name, l,
                          n, i, off, bound);
        }
    }
}

START_TEST(products_are_those_of_the_matrix)
{
    static const size_t batches[] = {1, 7, 64, 69};
    const form *f = &forms[_i / 2];
    for (size_t rule = 0; rule < 3; rule++)
        for (size_t i = 0; i < 4; i++)
            for (size_t threads = 1; threads <= (batches[i] < 69 ? 1u : 2u); threads++) {
                session s = start(dtypes[_i % 2], rule, f, batches[i], threads);
                for (size_t l = 1; l < DEPTH; l++)
                    check_delta(&s, rule, f, l);
            }
}
END_TEST

/* Equal numbers of threads give equal bits; a sparse product does so for any number. Of the rules only drtp brings back
 * a signal, the target, that does not depend on threads itself. */
START_TEST(threads_repeat)
{
    const form *f = &forms[_i / 2];
    const bool sparse = _i / 2 >= SPARSE && _i / 2 < LOW_RANK;
    for (size_t rule = 0; rule < 3; rule++) {
        session one = start(dtypes[_i % 2], rule, f, 69, 2), two = start(dtypes[_i % 2], rule, f, 69, 2);
        session alone = start(dtypes[_i % 2], rule, f, 69, 1);
        for (size_t l = 1; l < DEPTH; l++) {
            fa_matrix a = delta_of(one.pass, l), b = delta_of(two.pass, l), c = delta_of(alone.pass, l);
            ck_assert(same_bits(&a, &b));
            ck_assert(!sparse || rule < 2 || same_bits(&a, &c));
        }
    }
}
END_TEST

/* A step that fails leaves everything as it was: tried again it gives what it gives the first time. */
START_TEST(steps_are_tried_again)
{
    const form *f = &forms[_i / 2];
    for (size_t rule = 0; rule < 3; rule++) {
        net_spec spec = make_layers(dtypes[_i % 2]);
        session a = make_session(&spec, fa_rule_find(rules[rule]), 7, 3),
                b = make_session(&spec, fa_rule_find("bp"), 7, 3);
        a.fb = make_formed(a.net, rules[rule], f);
        b.fb = make_formed(b.net, rules[rule], f);
        double wrong = element(&b.target, 3, 1);
        for (int step = 0; step < 3; step++) {
            set_element(&b.target, 3, 1, (double)NAN);
            expect_failure(FA_ERR_NOT_FINITE, session_step(&b, NULL));
            set_element(&b.target, 3, 1, wrong);
            expect_ok(session_step(&a, NULL));
            expect_ok(session_step(&b, NULL));
        }
        state_copy one = take_snapshot(&a), two = take_snapshot(&b);
        ck_assert(same_snapshot(&one, &two));
    }
}
END_TEST

START_TEST(bytes_are_what_is_stored)
{
    size_t bytes[FORMS], size = fa_dtype_size(dtypes[_i]);
    net_spec spec = make_layers(dtypes[_i]);
    fa_network *net = make_network(&spec, 1);
    for (size_t i = 0; i < FORMS; i++)
        bytes[i] = fa_feedback_bytes(make_formed(net, "dfa", &forms[i]));
    ck_assert_uint_ge(bytes[0], (widths[1] + widths[2]) * widths[3] * size);
    ck_assert_uint_lt(bytes[SPARSE], bytes[0]);
    ck_assert_uint_lt(bytes[SPARSE + 1], bytes[SPARSE]);
    ck_assert_uint_lt(bytes[LOW_RANK], bytes[0] / 4);
    ck_assert_uint_lt(bytes[SHARED], bytes[0]);
    ck_assert_uint_ge(bytes[SHARED], widths[2] * widths[3] * size);
    ck_assert_uint_eq(bytes[REGENERATED], 0);
}
END_TEST

START_TEST(angles_are_those_of_the_matrix)
{
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_network *net = make_network(&spec, 1);
    fa_feedback *fb = make_formed(net, "fa", &forms[_i / 2]);
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix b = dense_of(fb, spec.dtype, false, l), w = fa_matrix_transpose(weights_of(net, l + 1));
        double got, expected;
        expect_ok(fa_weight_angle(net, fb, l, &got));
        expect_ok(fa_angle(&w, &b, &expected));
        ck_assert_double_le(fabs(got - expected), 1e-9); /* degrees; sums in double, in another order at most */
    }
}
END_TEST

START_TEST(only_dense_matrices_are_seen_and_set)
{
    static const size_t others[] = {SPARSE, LOW_RANK, REGENERATED};
    net_spec spec = make_layers(dtypes[_i]);
    fa_network *net = make_network(&spec, 1);
    for (size_t i = 0; i < 3; i++) {
        fa_feedback *fb = make_formed(net, "fa", &forms[others[i]]);
        fa_matrix view, b = dense_of(fb, spec.dtype, false, 1), turned = fa_matrix_transpose(b);
        fa_matrix other = make_matrix(dtypes[1 - _i], b.rows, b.cols);
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_get(fb, "B", 1, &view));
        ck_assert(is_zeroed(&view));
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set(fb, "B", 1, &b));
        expect_failure(FA_ERR_SHAPE, fa_feedback_dense(fb, 1, &turned));
        expect_failure(FA_ERR_DTYPE, fa_feedback_dense(fb, 1, &other));
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_dense(fb, 0, &b));
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_dense(fb, DEPTH, &b));
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_dense(fb, 1, NULL));
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_dense(NULL, 1, &b));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback forms");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, products_are_those_of_the_matrix, 0, 2 * FORMS);
    tcase_add_loop_test(tcase, threads_repeat, 0, 2 * FORMS);
    tcase_add_loop_test(tcase, steps_are_tried_again, 0, 2 * FORMS);
    tcase_add_loop_test(tcase, bytes_are_what_is_stored, 0, 2);
    tcase_add_loop_test(tcase, angles_are_those_of_the_matrix, 0, 2 * FORMS);
    tcase_add_loop_test(tcase, only_dense_matrices_are_seen_and_set, 0, 2);
    return support_run(suite, true);
}
