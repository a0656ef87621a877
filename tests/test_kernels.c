/* Activations and sums at the CPU level that runs, against double loops over libm. */
#include "inner.h"
#include "kernels.h"

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static double smallest(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)FLT_MIN : DBL_MIN;
}

/* --- activations --- */

static double activation(fa_activation f, double z)
{
    switch (f) {
    case FA_TANH:
        return tanh(z);
    case FA_LOGISTIC:
        return 1 / (1 + exp(-z));
    case FA_RELU:
        return z <= 0 ? 0 : z;
    case FA_ERF:
        return erf(z * sqrt(0.5));
    default:
        return z;
    }
}

/* [1 x count] matrices in a row: arguments of every size, then the special ones. */
static double argument(size_t index, uint64_t *state)
{
    static const double special[] = {0,   -0., 750, -750, 1e-30, -1e-30, 88, -88, 710, -710,
                                     1e4, -1e4, (double)INFINITY, -(double)INFINITY, (double)NAN};
    static const double bounds[] = {1e-5, 0.1, 1, 6, 30};
    const size_t count = sizeof special / sizeof *special;
    double bound = bounds[index % 5];
    return index % 40 < count ? special[index % 40] : draw_uniform(state, -bound, bound);
}

/* SLEEF's functions and libm's are within 1 ulp, an ulp being at most epsilon times the number. tanh: 1 + 1. Logistic:
 * exp, a sum and a quotient: 1 + 1/2 + 1/2, and as much of the reference; the error of exp is damped. erf: its argument
 * has 2 roundings, and erf damps relative errors too: 1 + 1, twice. Where exp overflows, the numbers are subnormal. */
static double activation_bound(fa_activation f, fa_dtype dtype, double h)
{
    if (f == FA_IDENTITY || f == FA_RELU)
        return 0;
    return (f == FA_TANH ? 2 : 4) * epsilon(dtype) * fabs(h) + smallest(dtype);
}

START_TEST(activations)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const fa_activation f = (fa_activation)(_i / 2 % 5 + FA_IDENTITY);
    const bool has_bias = _i / 10 != 0;
    uint64_t state = (uint64_t)_i + 1;
    for (size_t cols = 1; cols <= 50; cols++) {
        fa_matrix h = make_inner(dtype, 3, cols), z = make_inner(dtype, 3, cols);
        fa_matrix bias = make_inner_uniform(dtype, 1, cols, 1, &state), before = make_matrix(dtype, 3, cols);
        for (size_t at = 0; at < 3 * cols; at++)
            set_element(&h, at / cols, at % cols, argument(at + cols, &state));
        expect_ok(fa_matrix_copy(&h, &before));
        kernels_for(dtype)->activate(f, 3, cols, h.row_stride, has_bias ? bias.data : NULL, z.data, h.data);
        for (size_t at = 0; at < 3 * cols; at++) {
            const size_t i = at / cols, j = at % cols;
            double sum = element(&before, i, j) + (has_bias ? element(&bias, 0, j) : 0);
            set_element(&before, i, j, sum); /* rounds to the element type */
            sum = element(&before, i, j);
            check_near(element(&z, i, j), sum, 0, "z", sum);
            const double expected = activation(f, sum);
            check_near(element(&h, i, j), expected, activation_bound(f, dtype, expected), "f", sum);
        }
    }
}
END_TEST

/* z_j - max is rounded once, which exp turns into the relative error |z_j - max| u of a term and, averaged, of the sum;
 * the sum makes cols roundings. Reference alike, hence epsilon for u. */
static void check_softmax_row(const fa_matrix *z, const fa_matrix *h, size_t i)
{
    double max = element(z, i, 0), sum = 0, spread = 0, total = 0;
    for (size_t j = 1; j < z->cols; j++)
        max = fmax(max, element(z, i, j));
    for (size_t j = 0; j < z->cols; j++) {
        const double distance_to_max = max - element(z, i, j);
        sum += exp(-distance_to_max);
        spread += distance_to_max * exp(-distance_to_max);
        total += element(h, i, j);
    }
    const double per_element = epsilon(z->dtype);
    for (size_t j = 0; j < z->cols; j++) {
        const double distance_to_max = max - element(z, i, j), expected = exp(-distance_to_max) / sum;
        const double roundings = distance_to_max + spread / sum + (double)z->cols + 6;
        check_near(element(h, i, j), expected, roundings * per_element * expected + smallest(z->dtype), "softmax",
                   element(z, i, j));
    }
    check_near(total, 1, ((double)z->cols + 4) * per_element, "sum of softmax", max);
}

START_TEST(softmax)
{
    static const double bounds[] = {1, 20, 1e4};
    const fa_dtype dtype = dtypes[_i];
    uint64_t state = (uint64_t)_i + 1;
    for (size_t cols = 1; cols <= 50; cols++) {
        fa_matrix h = make_inner_uniform(dtype, 3, cols, bounds[cols % 3], &state), z = make_inner(dtype, 3, cols);
        kernels_for(dtype)->activate(FA_SOFTMAX, 3, cols, h.row_stride, NULL, z.data, h.data);
        for (size_t i = 0; i < 3; i++)
            check_softmax_row(&z, &h, i);
        expect_ok(fa_matrix_copy(&z, &h));
        set_element(&h, 1, cols - 1, (double)NAN);
        kernels_for(dtype)->activate(FA_SOFTMAX, 3, cols, h.row_stride, NULL, NULL, h.data);
        for (size_t at = 0; at < 3 * cols; at++)
            ck_assert(isnan(element(&h, at / cols, at % cols)) == (at / cols == 1));
    }
}
END_TEST

/* The slope that <fa/network.h> gives, and the bound of delta's error: 4 roundings (1 - h^2: of numbers up to 1), and
 * of erf the argument's of exp too; the reference alike. */
static double slope_of(fa_activation f, double h, double z, double *roundings)
{
    *roundings = 4;
    switch (f) {
    case FA_TANH:
        *roundings *= (1 + h * h) / (1 - h * h);
        return 1 - h * h;
    case FA_LOGISTIC:
        return h * (1 - h);
    case FA_ERF:
        *roundings += z * z;
        return sqrt(2 / 3.14159265358979323846) * exp(-z * z / 2);
    default:
        *roundings = 0;
        return f != FA_RELU || h > 0 ? 1 : 0;
    }
}

START_TEST(slopes)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const fa_activation f = (fa_activation)(_i / 2 + FA_IDENTITY);
    uint64_t state = (uint64_t)_i + 1;
    for (size_t cols = 1; cols <= 50; cols++) {
        fa_matrix h = make_inner_uniform(dtype, 3, cols, 0.999, &state), delta = make_inner(dtype, 3, cols);
        fa_matrix z = make_inner_uniform(dtype, 3, cols, 8, &state);
        fa_matrix before = make_uniform(dtype, 3, cols, LAYOUT_C, 5, &state);
        set_element(&before, 0, cols - 1, (double)NAN);
        set_element(&h, 1, 0, 0);
        expect_ok(fa_matrix_copy(&before, &delta));
        kernels_for(dtype)->slope(f, 3, cols, h.row_stride, h.data, f == FA_ERF ? z.data : NULL, delta.data);
        for (size_t at = 0; at < 3 * cols; at++) {
            double roundings, d = element(&before, at / cols, at % cols), x = element(&h, at / cols, at % cols);
            double expected = d * slope_of(f, x, element(&z, at / cols, at % cols), &roundings);
            double bound = roundings * epsilon(dtype) * fabs(expected) + (roundings > 0 ? 5 * smallest(dtype) : 0);
            check_near(element(&delta, at / cols, at % cols), expected, bound, "slope", x);
        }
    }
}
END_TEST

/* A number has the same activation in every column of every width. */
START_TEST(activations_do_not_depend_on_the_place)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const fa_activation f = (fa_activation)(_i / 2 + FA_IDENTITY);
    double first = 0;
    for (size_t cols = 1; cols <= 40; cols++) {
        fa_matrix h = make_inner(dtype, 2, cols);
        for (size_t at = 0; at < 2 * cols; at++)
            set_element(&h, at / cols, at % cols, 0.625 + 1e-5);
        kernels_for(dtype)->activate(f, 2, cols, h.row_stride, NULL, NULL, h.data);
        first = cols == 1 ? element(&h, 0, 0) : first;
        for (size_t at = 0; at < 2 * cols; at++)
            ck_assert(element(&h, at / cols, at % cols) == first);
    }
}
END_TEST

/* --- sums: n positive terms make n roundings in all, each of no more than the sum --- */

START_TEST(sums_of_squares)
{
    const fa_dtype dtype = dtypes[_i];
    uint64_t state = 1;
    for (size_t cols = 1; cols <= 140; cols++) {
        const size_t rows = 1 + cols % 5;
        fa_matrix a = cols % 2 ? make_inner_uniform(dtype, rows, cols, 2, &state)
                               : make_uniform(dtype, rows, cols, LAYOUT_C, 2, &state);
        double expected = norm(&a) * norm(&a);
        double bound = ((double)(rows * cols) + 3) * epsilon(dtype) * expected;
        const kernels *run = kernels_for(dtype);
        check_near(run->sum_squares(rows, cols, a.row_stride, a.data), expected, bound, "sum", (double)cols);
        set_element(&a, rows - 1, cols - 1, (double)NAN);
        ck_assert(isnan(run->sum_squares(rows, cols, a.row_stride, a.data)));
        set_element(&a, rows - 1, cols - 1, -(double)INFINITY);
        ck_assert(isinf(run->sum_squares(rows, cols, a.row_stride, a.data)));
    }
}
END_TEST

START_TEST(column_sums)
{
    static const double coefficients[] = {0, 1, -0.5};
    const fa_dtype dtype = dtypes[_i];
    uint64_t state = 1;
    for (size_t at = 0; at < 360; at++) {
        const size_t rows = 1 + at % 13, cols = 1 + at % 40;
        const double alpha = coefficients[at % 3], beta = coefficients[at / 3 % 3];
        fa_matrix a = make_inner_uniform(dtype, rows, cols, 1, &state), out = make_inner(dtype, 1, cols);
        fa_matrix before = make_uniform(dtype, 1, cols, LAYOUT_C, 1, &state);
        if (beta != 0)
            expect_ok(fa_matrix_copy(&before, &out));
        kernels_for(dtype)->column_sums(rows, cols, a.row_stride, alpha, a.data, beta, out.data);
        for (size_t j = 0; j < cols; j++) {
            double sum = 0, magnitude = 0;
            for (size_t i = 0; i < rows; i++) {
                sum += element(&a, i, j);
                magnitude += fabs(element(&a, i, j));
            }
            double rest = beta * element(&before, 0, j);
            double bound = ((double)rows + 3) * epsilon(dtype) * (fabs(alpha) * magnitude + fabs(rest));
            check_near(element(&out, 0, j), rest + alpha * sum, bound, "column sum", (double)j);
        }
    }
}
END_TEST

START_TEST(add_scaled)
{
    const fa_dtype dtype = dtypes[_i];
    uint64_t state = 1;
    for (size_t count = 1; count <= 70; count++) {
        fa_matrix m = make_uniform(dtype, 2, count + 1, LAYOUT_C, 1, &state), before = make_matrix(dtype, 2, count + 1);
        const double scale = draw_uniform(&state, -2, 2);
        expect_ok(fa_matrix_copy(&m, &before));
        kernels_for(dtype)->add_scaled(count, scale, matrix_at(&m, 1, 0), m.data);
        for (size_t j = 0; j < count; j++) {
            double a = element(&before, 0, j), b = scale * element(&before, 1, j);
            check_near(element(&m, 0, j), a + b, 2 * epsilon(dtype) * (fabs(a) + fabs(b)), "sum", (double)j);
            ck_assert(element(&m, 1, j) == element(&before, 1, j));
        }
        ck_assert(element(&m, 0, count) == element(&before, 0, count));
    }
}
END_TEST

/* A product in double that is rounded once, at every level the same. */
START_TEST(scale)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const kernels *k = kernels_at((cpu_level)(_i / 2), dtype);
    uint64_t state = 1;
    for (size_t count = 1; count <= 70 && k != NULL; count++) {
        fa_matrix m = make_uniform(dtype, 1, count + 1, LAYOUT_C, 1, &state), before = make_matrix(dtype, 1, count + 1);
        const double factor = 1 + draw_uniform(&state, -1e-9, 1e-9);
        expect_ok(fa_matrix_copy(&m, &before));
        k->scale(count, factor, m.data);
        for (size_t j = 0; j < count; j++) {
            double exact = factor * element(&before, 0, j);
            ck_assert(element(&m, 0, j) == (dtype == FA_FLOAT32 ? (double)(float)exact : exact));
        }
        ck_assert(element(&m, 0, count) == element(&before, 0, count));
    }
}
END_TEST

/* Every level the same words as Random123's, in every number of blocks. */
START_TEST(words)
{
    const kernels *k = kernels_at((cpu_level)(_i / 2), dtypes[_i % 2]);
    enum { BLOCKS = 40, FIRST = 1000003 };
    const fa_stream stream = {.seed = UINT64_C(0xfedcba9876543210), .step = UINT64_MAX - 5, .purpose = 9, .layer = 3};
    const uint64_t key[2] = {stream.seed, (uint64_t)stream.purpose << 32 | stream.layer};
    uint64_t expected[4 * BLOCKS], found[4 * BLOCKS + 1];
    expect_ok(fa_random_words(&stream, 4 * FIRST, 4 * BLOCKS, expected));
    for (size_t blocks = 0; blocks <= BLOCKS && k != NULL; blocks++) {
        found[4 * blocks] = 77;
        k->random_words(key, stream.step, FIRST, blocks, found);
        ck_assert(memcmp(found, expected, 4 * blocks * sizeof *found) == 0 && found[4 * blocks] == 77);
    }
}
END_TEST

/* low + span u with every operation rounded, at every level the same, and nothing written beyond. */
START_TEST(uniform)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const kernels *k = kernels_at((cpu_level)(_i / 2), dtype);
    const kernels_interval in = {.low = -0.25, .high = 3.5, .span = 3.75, .last = 3.25};
    const fa_stream stream = {.seed = 5};
    uint64_t from[40];
    expect_ok(fa_random_words(&stream, 0, 40, from));
    from[0] = UINT64_MAX; /* rounds up to high in float32 and not in float64 */
    from[1] = 0;
    for (size_t count = 1; count <= 40 && k != NULL; count++) {
        fa_matrix m = make_matrix(dtype, 1, count + 1);
        set_element(&m, 0, count, 77);
        k->uniform(count, from, &in, m.data);
        for (size_t j = 0; j < count; j++) {
            const float scaled32 = 3.75f * ((float)(from[j] >> 40) * 0x1p-24f), value32 = -0.25f + scaled32;
            const double scaled64 = 3.75 * ((double)(from[j] >> 11) * 0x1p-53), value64 = -0.25 + scaled64;
            const double value = dtype == FA_FLOAT32 ? (double)value32 : value64;
            ck_assert(element(&m, 0, j) == (value < 3.5 ? value : 3.25));
        }
        ck_assert(element(&m, 0, count) == 77);
    }
}
END_TEST

/* Whole squares of vectors, and what is left beside and below them. */
START_TEST(transpose)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const kernels *k = kernels_at((cpu_level)(_i / 2), dtype);
    uint64_t state = 1;
    for (size_t rows = 1; rows <= 18 && k != NULL; rows++)
        for (size_t cols = 1; cols <= 18; cols++) {
            fa_matrix a = make_uniform(dtype, rows, cols, LAYOUT_C, 1, &state), t = make_matrix(dtype, cols, rows + 1);
            k->transpose(rows, cols, a.data, a.row_stride, t.data, t.row_stride);
            for (size_t i = 0; i < cols; i++) {
                for (size_t j = 0; j < rows; j++)
                    ck_assert(element(&t, i, j) == element(&a, j, i));
                ck_assert(element(&t, i, rows) == 0);
            }
        }
}
END_TEST

/* -1, 0, 1 or NaN times the magnitude, which may be the result's own row. */
START_TEST(signs)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const kernels *k = kernels_at((cpu_level)(_i / 2), dtype);
    uint64_t state = 1;
    for (size_t count = 1; count <= 40 && k != NULL; count++) {
        fa_matrix a = make_uniform(dtype, 1, count, LAYOUT_C, 1, &state), plain = make_matrix(dtype, 1, count + 1);
        fa_matrix m = make_uniform(dtype, 1, count + 1, LAYOUT_C, 1, &state), before = make_matrix(dtype, 1, count + 1);
        expect_ok(fa_matrix_copy(&m, &before));
        set_element(&a, 0, count / 2, count % 3 == 0 ? 0 : count % 3 == 1 ? (double)NAN : -1e-30);
        k->sign(count, 0.5, NULL, a.data, plain.data);
        k->sign(count, 0.5, m.data, a.data, m.data);
        for (size_t j = 0; j < count; j++) {
            const double x = element(&a, 0, j), sign = x > 0 ? 1 : x < 0 ? -1 : x;
            ck_assert(isnan(sign) ? isnan(element(&plain, 0, j)) : element(&plain, 0, j) == 0.5 * sign);
            ck_assert(isnan(sign) ? isnan(element(&m, 0, j))
                                  : element(&m, 0, j) == 0.5 * fabs(element(&before, 0, j)) * sign);
        }
        ck_assert(element(&m, 0, count) == element(&before, 0, count) && element(&plain, 0, count) == 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, activations, 0, 20);
    tcase_add_loop_test(tcase, softmax, 0, 2);
    tcase_add_loop_test(tcase, slopes, 0, 10);
    tcase_add_loop_test(tcase, activations_do_not_depend_on_the_place, 0, 10);
    tcase_add_loop_test(tcase, sums_of_squares, 0, 2);
    tcase_add_loop_test(tcase, column_sums, 0, 2);
    tcase_add_loop_test(tcase, add_scaled, 0, 2);
    tcase_add_loop_test(tcase, scale, 0, 6);
    tcase_add_loop_test(tcase, words, 0, 6);
    tcase_add_loop_test(tcase, uniform, 0, 6);
    tcase_add_loop_test(tcase, transpose, 0, 6);
    tcase_add_loop_test(tcase, signs, 0, 6);
    return support_run(suite, true);
}
