/* Views: what makes one, what is refused, and copies between all layouts and types. */
#include "matrix.h"

#include "alloc.h"
#include "support.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

START_TEST(types)
{
    ck_assert_str_eq(fa_dtype_name(FA_FLOAT32), "float32");
    ck_assert_str_eq(fa_dtype_name(FA_FLOAT64), "float64");
    ck_assert_str_eq(fa_dtype_name((fa_dtype)0), "unknown");
    ck_assert_uint_eq(fa_dtype_size(FA_FLOAT32), 4);
    ck_assert_uint_eq(fa_dtype_size(FA_FLOAT64), 8);
    ck_assert_uint_eq(fa_dtype_size((fa_dtype)3), 0);
}
END_TEST

START_TEST(view_and_transpose)
{
    double data[6] = {0, 1, 2, 3, 4, 5};
    const fa_matrix view = fa_matrix_view(data, 2, 3, FA_FLOAT64), turned = fa_matrix_transpose(view);
    ck_assert(view.data == data && view.rows == 2 && view.cols == 3 && view.dtype == FA_FLOAT64);
    ck_assert(turned.data == data && turned.rows == 3 && turned.cols == 2 && turned.dtype == FA_FLOAT64);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++)
            ck_assert(element(&view, i, j) == (double)(i * 3 + j) && element(&turned, j, i) == (double)(i * 3 + j));
    const fa_matrix back = fa_matrix_transpose(turned);
    ck_assert(back.rows == 2 && back.cols == 3 && back.row_stride == 3 && back.col_stride == 1);
}
END_TEST

START_TEST(range_of_rows)
{
    uint64_t state = 1;
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix rows, all = make_uniform(dtypes[_i], 5, 4, (view_layout)layout, 1, &state);
        for (size_t first = 0; first < 5; first++)
            for (size_t count = 1; count <= 5 - first; count++) {
                expect_ok(fa_matrix_rows(&all, first, count, &rows));
                ck_assert(rows.rows == count && rows.cols == 4 && rows.dtype == dtypes[_i]);
                for (size_t at = 0; at < count * 4; at++)
                    ck_assert(element(&rows, at / 4, at % 4) == element(&all, first + at / 4, at % 4));
            }
        expect_ok(fa_matrix_rows(&all, 2, 2, &all)); /* in place */
        ck_assert_uint_eq(all.rows, 2);
    }
}
END_TEST

static void refuse_rows(fa_status status, const fa_matrix *matrix, size_t first, size_t count)
{
    fa_matrix rows = make_matrix(FA_FLOAT32, 1, 1);
    expect_failure(status, fa_matrix_rows(matrix, first, count, &rows));
    ck_assert(is_zeroed(&rows));
}

START_TEST(range_of_rows_refuses)
{
    fa_matrix matrix = make_matrix(dtypes[_i], 5, 4);
    refuse_rows(FA_ERR_ARGUMENT, NULL, 0, 1);
    refuse_rows(FA_ERR_SHAPE, &matrix, 0, 6);
    refuse_rows(FA_ERR_SHAPE, &matrix, 5, 1);
    refuse_rows(FA_ERR_SHAPE, &matrix, 4, 2);
    refuse_rows(FA_ERR_SHAPE, &matrix, 1, SIZE_MAX);
    refuse_rows(FA_ERR_SHAPE, &matrix, SIZE_MAX, 2);
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_rows(&matrix, 0, 1, NULL));
}
END_TEST

/* --- memory --- */

START_TEST(alloc_and_free)
{
    for (size_t rows = 1; rows < 20; rows++) {
        const size_t cols = 21 - rows;
        fa_matrix matrix;
        expect_ok(fa_matrix_alloc(&matrix, rows, cols, dtypes[_i]));
        ck_assert(matrix.rows == rows && matrix.cols == cols && matrix.dtype == dtypes[_i]);
        ck_assert(matrix.row_stride == cols && matrix.col_stride == 1 && norm(&matrix) == 0);
        ck_assert_uint_eq((uintptr_t)matrix.data % 64, 0);
        memset(matrix.data, 0xff, rows * cols * fa_dtype_size(dtypes[_i])); /* all of it is ours */
        fa_matrix_free(&matrix);
        ck_assert(is_zeroed(&matrix));
        fa_matrix_free(&matrix);
    }
    fa_matrix_free(NULL);
}
END_TEST

static void refuse_alloc(fa_status status, size_t rows, size_t cols, fa_dtype dtype)
{
    fa_matrix matrix = make_matrix(FA_FLOAT32, 1, 1);
    expect_failure(status, fa_matrix_alloc(&matrix, rows, cols, dtype));
    ck_assert(is_zeroed(&matrix));
}

START_TEST(alloc_refuses)
{
    refuse_alloc(FA_ERR_SHAPE, 0, 3, dtypes[_i]);
    refuse_alloc(FA_ERR_SHAPE, 3, 0, dtypes[_i]);
    refuse_alloc(FA_ERR_SHAPE, SIZE_MAX, 1, dtypes[_i]);
    refuse_alloc(FA_ERR_SHAPE, 1, SIZE_MAX, dtypes[_i]);
    refuse_alloc(FA_ERR_SHAPE, SIZE_MAX / 2 + 1, 2, dtypes[_i]);
    refuse_alloc(FA_ERR_SHAPE, SIZE_MAX, SIZE_MAX, dtypes[_i]);
    refuse_alloc(FA_ERR_DTYPE, 3, 3, (fa_dtype)0);
    refuse_alloc(FA_ERR_DTYPE, 3, 3, (fa_dtype)3);
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_alloc(NULL, 3, 3, dtypes[_i]));
}
END_TEST

START_TEST(sizes_that_overflow)
{
    size_t total = 0;
    ck_assert(mem_add(&total, 1, 1) && total == 64);
    ck_assert(mem_add(&total, 8, 8) && total == 128);
    ck_assert(mem_add(&total, 13, 5) && total == 256);
    ck_assert(!mem_add(&total, SIZE_MAX, 2));
    total = 256;
    ck_assert(!mem_add(&total, SIZE_MAX - 10, 1));
    total = SIZE_MAX - 127;
    ck_assert(!mem_add(&total, 129, 1));
    support_forget();
    ck_assert_ptr_null(mem_zeroed(SIZE_MAX / 2, 4));
    ck_assert_ptr_null(strstr(fa_last_error(), "no_such_rule"));
    mem_free(NULL);
}
END_TEST

/* --- what a view has to be --- */

/* A change to a sound view [4 x 3] and what matrix_check() says of it. SAME leaves a field alone. */
#define SAME (SIZE_MAX - 1)

static const struct {
    size_t rows, cols, row_stride, col_stride;
    fa_status status;
} views[] = {
    {SAME, SAME, SAME, SAME, FA_OK},
    {SAME, SAME, 5, SAME, FA_OK},
    {SAME, SAME, 1, 4, FA_OK},
    {SAME, SAME, 1, 9, FA_OK},
    {0, SAME, SAME, SAME, FA_ERR_SHAPE},
    {SAME, 0, SAME, SAME, FA_ERR_SHAPE},
    {SAME, SAME, 2, SAME, FA_ERR_SHAPE},
    {SAME, SAME, 1, 3, FA_ERR_SHAPE},
    {SAME, SAME, 6, 2, FA_ERR_SHAPE},
    {SAME, SAME, 2, 8, FA_ERR_SHAPE},
    {SAME, SAME, 1, 1, FA_ERR_SHAPE},
    {SAME, SAME, 0, 1, FA_ERR_SHAPE},
    {SAME, SAME, SIZE_MAX, 1, FA_ERR_SHAPE},
    {SIZE_MAX, SAME, SAME, SAME, FA_ERR_SHAPE},
    {(size_t)INT_MAX + 1, SAME, SAME, SAME, FA_ERR_SHAPE},
    {SAME, (size_t)INT_MAX + 1, (size_t)INT_MAX + 1, SAME, FA_ERR_SHAPE},
    {INT_MAX, INT_MAX, INT_MAX, 1, FA_ERR_SHAPE}, /* more than there are addresses for */
    {1, SAME, 0, 1, FA_OK},                       /* the stride along an extent of 1 is ignored, */
    {1, SAME, SIZE_MAX, 1, FA_OK},
    {SAME, 1, 1, 0, FA_OK},
    {SAME, 1, 1, SIZE_MAX, FA_OK},
    {SAME, 1, 7, 0, FA_OK}, /* so that the other one is the larger: a column of a C array, */
    {1, SAME, 0, 7, FA_OK}, /* a row of a Fortran array */
    {1, 1, 0, 0, FA_OK},
    {1, 1, SIZE_MAX, SIZE_MAX, FA_OK},
    {1, SAME, 1, 0, FA_ERR_SHAPE}, /* elements in one place */
    {SAME, 1, 0, 1, FA_ERR_SHAPE},
};

static size_t changed(size_t value, size_t change)
{
    return change == SAME ? value : change;
}

START_TEST(checks_of_views)
{
    const fa_matrix sound = make_matrix(dtypes[_i], 4, 3);
    for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
        fa_matrix view = sound;
        view.rows = changed(view.rows, views[k].rows);
        view.cols = changed(view.cols, views[k].cols);
        view.row_stride = changed(view.row_stride, views[k].row_stride);
        view.col_stride = changed(view.col_stride, views[k].col_stride);
        support_forget();
        const fa_status status = matrix_check(&view, "the view");
        ck_assert_msg(status == views[k].status, "view %zu: %s", k, fa_status_string(status));
        ck_assert((strncmp(fa_last_error(), "the view is", 11) == 0) == (status != FA_OK));
    }
}
END_TEST

/* The last element ends with the last address that a view may have, or one element behind it; nothing is read. */
START_TEST(checks_of_the_last_byte)
{
    const bool is_double = dtypes[_i] == FA_FLOAT64;
    fa_matrix view = make_matrix(dtypes[_i], 1, 1);
    view.rows = (is_double ? (size_t)1 << 30 : (size_t)1 << 31) - (is_double ? 1 : 3);
    view.row_stride = ((size_t)1 << 30) + 2;
    for (view.cols = 2; view.cols < 10; view.cols++) {
        const uint64_t last = (uint64_t)(view.rows - 1) * view.row_stride + view.cols - 1;
        const fa_status expected = last < PTRDIFF_MAX / fa_dtype_size(view.dtype) ? FA_OK : FA_ERR_SHAPE;
        const fa_matrix turned = fa_matrix_transpose(view);
        ck_assert_int_eq(matrix_check(&view, "m"), expected);
        ck_assert_int_eq(matrix_check(&turned, "m"), expected);
    }
}
END_TEST

START_TEST(checks_of_data_and_type)
{
    fa_matrix view = make_matrix(dtypes[_i], 2, 2);
    expect_failure(FA_ERR_ARGUMENT, matrix_check(NULL, "m"));
    view.dtype = (fa_dtype)3;
    expect_failure(FA_ERR_DTYPE, matrix_check(&view, "m"));
    view.dtype = dtypes[_i];
    view.data = (char *)view.data + 2;
    expect_failure(FA_ERR_ARGUMENT, matrix_check(&view, "m"));
    view.data = NULL;
    expect_failure(FA_ERR_ARGUMENT, matrix_check(&view, "m"));
}
END_TEST

START_TEST(checks_of_shape)
{
    fa_matrix view = make_matrix(dtypes[_i], 4, 3);
    expect_ok(matrix_check_shape(&view, "m", 4, 3, dtypes[_i]));
    expect_ok(matrix_check_shape(&view, "m", 0, 3, dtypes[_i]));
    expect_failure(FA_ERR_ARGUMENT, matrix_check_shape(NULL, "m", 4, 3, dtypes[_i]));
    expect_failure(FA_ERR_SHAPE, matrix_check_shape(&view, "m", 3, 3, dtypes[_i]));
    expect_failure(FA_ERR_SHAPE, matrix_check_shape(&view, "m", 0, 4, dtypes[_i]));
    expect_failure(FA_ERR_DTYPE, matrix_check_shape(&view, "m", 4, 3, dtypes[1 - _i]));
    view.row_stride = 2;
    expect_failure(FA_ERR_SHAPE, matrix_check_shape(&view, "m", 4, 3, dtypes[_i]));
}
END_TEST

START_TEST(check_finite_names_the_place)
{
    uint64_t state = 1;
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix matrix = make_uniform(dtypes[_i], 12, 15, (view_layout)layout, 1, &state);
        expect_ok(matrix_check_finite(&matrix, "target"));
        set_element(&matrix, 11, 14, (double)INFINITY);
        expect_failure(FA_ERR_NOT_FINITE, matrix_check_finite(&matrix, "target"));
        ck_assert_str_eq(fa_last_error(), "target is infinite in row 11, column 14 (counted from 0)");
        set_element(&matrix, 10, 13, (double)NAN);
        expect_failure(FA_ERR_NOT_FINITE, matrix_check_finite(&matrix, "target"));
        ck_assert_str_eq(fa_last_error(), "target is NaN in row 10, column 13 (counted from 0)");
    }
}
END_TEST

/* --- elements, inner matrices, copies --- */

START_TEST(inner_matrices)
{
    const size_t unit = 32 / fa_dtype_size(dtypes[_i]);
    for (size_t n = 1; n < 40; n++) {
        const size_t padded = matrix_padded(n, dtypes[_i]);
        ck_assert(padded >= n && padded < n + unit && padded % unit == 0);
        double data = 0;
        fa_matrix inner = matrix_inner(&data, 3, n, dtypes[_i]);
        ck_assert(inner.rows == 3 && inner.cols == n && inner.row_stride == padded && inner.col_stride == 1);
        inner = matrix_inner_columns(&data, n, 3, dtypes[_i]);
        ck_assert(inner.rows == n && inner.cols == 3 && inner.row_stride == 1 && inner.col_stride == padded);
    }
}
END_TEST

START_TEST(single_elements)
{
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix matrix = make_layout(dtypes[_i], 3, 4, (view_layout)layout);
        matrix_put(&matrix, 2, 1, 0.1);
        ck_assert(element(&matrix, 2, 1) == (dtypes[_i] == FA_FLOAT32 ? (double)0.1f : 0.1));
        ck_assert(matrix_get(&matrix, 2, 1) == element(&matrix, 2, 1) && norm(&matrix) == fabs(element(&matrix, 2, 1)));
        ck_assert(matrix_at(&matrix, 0, 0) == matrix.data);
    }
}
END_TEST

/* What lies around the elements of a larger array is left alone. */
START_TEST(copies_between_all_layouts)
{
    static const size_t sizes[] = {1, 2, 3, 17, 40};
    const fa_dtype from = dtypes[_i % 2], to = dtypes[_i / 2];
    uint64_t state = 1;
    for (size_t k = 0; k < 5 * 5 * LAYOUTS * LAYOUTS; k++) {
        const size_t rows = sizes[k % 5], cols = sizes[k / 5 % 5];
        fa_matrix source = make_uniform(from, rows, cols, (view_layout)(k / 25 % LAYOUTS), 1, &state);
        fa_matrix copy = make_layout(to, rows, cols, (view_layout)(k / 25 / LAYOUTS));
        set_element(&source, 0, 0, 0.1); /* no float32 */
        expect_ok(fa_matrix_copy(&source, &copy));
        for (size_t at = 0; at < rows * cols; at++) {
            const double x = element(&source, at / cols, at % cols);
            ck_assert(element(&copy, at / cols, at % cols) == (to == FA_FLOAT32 ? (double)(float)x : x));
        }
        matrix_zero(&copy);
        ck_assert(norm(&copy) == 0);
    }
}
END_TEST

START_TEST(copy_and_zero_keep_to_their_view)
{
    for (int turned = 0; turned < 2; turned++) {
        fa_matrix whole = make_matrix(dtypes[_i], 5, 6), part = whole, source = make_matrix(dtypes[1 - _i], 3, 4);
        part.data = matrix_at(&whole, 1, 1);
        part.rows = 3;
        part.cols = 4;
        if (turned) {
            part = fa_matrix_transpose(part);
            source = fa_matrix_transpose(source);
        }
        for (size_t at = 0; at < 30; at++)
            set_element(&whole, at / 6, at % 6, 1);
        expect_ok(fa_matrix_copy(&source, &part));
        ck_assert(norm(&part) == 0 && norm(&whole) == sqrt(18));
        set_element(&part, 2, 2, 5);
        matrix_zero(&part);
        ck_assert(norm(&part) == 0 && norm(&whole) == sqrt(18));
    }
}
END_TEST

START_TEST(copy_refuses)
{
    fa_matrix a = make_matrix(dtypes[_i], 2, 3), b = make_matrix(dtypes[_i], 3, 2), c = a;
    set_element(&a, 0, 0, 1);
    expect_failure(FA_ERR_SHAPE, fa_matrix_copy(&a, &b));
    c.row_stride = 2;
    expect_failure(FA_ERR_SHAPE, fa_matrix_copy(&c, &a));
    expect_failure(FA_ERR_SHAPE, fa_matrix_copy(&a, &c));
    c.dtype = (fa_dtype)7;
    expect_failure(FA_ERR_DTYPE, fa_matrix_copy(&c, &a));
    expect_failure(FA_ERR_DTYPE, fa_matrix_copy(&a, &c));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_copy(NULL, &a));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_copy(&a, NULL));
    ck_assert(norm(&a) == 1 && norm(&b) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("matrix");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, types);
    tcase_add_test(tcase, view_and_transpose);
    tcase_add_loop_test(tcase, range_of_rows, 0, 2);
    tcase_add_loop_test(tcase, range_of_rows_refuses, 0, 2);
    tcase_add_loop_test(tcase, alloc_and_free, 0, 2);
    tcase_add_loop_test(tcase, alloc_refuses, 0, 2);
    tcase_add_test(tcase, sizes_that_overflow);
    tcase_add_loop_test(tcase, checks_of_views, 0, 2);
    tcase_add_loop_test(tcase, checks_of_the_last_byte, 0, 2);
    tcase_add_loop_test(tcase, checks_of_data_and_type, 0, 2);
    tcase_add_loop_test(tcase, checks_of_shape, 0, 2);
    tcase_add_loop_test(tcase, check_finite_names_the_place, 0, 2);
    tcase_add_loop_test(tcase, inner_matrices, 0, 2);
    tcase_add_loop_test(tcase, single_elements, 0, 2);
    tcase_add_loop_test(tcase, copies_between_all_layouts, 0, 4);
    tcase_add_loop_test(tcase, copy_and_zero_keep_to_their_view, 0, 2);
    tcase_add_loop_test(tcase, copy_refuses, 0, 2);
    return support_run(suite, true);
}
