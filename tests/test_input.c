/* Files that are read: what the system refuses, and sentences that name the file. */
#include "refusals.h"

#include "io/file.h"

static void put_ten(char path[PATH_SIZE])
{
    path_of("ten", path);
    put_file(path, "0123456789", 10);
}

/* --- opening --- */

START_TEST(opening_is_refused)
{
    static const struct {
        refused_call call;
        int error;
        const char *words; /* NULL: no failure */
    } cases[] = {
        {OPEN, EINTR, NULL},
        {OPEN, EMFILE, "cannot be opened: "},
        {FSTAT, EIO, "cannot be examined: "},
    };
    char path[PATH_SIZE], bytes[10];
    input in = {0};
    const long before = opened;
    put_ten(path);
    refuse(cases[_i].call, 0, 1, cases[_i].error);
    if (cases[_i].words) {
        expect_sentence(FA_ERR_IO, path, cases[_i].words, input_open(&in, path));
        ck_assert_ptr_nonnull(strstr(fa_last_error(), strerror(cases[_i].error)));
    } else {
        expect_ok(input_open(&in, path));
        ck_assert(in.size == 10 && in.left == 10);
        expect_ok(input_take(&in, bytes, 10));
        ck_assert(in.left == 0 && memcmp(bytes, "0123456789", 10) == 0);
        input_close(&in);
    }
    grant(0);
    ck_assert_int_eq(opened, before);
}
END_TEST

START_TEST(only_regular_files)
{
    char path[PATH_SIZE];
    input in = {0};
    const long before = opened;
    expect_sentence(FA_ERR_IO, directory, "is not a regular file", input_open(&in, directory));
    path_of("fifo", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_sentence(FA_ERR_IO, path, "is not a regular file", input_open(&in, path));
    ck_assert_int_eq(opened, before);
}
END_TEST

/* --- reading --- */

START_TEST(reading_is_refused)
{
    char path[PATH_SIZE], bytes[10];
    input in = {0};
    put_ten(path);
    expect_ok(input_open(&in, path));
    refuse(READ, 0, 2, EINTR);
    expect_ok(input_take(&in, bytes, 4));
    grant(0);
    ck_assert(in.left == 6 && memcmp(bytes, "0123", 4) == 0);
    refuse(READ, 0, 1, EIO);
    expect_sentence(FA_ERR_IO, path, "cannot be read: ", input_take(&in, bytes, 4));
    grant(0);
    input_close(&in);
}
END_TEST

/* Somebody cut the file after it was opened. */
START_TEST(a_file_becomes_shorter)
{
    char path[PATH_SIZE], bytes[10];
    input in = {0};
    put_ten(path);
    expect_ok(input_open(&in, path));
    ck_assert_int_eq(truncate(path, 3), 0);
    expect_sentence(FA_ERR_FORMAT, path, "became shorter while it was read", input_take(&in, bytes, 10));
    input_close(&in);
}
END_TEST

START_TEST(a_look_ahead_takes_nothing)
{
    char path[PATH_SIZE], bytes[16];
    size_t found = 0;
    input in = {0};
    put_ten(path);
    expect_ok(input_open(&in, path));
    expect_ok(input_peek(&in, bytes, 2, &found));
    ck_assert(found == 2 && in.left == 10 && memcmp(bytes, "01", 2) == 0);
    expect_ok(input_peek(&in, bytes, 16, &found));
    ck_assert(found == 10 && in.left == 10 && memcmp(bytes, "0123456789", 10) == 0);
    refuse(READ, 0, 1, EIO);
    expect_sentence(FA_ERR_IO, path, "cannot be read: ", input_peek(&in, bytes, 2, &found));
    refuse(LSEEK, 0, 1, EOVERFLOW);
    expect_sentence(FA_ERR_IO, path, "cannot be read: ", input_peek(&in, bytes, 2, &found));
    grant(0);
    input_close(&in);
}
END_TEST

/* --- sentences --- */

START_TEST(sentences)
{
    char path[400];
    memset(path, 'p', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    expect_failure(FA_ERR_FORMAT, file_fail(FA_ERR_FORMAT, "x.npy", "has %d bytes", 3));
    ck_assert_str_eq(fa_last_error(), "x.npy: has 3 bytes");
    expect_failure(FA_ERR_FORMAT, file_fail(FA_ERR_FORMAT, path, "is cut"));
    ck_assert(strncmp(fa_last_error(), "...ppp", 6) == 0 && strlen(fa_last_error()) == 3 + 256 + strlen(": is cut"));
    expect_failure(FA_ERR_IO, file_fail_io("x.npy", "cannot be read", EIO));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), strerror(EIO)));
    expect_failure(FA_ERR_IO, file_fail_io("x.npy", "cannot be read", 99999)); /* which no system has */
    ck_assert(strncmp(fa_last_error(), "x.npy: cannot be read: ", 23) == 0 && strstr(fa_last_error(), "99999") != NULL);
    ck_assert_int_eq(file_fail_again(FA_ERR_MEMORY, "y.npy"), FA_ERR_MEMORY);
    ck_assert(strncmp(fa_last_error(), "y.npy: x.npy: cannot be read: ", 30) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("input");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, opening_is_refused, 0, 3);
    tcase_add_test(tcase, only_regular_files);
    tcase_add_test(tcase, reading_is_refused);
    tcase_add_test(tcase, a_file_becomes_shorter);
    tcase_add_test(tcase, a_look_ahead_takes_nothing);
    tcase_add_test(tcase, sentences);
    return support_run(suite, true);
}
