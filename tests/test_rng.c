/* Random numbers against NumPy's words, the formulas of <fa/random.h>, and what chance allows. */
#include "rng.h"

#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* A standard normal number is further out than this with probability 1e-6 (both sides). */
static const double far_out = 4.8916;

static fa_stream raw(uint64_t seed)
{
    return (fa_stream){.seed = seed, .purpose = FA_PURPOSE_RAW};
}

/* Different in every field, so that none can be forgotten. */
static const fa_stream full = {
    .seed = UINT64_C(0x0123456789abcdef), .step = 9, .purpose = FA_PURPOSE_RULE, .layer = 7,
};

static double unit(fa_dtype dtype, uint64_t word)
{
    return dtype == FA_FLOAT32 ? (double)(word >> 40) * 0x1p-24 : (double)(word >> 11) * 0x1p-53;
}

static uint64_t *words_of(const fa_stream *stream, size_t count)
{
    uint64_t *words = make_memory(count, sizeof *words);
    expect_ok(fa_random_words(stream, 0, count, words));
    return words;
}

/* --- words --- */

/* [f"{w:#018x}" for w in numpy.random.Philox(key=seed).random_raw(8)] */
static const struct {
    uint64_t seed;
    uint64_t words[8];
} numpy_words[] = {
    {0,
     {UINT64_C(0x02f4ba6408e4d89b), UINT64_C(0x3dd62b0b9ca8c5b2), UINT64_C(0x1c8667a55d902e79),
      UINT64_C(0x907d7a052fd5b4dc), UINT64_C(0x809bf322883987c3), UINT64_C(0x471128b9e807f7dd),
      UINT64_C(0xf250ba0dbec065b7), UINT64_C(0xfc6ed66767a457bc)}},
    {42,
     {UINT64_C(0xd1f8817d4d62880e), UINT64_C(0x307266b65cc8797e), UINT64_C(0xde1f04e7f084ed03),
      UINT64_C(0x65034a8e78cd1e59), UINT64_C(0x5e3daa8961c3e3d3), UINT64_C(0x6f37dea4a04bd05c),
      UINT64_C(0x31d3a1ae26e190b9), UINT64_C(0x0fef7fae0ab2a01a)}},
    {UINT64_MAX,
     {UINT64_C(0x3c2521c58dde5bfb), UINT64_C(0xb7a1ad5dae1306d7), UINT64_C(0x6942eae9fd2feb84),
      UINT64_C(0xb7552e878d1c26fe), UINT64_C(0x59a439c096c17b4e), UINT64_C(0xc34ccc2492b8fcfe),
      UINT64_C(0x8537fbaa1803e440), UINT64_C(0x4e61296eee79ea30)}},
};

START_TEST(words_are_numpys)
{
    fa_stream stream = raw(numpy_words[_i].seed);
    const uint64_t *words = words_of(&stream, 8);
    ck_assert_mem_eq(words, numpy_words[_i].words, sizeof numpy_words[_i].words);
}
END_TEST

/* u64 = lambda *x: numpy.array(x, dtype=numpy.uint64)
 * numpy.random.Philox(key=u64(0x0123456789abcdef, 5 << 32 | 7), counter=u64(0, 9, 0, 0)).random_raw(8) */
START_TEST(words_of_a_purpose_a_layer_and_a_step)
{
    static const uint64_t expected[] = {
        UINT64_C(0x1f66be4822ff5e1d), UINT64_C(0x27e7812415c6de5c), UINT64_C(0x676f314559ebad43),
        UINT64_C(0xc753a9e69b5187bd), UINT64_C(0xe6dbf89ccafdee2c), UINT64_C(0x267962b9b2ecb13a),
        UINT64_C(0xbe5e89d1e3321eb8), UINT64_C(0x0d857662f87a7e72),
    };
    ck_assert_mem_eq(words_of(&full, 8), expected, sizeof expected);
}
END_TEST

START_TEST(words_from_any_place)
{
    enum { ALL = 40 };
    const uint64_t *all = words_of(&full, ALL);
    uint64_t some[ALL];
    for (size_t first = 0; first < ALL; first++)
        for (size_t count = 0; count <= ALL - first; count++) {
            expect_ok(fa_random_words(&full, first, count, some));
            ck_assert(memcmp(some, all + first, count * sizeof *some) == 0);
        }
}
END_TEST

/* The last block but one: its counter is 2^62 - 1, which a 32-bit or a float counter gets wrong.
 * numpy.random.Philox(key=42, counter=2**62 - 2).random_raw(4) */
START_TEST(words_far_away)
{
    static const uint64_t expected[] = {
        UINT64_C(0x4d47a2df10171b7b), UINT64_C(0xb88f85edef0dc9f9), UINT64_C(0xe50ef45809abced1),
        UINT64_C(0xe342100bd41c2d23),
    };
    fa_stream stream = raw(42);
    uint64_t words[4];
    expect_ok(fa_random_words(&stream, UINT64_MAX - 7, 4, words));
    ck_assert_mem_eq(words, expected, sizeof expected);
}
END_TEST

START_TEST(words_and_permutations_refuse)
{
    uint64_t word = 77;
    size_t order[2] = {77, 77};
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(NULL, 2, order));
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(&full, 2, NULL));
    ck_assert(order[0] == 77 && order[1] == 77);
    expect_ok(fa_random_permutation(&full, 0, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(NULL, 0, 1, &word));
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(&full, 0, 1, NULL));
    expect_failure(FA_ERR_SHAPE, fa_random_words(&full, UINT64_MAX, 2, &word));
    ck_assert_uint_eq(word, 77);
    expect_ok(fa_random_words(&full, 0, 0, NULL));
    expect_ok(fa_random_words(&full, UINT64_MAX - 1, 1, &word));
}
END_TEST

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

/* --- permutations --- */

/* High half of word * n for n < 2^32. */
static size_t below(uint64_t word, uint64_t n)
{
    return (size_t)(((word >> 32) * n + ((word & UINT32_MAX) * n >> 32)) >> 32);
}

START_TEST(fisher_yates)
{
    enum { MOST = 100 };
    const uint64_t *words = words_of(&full, MOST);
    for (size_t count = 0; count <= MOST; count++) {
        size_t expected[MOST], order[MOST + 1] = {0};
        for (size_t i = 0; i < count; i++)
            expected[i] = i;
        for (size_t i = count; i-- > 1;) {
            size_t other = below(words[i], i + 1), kept = expected[i];
            expected[i] = expected[other];
            expected[other] = kept;
        }
        order[count] = 77;
        expect_ok(fa_random_permutation(&full, count, order));
        ck_assert(memcmp(order, expected, count * sizeof *order) == 0);
        ck_assert_uint_eq(order[count], 77);
    }
}
END_TEST

START_TEST(permutation_has_every_index_once)
{
    enum { COUNT = 5000 };
    size_t *order = make_memory(COUNT, sizeof *order), *seen = make_memory(COUNT, sizeof *seen);
    expect_ok(fa_random_permutation(&full, COUNT, order));
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(order[i] < COUNT && seen[order[i]]++ == 0);
}
END_TEST

/* Chi-square with 5 degrees of freedom is above 35.888 with probability 1e-6. */
START_TEST(permutations_are_equally_frequent)
{
    enum { DRAWS = 60000 };
    double seen[9] = {0}, chi_square = 0;
    for (uint64_t step = 0; step < DRAWS; step++) {
        fa_stream stream = {.seed = 5, .step = step, .purpose = FA_PURPOSE_ORDER};
        size_t order[3];
        expect_ok(fa_random_permutation(&stream, 3, order));
        seen[order[0] * 3 + order[1]]++;
    }
    for (size_t first = 0; first < 3; first++)
        for (size_t second = 0; second < 3; second++)
            if (first != second)
                chi_square += pow(seen[first * 3 + second] - (double)DRAWS / 6., 2) / ((double)DRAWS / 6.);
    ck_assert_msg(chi_square < 35.888, "chi-square %.4g", chi_square);
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
    Suite *suite = suite_create("rng");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, words_are_numpys, 0, (int)(sizeof numpy_words / sizeof *numpy_words));
    tcase_add_test(tcase, words_of_a_purpose_a_layer_and_a_step);
    tcase_add_test(tcase, words_from_any_place);
    tcase_add_test(tcase, words_far_away);
    tcase_add_test(tcase, words_and_permutations_refuse);
    tcase_add_loop_test(tcase, unit_interval, 0, 2);
    tcase_add_loop_test(tcase, many_numbers, 0, 2);
    tcase_add_loop_test(tcase, any_interval, 0, 2);
    tcase_add_loop_test(tcase, never_high, 0, 2);
    tcase_add_loop_test(tcase, uniform_moments, 0, 2);
    tcase_add_loop_test(tcase, box_muller, 0, 2);
    tcase_add_loop_test(tcase, normal_moments, 0, 2);
    tcase_add_loop_test(tcase, refused_calls_write_nothing, 0, 2);
    tcase_add_test(tcase, fisher_yates);
    tcase_add_test(tcase, permutation_has_every_index_once);
    tcase_add_test(tcase, permutations_are_equally_frequent);
    tcase_add_loop_test(tcase, initializations, 0, 2);
    tcase_add_test(tcase, initializations_refuse);
    return support_run(suite, true);
}
