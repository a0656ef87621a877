/* Feedback in every form: what its matrix is. */
#include "forms.h"

#include <float.h>
#include <math.h>

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

/* Entry (i, j) is there if number i m + j of {seed, FA_PURPOSE_FORM, l} is below the density, and then the dense
 * one's. */
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
            const double variance[] = {0, 1 / tall / 3, 2 / (tall + cols), 1 / (double)widths[2] / 3, 0.25 / 3,
                                       2 / tall, 1 / (tall + cols), 1 / (double)widths[2]};
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
    const double scale = _i / 2 ? 2 : 1.5, u = dtypes[_i % 2] == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
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

int main(void)
{
    Suite *suite = suite_create("feedback matrices");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, regenerated_is_dense, 0, 2 * 8);
    tcase_add_loop_test(tcase, sparse_entries_are_those_of_the_dense_matrix, 0, 8);
    tcase_add_loop_test(tcase, shared_matrices_are_corners, 0, 4);
    tcase_add_loop_test(tcase, low_rank_has_its_rank, 0, 2);
    tcase_add_loop_test(tcase, entries_keep_their_variance, 0, 2);
    tcase_add_loop_test(tcase, orthogonal_is_orthogonal, 0, 4);
    return support_run(suite, true);
}
