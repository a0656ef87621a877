/* Singular values, pseudo-inverses, orthonormal bases: identities with error bounds, and what NumPy says. */
#include "linalg.h"

#include "inner.h"

#include <fa/io.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static double *make_workspace(size_t rows, size_t cols)
{
    const size_t count = linalg_workspace(rows, cols);
    double *memory = make_memory(count, sizeof *memory);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++)
        memory[i] = (double)NAN;
    return memory;
}

static fa_matrix product(const fa_matrix *a, const fa_matrix *b)
{
    fa_matrix c = make_matrix(FA_FLOAT64, a->rows, b->cols);
    ck_assert_uint_eq(a->cols, b->rows);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < b->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < a->cols; k++)
                sum += element(a, i, k) * element(b, k, j);
            set_element(&c, i, j, sum);
        }
    return c;
}

static double largest(size_t rows, size_t cols)
{
    return (double)(rows > cols ? rows : cols);
}

/* Penrose's four conditions. The computed inverse X is A^+ within relative c = 16 m u cond (backward stable, up to
 * small constants), u that of the type X is stored in; A X then errs by c |A| |X|, and so on. */
static void check_penrose(const fa_matrix *a, const fa_matrix *x, double condition)
{
    const double u = fmax(epsilon(x->dtype), DBL_EPSILON), c = 16 * largest(a->rows, a->cols) * u * condition;
    fa_matrix ax = product(a, x), xa = product(x, a), axa = product(&ax, a), xax = product(&xa, x);
    fa_matrix ax_t = fa_matrix_transpose(ax), xa_t = fa_matrix_transpose(xa);
    ck_assert(c < 0.1);
    ck_assert_double_le(distance(&axa, a), c * norm(a));
    ck_assert_double_le(distance(&xax, x), c * norm(x));
    ck_assert_double_le(distance(&ax, &ax_t), c * norm(a) * norm(x));
    ck_assert_double_le(distance(&xa, &xa_t), c * norm(a) * norm(x));
}

/* --- any shape, type and layout --- */

static const size_t shapes[][2] = {{1, 1}, {1, 5}, {5, 1}, {2, 2}, {8, 8}, {13, 13}, {30, 4}, {4, 30}, {17, 16}};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

START_TEST(penrose_conditions)
{
    const size_t *shape = shapes[_i % SHAPES];
    uint64_t state = (uint64_t)_i + 1;
    const fa_dtype from = draw_index(&state, 2) ? FA_FLOAT32 : FA_FLOAT64, to = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    fa_matrix a = make_uniform(from, shape[0], shape[1], (view_layout)draw_index(&state, LAYOUTS), 1, &state);
    fa_matrix copy = make_matrix(from, shape[0], shape[1]);
    fa_matrix x = make_layout(to, shape[1], shape[0], (view_layout)draw_index(&state, LAYOUTS));
    linalg_spectrum s;
    expect_ok(fa_matrix_copy(&a, &copy));
    expect_ok(linalg_pseudo_inverse(&a, &x, make_workspace(shape[0], shape[1]), &s));
    ck_assert(s.rank == s.count && s.condition >= 1 && s.condition < 1e4);
    check_penrose(&a, &x, s.condition);
    ck_assert(same_bits(&a, &copy));
}
END_TEST

/* sum s_k^2 = |A|^2, each value the length that the inverse's turns around, and the same values without vectors. */
START_TEST(values_of_any_matrix)
{
    const size_t *shape = shapes[_i % SHAPES];
    uint64_t state = (uint64_t)_i + 77;
    fa_matrix a = make_uniform(FA_FLOAT64, shape[0], shape[1], LAYOUT_ROWS, 1, &state);
    fa_matrix x = make_matrix(FA_FLOAT64, shape[1], shape[0]), turned = fa_matrix_transpose(a);
    linalg_spectrum s, t, inverse;
    expect_ok(linalg_singular_values(&a, LINALG_SWEEPS, make_workspace(shape[0], shape[1]), &s));
    expect_ok(linalg_singular_values(&turned, LINALG_SWEEPS, make_workspace(shape[0], shape[1]), &t));
    expect_ok(linalg_pseudo_inverse(&a, &x, make_workspace(shape[0], shape[1]), NULL));
    expect_ok(linalg_singular_values(&x, LINALG_SWEEPS, make_workspace(shape[0], shape[1]), &inverse));
    const double bound = 16 * largest(shape[0], shape[1]) * DBL_EPSILON;
    double squares = 0;
    ck_assert(s.count == (shape[0] < shape[1] ? shape[0] : shape[1]));
    ck_assert_double_eq(s.condition, s.values[0] / s.values[s.count - 1]);
    for (size_t k = 0; k < s.count; k++) {
        squares += s.values[k] * s.values[k];
        ck_assert(k == 0 || s.values[k] <= s.values[k - 1]);
        ck_assert_double_le(fabs(s.values[k] - t.values[k]), bound * s.values[0]);
        ck_assert_double_le(fabs(1 / inverse.values[k] - s.values[s.count - 1 - k]), bound * s.values[0] * s.condition);
    }
    ck_assert_double_le(fabs(sqrt(squares) - norm(&a)), bound * norm(&a));
}
END_TEST

/* --- known spectra --- */

/* Diagonal with a reflection on both sides: A = H D H', H = I - 2 v v^T / v^T v. */
static fa_matrix with_spectrum(fa_dtype dtype, size_t rows, size_t cols, const double *values, size_t count)
{
    fa_matrix a = make_matrix(dtype, rows, cols);
    const double r = 2.0 / (double)rows, c = 2.0 / (double)cols;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < count; k++)
                sum += ((i == k) - r) * values[k] * ((k == j) - c);
            set_element(&a, i, j, sum);
        }
    return a;
}

START_TEST(known_spectra)
{
    static const double values[][5] = {{1, 1, 1, 1, 1}, {9, 7, 7, 2, 1}, {1e3, 10, 1, 0.1, 1e-2}, {5, 3, 2, 0, 0},
                                       {1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 1e-4, 1e-9, 0, 0}};
    static const size_t ranks[][2] = {{5, 5}, {5, 5}, {5, 5}, {3, 3}, {1, 1}, {0, 0}, {2, 3}};
    static const size_t sizes[][2] = {{5, 5}, {40, 5}, {5, 12}};
    const double *expected = values[_i / 6];
    const size_t *size = sizes[_i % 3], rank = ranks[_i / 6][_i / 3 % 2];
    const fa_dtype dtype = _i / 3 % 2 ? FA_FLOAT64 : FA_FLOAT32;
    fa_matrix a = with_spectrum(dtype, size[0], size[1], expected, 5), x = make_matrix(FA_FLOAT64, size[1], size[0]);
    linalg_spectrum s;
    expect_ok(linalg_pseudo_inverse(&a, &x, make_workspace(size[0], size[1]), &s));
    ck_assert_uint_eq(s.count, 5);
    ck_assert_uint_eq(s.rank, rank);
    /* Rounding of the elements moves values by |A| u at most (Weyl), the algorithm by a few more. */
    const double bound = 16 * largest(size[0], size[1]) * epsilon(dtype) * expected[0];
    for (size_t k = 0; k < 5; k++)
        ck_assert_double_le(fabs(s.values[k] - expected[k]), bound);
    if (rank < 5)
        ck_assert(isinf(s.condition));
    else
        ck_assert_double_le(fabs(s.condition / (expected[0] / expected[4]) - 1), 2 * bound / expected[4]);
    if (rank == 0)
        ck_assert(norm(&x) == 0);
    else if (dtype == FA_FLOAT64)
        check_penrose(&a, &x, expected[0] / expected[rank - 1]);
}
END_TEST

/* --- scale --- */

/* (c A)^+ = A^+ / c, bit for bit where c is a power of 2 and nothing is denormal. */
START_TEST(scale_does_not_matter)
{
    static const int exponents[] = {-1000, -700, -1, 1, 665, 1000};
    const double factor = ldexp(1, exponents[_i]);
    uint64_t state = 3;
    fa_matrix a = make_uniform(FA_FLOAT64, 9, 6, LAYOUT_C, 1, &state), scaled = make_matrix(FA_FLOAT64, 9, 6);
    fa_matrix x = make_matrix(FA_FLOAT64, 6, 9), y = make_matrix(FA_FLOAT64, 6, 9);
    linalg_spectrum s, t;
    for (size_t i = 0; i < 54; i++)
        ((double *)scaled.data)[i] = ((const double *)a.data)[i] * factor;
    expect_ok(linalg_pseudo_inverse(&a, &x, make_workspace(9, 6), &s));
    expect_ok(linalg_pseudo_inverse(&scaled, &y, make_workspace(9, 6), &t));
    ck_assert(s.rank == t.rank && s.condition == t.condition && s.values[0] * factor == t.values[0]);
    for (size_t i = 0; i < 54; i++)
        ((double *)y.data)[i] *= factor;
    ck_assert(same_bits(&x, &y));
}
END_TEST

/* Elements 1e200 beside 1e-200, whose squares are infinite and 0; and an inverse that its type cannot hold. */
START_TEST(extremes)
{
    fa_matrix a = make_matrix(FA_FLOAT64, 2, 2), x = make_matrix(FA_FLOAT64, 2, 2);
    fa_matrix narrow = make_matrix(FA_FLOAT32, 2, 2);
    linalg_spectrum s;
    double *workspace = make_workspace(2, 2);
    set_element(&a, 0, 0, 1e200);
    set_element(&a, 1, 1, 1e-200);
    expect_ok(linalg_pseudo_inverse(&a, &x, workspace, &s));
    ck_assert(s.rank == 1 && isinf(s.condition) && s.values[0] == 1e200 && s.values[1] <= 1e-200);
    ck_assert_double_le(fabs(element(&x, 0, 0) * 1e200 - 1), 4 * DBL_EPSILON);
    ck_assert(element(&x, 1, 1) == 0);
    set_element(&a, 0, 0, 1e-200);
    expect_ok(linalg_pseudo_inverse(&a, &x, workspace, &s));
    ck_assert(s.rank == 2 && s.condition == 1 && fabs(element(&x, 1, 1) / 1e200 - 1) <= 4 * DBL_EPSILON);
    expect_failure(FA_ERR_NOT_FINITE, linalg_pseudo_inverse(&a, &narrow, workspace, &s));
}
END_TEST

/* --- refusals --- */

START_TEST(refusals)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    uint64_t state = 5;
    fa_matrix a = make_uniform(FA_FLOAT64, 6, 4, LAYOUT_C, 1, &state), x = make_matrix(FA_FLOAT64, 4, 6);
    fa_matrix wrong = make_matrix(FA_FLOAT64, 6, 4);
    double *workspace = make_workspace(6, 4);
    linalg_spectrum s;
    expect_failure(FA_ERR_SHAPE, linalg_pseudo_inverse(&a, &wrong, workspace, &s));
    expect_failure(FA_ERR_UNSUPPORTED, linalg_singular_values(&a, 1, workspace, &s));
    expect_ok(linalg_singular_values(&a, 12, workspace, &s));
    set_element(&a, 5, 3, bad[_i]);
    expect_failure(FA_ERR_NOT_FINITE, linalg_pseudo_inverse(&a, &x, workspace, &s));
    expect_failure(FA_ERR_NOT_FINITE, linalg_singular_values(&a, LINALG_SWEEPS, workspace, &s));
    expect_failure(FA_ERR_NOT_FINITE, linalg_orthonormalize(&a, workspace));
}
END_TEST

START_TEST(workspace_that_overflows)
{
    ck_assert_uint_ge(linalg_workspace(3, 2), 3 * 2 + 2 * 2);
    ck_assert_uint_eq(linalg_workspace(3, 2), linalg_workspace(2, 3));
    ck_assert_uint_eq(linalg_workspace(SIZE_MAX, 1), 0);
    ck_assert_uint_eq(linalg_workspace(1, SIZE_MAX / 4), 0);
    ck_assert_uint_eq(linalg_workspace(SIZE_MAX / 2, SIZE_MAX / 2), 0);
    ck_assert_uint_eq(linalg_workspace((size_t)1 << 31, (size_t)1 << 30), 0);
}
END_TEST

/* --- orthonormal bases --- */

/* Q^T Q = I within m n u, and A = Q R with R upper triangular and its diagonal positive: nothing but Gram and Schmidt's
 * basis does that. */
START_TEST(orthonormal_bases)
{
    const size_t *shape = shapes[_i % SHAPES];
    uint64_t state = (uint64_t)_i + 9;
    const fa_dtype dtype = _i / SHAPES % 2 ? FA_FLOAT32 : FA_FLOAT64;
    fa_matrix q = make_uniform(dtype, shape[0], shape[1], (view_layout)(_i % LAYOUTS), _i % 3 ? 1 : 1e-30, &state);
    fa_matrix a = make_matrix(dtype, shape[0], shape[1]);
    expect_ok(fa_matrix_copy(&q, &a));
    expect_ok(linalg_orthonormalize(&q, make_workspace(shape[0], shape[1])));
    const fa_matrix basis = q.rows < q.cols ? fa_matrix_transpose(q) : q;
    const fa_matrix from = q.rows < q.cols ? fa_matrix_transpose(a) : a, basis_t = fa_matrix_transpose(basis);
    const fa_matrix gram = product(&basis_t, &basis), r = product(&basis_t, &from), back = product(&basis, &r);
    const double bound = 16 * largest(shape[0], shape[1]) * epsilon(dtype);
    for (size_t i = 0; i < gram.rows; i++)
        for (size_t j = 0; j < gram.cols; j++) {
            ck_assert_double_le(fabs(element(&gram, i, j) - (i == j)), bound);
            ck_assert(i < j || (i == j ? element(&r, i, j) > 0 : fabs(element(&r, i, j)) <= bound * norm(&from)));
        }
    ck_assert_double_le(distance(&back, &from), bound * norm(&from));
}
END_TEST

START_TEST(dependent_columns_have_no_basis)
{
    uint64_t state = 6;
    fa_matrix a = make_uniform(FA_FLOAT64, 7, 4, LAYOUT_C, 1, &state), before = make_matrix(FA_FLOAT64, 7, 4);
    for (size_t i = 0; i < 7; i++)
        set_element(&a, i, 2, 3 * element(&a, i, 0) - element(&a, i, 1));
    fa_matrix turned = fa_matrix_transpose(a), zero = make_matrix(FA_FLOAT32, 3, 1);
    double *workspace = make_workspace(7, 4);
    expect_ok(fa_matrix_copy(&a, &before));
    expect_failure(FA_ERR_ARGUMENT, linalg_orthonormalize(&a, workspace));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "column 2"));
    expect_failure(FA_ERR_ARGUMENT, linalg_orthonormalize(&turned, workspace));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "row 2"));
    ck_assert(same_bits(&a, &before));
    expect_failure(FA_ERR_ARGUMENT, linalg_orthonormalize(&zero, workspace));
}
END_TEST

/* Once through the columns would leave an error of 1e-8 in the cosine of two that nearly agree. */
START_TEST(columns_that_nearly_agree)
{
    uint64_t state = 3;
    fa_matrix a = make_uniform(FA_FLOAT64, 9, 3, LAYOUT_C, 1, &state);
    for (size_t i = 0; i < 9; i++) {
        set_element(&a, i, 1, element(&a, i, 0) + 1e-8 * element(&a, i, 1));
        set_element(&a, i, 2, element(&a, i, 0) - 1e-7 * element(&a, i, 2));
    }
    expect_ok(linalg_orthonormalize(&a, make_workspace(9, 3)));
    const fa_matrix a_t = fa_matrix_transpose(a), gram = product(&a_t, &a);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            ck_assert_double_le(fabs(element(&gram, i, j) - (i == j)), 1e-14);
}
END_TEST

/* What is rounding is measured against the column: large ones depend as small ones do, small ones do not at all. */
START_TEST(size_of_columns_does_not_matter)
{
    uint64_t state = 6;
    const double size = _i ? 1e12 : 1e-12;
    fa_matrix a = make_uniform(FA_FLOAT64, 7, 4, LAYOUT_C, size, &state);
    fa_matrix free_ones = make_uniform(FA_FLOAT64, 7, 4, LAYOUT_C, size, &state);
    for (size_t i = 0; i < 7; i++) {
        set_element(&a, i, 2, 3 * element(&a, i, 0) - element(&a, i, 1));
        set_element(&free_ones, i, 1, 1e-12 * element(&free_ones, i, 1));
    }
    expect_failure(FA_ERR_ARGUMENT, linalg_orthonormalize(&a, make_workspace(7, 4)));
    expect_ok(linalg_orthonormalize(&free_ones, make_workspace(7, 4)));
}
END_TEST

/* --- NumPy: tests/data/make_linalg_reference.py --- */

static void release_matrix(void *matrix)
{
    fa_matrix_free(matrix);
}

static fa_matrix read_reference(char name, int i)
{
    char path[512];
    fa_matrix *matrix = make_memory(1, sizeof *matrix);
    const char *data = getenv("LIBFA_TEST_DATA");
    ck_assert_msg(data != NULL, "LIBFA_TEST_DATA has to name tests/data");
    snprintf(path, sizeof path, "%s/linalg/%c%d.npy", data, name, i);
    expect_ok(fa_npy_read(path, matrix));
    keep(matrix, release_matrix);
    return *matrix;
}

/* Both are backward stable: values differ by p(m, n) u |A|, inverses by that times the condition (on the rank) and
 * their own norm; p = 16 m. */
START_TEST(numpy_agrees)
{
    fa_matrix a = read_reference('a', _i), values = read_reference('s', _i), inverse = read_reference('p', _i);
    fa_matrix x = make_matrix(FA_FLOAT64, a.cols, a.rows);
    linalg_spectrum s;
    expect_ok(linalg_pseudo_inverse(&a, &x, make_workspace(a.rows, a.cols), &s));
    const double bound = 16 * largest(a.rows, a.cols) * DBL_EPSILON, first = element(&values, 0, 0);
    size_t rank = 0;
    ck_assert_uint_eq(s.count, values.cols);
    for (size_t k = 0; k < s.count; k++) {
        ck_assert_double_le(fabs(s.values[k] - element(&values, 0, k)), bound * first);
        rank += element(&values, 0, k) > largest(a.rows, a.cols) * DBL_EPSILON * first;
    }
    ck_assert_uint_eq(s.rank, rank);
    ck_assert_double_le(distance(&x, &inverse), bound * first / element(&values, 0, rank - 1) * norm(&inverse));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("linalg");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, penrose_conditions, 0, 4 * SHAPES);
    tcase_add_loop_test(tcase, values_of_any_matrix, 0, SHAPES);
    tcase_add_loop_test(tcase, known_spectra, 0, 42);
    tcase_add_loop_test(tcase, scale_does_not_matter, 0, 6);
    tcase_add_test(tcase, extremes);
    tcase_add_loop_test(tcase, refusals, 0, 3);
    tcase_add_test(tcase, workspace_that_overflows);
    tcase_add_loop_test(tcase, orthonormal_bases, 0, 4 * SHAPES);
    tcase_add_test(tcase, dependent_columns_have_no_basis);
    tcase_add_test(tcase, columns_that_nearly_agree);
    tcase_add_loop_test(tcase, size_of_columns_does_not_matter, 0, 2);
    tcase_add_loop_test(tcase, numpy_agrees, 0, 8);
    return support_run(suite, true);
}
