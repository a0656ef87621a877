/* Writing .npy files: what is written, and that a failure leaves the old file and nothing else. */
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* --- what the library asks of the system --- */

void *__real_calloc(size_t count, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t count);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
void *__wrap_calloc(size_t count, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t count);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);

typedef enum failing {
    NOTHING,
    CALLOC,
    WRITE,
    FSYNC,
    CLOSE,
    RENAME,
    SLOW_WRITES /* seven bytes at a time, interrupted before each: no failure */
} failing;

static failing fails;
static int flushed; /* calls of fsync() */
static size_t written; /* calls of write() */

void *__wrap_calloc(size_t count, size_t size)
{
    return fails == CALLOC ? NULL : __real_calloc(count, size);
}

static int failed(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t count)
{
    static bool interrupted;
    interrupted = !interrupted;
    written++;
    if (fails == WRITE)
        return failed(ENOSPC);
    if (fails == SLOW_WRITES && interrupted)
        return failed(EINTR);
    return __real_write(fd, buffer, fails == SLOW_WRITES && count > 7 ? 7 : count);
}

int __wrap_fsync(int fd)
{
    flushed++;
    return fails == FSYNC ? failed(EIO) : __real_fsync(fd);
}

int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    return fails == CLOSE ? failed(EDQUOT) : result;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails == RENAME ? failed(EXDEV) : __real_rename(from, to);
}

static fa_status failing_write(failing what, const char *path, const fa_matrix *matrix)
{
    fails = what;
    const fa_status status = fa_npy_write(path, matrix);
    fails = NOTHING;
    return status;
}

/* --- what is written --- */

/* All layouts come back, bit by bit; what runs by columns comes back by columns. 300 x 70 is more than one buffer. */
START_TEST(round_trips)
{
    static const size_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {3, 4}, {64, 5}, {300, 70}};
    char path[PATH_SIZE];
    uint64_t state = 1;
    path_of("x.npy", path);
    for (size_t k = 0; k < LAYOUTS * 6; k++) {
        const size_t rows = sizes[k / LAYOUTS][0], cols = sizes[k / LAYOUTS][1];
        fa_matrix back, x = make_uniform(dtypes[_i], rows, cols, (view_layout)(k % LAYOUTS), 1, &state);
        const bool by_columns = rows > 1 && cols > 1 && x.row_stride == 1;
        expect_ok(failing_write(k % 2 ? SLOW_WRITES : NOTHING, path, &x));
        expect_ok(fa_npy_read(path, &back));
        ck_assert(back.dtype == x.dtype && same_bits(&back, &x));
        ck_assert_uint_eq(back.row_stride, by_columns ? 1 : cols);
        ck_assert_uint_eq(back.col_stride, by_columns ? rows : 1);
        fa_matrix_free(&back);
        ck_assert_uint_eq(list_directory(false), 1);
    }
}
END_TEST

/* Element by element would take an hour for what takes a second: pieces of at least 4096 bytes. */
START_TEST(writes_in_large_pieces)
{
    const fa_matrix x = make_layout(dtypes[_i], 300, 70, LAYOUT_ROWS);
    char path[PATH_SIZE];
    path_of("x.npy", path);
    written = 0;
    expect_ok(fa_npy_write(path, &x));
    ck_assert_uint_le(written, 300 * 70 * fa_dtype_size(x.dtype) / 4096 + 2);
}
END_TEST

/* A column of a C array and a row of a Fortran array: neither stride is 1. */
START_TEST(strided_vectors)
{
    char path[PATH_SIZE];
    uint64_t state = 1;
    fa_matrix back, whole = make_uniform(dtypes[_i], 5, 4, LAYOUT_C, 1, &state), column = whole;
    path_of("x.npy", path);
    column.cols = 1;
    for (int turned = 0; turned < 2; turned++) {
        const fa_matrix x = turned ? fa_matrix_transpose(column) : column;
        expect_ok(fa_npy_write(path, &x));
        expect_ok(fa_npy_read(path, &back));
        ck_assert(same_bits(&back, &x));
        fa_matrix_free(&back);
    }
}
END_TEST

/* NumPy's own writing of the same array, byte by byte. */
START_TEST(files_are_numpys)
{
    static const char *const names[] = {"f4_little_c", "f8_little_c", "f4_little_f", "f8_little_f"};
    char path[PATH_SIZE], fixture[PATH_SIZE], bytes[1024], expected[1024];
    fa_matrix x = make_layout(dtypes[_i % 2], 3, 4, _i < 2 ? LAYOUT_C : LAYOUT_FORTRAN);
    for (size_t at = 0; at < 12; at++)
        set_element(&x, at / 4, at % 4, ((double)at - 5) / 4);
    path_of("x.npy", path);
    expect_ok(fa_npy_write(path, &x));
    fixture_path(names[_i], fixture);
    const size_t size = get_file(fixture, expected, sizeof expected);
    ck_assert_uint_eq(get_file(path, bytes, sizeof bytes), size);
    ck_assert_mem_eq(bytes, expected, size);
}
END_TEST

START_TEST(name_without_a_directory)
{
    char back[PATH_SIZE];
    const fa_matrix x = make_matrix(FA_FLOAT32, 2, 2);
    ck_assert(getcwd(back, sizeof back) != NULL && chdir(directory) == 0);
    const fa_status status = fa_npy_write("x.npy", &x);
    ck_assert_int_eq(chdir(back), 0);
    expect_ok(status);
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

START_TEST(permissions_of_any_new_file)
{
    char path[PATH_SIZE];
    struct stat info;
    const fa_matrix x = make_matrix(FA_FLOAT32, 2, 2);
    const mode_t mask = umask(027);
    path_of("x.npy", path);
    const fa_status status = fa_npy_write(path, &x);
    umask(mask);
    expect_ok(status);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
}
END_TEST

/* The file before it gets its name, the directory afterwards. */
START_TEST(file_and_directory_are_flushed)
{
    char path[PATH_SIZE];
    const fa_matrix x = make_matrix(FA_FLOAT32, 2, 2);
    path_of("x.npy", path);
    flushed = 0;
    expect_failure_of_file(FA_ERR_IO, path, failing_write(RENAME, path, &x));
    ck_assert_int_eq(flushed, 1);
    expect_ok(fa_npy_write(path, &x));
    ck_assert_int_eq(flushed, 3);
}
END_TEST

/* --- failures --- */

/* The old file is still there, and it is alone. */
static void check_old_file(const char *path, const void *old, size_t size)
{
    char bytes[64];
    ck_assert_uint_eq(get_file(path, bytes, sizeof bytes), size);
    ck_assert_mem_eq(bytes, old, size);
    ck_assert_uint_eq(list_directory(false), 1);
}

START_TEST(failures_leave_the_old_file)
{
    static const failing failures[] = {CALLOC, WRITE, FSYNC, CLOSE, RENAME};
    const failing failure = failures[_i];
    const fa_status expected = failure == CALLOC ? FA_ERR_MEMORY : FA_ERR_IO;
    char path[PATH_SIZE];
    const fa_matrix x = make_matrix(FA_FLOAT64, 40, 70);
    path_of("x.npy", path);
    expect_failure(expected, failing_write(failure, path, &x));
    ck_assert_uint_eq(list_directory(false), 0);
    put_file(path, "old", 3);
    expect_failure(expected, failing_write(failure, path, &x));
    check_old_file(path, "old", 3);
    expect_ok(fa_npy_write(path, &x));
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

/* A limit of 4096 bytes on every file, in the place of a full disk. */
START_TEST(no_space)
{
    char path[PATH_SIZE];
    const fa_matrix x = make_matrix(FA_FLOAT64, 40, 70);
    struct rlimit limit, small;
    path_of("x.npy", path);
    put_file(path, "old", 3);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    support_forget();
    const fa_status status = fa_npy_write(path, &x);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    support_failed(FA_ERR_IO, status, "fa_npy_write", __LINE__);
    ck_assert(strncmp(fa_last_error(), path, strlen(path)) == 0);
    check_old_file(path, "old", 3);
}
END_TEST

START_TEST(where_no_file_can_be)
{
    char path[PATH_SIZE], inside[PATH_SIZE];
    struct stat info;
    const fa_matrix x = make_matrix(FA_FLOAT32, 2, 2);
    path_of("missing/x.npy", path);
    expect_failure_of_file(FA_ERR_IO, path, fa_npy_write(path, &x));
    expect_failure_of_file(FA_ERR_IO, directory, fa_npy_write(directory, &x));
    path_of("fifo", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_failure_of_file(FA_ERR_IO, path, fa_npy_write(path, &x));
    ck_assert(stat(path, &info) == 0 && S_ISFIFO(info.st_mode));
    path_of("fifo/x.npy", inside);
    expect_failure_of_file(FA_ERR_IO, inside, fa_npy_write(inside, &x));
    expect_failure_of_file(FA_ERR_IO, "/dev/full", fa_npy_write("/dev/full", &x));
    ck_assert(stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode));
    expect_failure(FA_ERR_IO, fa_npy_write("", &x));
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

/* The longest name that a directory takes: the temporary one must not be longer. */
START_TEST(longest_name)
{
    char name[NAME_MAX + 1], path[PATH_SIZE];
    const fa_matrix x = make_matrix(FA_FLOAT32, 2, 2);
    memset(name, 'x', NAME_MAX);
    name[NAME_MAX] = '\0';
    path_of(name, path);
    expect_ok(fa_npy_write(path, &x));
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

START_TEST(what_is_no_matrix)
{
    char path[PATH_SIZE];
    fa_matrix x = make_matrix(dtypes[_i], 2, 3);
    path_of("x.npy", path);
    expect_failure(FA_ERR_ARGUMENT, fa_npy_write(NULL, &x));
    expect_failure(FA_ERR_ARGUMENT, fa_npy_write(path, NULL));
    x.row_stride = 2;
    expect_failure(FA_ERR_SHAPE, fa_npy_write(path, &x));
    x.rows = 0;
    expect_failure(FA_ERR_SHAPE, fa_npy_write(path, &x));
    x.dtype = (fa_dtype)3;
    expect_failure(FA_ERR_DTYPE, fa_npy_write(path, &x));
    ck_assert_uint_eq(list_directory(false), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npy_write");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, round_trips, 0, 2);
    tcase_add_loop_test(tcase, writes_in_large_pieces, 0, 2);
    tcase_add_loop_test(tcase, strided_vectors, 0, 2);
    tcase_add_loop_test(tcase, files_are_numpys, 0, 4);
    tcase_add_test(tcase, name_without_a_directory);
    tcase_add_test(tcase, permissions_of_any_new_file);
    tcase_add_test(tcase, file_and_directory_are_flushed);
    tcase_add_loop_test(tcase, failures_leave_the_old_file, 0, 5);
    tcase_add_test(tcase, no_space);
    tcase_add_test(tcase, where_no_file_can_be);
    tcase_add_test(tcase, longest_name);
    tcase_add_loop_test(tcase, what_is_no_matrix, 0, 2);
    return support_run(suite, true);
}
