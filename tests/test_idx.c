/* Reading IDX files: every type and rank. */
#include "idx_files.h"
#include "system.h"

#include <float.h>
#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static fa_matrix zeroed(void)
{
    return (fa_matrix){.data = NULL};
}

/* --- what is read --- */

static uint64_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

enum { VALUES = 6 };

/* The numbers of a type that are most likely to be read wrongly, and how a file holds them. */
static const struct {
    fa_idx_type type;
    size_t size;
    double values[VALUES];
} kinds[] = {
    {FA_IDX_UINT8, 1, {0, 1, 127, 128, 254, 255}},
    {FA_IDX_INT8, 1, {0, 1, 127, -128, -1, -2}},
    {FA_IDX_INT16, 2, {0, 258, 32767, -32768, -1, -129}},
    {FA_IDX_INT32, 4, {0, 16777217, INT32_MAX, INT32_MIN, -1, 0x01020304}},
    {FA_IDX_FLOAT32, 4, {0, 0.1f, -FLT_MAX, FLT_TRUE_MIN, (double)INFINITY, -1.5}},
    {FA_IDX_FLOAT64, 8, {0, 0.1, -DBL_MAX, DBL_TRUE_MIN, -(double)INFINITY, 1 + DBL_EPSILON}},
};

static uint64_t bits_of(size_t kind, double value)
{
    if (kinds[kind].type == FA_IDX_FLOAT32)
        return bits_of_float((float)value);
    return kinds[kind].type == FA_IDX_FLOAT64 ? bits_of_double(value) : (uint64_t)(int64_t)value;
}

START_TEST(every_type)
{
    char path[PATH_SIZE];
    const fa_dtype dtype = dtypes[_i % 2];
    const size_t kind = (size_t)_i / 2;
    idx_bytes file = idx_header(kinds[kind].type, 2, (const uint32_t[]){3, 2});
    for (size_t k = 0; k < VALUES; k++)
        idx_word(&file, bits_of(kind, kinds[kind].values[k]), kinds[kind].size);
    idx_save(&file, "x.idx", path);
    for (int slow = 0; slow < 2; slow++) {
        fa_matrix x = zeroed();
        fa_idx_info info = {.rank = 0};
        slow_reads = slow;
        expect_ok(fa_idx_read(path, dtype, &x, &info));
        slow_reads = false;
        ck_assert(x.rows == 3 && x.cols == 2 && x.row_stride == 2 && x.col_stride == 1 && x.dtype == dtype);
        ck_assert(info.type == kinds[kind].type && info.rank == 2 && info.extents[0] == 3 && info.extents[1] == 2);
        ck_assert(info.extents[2] == 1 && info.extents[3] == 1);
        for (size_t k = 0; k < VALUES; k++) {
            const double value = kinds[kind].values[k];
            ck_assert(element(&x, k / 2, k % 2) == (dtype == FA_FLOAT32 ? (double)(float)value : value));
        }
        fa_matrix_free(&x);
    }
}
END_TEST

/* More elements than are decoded at once, of sizes that end within such a piece. */
START_TEST(long_files)
{
    enum { COUNT = 150001 };
    char path[PATH_SIZE];
    const size_t size = (size_t)1 << _i; /* 1, 2, 4 */
    const int types[] = {FA_IDX_UINT8, FA_IDX_INT16, FA_IDX_INT32};
    unsigned char *bytes = make_memory(8 + COUNT * size, 1);
    const idx_bytes header = idx_header(types[_i], 1, (const uint32_t[]){COUNT});
    memcpy(bytes, header.bytes, header.size);
    for (size_t k = 0; k < COUNT; k++)
        for (size_t b = 0; b < size; b++)
            bytes[8 + k * size + b] = (unsigned char)(k % 127 >> (8 * (size - 1 - b)));
    path_of("x.idx", path);
    put_file(path, bytes, 8 + COUNT * size);

    fa_matrix x = zeroed();
    int32_t *labels = NULL;
    size_t count = 0;
    expect_ok(fa_idx_read(path, FA_FLOAT32, &x, NULL));
    expect_ok(fa_idx_read_labels(path, &labels, &count));
    ck_assert(x.rows == COUNT && x.cols == 1 && count == COUNT);
    size_t wrong = 0;
    for (size_t k = 0; k < COUNT; k++)
        wrong += element(&x, k, 0) != (double)(k % 127) || labels[k] != (int32_t)(k % 127);
    ck_assert_uint_eq(wrong, 0);
    fa_matrix_free(&x);
    fa_labels_free(labels);
}
END_TEST

START_TEST(every_rank)
{
    const uint32_t extents[] = {2, 3, 4, 5};
    const size_t rank = (size_t)_i, cols[] = {0, 1, 3, 12, 60};
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    fa_idx_info info;
    const idx_bytes file = idx_pixels(rank, extents);
    idx_save(&file, "x.idx", path);
    expect_ok(fa_idx_read(path, FA_FLOAT32, &x, &info));
    ck_assert(x.rows == 2 && x.cols == cols[rank] && info.rank == rank);
    for (size_t d = 0; d < 4; d++)
        ck_assert_uint_eq(info.extents[d], d < rank ? extents[d] : 1);
    for (size_t k = 0; k < x.rows * x.cols; k++)
        ck_assert(element(&x, k / x.cols, k % x.cols) == (double)((7 + 37 * k) % 256));
    fa_matrix_free(&x);
}
END_TEST

/* k / 255 to nearest. Rounding the float64 quotient again gives the nearest float32: float64 has more than twice as many
 * digits and two (Figueroa, When is double rounding innocuous?, 1995). */
START_TEST(pixels)
{
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    idx_bytes file = idx_header(FA_IDX_UINT8, 3, (const uint32_t[]){2, 8, 16});
    for (size_t k = 0; k < 256; k++)
        idx_word(&file, k, 1);
    idx_save(&file, "x.idx", path);
    expect_ok(fa_idx_read_images(path, dtypes[_i], &x));
    ck_assert(x.rows == 2 && x.cols == 128);
    for (size_t k = 0; k < 256; k++) {
        const double value = (double)k / 255;
        ck_assert(element(&x, k / 128, k % 128) == (_i == 0 ? (double)(float)value : value));
    }
    fa_matrix_free(&x);
}
END_TEST

START_TEST(labels_of_every_integer_type)
{
    for (size_t kind = 0; kind < 4; kind++) {
        char path[PATH_SIZE];
        int32_t *labels = NULL;
        size_t count = 0;
        idx_bytes file = idx_header(kinds[kind].type, 1, (const uint32_t[]){VALUES});
        for (size_t k = 0; k < VALUES; k++)
            idx_word(&file, bits_of(kind, kinds[kind].values[k]), kinds[kind].size);
        idx_save(&file, "x.idx", path);
        expect_ok(watched(-1, fa_idx_read_labels(path, &labels, &count)));
        ck_assert(count == VALUES && live == 1);
        for (size_t k = 0; k < VALUES; k++)
            ck_assert(labels[k] == (int32_t)kinds[kind].values[k]);
        watched_release(fa_labels_free(labels));
        ck_assert_int_eq(live, 0);
    }
    fa_labels_free(NULL);
}
END_TEST

START_TEST(images_and_labels_of_other_kinds)
{
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    int32_t number, *labels = &number;
    size_t count = 9;
    idx_bytes file = idx_pixels(1, (const uint32_t[]){4});
    idx_save(&file, "x.idx", path);
    expect_failure_of_file(FA_ERR_UNSUPPORTED, path, fa_idx_read_images(path, FA_FLOAT32, &x));
    ck_assert(is_zeroed(&x));
    file = idx_header(FA_IDX_INT8, 2, (const uint32_t[]){1, 1});
    idx_word(&file, 1, 1);
    idx_save(&file, "x.idx", path);
    expect_failure_of_file(FA_ERR_UNSUPPORTED, path, fa_idx_read_images(path, FA_FLOAT32, &x));
    expect_failure_of_file(FA_ERR_UNSUPPORTED, path, fa_idx_read_labels(path, &labels, &count));
    ck_assert(labels == NULL && count == 0);
    file = idx_header(FA_IDX_FLOAT32, 1, (const uint32_t[]){1});
    idx_word(&file, 0, 4);
    idx_save(&file, "x.idx", path);
    expect_failure_of_file(FA_ERR_UNSUPPORTED, path, fa_idx_read_labels(path, &labels, &count));
}
END_TEST

START_TEST(arguments)
{
    const idx_bytes file = idx_pixels(1, (const uint32_t[]){5});
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    fa_idx_info info = {.rank = 9};
    int32_t number, *labels = &number;
    size_t count = 9;
    idx_save(&file, "x.idx", path);
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read(NULL, FA_FLOAT32, &x, &info));
    ck_assert(is_zeroed(&x) && info.rank == 0);
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read(path, FA_FLOAT32, NULL, NULL));
    expect_failure(FA_ERR_DTYPE, fa_idx_read(path, (fa_dtype)3, &x, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read_images(NULL, FA_FLOAT32, &x));
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read_images(path, FA_FLOAT32, NULL));
    expect_failure(FA_ERR_DTYPE, fa_idx_read_images(path, (fa_dtype)0, &x));
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read_labels(NULL, &labels, &count));
    ck_assert(labels == NULL && count == 0);
    count = 9;
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read_labels(path, NULL, &count));
    ck_assert_uint_eq(count, 0);
    expect_failure(FA_ERR_ARGUMENT, fa_idx_read_labels(path, &labels, NULL));
    ck_assert_ptr_null(labels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, every_type, 0, 2 * (int)(sizeof kinds / sizeof *kinds));
    tcase_add_loop_test(tcase, long_files, 0, 3);
    tcase_add_loop_test(tcase, every_rank, 1, 5);
    tcase_add_loop_test(tcase, pixels, 0, 2);
    tcase_add_test(tcase, labels_of_every_integer_type);
    tcase_add_test(tcase, images_and_labels_of_other_kinds);
    tcase_add_test(tcase, arguments);
    return support_run(suite, true);
}
