/* Random numbers against the formulas of <fa/random.h>, and what chance allows. */
#include "rng.h"

#include "stream_words.h"

#include <float.h>
#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* A standard normal number is further out than this with probability 1e-6 (both sides). */
static const double far_out = 4.8916;

static double unit(fa_dtype dtype, uint64_t word)
{
    return dtype == FA_FLOAT32 ? (double)(word >> 40) * 0x1p-24 : (double)(word >> 11) * 0x1p-53;
}

/* --- uniform numbers --- */

START_TEST(unit_interval)
{
    const uint64_t *words = words_of(&full, 35);
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix matrix = make_layout(dtypes[_i], 7, 5, (view_layout)layout);
        expect_ok(fa_random_uniform(&full, 0, 1, &matrix));
        for (size_t at = 0; at < 35; at++)
            ck_assert(element(&matrix, at / 5, at % 5) == unit(dtypes[_i], words[at]));
    }
}
END_TEST

/* More words than are drawn at once, in rows that end anywhere: the same ones as the stream's, in every layout. */
START_TEST(many_numbers)
{
    enum { ROWS = 7, COLS = 83 };
    const uint64_t *words = words_of(&full, ROWS * COLS);
    for (int layout = 0; layout < LAYOUTS; layout++)
        for (size_t cols = COLS - 9; cols <= COLS; cols++) {
            fa_matrix matrix = make_layout(dtypes[_i], ROWS, cols, (view_layout)layout);
            expect_ok(fa_random_uniform(&full, 0, 1, &matrix));
            for (size_t at = 0; at < ROWS * cols; at++)
                ck_assert(element(&matrix, at / cols, at % cols) == unit(dtypes[_i], words[at]));
        }
}
END_TEST

/* low + (high - low) u, every operation rounded to the element type. */
START_TEST(any_interval)
{
    const double low = -0.3, high = 1.7;
    const uint64_t *words = words_of(&full, 100);
    fa_matrix matrix = make_matrix(dtypes[_i], 1, 100);
    expect_ok(fa_random_uniform(&full, low, high, &matrix));
    for (size_t j = 0; j < 100; j++) {
        const float scaled32 = ((float)high - (float)low) * (float)unit(FA_FLOAT32, words[j]);
        const float value32 = (float)low + scaled32;
        const double scaled64 = (high - low) * unit(FA_FLOAT64, words[j]);
        const double value64 = low + scaled64;
        ck_assert(element(&matrix, 0, j) == (dtypes[_i] == FA_FLOAT32 ? (double)value32 : value64));
    }
}
END_TEST

/* Intervals of few numbers, where low + (high - low) u rounds up to high half of the time. */
START_TEST(never_high)
{
    fa_dtype dtype = dtypes[_i];
    const double step = dtype == FA_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    fa_matrix matrix = make_matrix(dtype, 1, 1000);
    for (int steps = 1; steps < 6; steps++) {
        const double high = 1 + steps * step;
        expect_ok(fa_random_uniform(&full, 1, high, &matrix));
        for (size_t j = 0; j < matrix.cols; j++)
            ck_assert(element(&matrix, 0, j) >= 1 && element(&matrix, 0, j) < high);
    }
    expect_ok(fa_random_uniform(&full, 2.5, 2.5, &matrix));
    for (size_t j = 0; j < matrix.cols; j++)
        ck_assert(element(&matrix, 0, j) == 2.5);
}
END_TEST

/* Mean of (x - center)^power over a matrix. */
static double moment(const fa_matrix *matrix, double center, int power)
{
    double sum = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++)
            sum += pow(element(matrix, i, j) - center, power);
    return sum / (double)matrix->rows / (double)matrix->cols;
}

/* The mean of count numbers of the variance lies within far_out standard errors of what is expected. */
static void check_mean(double mean, double expected, double variance, size_t count)
{
    double z = (mean - expected) / sqrt(variance / (double)count);
    ck_assert_msg(fabs(z) < far_out, "%.9g, expected %.9g: %.3g standard errors away", mean, expected, z);
}

START_TEST(uniform_moments)
{
    fa_matrix matrix = make_matrix(dtypes[_i], 200, 500);
    expect_ok(fa_random_uniform(&full, 2, 4, &matrix));
    check_mean(moment(&matrix, 3, 1), 0, 1. / 3, 100000);
    check_mean(moment(&matrix, 3, 2), 1. / 3, 1. / 5 - 1. / 9, 100000);
    check_mean(moment(&matrix, 3, 3), 0, 1. / 7, 100000);
    check_mean(moment(&matrix, 3, 4), 1. / 5, 1. / 9 - 1. / 25, 100000);
}
END_TEST

/* --- normal numbers --- */

START_TEST(box_muller)
{
    const double pi = 3.14159265358979323846, mean = 0.25, deviation = 1.5;
    const uint64_t *words = words_of(&full, 36);
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix matrix = make_layout(dtypes[_i], 5, 7, (view_layout)layout); /* an odd number of elements */
        expect_ok(fa_random_normal(&full, mean, deviation, &matrix));
        for (size_t at = 0; at < 35; at++) {
            const double u = 1 - unit(FA_FLOAT64, words[at / 2 * 2]), v = unit(FA_FLOAT64, words[at / 2 * 2 + 1]);
            const double expected =
                mean + deviation * sqrt(-2 * log(u)) * (at % 2 == 0 ? cos(2 * pi * v) : sin(2 * pi * v));
            /* 8 roundings of numbers up to 1.5 * 8.6, and of float32 one more. */
            const double bound = 8 * DBL_EPSILON * 13 + (dtypes[_i] == FA_FLOAT32 ? (double)FLT_EPSILON * 13 : 0);
            ck_assert_double_eq_tol(element(&matrix, at / 7, at % 7), expected, bound);
        }
    }
}
END_TEST

START_TEST(normal_moments)
{
    fa_matrix matrix = make_matrix(dtypes[_i], 200, 500);
    expect_ok(fa_random_normal(&full, 3, 1, &matrix));
    check_mean(moment(&matrix, 3, 1), 0, 1, 100000);
    check_mean(moment(&matrix, 3, 2), 1, 3 - 1, 100000);
    check_mean(moment(&matrix, 3, 3), 0, 15, 100000);
    check_mean(moment(&matrix, 3, 4), 3, 105 - 9, 100000);
    expect_ok(fa_random_normal(&full, 3, 0, &matrix));
    ck_assert(moment(&matrix, 3, 2) == 0);
}
END_TEST

/* --- refusals --- */

START_TEST(refused_calls_write_nothing)
{
    fa_matrix matrix = make_matrix(dtypes[_i], 2, 3), view = matrix;
    set_element(&matrix, 0, 0, 77);
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(NULL, 0, 1, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&full, 0, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&full, 1, 0.5, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&full, (double)NAN, 1, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&full, 0, (double)INFINITY, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&full, -(double)INFINITY, 0, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(NULL, 0, 1, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&full, 0, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&full, 0, -1, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&full, 0, (double)NAN, &matrix));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&full, (double)NAN, 1, &matrix));
    view.row_stride = 2;
    expect_failure(FA_ERR_SHAPE, fa_random_uniform(&full, 0, 1, &view));
    expect_failure(FA_ERR_SHAPE, fa_random_normal(&full, 0, 1, &view));
    for (size_t at = 0; at < 6; at++)
        ck_assert(element(&matrix, at / 3, at % 3) == (at == 0 ? 77 : 0));
}
END_TEST

/* --- initializations: fan_in 200, fan_out 300, scale 0.8 --- */

static const struct {
    fa_init init;
    bool normal;
    double variance;
} inits[] = {
    {FA_INIT_UNIFORM, false, 0.64 / 3},
    {FA_INIT_NORMAL, true, 0.64},
    {FA_INIT_GLOROT_UNIFORM, false, 0.64 * 2 / 500},
    {FA_INIT_GLOROT_NORMAL, true, 0.64 * 2 / 500},
    {FA_INIT_KAIMING_UNIFORM, false, 0.64 * 2 / 200},
    {FA_INIT_KAIMING_NORMAL, true, 0.64 * 2 / 200},
};

static void check_init(const fa_matrix *matrix, double variance, bool normal)
{
    const size_t count = matrix->rows * matrix->cols;
    const double fourth = variance * variance * (normal ? 3 : 9. / 5);
    check_mean(moment(matrix, 0, 1), 0, variance, count);
    check_mean(moment(matrix, 0, 2), variance, fourth - variance * variance, count);
    if (normal) {
        check_mean(moment(matrix, 0, 4), fourth, 96 * pow(variance, 4), count);
        return;
    }
    double most = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++)
            most = fmax(most, fabs(element(matrix, i, j)));
    /* Of 60000 numbers none is in the last 3e-4 of the interval with probability (1 - 3e-4)^60000 = 1.5e-8. */
    ck_assert(most <= sqrt(3 * variance) * (1 + 4 * (double)FLT_EPSILON) && most > sqrt(3 * variance) * (1 - 3e-4));
}

START_TEST(initializations)
{
    fa_matrix matrix = make_uniform(dtypes[_i], 300, 200, LAYOUT_FORTRAN, 1, &(uint64_t){1});
    for (size_t k = 0; k < sizeof inits / sizeof *inits; k++) {
        expect_ok(rng_check(inits[k].init, 0.8));
        rng_fill(&matrix, inits[k].init, 0.8, 200, 300, &full);
        check_init(&matrix, inits[k].variance, inits[k].normal);
    }
    rng_fill(&matrix, FA_INIT_ZERO, 0.8, 200, 300, &full);
    ck_assert(norm(&matrix) == 0);
}
END_TEST

START_TEST(initializations_refuse)
{
    expect_failure(FA_ERR_ARGUMENT, rng_check((fa_init)0, 1));
    expect_failure(FA_ERR_ARGUMENT, rng_check((fa_init)8, 1));
    expect_failure(FA_ERR_ARGUMENT, rng_check(FA_INIT_UNIFORM, -0.5));
    expect_failure(FA_ERR_ARGUMENT, rng_check(FA_INIT_UNIFORM, (double)NAN));
    expect_failure(FA_ERR_ARGUMENT, rng_check(FA_INIT_UNIFORM, (double)INFINITY));
    expect_ok(rng_check(FA_INIT_UNIFORM, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng numbers");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, unit_interval, 0, 2);
    tcase_add_loop_test(tcase, many_numbers, 0, 2);
    tcase_add_loop_test(tcase, any_interval, 0, 2);
    tcase_add_loop_test(tcase, never_high, 0, 2);
    tcase_add_loop_test(tcase, uniform_moments, 0, 2);
    tcase_add_loop_test(tcase, box_muller, 0, 2);
    tcase_add_loop_test(tcase, normal_moments, 0, 2);
    tcase_add_loop_test(tcase, refused_calls_write_nothing, 0, 2);
    tcase_add_loop_test(tcase, initializations, 0, 2);
    tcase_add_test(tcase, initializations_refuse);
    return support_run(suite, true);
}
