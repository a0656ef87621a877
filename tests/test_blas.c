/* Products: the small kernel at every CPU level, and blas_product() on both sides of its thresholds, against naive
 * sums in long double. */
#define _POSIX_C_SOURCE 200809L
#include "blas.h"

#include "cpu.h"
#include "kernel_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Around the widths of vectors and tiles. */
static const size_t extents[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 20, 23, 24, 25, 31, 33, 40};
enum { EXTENTS = sizeof extents / sizeof *extents, MAX_EXTENT = 40, MAX_LD = MAX_EXTENT + 8 };

static const double betas[] = {0, 1, -0.5};

/* C = beta C0 + alpha A B within (k + 3) roundings: k - 1 additions, the multiplication, alpha, beta, the last
 * addition, and one for the reference's own. The bound holds for any order of summation. c0 = NULL where beta is 0. */
static void expect_product(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c0,
                           const fa_matrix *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        for (size_t j = 0; j < c->cols; j++) {
            long double sum = 0;
            long double magnitude = 0;
            for (size_t p = 0; p < a->cols; p++) {
                long double term = (long double)element(a, i, p) * (long double)element(b, p, j);
                sum += term;
                magnitude += fabsl(term);
            }
            long double old = beta != 0 ? (long double)(beta * element(c0, i, j)) : 0;
            long double expected = old + (long double)alpha * sum;
            double bound = gamma_n((double)a->cols + 3, c->dtype) *
                           (double)(fabsl(old) + fabsl((long double)alpha) * magnitude);
            double error = (double)fabsl((long double)element(c, i, j) - expected);
            ck_assert_msg(error <= bound, "%zu x %zu x %zu, beta %g, element (%zu, %zu): error %g, bound %g", c->rows,
                          c->cols, a->cols, beta, i, j, error, bound);
        }
    }
}

/* A matrix of any strides over NaN: rows or columns lie `gap` elements further apart than they need to. */
static fa_matrix strided_over(void *memory, size_t count, size_t rows, size_t cols, bool by_columns, size_t gap,
                              fa_dtype dtype)
{
    fa_matrix matrix = inner_over(memory, count, rows, cols, dtype);
    matrix.row_stride = by_columns ? 1 : cols + gap;
    matrix.col_stride = by_columns ? rows + gap : 1;
    return matrix;
}

static void copy_elements(const fa_matrix *from, const fa_matrix *to)
{
    for (size_t i = 0; i < from->rows; i++) {
        for (size_t j = 0; j < from->cols; j++)
            set_element(to, i, j, element(from, i, j));
    }
}

/* --- the kernel --- */

typedef struct workspace {
    void    *a, *b, *c, *c0;
    uint64_t state;
} workspace;

enum { WORKSPACE = MAX_EXTENT * MAX_LD };

static workspace make_workspace(fa_dtype dtype)
{
    size_t size = fa_dtype_size(dtype);
    return (workspace){make_memory(WORKSPACE, size), make_memory(WORKSPACE, size), make_memory(WORKSPACE, size),
                       make_memory(WORKSPACE, size), 11};
}

static void run_kernel(const kernels *table, double alpha, const fa_matrix *a, const fa_matrix *b, double beta,
                       const fa_matrix *c)
{
    table->product(c->rows, c->cols, a->cols, alpha, a->data, a->row_stride, a->col_stride, b->data, b->row_stride,
                   beta, c->data, c->row_stride);
}

/* Also: C is not read where beta is 0 (it is NaN then), no padding enters, nothing is written after C's last row. */
static void check_kernel(const kernels *table, fa_dtype dtype, workspace *w, size_t m, size_t n, size_t k)
{
    double beta = betas[draw_index(&w->state, 3)];
    double alpha = draw_index(&w->state, 2) == 0 ? 1 : -0.375;
    fa_matrix a = strided_over(w->a, WORKSPACE, m, k, draw_index(&w->state, 2) == 0, draw_index(&w->state, 8), dtype);
    fa_matrix b = inner_over(w->b, WORKSPACE, k, n, dtype);
    fa_matrix c = inner_over(w->c, WORKSPACE, m, n, dtype);
    fa_matrix c0 = inner_over(w->c0, WORKSPACE, m, n, dtype);
    fill_uniform(&a, 1, &w->state);
    fill_uniform(&b, 1, &w->state);
    if (beta != 0)
        fill_uniform(&c0, 1, &w->state);
    copy_elements(&c0, &c);
    fa_matrix after = fa_matrix_view(w->c, 1, WORKSPACE, dtype);
    size_t end = m * c.row_stride;
    for (size_t j = end; j < WORKSPACE; j++)
        set_element(&after, 0, j, 77);
    run_kernel(table, alpha, &a, &b, beta, &c);
    expect_product(alpha, &a, &b, beta, &c0, &c);
    for (size_t j = end; j < WORKSPACE; j++)
        ck_assert(element(&after, 0, j) == 77);
}

START_TEST(kernel_is_within_the_bound)
{
    const kernels *table = table_at(_i);
    fa_dtype dtype = table_dtype(_i);
    if (table == NULL)
        return;
    workspace w = make_workspace(dtype);
    for (size_t i = 0; i < EXTENTS; i++) {
        for (size_t j = 0; j < EXTENTS; j++) {
            for (size_t p = draw_index(&w.state, 3); p < EXTENTS; p += 3)
                check_kernel(table, dtype, &w, extents[i], extents[j], extents[p]);
        }
    }
}
END_TEST

/* With equal rows of A, equal columns of B and one value in C, all elements of the result are equal bit for bit. */
START_TEST(kernel_does_not_depend_on_the_place)
{
    const kernels *table = table_at(_i);
    fa_dtype dtype = table_dtype(_i);
    if (table == NULL)
        return;
    workspace w = make_workspace(dtype);
    for (size_t n = 1; n <= MAX_EXTENT; n++) {
        size_t m = 1 + draw_index(&w.state, MAX_EXTENT);
        size_t k = 1 + draw_index(&w.state, MAX_EXTENT);
        double beta = betas[n % 3];
        fa_matrix a = strided_over(w.a, WORKSPACE, m, k, n % 2 == 0, n % 5, dtype);
        fa_matrix b = inner_over(w.b, WORKSPACE, k, n, dtype);
        fa_matrix c = inner_over(w.c, WORKSPACE, m, n, dtype);
        for (size_t p = 0; p < k; p++) {
            double x = draw_uniform(&w.state, -1, 1);
            double y = draw_uniform(&w.state, -1, 1);
            for (size_t i = 0; i < m; i++)
                set_element(&a, i, p, x);
            for (size_t j = 0; j < n; j++)
                set_element(&b, p, j, y);
        }
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++)
                set_element(&c, i, j, 0.3);
        }
        run_kernel(table, 0.7, &a, &b, beta, &c);
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++)
                ck_assert_msg(element(&c, i, j) == element(&c, 0, 0), "%zu x %zu x %zu: (%zu, %zu) differs", m, n, k,
                              i, j);
        }
    }
}
END_TEST

START_TEST(transpose)
{
    const kernels *table = table_at(_i);
    fa_dtype dtype = table_dtype(_i);
    if (table == NULL)
        return;
    workspace w = make_workspace(dtype);
    for (size_t i = 0; i < EXTENTS; i++) {
        for (size_t j = 0; j < EXTENTS; j++) {
            fa_matrix a = inner_over(w.a, WORKSPACE, extents[i], extents[j], dtype);
            fa_matrix t = inner_over(w.b, WORKSPACE, extents[j], extents[i], dtype);
            fa_matrix back = fa_matrix_transpose(t);
            fill_uniform(&a, 1, &w.state);
            table->transpose(a.rows, a.cols, a.data, a.row_stride, t.data, t.row_stride);
            ck_assert(same_bits(&a, &back));
        }
    }
}
END_TEST

/* --- blas_product --- */

/* On both sides of every threshold: the kernel, the packed kernel, gemv, ger and gemm. */
static const struct {
    size_t m, n, k;
} shapes[] = {
    {1, 1, 1},    {1, 1, 9},    {1, 9, 1},   {9, 1, 1},    {1, 20, 30},   {75, 20, 30},  {30, 20, 75}, {5, 1, 7},
    {1, 150, 140}, {1, 141, 150}, {1, 21001, 1}, {1, 1, 21001}, {500, 450, 1}, {450, 500, 1}, {60, 61, 62},
    {201, 10, 100}, {10, 201, 100}, {2, 300, 340}, {210000, 1, 1}, {2, 1, 110000}, {3, 70, 70},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static fa_matrix make_filled_inner(size_t rows, size_t cols, bool by_columns, fa_dtype dtype, uint64_t *state)
{
    fa_matrix matrix = by_columns ? make_inner(cols, rows, dtype) : make_inner(rows, cols, dtype);
    if (by_columns)
        matrix = fa_matrix_transpose(matrix);
    fill_uniform(&matrix, 1, state);
    return matrix;
}

/* What the contract lets a stride along an extent of 1 be. */
static fa_matrix with_idle_strides(fa_matrix matrix)
{
    if (matrix.rows == 1)
        matrix.row_stride = 987654321;
    if (matrix.cols == 1)
        matrix.col_stride = 123456789;
    return matrix;
}

static void check_product(size_t shape, fa_dtype dtype, view_layout layout, bool b_by_columns, double beta)
{
    size_t m = shapes[shape].m;
    size_t n = shapes[shape].n;
    size_t k = shapes[shape].k;
    uint64_t state = 5 + shape;
    fa_matrix a = with_idle_strides(make_uniform(dtype, m, k, layout, 1, &state));
    fa_matrix b = with_idle_strides(make_filled_inner(k, n, b_by_columns, dtype, &state));
    fa_matrix c0 = make_inner(m, n, dtype);
    fa_matrix c = make_inner(m, n, dtype);
    if (beta != 0)
        fill_uniform(&c0, 1, &state);
    copy_elements(&c0, &c);
    c = with_idle_strides(c);
    blas_product(-0.75, &a, &b, beta, &c);
    expect_product(-0.75, &a, &b, beta, &c0, &c);
}

START_TEST(products_in_every_layout)
{
    for (int d = 0; d < 2; d++) {
        for (int layout = 0; layout < LAYOUTS; layout++) {
            for (int beta = 0; beta < 3; beta++) {
                check_product((size_t)_i, table_dtype(d), (view_layout)layout, false, betas[beta]);
                check_product((size_t)_i, table_dtype(d), (view_layout)layout, true, betas[beta]);
            }
        }
    }
}
END_TEST

/* A second call gives the same bits, on either side of the threshold. */
START_TEST(products_repeat)
{
    uint64_t state = 3;
    fa_dtype dtype = table_dtype(_i);
    for (size_t n = 20; n <= 80; n += 60) {
        fa_matrix a = make_uniform(dtype, n, n, LAYOUT_TRANSPOSED, 1, &state);
        fa_matrix b = make_filled_inner(n, n, true, dtype, &state);
        fa_matrix first = make_inner(n, n, dtype);
        fa_matrix second = make_inner(n, n, dtype);
        blas_product(1, &a, &b, 0, &first);
        blas_product(1, &a, &b, 0, &second);
        ck_assert(same_bits(&first, &second));
    }
}
END_TEST

START_TEST(blas_is_a_file)
{
    ck_assert(access(blas_file(), R_OK) == 0);
}
END_TEST

/* --- the level --- */

/* What cpu_level_now() says in a process of its own: before it, FA_CPU is `first`, afterwards `then`. */
static int level_with(const char *first, const char *then)
{
    pid_t child = fork();
    if (child == 0) {
        setenv("FA_CPU", first, 1);
        cpu_level before = cpu_level_now();
        setenv("FA_CPU", then, 1);
        _exit(before == cpu_level_now() ? (int)before : 99);
    }
    int status = 0;
    ck_assert(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* FA_CPU lowers the level and never raises it; the first call decides. Must run before anything asks for the level. */
START_TEST(environment_lowers_the_level)
{
    int best = (int)cpu_level_best();
    ck_assert_int_eq(level_with("baseline", "avx512"), (int)CPU_BASELINE);
    ck_assert_int_eq(level_with("avx2", "baseline"), best < (int)CPU_AVX2 ? best : (int)CPU_AVX2);
    ck_assert_int_eq(level_with("avx512", "baseline"), best);
    ck_assert_int_eq(level_with("nonsense", "baseline"), best);
    ck_assert_int_eq(level_with("", "baseline"), best);
    ck_assert_str_eq(cpu_level_name(CPU_BASELINE), "baseline");
    ck_assert_str_eq(cpu_level_name(CPU_AVX2), "avx2");
    ck_assert_str_eq(cpu_level_name(CPU_AVX512), "avx512");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blas");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, environment_lowers_the_level);
    tcase_add_loop_test(tcase, kernel_is_within_the_bound, 0, TABLES);
    tcase_add_loop_test(tcase, kernel_does_not_depend_on_the_place, 0, TABLES);
    tcase_add_loop_test(tcase, transpose, 0, TABLES);
    tcase_add_loop_test(tcase, products_in_every_layout, 0, SHAPES);
    tcase_add_loop_test(tcase, products_repeat, 0, 2);
    tcase_add_test(tcase, blas_is_a_file);
    return support_run(suite, true);
}
