/* Parts of data sets: ranges, random parts, parts of parts, copies. */
#include "samples.h"

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

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

int main(void)
{
    Suite *suite = suite_create("dataset_parts");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, ranges_of_ranges, 0, 2);
    tcase_add_loop_test(tcase, random_parts, 0, 4);
    tcase_add_loop_test(tcase, parts_of_parts, 0, 8);
    tcase_add_loop_test(tcase, any_order_of_destruction, 0, 4);
    tcase_add_loop_test(tcase, copies, 0, 4 * LAYOUTS);
    tcase_add_test(tcase, parts_refuse);
    return support_run(suite, true);
}
