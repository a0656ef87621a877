/* Feedback in every form: what its matrix is, and that products are those with that matrix. */
#include "session.h"

#include <float.h>
#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { DEPTH = 3, SEED = 31 };

/* B_1 is wide under fa, B_2 tall; the products of the larger batches are shared out among threads. */
static const size_t widths[DEPTH + 1] = {13, 60, 130, 70};

typedef struct form {
    const char *name;
    const char *param; /* besides feedback_form; or NULL */
    double value;
} form;

static const form forms[] = {
    {"dense", NULL, 0},           {"sparse", "feedback_density", 0.3}, {"sparse", "feedback_density", 0.004},
    {"sparse", "feedback_density", 1}, {"low_rank", "feedback_rank", 3}, {"low_rank", "feedback_rank", 1e6},
    {"shared", NULL, 0},          {"regenerated", NULL, 0},
};

enum { FORMS = sizeof forms / sizeof forms[0], SPARSE = 1, LOW_RANK = 4, SHARED = 6, REGENERATED = 7 };

static net_spec make_layers(fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, DEPTH, 7, FA_IDENTITY, true);
    for (size_t l = 0; l <= DEPTH; l++)
        spec.width[l] = widths[l];
    return spec;
}

static void set_form(fa_feedback *fb, const form *f)
{
    expect_ok(fa_feedback_set_choice(fb, "feedback_form", f->name));
    if (f->param)
        expect_ok(fa_feedback_set_param(fb, f->param, f->value));
}

static fa_feedback *make_formed(const fa_network *net, const char *rule, const form *f)
{
    fa_feedback *fb = make_feedback(net, fa_rule_find(rule), NULL, SEED);
    set_form(fb, f);
    return fb;
}

/* B_l [n_l x m], m = n_{l+1} under fa and n_L under direct rules. */
static fa_matrix dense_of(const fa_feedback *fb, fa_dtype dtype, bool direct, size_t l)
{
    fa_matrix b = make_matrix(dtype, widths[l], widths[direct ? DEPTH : l + 1]);
    expect_ok(fa_feedback_dense(fb, l, &b));
    return b;
}

/* --- products --- */

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
 * gamma_{m + r} (Higham 3.1), and the dense matrix is rounded once more. Of B = U V^T the sum of absolute values of entry
 * (i, j) is at most r max|U| max|V|, with max|U| = a = 1 / sqrt(n_l) (dfa, fa), sqrt(6 / n_l) (drtp), and max|V| = sqrt(3 / r). */
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

static void check_delta(const session *s, size_t rule, const form *f, size_t l)
{
    fa_matrix delta = delta_of(s->pass, l), b = dense_of(s->fb, s->spec.dtype, rule > 0, l);
    fa_matrix from = rule == 2 ? s->target : delta_of(s->pass, rule == 1 ? DEPTH : l + 1);
    double *signal = make_memory(from.cols, sizeof *signal);
    for (size_t n = 0; n < delta.rows; n++) {
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
            for (size_t threads = 1; threads <= 2; threads++) {
                session s = start(dtypes[_i % 2], rule, f, batches[i], threads);
                for (size_t l = 1; l < DEPTH; l++)
                    check_delta(&s, rule, f, l);
            }
}
END_TEST

/* Equal numbers of threads give equal bits; a sparse product does so for any number. Of the rules only drtp brings back a
 * signal, the target, that does not depend on threads itself. */
START_TEST(threads_repeat)
{
    const form *f = &forms[_i / 2];
    const bool sparse = _i / 2 >= SPARSE && _i / 2 < LOW_RANK;
    for (size_t rule = 0; rule < 3; rule++)
        for (size_t threads = 1; threads <= 3; threads++) {
            session one = start(dtypes[_i % 2], rule, f, 69, threads), two = start(dtypes[_i % 2], rule, f, 69, threads);
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
        session a = make_session(&spec, fa_rule_find(rules[rule]), 7, 3), b = make_session(&spec, fa_rule_find("bp"), 7, 3);
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

/* --- matrices --- */

/* Every way to draw, and what is drawn by hand. */
START_TEST(regenerated_is_dense)
{
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_network *net = make_network(&spec, 1);
    fa_feedback *dense = make_feedback(net, fa_rule_find("fa"), NULL, SEED);
    fa_feedback *regenerated = make_formed(net, "fa", &forms[REGENERATED]);
    expect_ok(fa_feedback_set_param(dense, "feedback_draw", _i / 2));
    expect_ok(fa_feedback_set_param(regenerated, "feedback_draw", _i / 2));
    for (int init = -1; init <= FA_INIT_KAIMING_NORMAL; init++) {
        if (init >= FA_INIT_ZERO) {
            expect_ok(fa_feedback_init(dense, "B", 0, (fa_init)init, 0.7, 5));
            expect_ok(fa_feedback_init(regenerated, "B", 0, (fa_init)init, 0.7, 5));
        }
        for (size_t l = 1; l < DEPTH; l++) {
            fa_matrix view, b = dense_of(regenerated, spec.dtype, false, l);
            expect_ok(fa_feedback_get(dense, "B", l, &view));
            ck_assert(same_bits(&view, &b));
        }
    }
}
END_TEST

/* Entry (i, j) is there if number i m + j of {seed, FA_PURPOSE_FORM, l} is below the density, and then the dense one's. */
static size_t check_entries(const fa_feedback *sparse, const fa_feedback *dense, fa_dtype dtype, double density)
{
    size_t kept = 0;
    for (size_t l = 1; l < DEPTH; l++) {
        fa_stream stream = {.seed = SEED, .purpose = FA_PURPOSE_FORM, .layer = (uint32_t)l};
        fa_matrix b = dense_of(sparse, dtype, true, l), full = dense_of(dense, dtype, true, l);
        uint64_t *words = make_memory(b.rows * b.cols, sizeof *words);
        expect_ok(fa_random_words(&stream, 0, b.rows * b.cols, words));
        for (size_t i = 0; i < b.rows; i++)
            for (size_t j = 0; j < b.cols; j++) {
                bool there = ldexp((double)(words[i * b.cols + j] >> 11), -53) < density;
                ck_assert_double_eq(element(&b, i, j), there ? element(&full, i, j) : 0);
                kept += there;
            }
    }
    return kept;
}

/* The number of entries is binomial: within five standard deviations of its mean. */
START_TEST(sparse_entries_are_those_of_the_dense_matrix)
{
    static const double densities[] = {0.004, 0.1, 0.5, 1};
    const double density = densities[_i / 2], all = (double)((widths[1] + widths[2]) * widths[DEPTH]);
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_network *net = make_network(&spec, 1);
    fa_feedback *dense = make_feedback(net, fa_rule_find("dfa"), NULL, SEED);
    fa_feedback *sparse = make_feedback(net, fa_rule_find("dfa"), NULL, SEED);
    const form f = {"sparse", "feedback_density", density};
    set_form(sparse, &f);
    size_t kept = check_entries(sparse, dense, spec.dtype, density);
    ck_assert_double_le(fabs((double)kept - density * all), 5 * sqrt(density * (1 - density) * all));
    expect_ok(fa_feedback_init(dense, "B", 0, FA_INIT_NORMAL, 0.5, 77));
    expect_ok(fa_feedback_init(sparse, "B", 0, FA_INIT_NORMAL, 0.5, 77));
    ck_assert_uint_eq(check_entries(sparse, dense, spec.dtype, density), kept);
}
END_TEST

/* Corners of one array, drawn from the stream of layer 0 as a B of its own shape. */
START_TEST(shared_matrices_are_corners)
{
    const bool direct = _i / 2;
    const size_t cols = direct ? widths[DEPTH] : widths[2];
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_feedback *fb = make_formed(make_network(&spec, 1), direct ? "dfa" : "fa", &forms[SHARED]);
    fa_matrix whole = make_matrix(spec.dtype, widths[2], cols);
    fa_stream stream = {.seed = SEED, .purpose = FA_PURPOSE_FEEDBACK};
    double bound = 1 / sqrt((double)widths[2]);
    for (int again = 0; again < 3; again++) {
        expect_ok(fa_random_uniform(&stream, -bound, bound, &whole));
        for (size_t l = 1; l < DEPTH; l++) {
            fa_matrix view, b = dense_of(fb, spec.dtype, direct, l);
            expect_ok(fa_feedback_get(fb, "B", l, &view));
            ck_assert(same_bits(&view, &b));
            for (size_t i = 0; i < b.rows; i++)
                for (size_t j = 0; j < b.cols; j++)
                    ck_assert_double_eq(element(&b, i, j), element(&whole, i, j));
            expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set(fb, "B", l, &b));
        }
        if (again == 0)
            expect_ok(fa_feedback_set_choice(fb, "feedback_draw", "launay")); /* the same numbers here */
        else
            expect_ok(fa_feedback_init(fb, "B", 1, FA_INIT_UNIFORM, bound = 0.25, stream.seed = 8));
    }
}
END_TEST

/* Rank by elimination with full pivoting: the largest element that is left after r steps. */
static double left_after(const fa_matrix *b, size_t r, double *smallest_pivot)
{
    double *a = make_memory(b->rows * b->cols, sizeof *a), largest = 0;
    for (size_t i = 0; i < b->rows; i++)
        for (size_t j = 0; j < b->cols; j++)
            a[i * b->cols + j] = element(b, i, j);
    *smallest_pivot = INFINITY;
    for (size_t step = 0; step <= r; step++) {
        size_t at = 0;
        for (size_t k = 0; k < b->rows * b->cols; k++)
            at = fabs(a[k]) > fabs(a[at]) ? k : at;
        double pivot = a[at], *row = make_memory(b->cols, sizeof *row);
        largest = fabs(pivot);
        if (step == r)
            break;
        *smallest_pivot = fmin(*smallest_pivot, largest);
        for (size_t j = 0; j < b->cols; j++)
            row[j] = a[at / b->cols * b->cols + j];
        for (size_t i = 0; i < b->rows; i++) {
            double factor = a[i * b->cols + at % b->cols] / pivot;
            for (size_t j = 0; j < b->cols; j++)
                a[i * b->cols + j] -= factor * row[j];
        }
    }
    return largest;
}

/* Rounding of the entries is all that is left beyond the rank: a pivot's growth stays far below 1000. */
START_TEST(low_rank_has_its_rank)
{
    net_spec spec = make_layers(dtypes[_i]);
    fa_feedback *fb = make_formed(make_network(&spec, 1), "fa", &forms[LOW_RANK]);
    double pivot, u = spec.dtype == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix b = dense_of(fb, spec.dtype, false, l);
        double left = left_after(&b, 3, &pivot);
        ck_assert_msg(left < 1000 * u * pivot, "layer %zu: %g is left beside a pivot of %g", l, left, pivot);
    }
}
END_TEST

/* The mean square of all entries is the variance of the law. For r = 20 its relative standard deviation is about
 * sqrt(2 (1/n_l + 1/m) / r + 2 / (n_l m)) < 0.06; five of them are allowed. */
START_TEST(entries_keep_their_variance)
{
    static const char *const names[] = {"dense", "low_rank", "shared", "regenerated"};
    const fa_param *table = fa_feedback_params(NULL);
    const double scale = 3, cols = (double)widths[2], rows = (double)widths[1];
    ck_assert_str_eq(table[3].name, "feedback_draw");
    for (int draw = 1; draw <= 7; draw++)
        for (size_t i = 0; i < 4; i++) {
            const double tall = i == 2 ? (double)widths[2] : rows; /* of the array that is drawn */
            const double variance[] = {0, 1 / tall / 3, 2 / (tall + cols), 1 / (double)widths[2] / 3, 0.25 / 3, 2 / tall,
                                       1 / (tall + cols), 1 / (double)widths[2]};
            net_spec spec = make_layers(dtypes[_i]);
            fa_feedback *fb = make_feedback(make_network(&spec, 1), fa_rule_find("fa"), NULL, SEED);
            const form f = {names[i], "feedback_rank", 20};
            set_form(fb, &f);
            expect_ok(fa_feedback_set_param(fb, "feedback_draw", draw));
            expect_ok(fa_feedback_set_param(fb, "feedback_scale", scale));
            fa_matrix b = dense_of(fb, spec.dtype, false, 1);
            double square = norm(&b) * norm(&b) / (rows * cols), expected = scale * scale * variance[draw];
            ck_assert_msg(fabs(square / expected - 1) < 0.3, "%s, draw %d: %g, expected %g", names[i], draw, square,
                          expected);
        }
}
END_TEST

/* B^T B = s^2 I, or B B^T, within the rounding of the entries. */
START_TEST(orthogonal_is_orthogonal)
{
    const double scale = 1.5, u = dtypes[_i % 2] == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    net_spec spec = make_layers(dtypes[_i % 2]);
    fa_feedback *fb = make_feedback(make_network(&spec, 1), fa_rule_find("fa"), NULL, SEED);
    expect_ok(fa_feedback_set_choice(fb, "feedback_draw", "orthogonal"));
    expect_ok(fa_feedback_set_param(fb, "feedback_scale", scale));
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix b = dense_of(fb, spec.dtype, false, l);
        if (b.rows < b.cols)
            b = fa_matrix_transpose(b);
        for (size_t i = 0; i < b.cols; i++)
            for (size_t j = 0; j < b.cols; j++) {
                double sum = 0;
                for (size_t k = 0; k < b.rows; k++)
                    sum += element(&b, k, i) * element(&b, k, j);
                ck_assert_double_le(fabs(sum - (i == j) * scale * scale), 8 * u * scale * scale);
            }
    }
}
END_TEST

/* --- what is stored, and diagnostics --- */

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
    tcase_add_loop_test(tcase, regenerated_is_dense, 0, 2 * 8);
    tcase_add_loop_test(tcase, sparse_entries_are_those_of_the_dense_matrix, 0, 8);
    tcase_add_loop_test(tcase, shared_matrices_are_corners, 0, 4);
    tcase_add_loop_test(tcase, low_rank_has_its_rank, 0, 2);
    tcase_add_loop_test(tcase, entries_keep_their_variance, 0, 2);
    tcase_add_loop_test(tcase, orthogonal_is_orthogonal, 0, 2);
    tcase_add_loop_test(tcase, bytes_are_what_is_stored, 0, 2);
    tcase_add_loop_test(tcase, angles_are_those_of_the_matrix, 0, 2 * FORMS);
    tcase_add_loop_test(tcase, only_dense_matrices_are_seen_and_set, 0, 2);
    return support_run(suite, true);
}
