/* Data sets over arrays: samples, mini-batches, views, parts, copies, one-hot targets. */
#include "support.h"

#include <limits.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { N = 12, INPUTS = 5, OUTPUTS = 3 };

static void destroy(void *data)
{
    fa_dataset_destroy(data);
}

static fa_dataset *kept(fa_dataset *data)
{
    return keep(data, destroy);
}

/* Input j of sample i, output k of sample i, label of sample i. */
static double input_of(size_t i, size_t j)
{
    return (double)(10 * i + j) + 0.25;
}

static double output_of(size_t i, size_t k)
{
    return -(double)(10 * i + k) - 0.5;
}

static int32_t label_of(size_t i)
{
    return (int32_t)(i * i % OUTPUTS);
}

typedef struct arrays {
    fa_matrix x, target;
    int32_t *labels;
} arrays;

static arrays make_arrays(fa_dtype dtype, view_layout layout)
{
    arrays a = {make_layout(dtype, N, INPUTS, layout), make_layout(dtype, N, OUTPUTS, layout),
                make_memory(N, sizeof *a.labels)};
    for (size_t i = 0; i < N; i++) {
        a.labels[i] = label_of(i);
        for (size_t j = 0; j < INPUTS; j++)
            set_element(&a.x, i, j, input_of(i, j));
        for (size_t k = 0; k < OUTPUTS; k++)
            set_element(&a.target, i, k, output_of(i, k));
    }
    return a;
}

static fa_dataset *make_data(const arrays *a, bool labelled)
{
    fa_dataset *data = NULL;
    if (labelled)
        expect_ok(fa_dataset_create_labelled(&data, &a->x, a->labels, OUTPUTS));
    else
        expect_ok(fa_dataset_create(&data, &a->x, &a->target));
    return kept(data);
}

/* Row i of x and target is sample places[i] of the arrays. */
static void expect_samples(const fa_matrix *x, const fa_matrix *target, bool labelled, const size_t *places,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < INPUTS; j++)
            ck_assert(element(x, i, j) == input_of(places[i], j));
        for (size_t k = 0; k < OUTPUTS; k++)
            ck_assert(element(target, i, k) ==
                      (labelled ? (double)((size_t)label_of(places[i]) == k) : output_of(places[i], k)));
    }
}

/* The data set holds samples places[0 .. count - 1] of the arrays, in this order. */
static void expect_data(const fa_dataset *data, bool labelled, const size_t *places, size_t count)
{
    fa_dtype dtype = fa_dataset_dtype(data);
    ck_assert_uint_eq(fa_dataset_size(data), count);
    ck_assert(fa_dataset_n_inputs(data) == INPUTS && fa_dataset_n_outputs(data) == OUTPUTS);
    ck_assert(fa_dataset_has_labels(data) == labelled);
    fa_matrix x = make_matrix(dtype, count, INPUTS), target = make_matrix(dtype, count, OUTPUTS);
    expect_ok(fa_dataset_gather(data, NULL, count, &x, &target));
    expect_samples(&x, &target, labelled, places, count);
    if (labelled) {
        int32_t labels[N];
        expect_ok(fa_dataset_labels(data, 0, count, labels));
        for (size_t i = 0; i < count; i++)
            ck_assert(labels[i] == label_of(places[i]));
    }
}

static const size_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

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

/* --- parts --- */

START_TEST(ranges_of_ranges)
{
    const arrays a = make_arrays(FA_FLOAT64, LAYOUT_C);
    const bool labelled = _i;
    fa_dataset *data = NULL, *part = NULL, *inner = NULL;
    if (labelled)
        expect_ok(fa_dataset_create_labelled(&data, &a.x, a.labels, OUTPUTS));
    else
        expect_ok(fa_dataset_create(&data, &a.x, &a.target));
    expect_ok(fa_dataset_rows(&part, data, 2, 7));
    fa_dataset_destroy(data); /* the part lives on */
    expect_data(kept(part), labelled, all + 2, 7);
    expect_ok(fa_dataset_rows(&inner, part, 3, 4));
    expect_data(kept(inner), labelled, all + 5, 4);
    fa_matrix x, target;
    expect_ok(fa_dataset_view(inner, 1, 2, &x, &target));
    ck_assert(element(&x, 0, 0) == input_of(6, 0) && element(&x, 1, 0) == input_of(7, 0) && x.rows == 2);
    expect_failure(FA_ERR_SHAPE, fa_dataset_view(inner, 1, 4, &x, &target));
}
END_TEST

static const size_t sizes[] = {5, 1, 4};

/* Which part each of count samples goes to: the first 5 of the permutation to part 0, the next to part 1, then 4 to part 2;
 * 3 to none. */
static void expected_parts(uint64_t seed, size_t count, size_t part_of[N])
{
    const fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_SPLIT};
    size_t order[N];
    expect_ok(fa_random_permutation(&stream, count, order));
    for (size_t k = 0; k < count; k++)
        part_of[order[k]] = k < 5 ? 0 : k < 6 ? 1 : k < 10 ? 2 : 3;
}

static size_t places_of_part(const size_t part_of[N], size_t count, size_t part, size_t places[N])
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (part_of[i] == part)
            places[found++] = i;
    return found;
}

START_TEST(random_parts)
{
    const bool labelled = _i % 2;
    const arrays a = make_arrays(FA_FLOAT32, _i / 2 ? LAYOUT_FORTRAN : LAYOUT_C);
    for (uint64_t seed = 0; seed < 20; seed++) {
        fa_dataset *data = make_data(&a, labelled), *parts[3] = {NULL};
        size_t part_of[N], places[N];
        expect_ok(fa_dataset_split(data, seed, 3, sizes, parts));
        expected_parts(seed, N, part_of);
        for (size_t part = 0; part < 3; part++) {
            kept(parts[part]);
            const size_t found = places_of_part(part_of, N, part, places);
            ck_assert_uint_eq(found, sizes[part]);
            expect_data(parts[part], labelled, places, found);
        }
    }
}
END_TEST

/* Ranges, batches, views and splits of a part whose samples are scattered. */
START_TEST(parts_of_parts)
{
    const bool labelled = _i % 2;
    const uint64_t seed = (uint64_t)_i / 2;
    const arrays a = make_arrays(FA_FLOAT64, LAYOUT_ROWS);
    fa_dataset *data = make_data(&a, labelled), *part = NULL, *inner = NULL, *pieces[2] = {NULL};
    size_t part_of[N], places[N], inside[N], chosen[3];
    expect_ok(fa_dataset_split(data, seed, 1, (const size_t[]){10}, &part));
    kept(part);
    expected_parts(seed, N, part_of);
    size_t count = 0;
    for (size_t i = 0; i < N; i++)
        if (part_of[i] < 3)
            places[count++] = i;
    ck_assert_uint_eq(count, 10);
    expect_data(part, labelled, places, 10);

    expect_ok(fa_dataset_rows(&inner, part, 2, 6));
    expect_data(kept(inner), labelled, places + 2, 6);
    const size_t rows[] = {5, 0, 3};
    fa_matrix x = make_matrix(FA_FLOAT64, 3, INPUTS), target = make_matrix(FA_FLOAT64, 3, OUTPUTS);
    expect_ok(fa_dataset_gather(inner, rows, 3, &x, &target));
    for (size_t k = 0; k < 3; k++)
        chosen[k] = places[2 + rows[k]];
    expect_samples(&x, &target, labelled, chosen, 3);

    for (size_t first = 0; first < 10; first++)
        for (size_t number = 1; number <= 10 - first; number++)
            if (places[first + number - 1] - places[first] == number - 1) {
                expect_ok(fa_dataset_view(part, first, number, &x, &target));
                ck_assert(element(&x, number - 1, 0) == input_of(places[first + number - 1], 0));
            } else {
                expect_failure(FA_ERR_UNSUPPORTED, fa_dataset_view(part, first, number, &x, &target));
                ck_assert(is_zeroed(&x) && is_zeroed(&target));
            }

    expect_ok(fa_dataset_split(part, seed, 2, sizes, pieces));
    expected_parts(seed, 10, part_of);
    for (size_t piece = 0; piece < 2; piece++) {
        const size_t found = places_of_part(part_of, 10, piece, inside);
        for (size_t k = 0; k < found; k++)
            inside[k] = places[inside[k]];
        expect_data(kept(pieces[piece]), labelled, inside, sizes[piece]);
    }
}
END_TEST

/* Destroyed in every order, of which the sanitizers say whether it is fine. */
START_TEST(any_order_of_destruction)
{
    static const size_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};
    const arrays a = make_arrays(FA_FLOAT64, LAYOUT_C);
    fa_dataset *source = NULL, *sets[4] = {NULL};
    expect_ok(fa_dataset_create_labelled(&source, &a.x, a.labels, OUTPUTS));
    expect_ok(fa_dataset_copy(&sets[0], source));
    fa_dataset_destroy(source);
    expect_ok(fa_dataset_rows(&sets[1], sets[0], 1, 10));
    expect_ok(fa_dataset_split(sets[1], 1, 1, (const size_t[]){6}, &sets[2]));
    expect_ok(fa_dataset_rows(&sets[3], sets[2], 0, 3));
    for (size_t k = 0; k < 4; k++) {
        for (size_t left = k; left < 4; left++) {
            const fa_dataset *data = sets[orders[_i][left]];
            fa_matrix x = make_matrix(FA_FLOAT64, 1, INPUTS);
            expect_ok(fa_dataset_gather(data, NULL, 1, &x, NULL));
        }
        fa_dataset_destroy(sets[orders[_i][k]]);
    }
}
END_TEST

START_TEST(copies)
{
    const bool labelled = _i % 2;
    const arrays a = make_arrays(dtypes[_i / 2 % 2], (view_layout)(_i / 4));
    fa_dataset *data = make_data(&a, labelled), *part = NULL, *copy = NULL;
    size_t part_of[N], places[N];
    expect_ok(fa_dataset_split(data, 3, 1, sizes, &part));
    expect_ok(fa_dataset_copy(&copy, kept(part)));
    kept(copy);
    expected_parts(3, N, part_of);
    places_of_part(part_of, N, 0, places);
    for (size_t i = 0; i < N; i++) { /* the copy's samples are its own */
        set_element(&a.x, i, 0, 1e9);
        a.labels[i] = 0;
    }
    expect_data(copy, labelled, places, 5);
    fa_matrix x, target;
    expect_ok(fa_dataset_view(copy, 0, 5, &x, &target));
    ck_assert(x.row_stride == INPUTS && x.col_stride == 1);
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

START_TEST(parts_refuse)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    fa_dataset *data = make_data(&a, true), *part = data, *parts[2] = {data, data};
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_rows(NULL, data, 0, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_rows(&part, NULL, 0, 1));
    ck_assert_ptr_null(part);
    expect_failure(FA_ERR_SHAPE, fa_dataset_rows(&part, data, 0, 0));
    expect_failure(FA_ERR_SHAPE, fa_dataset_rows(&part, data, N, 1));
    expect_failure(FA_ERR_SHAPE, fa_dataset_rows(&part, data, 1, N));
    expect_failure(FA_ERR_SHAPE, fa_dataset_rows(&part, data, 1, SIZE_MAX));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_copy(NULL, data));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_copy(&part, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_split(NULL, 1, 2, sizes, parts));
    ck_assert(parts[0] == NULL && parts[1] == NULL);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_split(data, 1, 2, NULL, parts));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_split(data, 1, 2, sizes, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_split(data, 1, 0, sizes, parts));
    expect_failure(FA_ERR_SHAPE, fa_dataset_split(data, 1, 2, (const size_t[]){5, 0}, parts));
    expect_failure(FA_ERR_SHAPE, fa_dataset_split(data, 1, 2, (const size_t[]){5, N - 4}, parts));
    expect_failure(FA_ERR_SHAPE, fa_dataset_split(data, 1, 2, (const size_t[]){5, SIZE_MAX - 4}, parts));
    ck_assert(part == NULL && parts[0] == NULL && parts[1] == NULL);
}
END_TEST

START_TEST(batches_refuse)
{
    const arrays a = make_arrays(FA_FLOAT32, LAYOUT_C);
    const fa_dataset *data = make_data(&a, true);
    const size_t rows[] = {0, N};
    fa_matrix x = make_matrix(FA_FLOAT32, 2, INPUTS), target = make_matrix(FA_FLOAT32, 2, OUTPUTS);
    fa_matrix wide = make_matrix(FA_FLOAT32, 2, OUTPUTS + 1), other = make_matrix(FA_FLOAT64, 2, INPUTS);
    fa_matrix large = make_matrix(FA_FLOAT32, N + 1, INPUTS);
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(NULL, NULL, 2, &x, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, NULL, 2, NULL, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 0, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 3, &x, &target));
    expect_failure(FA_ERR_SHAPE, fa_dataset_gather(data, NULL, 2, &x, &wide));
    expect_failure(FA_ERR_DTYPE, fa_dataset_gather(data, NULL, 2, &other, &target));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_gather(data, rows, 2, &x, &target));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "rows[1] is 12"));
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
    tcase_add_loop_test(tcase, ranges_of_ranges, 0, 2);
    tcase_add_loop_test(tcase, random_parts, 0, 4);
    tcase_add_loop_test(tcase, parts_of_parts, 0, 8);
    tcase_add_loop_test(tcase, any_order_of_destruction, 0, 4);
    tcase_add_loop_test(tcase, copies, 0, 4 * LAYOUTS);
    tcase_add_loop_test(tcase, one_hot, 0, 2 * LAYOUTS);
    tcase_add_test(tcase, one_hot_refuses);
    tcase_add_test(tcase, creation_refuses);
    tcase_add_test(tcase, parts_refuse);
    tcase_add_test(tcase, batches_refuse);
    tcase_add_test(tcase, views_and_labels_refuse);
    return support_run(suite, true);
}
