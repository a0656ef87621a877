/* Products of matrices: the library's own kernel, and what chooses between it and BLAS. */
#include "blas.h"
#include "config.h"
#include "inner.h"
#include "kernels.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};
static const double coefficients[] = {0, 1, -0.5};

/* C = beta C + alpha A B and what it was before. */
typedef struct product_case {
    double alpha, beta;
    fa_matrix a, b, before, c;
} product_case;

/* With beta = 0, C is NaN before. B is transposed where that is asked for, its padding NaN in any case. */
static product_case make_case(fa_dtype dtype, size_t m, size_t n, size_t k, view_layout layout, bool transposed,
                              uint64_t *state)
{
    product_case p = {.alpha = coefficients[draw_index(state, 3)], .beta = coefficients[draw_index(state, 3)]};
    p.a = make_uniform(dtype, m, k, layout, 1, state);
    p.b = transposed ? fa_matrix_transpose(make_inner_uniform(dtype, n, k, 1, state))
                     : make_inner_uniform(dtype, k, n, 1, state);
    p.before = make_matrix(dtype, m, n);
    p.c = make_inner(dtype, m, n);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double value = p.beta == 0 ? (double)NAN : draw_uniform(state, -1, 1);
            set_element(&p.before, i, j, value);
            set_element(&p.c, i, j, value);
        }
    return p;
}

/* An element of C is a sum of k products, scaled, plus a scaled number, in any order and fused or not: k + 4 roundings
 * at most, each of no more than the sum of all magnitudes. The reference makes as many, in double. */
static void check_case(const product_case *p)
{
    const size_t k = p->a.cols;
    const double per_magnitude = ((double)k + 4) * (epsilon(p->c.dtype) + DBL_EPSILON) / 2;
    for (size_t i = 0; i < p->c.rows; i++)
        for (size_t j = 0; j < p->c.cols; j++) {
            double sum = 0, magnitude = 0;
            for (size_t q = 0; q < k; q++) {
                sum += element(&p->a, i, q) * element(&p->b, q, j);
                magnitude += fabs(element(&p->a, i, q) * element(&p->b, q, j));
            }
            double rest = p->beta == 0 ? 0 : p->beta * element(&p->before, i, j);
            double bound = per_magnitude * (fabs(p->alpha) * magnitude + fabs(rest));
            double error = fabs(element(&p->c, i, j) - (rest + p->alpha * sum));
            if (!(error <= bound)) /* an assertion writes a file each time, which is too slow for every element */
                ck_abort_msg("%zu x %zu x %zu, alpha %g, beta %g: (%zu, %zu) is off by %.3g, bound %.3g", p->c.rows,
                             p->c.cols, k, p->alpha, p->beta, i, j, error, bound);
        }
}

static void run_kernel(const product_case *p)
{
    kernels_for(p->c.dtype)->product(p->c.rows, p->c.cols, p->a.cols, p->alpha, p->a.data, p->a.row_stride,
                                     p->a.col_stride, p->b.data, p->b.row_stride, p->beta, p->c.data,
                                     p->c.row_stride);
}

/* Every number of rows and columns that a tile or a panel can leave over. */
START_TEST(kernel_of_every_size)
{
    const size_t m = (size_t)_i % 20 + 1;
    uint64_t state = (uint64_t)_i + 1;
    for (size_t n = 1; n <= 90; n++) {
        product_case p = make_case(dtypes[_i / 20], m, n, 1 + draw_index(&state, 6),
                                   (view_layout)draw_index(&state, LAYOUTS), false, &state);
        run_kernel(&p);
        check_case(&p);
    }
}
END_TEST

START_TEST(kernel_of_random_sizes)
{
    uint64_t state = (uint64_t)_i + 1001;
    for (int run = 0; run < 30; run++) {
        size_t m = 1 + draw_index(&state, 40), n = 1 + draw_index(&state, 40), k = 1 + draw_index(&state, 40);
        product_case p = make_case(dtypes[_i % 2], m, n, k, (view_layout)(run % LAYOUTS), false, &state);
        run_kernel(&p);
        check_case(&p);
    }
}
END_TEST

/* Equal rows of A, equal columns of B and one number all over C: one result, the same bits wherever it stands and
 * however large C is. Neither coefficient is a power of two, so fusing one product instead of the other would show. */
START_TEST(kernel_does_not_depend_on_the_place)
{
    enum { K = 23 };
    static const double betas[] = {0, 1, 0.3};
    const fa_dtype dtype = dtypes[_i / 3];
    uint64_t state = 5;
    double a_row[K], b_column[K], first = 0;
    for (size_t q = 0; q < K; q++) {
        a_row[q] = draw_uniform(&state, -1, 1);
        b_column[q] = draw_uniform(&state, -1, 1);
    }
    for (size_t m = 1; m <= 17; m++) {
        const size_t n = m * 4 + 2;
        product_case p = {.alpha = 0.7, .beta = betas[_i % 3]};
        p.a = make_matrix(dtype, m, K);
        p.b = make_inner(dtype, K, n);
        p.c = make_inner(dtype, m, n);
        for (size_t q = 0; q < K; q++) {
            for (size_t i = 0; i < m; i++)
                set_element(&p.a, i, q, a_row[q]);
            for (size_t j = 0; j < n; j++)
                set_element(&p.b, q, j, b_column[q]);
        }
        for (size_t at = 0; at < m * n; at++)
            set_element(&p.c, at / n, at % n, 0.9);
        run_kernel(&p);
        first = m == 1 ? element(&p.c, 0, 0) : first;
        for (size_t at = 0; at < m * n; at++)
            ck_assert_msg(element(&p.c, at / n, at % n) == first, "%zu x %zu, beta %g: (%zu, %zu) differs", m, n,
                          p.beta, at / n, at % n);
    }
}
END_TEST

START_TEST(kernel_passes_on_nan_and_infinity)
{
    uint64_t state = 3;
    product_case p = make_case(dtypes[_i], 9, 11, 5, LAYOUT_C, false, &state);
    p.alpha = 1;
    p.beta = 0;
    set_element(&p.a, 4, 2, (double)NAN);
    set_element(&p.b, 3, 10, (double)INFINITY);
    run_kernel(&p);
    for (size_t i = 0; i < 9; i++)
        for (size_t j = 0; j < 11; j++)
            ck_assert(!isfinite(element(&p.c, i, j)) == (i == 4 || j == 10));
}
END_TEST

START_TEST(kernel_transposes)
{
    uint64_t state = 1;
    for (size_t rows = 1; rows < 20; rows++) {
        const size_t cols = 1 + draw_index(&state, 20);
        fa_matrix a = make_inner_uniform(dtypes[_i], rows, cols, 1, &state), t = make_inner(dtypes[_i], cols, rows);
        kernels_for(dtypes[_i])->transpose(rows, cols, a.data, a.row_stride, t.data, t.row_stride);
        t = fa_matrix_transpose(t);
        ck_assert(same_bits(&a, &t));
    }
}
END_TEST

/* --- blas_product() --- */

/* On both sides of what is computed without BLAS, and the shapes that go to functions of their own. */
static const struct {
    size_t m, n, k;
} shapes[] = {
    {1, 1, 1},     {1, 9, 7},     {7, 1, 9},     {9, 7, 1},     {10, 20, 30},
    {58, 58, 58},  {59, 59, 59},  {1, 200, 150},
    {1, 20001, 1}, {1, 1, 20001}, {500, 401, 1}, {501, 1, 401},
    {2, 100, 100}, {3, 33, 130}, {70, 64, 81}, {300, 3, 300},
    {90, 10, 700}, {90, 32, 600}, {90, 33, 600}, {90, 700, 10},  {30, 900, 16}, {30, 900, 17}, {2, 2, 5000},
};

/* Both directions of B, every layout of A, twice. */
START_TEST(product_of_every_layout)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const size_t m = shapes[_i / 2].m, n = shapes[_i / 2].n, k = shapes[_i / 2].k;
    uint64_t state = (uint64_t)_i + 1;
    for (int variant = 0; variant < 2 * LAYOUTS; variant++) {
        product_case p = make_case(dtype, m, n, k, (view_layout)(variant % LAYOUTS), variant >= LAYOUTS, &state);
        fa_matrix again = make_inner(dtype, m, n);
        expect_ok(fa_matrix_copy(&p.before, &again));
        blas_product(p.alpha, &p.a, &p.b, p.beta, &p.c);
        check_case(&p);
        blas_product(p.alpha, &p.a, &p.b, p.beta, &again);
        ck_assert(same_bits(&p.c, &again));
    }
}
END_TEST

/* All coefficients for the shapes whose path depends on them: a gradient of one sample, a single sample. */
START_TEST(product_of_every_coefficient)
{
    static const size_t m[] = {1, 600}, n[] = {160, 350}, k[] = {140, 1};
    uint64_t state = (uint64_t)_i + 1;
    for (size_t shape = 0; shape < 2; shape++)
        for (size_t at = 0; at < 9; at++) {
            product_case p = make_case(dtypes[_i], m[shape], n[shape], k[shape], LAYOUT_TRANSPOSED, at % 2, &state);
            p.alpha = coefficients[at / 3];
            p.beta = coefficients[at % 3];
            for (size_t i = 0; i < p.c.rows; i++)
                for (size_t j = 0; j < p.c.cols; j++)
                    set_element(&p.before, i, j, p.beta == 0 ? (double)NAN : draw_uniform(&state, -1, 1));
            expect_ok(fa_matrix_copy(&p.before, &p.c));
            blas_product(p.alpha, &p.a, &p.b, p.beta, &p.c);
            check_case(&p);
        }
}
END_TEST

/* A stride along an extent of 1 says nothing. */
START_TEST(product_ignores_idle_strides)
{
    uint64_t state = 1;
    for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
        product_case p =
            make_case(dtypes[_i], shapes[shape].m, shapes[shape].n, shapes[shape].k, LAYOUT_C, false, &state);
        if (p.a.rows == 1)
            p.a.row_stride = 0;
        if (p.a.cols == 1 && p.a.rows == 1)
            p.a.col_stride = 0;
        blas_product(p.alpha, &p.a, &p.b, p.beta, &p.c);
        check_case(&p);
    }
}
END_TEST

START_TEST(levels_and_names)
{
    const cpu_level now = cpu_level_now();
    ck_assert(now <= cpu_level_best());
    for (size_t d = 0; d < 2; d++) {
        ck_assert_ptr_nonnull(kernels_for(dtypes[d]));
        ck_assert_ptr_eq(kernels_for(dtypes[d]), kernels_at(now, dtypes[d]));
        ck_assert_ptr_nonnull(kernels_at(CPU_BASELINE, dtypes[d]));
        for (int level = CPU_BASELINE; level <= CPU_AVX512; level++)
            ck_assert((kernels_at((cpu_level)level, dtypes[d]) != NULL) == (level <= (int)cpu_level_best()));
    }
    const char *wish = getenv("FA_CPU");
    if (wish != NULL && now < cpu_level_best())
        ck_assert_str_eq(cpu_level_name(now), wish);
    ck_assert(strcmp(kernels_math(), "SLEEF") == 0 || strcmp(kernels_math(), "libm") == 0);
    struct stat info;
    ck_assert_int_eq(lstat(blas_file(), &info), 0);
    /* A library without files does not ask where links lead. */
    ck_assert_msg((S_ISREG(info.st_mode) || !FA_HAVE_FILES) && blas_file()[0] == '/', "%s: a link, or no file",
                  blas_file());
}
END_TEST

/* --- blas_square() --- */

/* Small, in strips (with one left over, and with several packs), as a whole. */
static const struct {
    size_t n, k;
} squares[] = {
    {1, 1}, {1, 30000}, {9, 1}, {700, 1}, {5, 7}, {16, 2000}, {17, 2000}, {64, 240}, {65, 300}, {130, 70}, {260, 50},
};

/* Elements are sums of k products, in any order: k roundings at most, each of no more than the sum of all magnitudes,
 * and the reference makes as many in double. The two halves are the same, to the bit. */
START_TEST(square_of_every_layout)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const size_t n = squares[_i / 2].n, k = squares[_i / 2].k;
    uint64_t state = (uint64_t)_i + 1;
    for (int layout = 0; layout < LAYOUTS; layout++) {
        const fa_matrix a = make_uniform(dtype, n, k, (view_layout)layout, 1, &state), c = make_inner(dtype, n, n);
        for (size_t at = 0; at < n * n; at++)
            set_element(&c, at / n, at % n, (double)NAN);
        blas_square(&a, &c);
        for (size_t at = 0; at < n * n; at++) {
            const size_t i = at / n, j = at % n;
            double sum = 0, magnitude = 0;
            for (size_t q = 0; q < k && j <= i; q++) {
                sum += element(&a, i, q) * element(&a, j, q);
                magnitude += fabs(element(&a, i, q) * element(&a, j, q));
            }
            if (j > i ? element(&c, i, j) != element(&c, j, i)
                      : !(fabs(element(&c, i, j) - sum) <= (double)k * (epsilon(dtype) + DBL_EPSILON) * magnitude))
                ck_abort_msg("%zu x %zu, layout %d: (%zu, %zu) is %.17g", n, k, layout, i, j, element(&c, i, j));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("product");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, kernel_of_every_size, 0, 40);
    tcase_add_loop_test(tcase, kernel_of_random_sizes, 0, 20);
    tcase_add_loop_test(tcase, kernel_does_not_depend_on_the_place, 0, 6);
    tcase_add_loop_test(tcase, kernel_passes_on_nan_and_infinity, 0, 2);
    tcase_add_loop_test(tcase, kernel_transposes, 0, 2);
    tcase_add_loop_test(tcase, product_of_every_layout, 0, (int)(2 * sizeof shapes / sizeof *shapes));
    tcase_add_loop_test(tcase, product_of_every_coefficient, 0, 2);
    tcase_add_loop_test(tcase, product_ignores_idle_strides, 0, 2);
    tcase_add_test(tcase, levels_and_names);
    tcase_add_loop_test(tcase, square_of_every_layout, 0, 2 * (int)(sizeof squares / sizeof *squares));
    return support_run(suite, true);
}
