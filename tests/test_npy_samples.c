/* .npy files as samples and as labels: every type, order and shape. */
#include "npy_files.h"
#include "system.h"

#include <float.h>
#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static fa_matrix zeroed(void)
{
    return (fa_matrix){.data = NULL};
}

/* --- samples --- */

enum { VALUES = 6 };

static const struct {
    npy_kind kind;
    double values[VALUES];
} kinds[] = {
    {{"b1", 1}, {0, 1, 1, 0, 0, 1}},
    {{"u1", 1}, {0, 1, 127, 128, 254, 255}},
    {{"i1", 1}, {0, 1, 127, -128, -1, -2}},
    {{"u2", 2}, {0, 1, 258, 32768, 65535, 513}},
    {{"i2", 2}, {0, 1, 258, -32768, -1, 32767}},
    {{"u4", 4}, {0, 1, 16777217, 2147483648, 4294967295, 66051}},
    {{"i4", 4}, {0, 1, 16777217, -2147483648., -1, 2147483647}},
    {{"u8", 8}, {0, 1, 9007199254740992, 9223372036854775808., 18446744073709549568., 72623859790382848}},
    {{"i8", 8}, {0, 1, 9007199254740992, -9223372036854775808., -1, 72623859790382848}},
    {{"f4", 4}, {0, 0.1f, -FLT_MAX, FLT_TRUE_MIN, (double)INFINITY, -1.5}},
    {{"f8", 8}, {0, 0.1, -DBL_MAX, DBL_TRUE_MIN, -(double)INFINITY, 1 + DBL_EPSILON}},
};

START_TEST(every_type)
{
    const size_t k = (size_t)_i / 4;
    const fa_dtype dtype = dtypes[_i % 2];
    const bool pixels = strcmp(kinds[k].kind.code, "u1") == 0;
    char path[PATH_SIZE];
    path_of("x.npy", path);
    npy_save(path, kinds[k].kind, _i / 2 % 2 ? '>' : '<', false, "(3, 2)", kinds[k].values, VALUES);
    fa_matrix x = zeroed();
    expect_ok(fa_npy_read_samples(path, dtype, &x));
    ck_assert(x.rows == 3 && x.cols == 2 && x.row_stride == 2 && x.col_stride == 1 && x.dtype == dtype);
    for (size_t i = 0; i < VALUES; i++) {
        const double value = pixels ? kinds[k].values[i] / 255 : kinds[k].values[i];
        ck_assert(element(&x, i / 2, i % 2) == (dtype == FA_FLOAT32 ? (double)(float)value : value));
    }
    fa_matrix_free(&x);
}
END_TEST

/* 2^63 + 2^39 is halfway between two float32; with 1 more, to nearest is upwards. By way of float64, which loses the 1,
 * it would be downwards, to the even neighbour. */
START_TEST(large_integers_are_rounded_once)
{
    const uint64_t number = (uint64_t)1 << 63 | (uint64_t)1 << 39 | 1;
    unsigned char bytes[128] = "\x93NUMPY\x01\0\x42\0"
                               "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }         ";
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    for (size_t k = 0; k < 8; k++)
        bytes[76 + k] = (unsigned char)(number >> (8 * k));
    path_of("x.npy", path);
    put_file(path, bytes, 84);
    expect_ok(fa_npy_read_samples(path, FA_FLOAT32, &x));
    ck_assert(element(&x, 0, 0) == 0x1p63 + 0x1p40);
    fa_matrix_free(&x);
}
END_TEST

static const struct {
    const char *text;
    size_t rank, extents[4];
} shapes[] = {
    {"(5,)", 1, {5, 1, 1, 1}},       {"(2, 3)", 2, {2, 3, 1, 1}},       {"(1, 4)", 2, {1, 4, 1, 1}},
    {"(4, 1)", 2, {4, 1, 1, 1}},     {"(2, 3, 4)", 3, {2, 3, 4, 1}},    {"(3, 1, 2)", 3, {3, 1, 2, 1}},
    {"(1, 2, 3)", 3, {1, 2, 3, 1}},  {"(2, 3, 4, 5)", 4, {2, 3, 4, 5}}, {"(1, 1, 1, 1)", 4, {1, 1, 1, 1}},
};

/* The element at (a, b, c, d) is 1000 a + 100 b + 10 c + d, in C order and in Fortran order. */
START_TEST(every_shape_and_order)
{
    const size_t *n = shapes[_i / 2].extents, cols = n[1] * n[2] * n[3];
    const bool fortran = _i % 2;
    double values[120];
    char path[PATH_SIZE];
    for (size_t at = 0; at < n[0] * cols; at++) {
        size_t index[4], rest = at;
        for (size_t d = 0; d < 4; d++) {
            const size_t axis = fortran ? d : 3 - d; /* the axis that runs fastest first */
            index[axis] = rest % n[axis];
            rest /= n[axis];
        }
        values[at] = (double)(1000 * index[0] + 100 * index[1] + 10 * index[2] + index[3]);
    }
    path_of("x.npy", path);
    npy_save(path, (npy_kind){"i2", 2}, '<', fortran, shapes[_i / 2].text, values, n[0] * cols);
    fa_matrix x = zeroed();
    expect_ok(fa_npy_read_samples(path, FA_FLOAT64, &x));
    ck_assert(x.rows == n[0] && x.cols == cols && x.row_stride == cols && x.col_stride == 1);
    for (size_t a = 0; a < n[0]; a++)
        for (size_t col = 0; col < cols; col++) {
            const size_t b = col / (n[2] * n[3]), c = col / n[3] % n[2], d = col % n[3];
            ck_assert(element(&x, a, col) == (double)(1000 * a + 100 * b + 10 * c + d));
        }
    fa_matrix_free(&x);
}
END_TEST

/* More elements than are decoded at once, so that pieces end within the columns of a file in Fortran order. */
START_TEST(long_files)
{
    enum { ROWS = 777, COLS = 101 };
    const bool fortran = _i % 2;
    char path[PATH_SIZE];
    fa_matrix x = zeroed(), values = make_layout(FA_FLOAT64, ROWS, COLS, fortran ? LAYOUT_FORTRAN : LAYOUT_C);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            set_element(&values, i, j, (double)(i * COLS + j));
    path_of("x.npy", path);
    expect_ok(fa_npy_write(path, &values));
    expect_ok(fa_npy_read_samples(path, FA_FLOAT32, &x));
    ck_assert(x.rows == ROWS && x.cols == COLS && x.row_stride == COLS);
    size_t wrong = 0;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            wrong += element(&x, i, j) != (double)(i * COLS + j);
    ck_assert_uint_eq(wrong, 0);
    fa_matrix_free(&x);
}
END_TEST

START_TEST(files_of_numpy)
{
    static const char *const names[] = {"f4_little_c", "f4_big_f", "f8_little_f", "f8_big_c", "version_2", "version_3"};
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    fixture_path(names[_i], path);
    expect_ok(fa_npy_read_samples(path, FA_FLOAT64, &x));
    ck_assert(x.rows == 3 && x.cols == 4 && x.row_stride == 4);
    for (size_t at = 0; at < 12; at++)
        ck_assert(element(&x, at / 4, at % 4) == ((double)at - 5) / 4);
    fa_matrix_free(&x);
}
END_TEST

/* --- labels --- */

START_TEST(labels_of_every_integer_type)
{
    static const char *const forms[] = {"(4,)", "(4, 1)", "(1, 4)"};
    const double values[] = {0, 1, 100, 1}, bits[] = {0, 1, 1, 0};
    for (size_t k = 0; k < 9; k++) {
        const bool boolean = k == 0;
        char path[PATH_SIZE];
        int32_t *labels = NULL;
        size_t count = 0;
        path_of("x.npy", path);
        npy_save(path, kinds[k].kind, _i / 3 ? '>' : '<', k % 2, forms[_i % 3], boolean ? bits : values, 4);
        expect_ok(watched(-1, fa_npy_read_labels(path, &labels, &count)));
        ck_assert(count == 4 && live == 1);
        for (size_t i = 0; i < 4; i++)
            ck_assert(labels[i] == (int32_t)(boolean ? bits : values)[i]);
        watched_release(fa_labels_free(labels));
        ck_assert_int_eq(live, 0);
    }
}
END_TEST

static const struct {
    fa_status status; /* FA_OK: the limits of int32_t themselves */
    npy_kind kind;
    double value;
} limits[] = {
    {FA_OK, {"i4", 4}, INT32_MIN},         {FA_OK, {"i8", 8}, INT32_MIN},
    {FA_OK, {"u4", 4}, INT32_MAX},         {FA_OK, {"u8", 8}, INT32_MAX},
    {FA_OK, {"i8", 8}, INT32_MAX},         {FA_ERR_FORMAT, {"u4", 4}, 2147483648.},
    {FA_ERR_FORMAT, {"u8", 8}, 0x1p63},    {FA_ERR_FORMAT, {"i8", 8}, 2147483648.},
    {FA_ERR_FORMAT, {"i8", 8}, 0x1p32},    {FA_ERR_FORMAT, {"i8", 8}, -2147483649.},
    {FA_ERR_FORMAT, {"u4", 4}, 4294967295.},
};

START_TEST(labels_that_fit)
{
    const double values[] = {1, limits[_i].value, 2};
    char path[PATH_SIZE];
    int32_t number, *labels = &number;
    size_t count = 9;
    path_of("x.npy", path);
    npy_save(path, limits[_i].kind, '<', false, "(3,)", values, 3);
    if (limits[_i].status == FA_OK) {
        expect_ok(fa_npy_read_labels(path, &labels, &count));
        ck_assert(count == 3 && labels[0] == 1 && (double)labels[1] == values[1] && labels[2] == 2);
        fa_labels_free(labels);
        return;
    }
    expect_failure_of_file(limits[_i].status, path, watched(-1, fa_npy_read_labels(path, &labels, &count)));
    ck_assert(labels == NULL && count == 0 && live == 0);
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "label 1 "));
}
END_TEST

/* --- what is refused --- */

static const struct {
    fa_status samples, labels;
    const char *code, *shape;
    size_t size, count;
} refused[] = {
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "f2", "(2,)", 2, 2},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "c8", "(1,)", 8, 1},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "U1", "(1,)", 4, 1},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "b4", "(1,)", 4, 1},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "i4", "()", 4, 1},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "i4", "(1, 1, 1, 1, 1)", 4, 1},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "i4", "(0,)", 4, 0},
    {FA_ERR_UNSUPPORTED, FA_ERR_UNSUPPORTED, "i4", "(3, 0)", 4, 0},
    {FA_OK, FA_ERR_UNSUPPORTED, "i4", "(2, 2)", 4, 4},
    {FA_OK, FA_ERR_UNSUPPORTED, "i4", "(2, 1, 1)", 4, 2},
    {FA_OK, FA_ERR_UNSUPPORTED, "f8", "(2,)", 8, 2},
    {FA_ERR_FORMAT, FA_ERR_FORMAT, "i4", "(3,)", 4, 2},
    {FA_ERR_FORMAT, FA_ERR_FORMAT, "i4", "(1,)", 4, 2},
    {FA_ERR_FORMAT, FA_ERR_FORMAT, "u1", "(1073741824,)", 1, 2},
    {FA_ERR_SHAPE, FA_ERR_SHAPE, "u1", "(4294967296,)", 1, 2},
    {FA_ERR_SHAPE, FA_ERR_SHAPE, "u1", "(1, 4294967296, 4294967296)", 1, 1},
    {FA_ERR_SHAPE, FA_ERR_SHAPE, "u1", "(18446744073709551617,)", 1, 1},
    {FA_ERR_SHAPE, FA_ERR_SHAPE, "f8", "(2147483647, 2147483647)", 8, 1},
};

START_TEST(other_files)
{
    enum { BUFFERS = 1 << 12 };
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    int32_t number, *labels = &number;
    size_t count = 9;
    path_of("x.npy", path);
    npy_save(path, (npy_kind){refused[_i].code, refused[_i].size}, '<', false, refused[_i].shape,
             (const double[4]){0}, refused[_i].count);
    if (refused[_i].samples == FA_OK) {
        expect_ok(fa_npy_read_samples(path, FA_FLOAT32, &x));
        fa_matrix_free(&x);
    } else {
        expect_failure_of_file(refused[_i].samples, path, watched(-1, fa_npy_read_samples(path, FA_FLOAT32, &x)));
        ck_assert(is_zeroed(&x) && live == 0 && asked <= BUFFERS);
    }
    expect_failure_of_file(refused[_i].labels, path, watched(-1, fa_npy_read_labels(path, &labels, &count)));
    ck_assert(labels == NULL && count == 0 && live == 0 && asked <= BUFFERS);
}
END_TEST

START_TEST(names_of_types)
{
    static const npy_kind types[] = {{"u1", 1}, {"u2", 2}, {"u4", 4}, {"u8", 8}, {"i1", 1},
                                     {"i2", 2}, {"i4", 4}, {"i8", 8}, {"f4", 4}, {"f8", 8}};
    static const char *const names[] = {"of uint8,", "of uint16,", "of uint32,",  "of uint64,",  "of int8,",
                                        "of int16,", "of int32,",  "of int64,", "of float32,", "of float64,"};
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    path_of("x.npy", path);
    npy_save(path, types[_i], '<', false, "(5,)", (const double[4]){0}, 4);
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_npy_read_samples(path, FA_FLOAT32, &x));
    ck_assert_msg(strstr(fa_last_error(), names[_i]) != NULL, "%s", fa_last_error());
}
END_TEST

START_TEST(records)
{
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    fixture_path("refused_records", path);
    expect_failure_of_file(FA_ERR_UNSUPPORTED, path, fa_npy_read_samples(path, FA_FLOAT32, &x));
    ck_assert(is_zeroed(&x));
}
END_TEST

/* --- the system --- */

START_TEST(cut_anywhere)
{
    char path[PATH_SIZE], bytes[NPY_MOST];
    path_of("x.npy", path);
    npy_save(path, (npy_kind){"i2", 2}, '>', true, "(2, 2)", (const double[]){1, 2, 3, 4}, 4);
    for (size_t size = get_file(path, bytes, sizeof bytes); size-- > 0;) {
        fa_matrix x = {.rows = 9};
        put_file(path, bytes, size);
        expect_failure_of_file(FA_ERR_FORMAT, path, watched(-1, fa_npy_read_samples(path, FA_FLOAT32, &x)));
        ck_assert(is_zeroed(&x) && live == 0);
    }
}
END_TEST

/* The header's text, the array, and a buffer. */
START_TEST(memory_and_device)
{
    char path[PATH_SIZE];
    path_of("x.npy", path);
    npy_save(path, (npy_kind){"i2", 2}, '>', true, "(4, 1)", (const double[]){1, 2, 3, 4}, 4);
    for (long failure = 0; failure < 3; failure++) {
        fa_matrix x = {.rows = 9};
        int32_t number, *labels = &number;
        size_t count = 9;
        expect_failure(FA_ERR_MEMORY, watched(failure, fa_npy_read_samples(path, FA_FLOAT32, &x)));
        ck_assert(is_zeroed(&x) && live == 0);
        expect_failure(FA_ERR_MEMORY, watched(failure, fa_npy_read_labels(path, &labels, &count)));
        ck_assert(labels == NULL && count == 0 && live == 0);
        bad_reads = failure; /* preamble, text, elements */
        expect_failure_of_file(FA_ERR_IO, path, watched(-1, fa_npy_read_samples(path, FA_FLOAT32, &x)));
        bad_reads = -1;
        ck_assert(is_zeroed(&x) && live == 0);
    }
    fa_matrix x = zeroed();
    expect_ok(watched(3, fa_npy_read_samples(path, FA_FLOAT32, &x)));
    fa_matrix_free(&x);
    expect_failure_of_file(FA_ERR_IO, directory, fa_npy_read_samples(directory, FA_FLOAT32, &x));
    path_of("missing.npy", path);
    expect_failure_of_file(FA_ERR_IO, path, fa_npy_read_samples(path, FA_FLOAT32, &x));
}
END_TEST

START_TEST(arguments)
{
    fa_matrix x = {.rows = 9};
    int32_t number, *labels = &number;
    size_t count = 9;
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read_samples(NULL, FA_FLOAT32, &x));
    ck_assert(is_zeroed(&x));
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read_samples("x.npy", FA_FLOAT32, NULL));
    expect_failure(FA_ERR_DTYPE, fa_npy_read_samples("x.npy", (fa_dtype)3, &x));
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read_labels(NULL, &labels, &count));
    ck_assert(labels == NULL && count == 0);
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read_labels("x.npy", NULL, &count));
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read_labels("x.npy", &labels, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npy_samples");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, every_type, 0, 4 * (int)(sizeof kinds / sizeof *kinds));
    tcase_add_test(tcase, large_integers_are_rounded_once);
    tcase_add_loop_test(tcase, every_shape_and_order, 0, 2 * (int)(sizeof shapes / sizeof *shapes));
    tcase_add_loop_test(tcase, long_files, 0, 2);
    tcase_add_loop_test(tcase, files_of_numpy, 0, 6);
    tcase_add_loop_test(tcase, labels_of_every_integer_type, 0, 6);
    tcase_add_loop_test(tcase, labels_that_fit, 0, (int)(sizeof limits / sizeof *limits));
    tcase_add_loop_test(tcase, other_files, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_loop_test(tcase, names_of_types, 0, 10);
    tcase_add_test(tcase, records);
    tcase_add_test(tcase, cut_anywhere);
    tcase_add_test(tcase, memory_and_device);
    tcase_add_test(tcase, arguments);
    return support_run(suite, true);
}
