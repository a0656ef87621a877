/* Files that grow row by row: what is written, what is refused, and what the system refuses. */
#include "refusals.h"

#include "io/rows.h"

enum { ROOM = 4096 };

static const char header[] = "a,b\n", row[] = "1,2\n";

static rows_file *start(const char *name, char path[PATH_SIZE])
{
    rows_file *file = NULL;
    path_of(name, path);
    expect_ok(rows_open(&file, path, header, strlen(header)));
    return file;
}

static void expect_contents(const char *path, const char *expected)
{
    char text[ROOM + 1] = {0};
    get_file(path, text, ROOM);
    ck_assert_str_eq(text, expected);
}

/* --- opening --- */

START_TEST(a_new_file_gets_the_header_and_an_old_one_keeps_it)
{
    char path[PATH_SIZE];
    for (int again = 0; again < 2; again++) {
        rows_file *file = start("rows", path);
        expect_ok(rows_append(file, row, strlen(row)));
        expect_ok(rows_close(file));
    }
    expect_contents(path, "a,b\n1,2\n1,2\n");
    expect_ok(rows_close(NULL));
}
END_TEST

/* A header is compared in pieces of 256 bytes: both of one that has more, and to its last byte. */
START_TEST(a_long_header_is_compared_whole)
{
    char path[PATH_SIZE], names[300];
    rows_file *file;
    path_of("rows", path);
    memset(names, 'n', sizeof names);
    names[299] = '\n';
    for (int again = 0; again < 2; again++) {
        expect_ok(rows_open(&file, path, names, sizeof names));
        expect_ok(rows_close(file));
    }
    names[298] = 'm';
    expect_sentence(FA_ERR_FORMAT, path, "other names", rows_open(&file, path, names, sizeof names));
    ck_assert_ptr_null(file);
    put_file(path, names, 257);
    expect_sentence(FA_ERR_FORMAT, path, "other names", rows_open(&file, path, names, sizeof names));
    put_file(path, names, 256);
    expect_sentence(FA_ERR_FORMAT, path, "other names", rows_open(&file, path, names, sizeof names));
}
END_TEST

/* What the system refuses while a file with rows is opened: how often, with which error, and what becomes of it. */
START_TEST(opening_is_refused)
{
    static const struct {
        refused_call call;
        long granted;
        int error;
        fa_status status;
        const char *words;
    } cases[] = {
        {CALLOC, 0, ENOMEM, FA_ERR_MEMORY, ""},
        {OPEN, 0, EACCES, FA_ERR_IO, "cannot be opened: "},
        {OPEN, 0, EINTR, FA_OK, NULL},
        {FSTAT, 0, EIO, FA_ERR_IO, "cannot be examined: "},
        {PREAD, 0, EIO, FA_ERR_IO, "cannot be read: "}, /* the header */
        {PREAD, 1, EIO, FA_ERR_IO, "cannot be read: "}, /* the end */
        {PREAD, 0, EINTR, FA_OK, NULL},
        {PREAD, 1, EINTR, FA_OK, NULL},
    };
    char path[PATH_SIZE];
    rows_file *file = start("rows", path);
    expect_ok(rows_close(file));
    const long before = opened;
    file = (rows_file *)&file;
    refuse(cases[_i].call, cases[_i].granted, 1, cases[_i].error);
    if (cases[_i].status == FA_OK) {
        expect_ok(rows_open(&file, path, header, strlen(header)));
        expect_ok(rows_append(file, row, strlen(row)));
        expect_ok(rows_close(file));
    } else {
        expect_failure(cases[_i].status, rows_open(&file, path, header, strlen(header)));
        ck_assert_ptr_null(file);
        ck_assert(cases[_i].call == CALLOC || strncmp(fa_last_error(), path, strlen(path)) == 0);
        ck_assert_msg(strstr(fa_last_error(), cases[_i].words) != NULL, "%s", fa_last_error());
    }
    grant(0);
    ck_assert_int_eq(opened, before);
    expect_contents(path, cases[_i].status == FA_OK ? "a,b\n1,2\n" : "a,b\n");
}
END_TEST

/* --- rows --- */

START_TEST(a_row_is_written_in_pieces)
{
    char path[PATH_SIZE];
    rows_file *file = start("rows", path);
    most_bytes = 1;
    refuse(WRITE, 2, 3, EINTR);
    expect_ok(rows_append(file, row, strlen(row)));
    grant(0);
    expect_ok(rows_close(file));
    expect_contents(path, "a,b\n1,2\n");
}
END_TEST

/* Half of a row is taken back. Where that is refused, or how long the file was is not known, the sentence says so. */
START_TEST(half_a_row_is_taken_back)
{
    static const char *const words[] = {": cannot be written: ", "ends in the middle of a line: ",
                                        "ends in the middle of a line: "};
    char path[PATH_SIZE];
    rows_file *file = start("rows", path);
    most_bytes = 1;
    refuse(WRITE, 2, 1, ENOSPC);
    if (_i == 1)
        refuse(FTRUNCATE, 0, 1, EIO);
    if (_i == 2)
        refuse(FSTAT, 0, 1, EIO);
    expect_sentence(FA_ERR_IO, path, words[_i], rows_append(file, row, strlen(row)));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), strerror(ENOSPC)));
    grant(0);
    expect_contents(path, _i == 0 ? "a,b\n" : "a,b\n1,");
    expect_ok(rows_close(file));
}
END_TEST

/* There is nothing to be taken back from a device. */
START_TEST(a_device_takes_rows_or_refuses)
{
    rows_file *file = NULL;
    expect_ok(rows_open(&file, "/dev/null", header, strlen(header)));
    expect_ok(rows_append(file, row, strlen(row)));
    refuse(WRITE, 0, 1, EIO);
    expect_sentence(FA_ERR_IO, "/dev/null", ": cannot be written: ", rows_append(file, row, strlen(row)));
    grant(0);
    expect_ok(rows_close(file)); /* which cannot be flushed */
}
END_TEST

/* --- closing --- */

START_TEST(closing_is_refused)
{
    static const struct {
        int fsync_error;
        int close_error;
        int told; /* 0: no failure */
    } cases[] = {
        {0, 0, 0},         {EINTR, 0, 0},     {EINVAL, 0, 0},      {EROFS, 0, 0},           {0, EINTR, 0},
        {EIO, 0, EIO},     {ENOSPC, 0, ENOSPC}, {0, EDQUOT, EDQUOT}, {EIO, EDQUOT, EIO}, {EIO, EINTR, EIO},
        {EINVAL, EDQUOT, EDQUOT},
    };
    char path[PATH_SIZE];
    rows_file *file = start("rows", path);
    const long before = opened;
    if (cases[_i].fsync_error)
        refuse(FSYNC, 0, 1, cases[_i].fsync_error);
    if (cases[_i].close_error)
        refuse(CLOSE, 0, 1, cases[_i].close_error);
    if (cases[_i].told)
        expect_sentence(FA_ERR_IO, path, strerror(cases[_i].told), rows_close(file));
    else
        expect_ok(rows_close(file));
    grant(0);
    ck_assert_int_eq(opened, before - 1);
    expect_contents(path, header);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, a_new_file_gets_the_header_and_an_old_one_keeps_it);
    tcase_add_test(tcase, a_long_header_is_compared_whole);
    tcase_add_loop_test(tcase, opening_is_refused, 0, 8);
    tcase_add_test(tcase, a_row_is_written_in_pieces);
    tcase_add_loop_test(tcase, half_a_row_is_taken_back, 0, 3);
    tcase_add_test(tcase, a_device_takes_rows_or_refuses);
    tcase_add_loop_test(tcase, closing_is_refused, 0, 11);
    return support_run(suite, true);
}
