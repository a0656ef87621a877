/* Moments of the inputs against sums in long double, and standardization. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { N = 500, INPUTS = 6 };

static void destroy(void *data)
{
    fa_dataset_destroy(data);
}

/* Column 0 is 0.1 throughout; 1 is far from 0 (1000 +- 1); the others lie in [-1, 1] and [0, 100]. */
static fa_matrix make_inputs(fa_dtype dtype, view_layout layout)
{
    uint64_t state = 7;
    fa_matrix x = make_layout(dtype, N, INPUTS, layout);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < INPUTS; j++) {
            const double u = draw_uniform(&state, -1, 1);
            set_element(&x, i, j, j == 0 ? 0.1 : j == 1 ? 1000 + u : j < 4 ? u : 50 + 50 * u);
        }
    return x;
}

static fa_dataset *make_data(const fa_matrix *x)
{
    fa_dataset *data = NULL;
    const int32_t *labels = make_memory(x->rows, sizeof *labels);
    expect_ok(fa_dataset_create_labelled(&data, x, labels, 0));
    return keep(data, destroy);
}

/* Moments of column j over rows i where wanted[i], or all. */
static void naive(const fa_matrix *x, const bool *wanted, size_t j, double *mean, double *deviation)
{
    long double sum = 0, squares = 0, count = 0;
    for (size_t i = 0; i < x->rows; i++)
        if (!wanted || wanted[i]) {
            sum += (long double)element(x, i, j);
            count++;
        }
    for (size_t i = 0; i < x->rows; i++)
        if (!wanted || wanted[i])
            squares += powl((long double)element(x, i, j) - sum / count, 2);
    *mean = (double)(sum / count);
    *deviation = (double)sqrtl(squares / count);
}

/* n terms in float64, each below 2 |x| after the shift: the sum's error is at most n u sum |x - x_0|, so the mean's is
 * at most n u max |x - x_0| <= 2 n u span, and one rounding of the mean itself. The deviation takes that over, plus n u
 * of itself. */
static void expect_moments(const fa_matrix *x, const bool *wanted, const fa_matrix *mean, const fa_matrix *deviation)
{
    for (size_t j = 0; j < INPUTS; j++) {
        const double span = j < 4 ? 2 : 100, u = DBL_EPSILON / 2;
        double m, s;
        naive(x, wanted, j, &m, &s);
        ck_assert_double_eq_tol(element(mean, 0, j), m, 2 * N * u * span + u * fabs(m));
        if (deviation)
            ck_assert_double_eq_tol(element(deviation, 0, j), s,
                                    2.0 * (double)N * u * span + (double)N * u * s + u * fabs(m));
    }
}

START_TEST(moments)
{
    const fa_matrix x = make_inputs(dtypes[_i % 2], (view_layout)(_i / 2));
    const fa_dataset *data = make_data(&x);
    fa_matrix mean = make_layout(FA_FLOAT64, 1, INPUTS, (view_layout)(_i / 2));
    fa_matrix deviation = make_matrix(FA_FLOAT64, 1, INPUTS);
    expect_ok(fa_dataset_moments(data, &mean, &deviation));
    expect_moments(&x, NULL, &mean, &deviation);
    ck_assert(element(&mean, 0, 0) == element(&x, 0, 0) && element(&deviation, 0, 0) == 0); /* exactly */
    fa_matrix alone = make_matrix(FA_FLOAT64, 1, INPUTS);
    expect_ok(fa_dataset_moments(data, &alone, NULL));
    ck_assert(same_bits(&mean, &alone));
}
END_TEST

START_TEST(moments_of_a_part)
{
    const fa_matrix x = make_inputs(FA_FLOAT32, LAYOUT_C);
    const fa_stream stream = {.seed = 4, .purpose = FA_PURPOSE_SPLIT};
    fa_dataset *part = NULL;
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, INPUTS), deviation = make_matrix(FA_FLOAT64, 1, INPUTS);
    size_t order[N];
    bool wanted[N] = {false};
    expect_ok(fa_dataset_split(make_data(&x), 4, 1, (const size_t[]){100}, &part));
    keep(part, destroy);
    expect_ok(fa_random_permutation(&stream, N, order));
    for (size_t k = 0; k < 100; k++)
        wanted[order[k]] = true;
    expect_ok(fa_dataset_moments(part, &mean, &deviation));
    expect_moments(&x, wanted, &mean, &deviation);
}
END_TEST

/* It is its own mean, and nothing that lies behind it counts. */
START_TEST(moments_of_one_sample)
{
    fa_matrix x = make_matrix(FA_FLOAT64, 2, INPUTS);
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, INPUTS), deviation = make_matrix(FA_FLOAT64, 1, INPUTS);
    for (size_t j = 0; j < INPUTS; j++) {
        set_element(&x, 0, j, 0.1 * (double)j - 7);
        set_element(&x, 1, j, (double)NAN);
    }
    x.rows = 1;
    expect_ok(fa_dataset_moments(make_data(&x), &mean, &deviation));
    ck_assert(same_bits(&mean, &x) && norm(&deviation) == 0);
}
END_TEST

START_TEST(moments_refuse)
{
    fa_matrix x = make_inputs(FA_FLOAT64, LAYOUT_C);
    const fa_dataset *data = make_data(&x);
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, INPUTS), deviation = make_matrix(FA_FLOAT64, 1, INPUTS);
    fa_matrix narrow = make_matrix(FA_FLOAT64, 1, INPUTS - 1), single = make_matrix(FA_FLOAT32, 1, INPUTS);
    fa_matrix tall = make_matrix(FA_FLOAT64, 2, INPUTS);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_moments(NULL, &mean, &deviation));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_moments(data, NULL, &deviation));
    expect_failure(FA_ERR_SHAPE, fa_dataset_moments(data, &narrow, &deviation));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "is 1 x 5, it has to be 1 x 6"));
    expect_failure(FA_ERR_SHAPE, fa_dataset_moments(data, &mean, &tall));
    expect_failure(FA_ERR_DTYPE, fa_dataset_moments(data, &mean, &single));
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t k = 0; k < 3; k++) {
        set_element(&x, 17 * k, 3, bad[k]); /* the first sample too, by which the sums are shifted */
        expect_failure(FA_ERR_NOT_FINITE, fa_dataset_moments(data, &mean, &deviation));
        char place[64];
        snprintf(place, sizeof place, "input 3 of sample %zu ", 17 * k);
        ck_assert_ptr_nonnull(strstr(fa_last_error(), place));
        set_element(&x, 17 * k, 3, 0);
    }
    set_element(&x, 4, 2, 1e300); /* its square overflows */
    expect_failure(FA_ERR_NOT_FINITE, fa_dataset_moments(data, &mean, &deviation));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "deviation of input 2"));
    ck_assert(norm(&mean) == 0 && norm(&deviation) == 0);
}
END_TEST

/* --- standardization --- */

static fa_dataset *copied(const fa_dataset *data)
{
    fa_dataset *copy = NULL;
    expect_ok(fa_dataset_copy(&copy, data));
    return keep(copy, destroy);
}

START_TEST(standardized)
{
    const fa_dtype dtype = dtypes[_i];
    const fa_matrix x = make_inputs(dtype, LAYOUT_FORTRAN);
    fa_dataset *data = copied(make_data(&x)), *part = NULL;
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, INPUTS), deviation = make_matrix(FA_FLOAT64, 1, INPUTS), y, target;
    expect_ok(fa_dataset_moments(data, &mean, &deviation));
    expect_ok(fa_dataset_standardize(data, &mean, &deviation));
    expect_ok(fa_dataset_view(data, 0, N, &y, &target));
    size_t wrong = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < INPUTS; j++) {
            const double s = element(&deviation, 0, j), moved = element(&x, i, j) - element(&mean, 0, j);
            const double z = s == 0 ? moved : moved / s;
            wrong += element(&y, i, j) != (dtype == FA_FLOAT32 ? (double)(float)z : z);
        }
    ck_assert_uint_eq(wrong, 0);
    for (size_t i = 0; i < N; i++)
        ck_assert(element(&y, i, 0) == 0);

    /* A part changes its own samples and no others, in the arrays that it shares. */
    fa_matrix before = make_matrix(dtype, N, INPUTS);
    expect_ok(fa_matrix_copy(&y, &before));
    expect_ok(fa_dataset_rows(&part, data, 100, 50));
    keep(part, destroy);
    for (size_t j = 0; j < INPUTS; j++) {
        set_element(&mean, 0, j, 0);
        set_element(&deviation, 0, j, 0.5);
    }
    expect_ok(fa_dataset_standardize(part, &mean, &deviation));
    for (size_t i = 0; i < N; i++)
        wrong += element(&y, i, 2) != element(&before, i, 2) * (i >= 100 && i < 150 ? 2 : 1);
    ck_assert_uint_eq(wrong, 0);

    /* Where the deviation is 0 only the mean is taken off. */
    expect_ok(fa_matrix_copy(&y, &before));
    set_element(&mean, 0, 2, 0.25);
    for (size_t j = 0; j < INPUTS; j++)
        set_element(&deviation, 0, j, 0);
    expect_ok(fa_dataset_standardize(part, &mean, &deviation));
    for (size_t i = 100; i < 150; i++) {
        const double z = element(&before, i, 2) - 0.25;
        wrong += element(&y, i, 2) != (dtype == FA_FLOAT32 ? (double)(float)z : z);
        wrong += element(&y, i, 3) != element(&before, i, 3);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(standardization_refuses)
{
    const fa_matrix x = make_inputs(FA_FLOAT32, LAYOUT_C);
    fa_dataset *borrowed = make_data(&x), *data = copied(borrowed);
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, INPUTS), deviation = make_matrix(FA_FLOAT64, 1, INPUTS), y;
    fa_matrix narrow = make_matrix(FA_FLOAT64, 1, INPUTS - 1), single = make_matrix(FA_FLOAT32, 1, INPUTS);
    fa_matrix tall = make_matrix(FA_FLOAT64, 2, INPUTS);
    for (size_t j = 0; j < INPUTS; j++)
        set_element(&deviation, 0, j, 2);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_standardize(NULL, &mean, &deviation));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_standardize(data, NULL, &deviation));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_standardize(data, &mean, NULL));
    expect_failure(FA_ERR_SHAPE, fa_dataset_standardize(data, &narrow, &deviation));
    expect_failure(FA_ERR_SHAPE, fa_dataset_standardize(data, &tall, &deviation));
    expect_failure(FA_ERR_SHAPE, fa_dataset_standardize(data, &mean, &narrow));
    expect_failure(FA_ERR_SHAPE, fa_dataset_standardize(data, &mean, &tall));
    expect_failure(FA_ERR_DTYPE, fa_dataset_standardize(data, &single, &deviation));
    expect_failure(FA_ERR_UNSUPPORTED, fa_dataset_standardize(borrowed, &mean, &deviation));
    set_element(&deviation, 0, 4, -1);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_standardize(data, &mean, &deviation));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "input 4 (counted from 0) is -1,"));
    set_element(&deviation, 0, 4, (double)NAN);
    expect_failure(FA_ERR_NOT_FINITE, fa_dataset_standardize(data, &mean, &deviation));
    set_element(&deviation, 0, 4, 1);
    set_element(&mean, 0, 4, (double)INFINITY);
    expect_failure(FA_ERR_NOT_FINITE, fa_dataset_standardize(data, &mean, &deviation));
    expect_ok(fa_dataset_view(data, 0, N, &y, NULL));
    ck_assert(same_bits(&x, &y));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset_moments");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, moments, 0, 2 * LAYOUTS);
    tcase_add_test(tcase, moments_of_a_part);
    tcase_add_test(tcase, moments_of_one_sample);
    tcase_add_test(tcase, moments_refuse);
    tcase_add_loop_test(tcase, standardized, 0, 2);
    tcase_add_test(tcase, standardization_refuses);
    return support_run(suite, true);
}
