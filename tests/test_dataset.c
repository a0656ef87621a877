/* Data sets over arrays: samples, mini-batches, views, one-hot targets. */
#include "samples.h"

#include <limits.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* --- arrays --- */

START_TEST(every_layout)
{
    const arrays a = make_arrays(dtypes[_i % 2], (view_layout)(_i / 4));
    const bool labelled = _i / 2 % 2;
    const fa_dataset *data = make_data(&a, labelled);
    ck_assert(fa_dataset_dtype(data) == dtypes[_i % 2]);
    expect_data(data, labelled, all, N);
}
END_TEST

START_TEST(batches)
{
    const arrays a = make_arrays(dtypes[_i % 2], (view_layout)(_i / 4 % LAYOUTS));
    const bool labelled = _i / 2 % 2;
    const fa_dataset *data = make_data(&a, labelled);
    const size_t rows[] = {7, 0, 11, 7, 3};
    for (int layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix x = make_layout(dtypes[_i % 2], 5, INPUTS, (view_layout)layout);
        fa_matrix target = make_layout(dtypes[_i % 2], 5, OUTPUTS, (view_layout)layout);
        for (size_t k = 0; k < 5 * OUTPUTS; k++)
            set_element(&target, k / OUTPUTS, k % OUTPUTS, 77);
        expect_ok(fa_dataset_gather(data, rows, 5, &x, &target));
        expect_samples(&x, &target, labelled, rows, 5);
        fa_matrix alone = make_layout(dtypes[_i % 2], 5, INPUTS, (view_layout)layout);
        expect_ok(fa_dataset_gather(data, rows, 5, &alone, NULL));
        ck_assert(same_bits(&x, &alone));
    }
}
END_TEST

START_TEST(views)
{
    const arrays a = make_arrays(dtypes[_i % 2], (view_layout)(_i / 4));
    const bool labelled = _i / 2 % 2;
    const fa_dataset *data = make_data(&a, labelled);
    for (size_t first = 0; first < N; first++)
        for (size_t count = 1; count <= N - first; count++) {
            fa_matrix x, target, rows;
            expect_ok(fa_dataset_view(data, first, count, &x, &target));
            expect_ok(fa_matrix_rows(&a.x, first, count, &rows));
            ck_assert(x.data == rows.data && x.rows == count && x.row_stride == rows.row_stride);
            ck_assert(same_bits(&x, &rows));
            expect_ok(fa_matrix_rows(&a.target, first, count, &rows));
            ck_assert(labelled ? is_zeroed(&target) : target.data == rows.data && same_bits(&target, &rows));
            expect_ok(fa_dataset_view(data, first, count, &x, NULL));
        }
}
END_TEST

START_TEST(numbers_of_null)
{
    ck_assert(fa_dataset_size(NULL) == 0 && fa_dataset_n_inputs(NULL) == 0 && fa_dataset_n_outputs(NULL) == 0);
    ck_assert(!fa_dataset_has_labels(NULL) && fa_dataset_dtype(NULL) == 0);
    fa_dataset_destroy(NULL);
}
END_TEST

START_TEST(classes_are_counted)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    fa_dataset *data = NULL;
    a.labels[4] = 6;
    expect_ok(fa_dataset_create_labelled(&data, &a.x, a.labels, 0));
    ck_assert_uint_eq(fa_dataset_n_outputs(kept(data)), 7);
    expect_ok(fa_dataset_create_labelled(&data, &a.x, a.labels, 9));
    ck_assert_uint_eq(fa_dataset_n_outputs(kept(data)), 9);
}
END_TEST

/* --- one-hot --- */

START_TEST(one_hot)
{
    const int32_t labels[] = {2, 0, 3, 3};
    fa_matrix target = make_layout(dtypes[_i % 2], 4, 4, (view_layout)(_i / 2));
    for (size_t k = 0; k < 16; k++)
        set_element(&target, k / 4, k % 4, 5);
    expect_ok(fa_one_hot(labels, 4, &target));
    for (size_t k = 0; k < 16; k++)
        ck_assert(element(&target, k / 4, k % 4) == (double)((size_t)labels[k / 4] == k % 4));
}
END_TEST

START_TEST(one_hot_refuses)
{
    const int32_t labels[] = {2, 0, 3, 3}, negative[] = {2, 0, -1, 3};
    fa_matrix target = make_matrix(FA_FLOAT32, 4, 3);
    set_element(&target, 0, 0, 5);
    expect_failure(FA_ERR_ARGUMENT, fa_one_hot(NULL, 4, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_one_hot(labels, 4, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_one_hot(labels, 4, &target)); /* label 3 of 3 classes */
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "label 3 of sample 2"));
    expect_failure(FA_ERR_ARGUMENT, fa_one_hot(negative, 4, &target));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "label -1 of sample 2"));
    expect_failure(FA_ERR_SHAPE, fa_one_hot(labels, 3, &target));
    expect_failure(FA_ERR_SHAPE, fa_one_hot(labels, 0, &target));
    ck_assert(element(&target, 0, 0) == 5 && norm(&target) == 5);
}
END_TEST

/* --- what is refused --- */

START_TEST(creation_refuses)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    fa_matrix shorter = make_matrix(FA_FLOAT32, N - 1, OUTPUTS), other = make_matrix(FA_FLOAT64, N, OUTPUTS), bad = a.x;
    fa_dataset *data = make_data(&a, false); /* anything but NULL */
    bad.row_stride = 2;
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create(NULL, &a.x, &a.target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create(&data, NULL, &a.target));
    ck_assert_ptr_null(data);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create(&data, &a.x, NULL));
    expect_failure(FA_ERR_SHAPE, fa_dataset_create(&data, &a.x, &shorter));
    expect_failure(FA_ERR_DTYPE, fa_dataset_create(&data, &a.x, &other));
    expect_failure(FA_ERR_SHAPE, fa_dataset_create(&data, &bad, &a.target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(NULL, &a.x, a.labels, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, NULL, a.labels, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, &a.x, NULL, 0));
    expect_failure(FA_ERR_SHAPE, fa_dataset_create_labelled(&data, &bad, a.labels, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, &a.x, a.labels, (size_t)INT_MAX + 1));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, &a.x, a.labels, 1));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "label 1 of sample 1"));
    a.labels[9] = -1;
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, &a.x, a.labels, 0));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "label -1 of sample 9"));
    a.labels[9] = INT32_MAX; /* there would be INT_MAX + 1 classes */
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_create_labelled(&data, &a.x, a.labels, 0));
    ck_assert_ptr_null(data);
}
END_TEST

START_TEST(batches_refuse)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    const fa_dataset *data = make_data(&a, true);
    const size_t rows[] = {0, N};
    fa_matrix x = make_matrix(FA_FLOAT32, 2, INPUTS), target = make_matrix(FA_FLOAT32, 2, OUTPUTS);
    fa_matrix wide = make_matrix(FA_FLOAT32, 2, OUTPUTS + 1), other = make_matrix(FA_FLOAT64, 2, INPUTS);
    fa_matrix large = make_matrix(FA_FLOAT32, N + 1, INPUTS), alone = make_matrix(FA_FLOAT32, 1, INPUTS);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(NULL, NULL, 2, &x, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, NULL, 2, NULL, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 0, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 3, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 2, &x, &wide));
    expect_failure(FA_ERR_DTYPE, fa_dataset_gather(data, NULL, 2, &other, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, rows, 2, &x, &target));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "rows[1] is 12"));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, rows + 1, 1, &alone, NULL));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "rows[0] is 12"));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, NULL, N + 1, &large, NULL));
    ck_assert(norm(&x) == 0 && norm(&target) == 0 && norm(&large) == 0);
}
END_TEST

START_TEST(views_and_labels_refuse)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    const fa_dataset *data = make_data(&a, true), *plain = make_data(&a, false);
    fa_matrix x = {.rows = 9}, target = {.rows = 9};
    int32_t labels[N] = {77};
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_view(NULL, 0, 1, &x, &target));
    ck_assert(is_zeroed(&x) && is_zeroed(&target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_view(data, 0, 1, NULL, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_view(data, 0, 0, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_view(data, N, 1, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_view(data, 1, SIZE_MAX, &x, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_labels(NULL, 0, 1, labels));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_labels(data, 0, 1, NULL));
    expect_failure(FA_ERR_STATE, fa_dataset_labels(plain, 0, 1, labels));
    expect_failure(FA_ERR_SHAPE, fa_dataset_labels(data, 1, N, labels));
    ck_assert_int_eq(labels[0], 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, every_layout, 0, 4 * LAYOUTS);
    tcase_add_loop_test(tcase, batches, 0, 4 * LAYOUTS);
    tcase_add_loop_test(tcase, views, 0, 4 * LAYOUTS);
    tcase_add_test(tcase, numbers_of_null);
    tcase_add_test(tcase, classes_are_counted);
    tcase_add_loop_test(tcase, one_hot, 0, 2 * LAYOUTS);
    tcase_add_test(tcase, one_hot_refuses);
    tcase_add_test(tcase, creation_refuses);
    tcase_add_test(tcase, batches_refuse);
    tcase_add_test(tcase, views_and_labels_refuse);
    return support_run(suite, true);
}
