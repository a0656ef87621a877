/* Reading .npy files: NumPy's own, every form of header, and every kind of damage. */
#include "files.h"
#include "system.h"

#include <math.h>
#include <sys/stat.h>

static fa_matrix zeroed(void)
{
    return (fa_matrix){.data = NULL};
}

/* The read fails, says which file, leaves {0} and nothing allocated, and asked for no more than the file holds (and
 * what aligning two blocks takes). */
static void refuse_file(fa_status status, const char *path, size_t size)
{
    fa_matrix matrix = {.rows = 9};
    expect_failure_of_file(status, path, watched(-1, fa_npy_read(path, &matrix)));
    ck_assert(is_zeroed(&matrix) && live == 0);
    ck_assert_msg(asked <= size + 2 * 128, "asked for %zu bytes, the file has %zu", asked, size);
}

static void refuse_bytes(fa_status status, const void *bytes, size_t size)
{
    char path[PATH_SIZE];
    path_of("x.npy", path);
    put_file(path, bytes, size);
    refuse_file(status, path, size);
}

/* --- files that NumPy wrote --- */

static const struct {
    const char *name;
    fa_dtype dtype;
    bool fortran;
} numpy_files[] = {
    {"f4_little_c", FA_FLOAT32, false}, {"f4_little_f", FA_FLOAT32, true}, {"f4_big_c", FA_FLOAT32, false},
    {"f4_big_f", FA_FLOAT32, true},     {"f8_little_c", FA_FLOAT64, false}, {"f8_little_f", FA_FLOAT64, true},
    {"f8_big_c", FA_FLOAT64, false},    {"f8_big_f", FA_FLOAT64, true},    {"version_2", FA_FLOAT64, false},
    {"version_3", FA_FLOAT32, false},
};

START_TEST(files_of_numpy)
{
    char path[PATH_SIZE];
    fixture_path(numpy_files[_i].name, path);
    for (int slow = 0; slow < 2; slow++) {
        fa_matrix x = zeroed();
        slow_reads = slow;
        expect_ok(fa_npy_read(path, &x));
        slow_reads = false;
        ck_assert(x.rows == 3 && x.cols == 4 && x.dtype == numpy_files[_i].dtype);
        ck_assert(x.row_stride == (numpy_files[_i].fortran ? 1 : 4) &&
                  x.col_stride == (numpy_files[_i].fortran ? 3 : 1));
        for (size_t at = 0; at < 12; at++)
            ck_assert(element(&x, at / 4, at % 4) == ((double)at - 5) / 4);
        fa_matrix_free(&x);
    }
}
END_TEST

START_TEST(vectors_and_scalars)
{
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    fixture_path("vector", path);
    expect_ok(fa_npy_read(path, &x));
    ck_assert(x.rows == 1 && x.cols == 4 && element(&x, 0, 3) == -0.5);
    fa_matrix_free(&x);
    fixture_path("scalar", path);
    expect_ok(fa_npy_read(path, &x));
    ck_assert(x.rows == 1 && x.cols == 1 && element(&x, 0, 0) == 2.5);
    fa_matrix_free(&x);
}
END_TEST

START_TEST(special_numbers)
{
    static const char *const names[] = {"special_f4", "special_f8"};
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    fixture_path(names[_i], path);
    expect_ok(fa_npy_read(path, &x));
    ck_assert(isnan(element(&x, 0, 0)));
    ck_assert(element(&x, 0, 1) == (double)INFINITY && element(&x, 0, 2) == -(double)INFINITY);
    ck_assert(element(&x, 1, 0) == 0 && signbit(element(&x, 1, 0)));
    ck_assert(element(&x, 1, 1) == (_i == 0 ? 0 : 1e-310) && element(&x, 1, 2) == (_i == 0 ? (double)1e-40f : 1e-40));
    fa_matrix_free(&x);
}
END_TEST

START_TEST(other_arrays_of_numpy)
{
    static const char *const names[] = {"int64", "float16", "complex", "bool", "text", "records", "3d", "empty"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        char name[32], path[PATH_SIZE], bytes[1024];
        snprintf(name, sizeof name, "refused_%s", names[k]);
        fixture_path(name, path);
        refuse_file(FA_ERR_UNSUPPORTED, path, get_file(path, bytes, sizeof bytes));
    }
}
END_TEST

/* --- headers --- */

/* A file of version 1.0 with that header and six float64 of 0; the size. */
static size_t file_with(const char *header, char bytes[1024])
{
    const size_t length = strlen(header);
    memset(bytes, 0, 1024);
    memcpy(bytes, "\x93NUMPY\x01", 7);
    bytes[8] = (char)(unsigned char)length;
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + 10, header, length);
    return 10 + length + 48;
}

static const char *const good_headers[] = {
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }     \n",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}",
    "{'shape': (2, 3,), 'fortran_order': False, 'descr': '<f8',}",
    "{\"descr\": \"<f8\", \"fortran_order\": False, \"shape\": (2, 3)}\n",
    " \t{ 'descr' :\n'<f8' , 'fortran_order':\r False,'shape':\f( 2 , 3 ) }\n\n",
    "{'descr':'=f8','fortran_order':False,'shape':(2,3)}",
    "{'descr':'|f8','fortran_order':False,'shape':(2,3)}",
    "{'descr':'f8','fortran_order':False,'shape':(2,3)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
};

START_TEST(forms_of_header)
{
    char bytes[1024], path[PATH_SIZE];
    fa_matrix x = zeroed();
    path_of("x.npy", path);
    put_file(path, bytes, file_with(good_headers[_i], bytes));
    expect_ok(fa_npy_read(path, &x));
    ck_assert(x.rows == 2 && x.cols == 3 && x.dtype == FA_FLOAT64 && norm(&x) == 0);
    fa_matrix_free(&x);
}
END_TEST

/* Six float64 follow, so that a shape of (2, 3) is the only thing that fits. */
static const struct {
    fa_status status;
    const char *header;
} bad_headers[] = {
    {FA_ERR_FORMAT, " "},
    {FA_ERR_FORMAT, "{}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (6)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 3]}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': 6}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (-2, -3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (02, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2.0, 3)}"},
    {FA_ERR_FORMAT, "{'shape': (2, 3), 'descr': '<f8', 'fortran_order': Fals"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': 'False', 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': Falsehood, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8\", 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8, \n 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '\\x3cf8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': <f8, 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr' '<f8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8' 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'more', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'more':, 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), 'more': 1}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)} x"},
    {FA_ERR_FORMAT, "('descr', '<f8', 'fortran_order', False, 'shape', (2, 3))"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': ()}"},
    {FA_ERR_FORMAT, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"},
    /* More than memory, products that wrap around to 6 or 48, numbers that no integer holds */
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (1073741824,)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693958,)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775811, 2)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551622,)}"},
    {FA_ERR_FORMAT, "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000000000000000000, 1)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 3)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 18446744073709551615)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<f16', 'fortran_order': False, 'shape': (3,)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<<f8', 'fortran_order': False, 'shape': (2, 3)}"},
    {FA_ERR_UNSUPPORTED, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3)}"},
};

START_TEST(damaged_headers)
{
    char bytes[1024];
    refuse_bytes(bad_headers[_i].status, bytes, file_with(bad_headers[_i].header, bytes));
}
END_TEST

/* What a sentence quotes can be printed: no control characters, nothing but UTF-8. */
START_TEST(quoted_bytes)
{
    char header[128], bytes[1024];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3)}",
             "\x1f \x7f\xc2\x9f\xc2\xa0\xc3\xa9\xe0\xa0\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf5\xbf");
    refuse_bytes(FA_ERR_UNSUPPORTED, bytes, file_with(header, bytes));
    ck_assert_msg(strstr(fa_last_error(),
                         "\"? ???\xc2\xa0\xc3\xa9\xe0\xa0\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf??\"") != NULL,
                  "%s", fa_last_error());
}
END_TEST

/* --- damage --- */

START_TEST(cut_anywhere_or_too_long)
{
    static const char *const names[] = {"f4_little_c", "version_2"};
    char path[PATH_SIZE], bytes[1024] = {0};
    fixture_path(names[_i], path);
    const size_t size = get_file(path, bytes, sizeof bytes - 1);
    for (size_t length = 0; length < size; length++)
        refuse_bytes(FA_ERR_FORMAT, bytes, length);
    refuse_bytes(FA_ERR_FORMAT, bytes, size + 1);
}
END_TEST

/* Whatever a byte before the array is changed to: the file is refused, or read as what it says it is. */
START_TEST(any_byte_changed)
{
    static const unsigned char changes[] = {0, 1, '\n', ' ', '\'', '(', ')', ',', '0', '9', '<', '>', 'L', '}', 0x7f,
                                            0xff};
    char good[1024], path[PATH_SIZE];
    fixture_path("f8_little_c", path);
    const size_t size = get_file(path, good, sizeof good);
    path_of("x.npy", path);
    for (size_t at = 0; at < 128 * sizeof changes; at++) {
        char bytes[1024];
        fa_matrix x = zeroed();
        memcpy(bytes, good, size);
        bytes[at / sizeof changes] = (char)changes[at % sizeof changes];
        put_file(path, bytes, size);
        const fa_status status = watched(-1, fa_npy_read(path, &x));
        ck_assert(status == FA_OK || status == FA_ERR_FORMAT || status == FA_ERR_UNSUPPORTED);
        ck_assert(asked <= size + 2 * 128 && live == (status == FA_OK ? 1 : 0));
        ck_assert(status == FA_OK ? x.rows * x.cols * fa_dtype_size(x.dtype) == 96 : is_zeroed(&x));
        fa_matrix_free(&x);
    }
}
END_TEST

START_TEST(claims_of_a_long_header)
{
    char bytes[64] = "\x93NUMPY\x02\x00\xff\xff\xff\xff{";
    refuse_bytes(FA_ERR_FORMAT, bytes, sizeof bytes);
    memcpy(bytes + 6, "\x01\x00\xff\xff", 4);
    refuse_bytes(FA_ERR_FORMAT, bytes, sizeof bytes);
    memcpy(bytes + 6, "\x01\x00\x00\x00", 4);
    refuse_bytes(FA_ERR_FORMAT, bytes, sizeof bytes);
}
END_TEST

/* Its length takes all four bytes, each another one. */
START_TEST(a_long_header_of_version_2)
{
    enum { LENGTH = 0x01020304, SIZE = 12 + LENGTH + 48 };
    char *bytes = make_memory(SIZE, 1), path[PATH_SIZE];
    fa_matrix x = zeroed();
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, "\x93NUMPY\x02\x00\x04\x03\x02\x01", 12);
    memset(bytes + 12, ' ', LENGTH);
    memcpy(bytes + 12, good_headers[1], strlen(good_headers[1]));
    path_of("x.npy", path);
    put_file(path, bytes, SIZE);
    expect_ok(fa_npy_read(path, &x));
    ck_assert(x.rows == 2 && x.cols == 3 && norm(&x) == 0);
    fa_matrix_free(&x);
}
END_TEST

START_TEST(other_versions)
{
    static const char versions[][3] = {"\0\0", "\1\1", "\4\0", "\377\377"};
    char bytes[1024];
    const size_t size = file_with(good_headers[0], bytes);
    for (size_t k = 0; k < sizeof versions / sizeof *versions; k++) {
        memcpy(bytes + 6, versions[k], 2);
        refuse_bytes(FA_ERR_UNSUPPORTED, bytes, size);
    }
}
END_TEST

/* --- the system --- */

START_TEST(what_is_no_file)
{
    char path[PATH_SIZE];
    path_of("missing.npy", path);
    refuse_file(FA_ERR_IO, path, 0);
    path_of("missing/x.npy", path);
    refuse_file(FA_ERR_IO, path, 0);
    refuse_file(FA_ERR_IO, directory, 0);
    refuse_file(FA_ERR_IO, "/dev/zero", 0);
    path_of("fifo", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuse_file(FA_ERR_IO, path, 0); /* and does not wait for a writer */
    refuse_file(FA_ERR_IO, "", 0);
}
END_TEST

/* At the preamble, at the rest of it, at the header's text, in the array. */
START_TEST(device_fails)
{
    char path[PATH_SIZE], bytes[1024];
    fixture_path("version_2", path);
    const size_t size = get_file(path, bytes, sizeof bytes);
    for (long reads = 0; reads < 4; reads++) {
        bad_reads = reads;
        refuse_file(FA_ERR_IO, path, size);
        ck_assert_int_eq(bad_reads, -1);
    }
}
END_TEST

/* Files that hold what they claim, more than a matrix can: mostly holes. */
START_TEST(more_than_a_matrix_has)
{
    static const char *const headers[] = {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648, 1)}",
                                          "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648,)}"};
    char path[PATH_SIZE], bytes[1024];
    path_of("x.npy", path);
    put_file(path, bytes, file_with(headers[_i], bytes));
    if (truncate(path, (off_t)(10 + strlen(headers[_i])) + ((off_t)4 << 31)) != 0)
        return; /* a file system without holes, or without files of that size */
    refuse_file(FA_ERR_UNSUPPORTED, path, 1024);
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "each may be at most 2147483647"));
}
END_TEST

START_TEST(memory_runs_out)
{
    char path[PATH_SIZE];
    fixture_path("f8_big_f", path);
    for (long failure = 0; failure < 2; failure++) { /* the header's text, then the array */
        fa_matrix x = {.rows = 9};
        expect_failure(FA_ERR_MEMORY, watched(failure, fa_npy_read(path, &x)));
        ck_assert(is_zeroed(&x) && live == 0);
    }
    fa_matrix x = zeroed();
    expect_ok(watched(2, fa_npy_read(path, &x)));
    ck_assert_int_eq(live, 1);
    fa_matrix_free(&x);
}
END_TEST

START_TEST(nulls_and_long_names)
{
    char path[4096];
    fa_matrix x = {.rows = 9};
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read(NULL, &x));
    ck_assert(is_zeroed(&x));
    expect_failure(FA_ERR_ARGUMENT, fa_npy_read("x.npy", NULL));
    memset(path, '/', sizeof path);
    memcpy(path + sizeof path - 14, "the_end_x.npy", 14);
    expect_failure(FA_ERR_IO, fa_npy_read(path, &x));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "the_end_x.npy: cannot be opened: "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npy");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, files_of_numpy, 0, (int)(sizeof numpy_files / sizeof *numpy_files));
    tcase_add_test(tcase, vectors_and_scalars);
    tcase_add_loop_test(tcase, special_numbers, 0, 2);
    tcase_add_test(tcase, other_arrays_of_numpy);
    tcase_add_loop_test(tcase, forms_of_header, 0, (int)(sizeof good_headers / sizeof *good_headers));
    tcase_add_loop_test(tcase, damaged_headers, 0, (int)(sizeof bad_headers / sizeof *bad_headers));
    tcase_add_test(tcase, quoted_bytes);
    tcase_add_loop_test(tcase, cut_anywhere_or_too_long, 0, 2);
    tcase_add_test(tcase, any_byte_changed);
    tcase_add_test(tcase, claims_of_a_long_header);
    tcase_add_test(tcase, a_long_header_of_version_2);
    tcase_add_test(tcase, other_versions);
    tcase_add_test(tcase, what_is_no_file);
    tcase_add_test(tcase, device_fails);
    tcase_add_loop_test(tcase, more_than_a_matrix_has, 0, 2);
    tcase_add_test(tcase, memory_runs_out);
    tcase_add_test(tcase, nulls_and_long_names);
    return support_run(suite, true);
}
