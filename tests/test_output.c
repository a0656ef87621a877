/* Files that are written whole or not at all: what the system refuses, and what is left in the directory. */
#include "refusals.h"

#include "io/output.h"

static void put_old(char path[PATH_SIZE])
{
    path_of("target", path);
    put_file(path, "old", 3);
}

static void expect_contents(const char *path, const char *expected)
{
    char text[16] = {0};
    get_file(path, text, sizeof text - 1);
    ck_assert_str_eq(text, expected);
}

static fa_status write_new(const char *path)
{
    output out;
    fa_status status = output_open(&out, path);
    if (status != FA_OK)
        return status;
    output_put(&out, "new", 3);
    return output_finish(&out);
}

/* A name that is taken or an interruption leads to another try; after a hundred there is no more hope. */
START_TEST(making_the_file_is_refused)
{
    static const struct {
        long times;
        int error;
        const char *words; /* NULL: no failure */
    } cases[] = {
        {1, EINTR, NULL},        {1, EEXIST, NULL},
        {99, EEXIST, NULL},      {100, EEXIST, "no file can be made beside it: "},
        {1, EACCES, "no file can be made beside it: "},
    };
    char path[PATH_SIZE];
    const long before = opened;
    put_old(path);
    refuse(OPEN, 0, cases[_i].times, cases[_i].error);
    if (cases[_i].words)
        expect_sentence(FA_ERR_IO, path, cases[_i].words, write_new(path));
    else
        expect_ok(write_new(path));
    grant(0);
    ck_assert_int_eq(opened, before);
    expect_contents(path, cases[_i].words ? "old" : "new");
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

START_TEST(no_memory_for_the_name)
{
    char path[PATH_SIZE];
    put_old(path);
    refuse(CALLOC, 0, 1, ENOMEM);
    expect_failure(FA_ERR_MEMORY, write_new(path));
    grant(0);
    expect_contents(path, "old");
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

/* At the end: the file, then its directory. */
START_TEST(finishing_is_refused)
{
    static const struct {
        refused_call call;
        long granted;
        int error;
        const char *contents;
        const char *words; /* NULL: no failure */
    } cases[] = {
        {WRITE, 0, EINTR, "new", NULL},
        {WRITE, 0, ENOSPC, "old", "cannot be written: "},
        {FSYNC, 0, EINTR, "new", NULL},
        {FSYNC, 0, EINVAL, "new", NULL},
        {FSYNC, 0, EIO, "old", "cannot be written: "},
        {CLOSE, 0, EINTR, "new", NULL},
        {CLOSE, 0, EDQUOT, "old", "cannot be written: "},
        {RENAME, 0, EXDEV, "old", "cannot be written: "},
        {OPEN, 1, EACCES, "new", NULL}, /* a directory that may not be read */
        {FSYNC, 1, EINTR, "new", NULL},
        {FSYNC, 1, EINVAL, "new", NULL},
        {FSYNC, 1, EIO, "new", "is written, but its directory cannot be flushed: "},
        {CLOSE, 1, EIO, "new", NULL},
    };
    char path[PATH_SIZE];
    const long before = opened;
    put_old(path);
    refuse(cases[_i].call, cases[_i].granted, 1, cases[_i].error);
    if (cases[_i].words) {
        expect_sentence(FA_ERR_IO, path, cases[_i].words, write_new(path));
        ck_assert_ptr_nonnull(strstr(fa_last_error(), strerror(cases[_i].error)));
    } else {
        expect_ok(write_new(path));
    }
    grant(0);
    ck_assert_int_eq(opened, before);
    expect_contents(path, cases[_i].contents);
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

/* The first failure is told, and nothing is written after it. */
START_TEST(two_failures)
{
    char path[PATH_SIZE];
    put_old(path);
    refuse(FSYNC, 0, 1, EIO);
    refuse(CLOSE, 0, 1, EDQUOT);
    expect_sentence(FA_ERR_IO, path, strerror(EIO), write_new(path));
    grant(0);
    refuse(WRITE, 0, 1, ENOSPC);
    refuse(FSYNC, 0, 1, EIO);
    expect_sentence(FA_ERR_IO, path, strerror(ENOSPC), write_new(path));
    grant(1); /* what could not be written is not flushed */
    expect_contents(path, "old");
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

START_TEST(giving_up)
{
    char path[PATH_SIZE];
    output out;
    const long before = opened;
    put_old(path);
    expect_ok(output_open(&out, path));
    ck_assert_uint_eq(list_directory(false), 2);
    output_put(&out, "new", 3);
    output_abandon(&out);
    ck_assert_int_eq(opened, before);
    expect_contents(path, "old");
    ck_assert_uint_eq(list_directory(false), 1);
}
END_TEST

/* A device stays what it is. */
START_TEST(only_regular_files_are_replaced)
{
    output out;
    expect_sentence(FA_ERR_IO, "/dev/null", "is there and is not a regular file", output_open(&out, "/dev/null"));
    expect_sentence(FA_ERR_IO, directory, "is there and is not a regular file", output_open(&out, directory));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, making_the_file_is_refused, 0, 5);
    tcase_add_test(tcase, no_memory_for_the_name);
    tcase_add_loop_test(tcase, finishing_is_refused, 0, 13);
    tcase_add_test(tcase, two_failures);
    tcase_add_test(tcase, giving_up);
    tcase_add_test(tcase, only_regular_files_are_replaced);
    return support_run(suite, true);
}
