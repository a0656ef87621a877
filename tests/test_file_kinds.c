/* Paths that lead to something else than a file of the right kind: refused, at once, and nothing changes. */
#include "damaged_files.h"

#include <sys/stat.h>

typedef fa_status opener(const scene *live, const char *path);

static fa_status load_weights(const scene *live, const char *path)
{
    return fa_network_load(live->s.net, path, 0);
}

static fa_status open_network(const scene *live, const char *path)
{
    fa_network *net;
    (void)live;
    return fa_network_open(&net, path, 0);
}

static fa_status load_checkpoint(const scene *live, const char *path)
{
    return fa_checkpoint_load(path, live->s.net, live->s.fb, live->s.opt, live->s.pass, live->trainer, 0);
}

static opener *const openers[] = {load_weights, open_network, load_checkpoint};

/* Refused by all of them. */
static void expect_refused(fa_status status, const char *path, const char *sentence)
{
    scene live = make_live(NULL), other = make_live(NULL);
    const live_bytes *before = bytes_of(&live);
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        expect_failure_of_file(status, path, openers[i](&live, path));
        ck_assert_msg(strstr(fa_last_error(), sentence) != NULL, "\"%s\" does not say \"%s\"", fa_last_error(),
                      sentence);
    }
    expect_untouched(&live, before, &other, path);
}

START_TEST(nothing_there)
{
    char path[PATH_SIZE];
    path_of("nothing", path);
    expect_refused(FA_ERR_IO, path, "cannot be opened");
    path_of("nothing/at/all", path);
    expect_refused(FA_ERR_IO, path, "cannot be opened");
    expect_refused(FA_ERR_IO, "", "cannot be opened");
}
END_TEST

START_TEST(a_directory)
{
    expect_refused(FA_ERR_IO, directory, "is not a regular file");
}
END_TEST

/* Nobody writes into it: whoever waited for that would wait for ever. */
START_TEST(a_fifo)
{
    char path[PATH_SIZE];
    path_of("fifo", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refused(FA_ERR_IO, path, "is not a regular file");
}
END_TEST

START_TEST(a_device)
{
    expect_refused(FA_ERR_IO, "/dev/zero", "is not a regular file");
    expect_refused(FA_ERR_IO, "/dev/null", "is not a regular file");
}
END_TEST

START_TEST(links)
{
    char target[PATH_SIZE], path[PATH_SIZE];
    scene live = make_live(NULL);
    path_of("circle", path);
    ck_assert_int_eq(symlink(path, path), 0);
    expect_refused(FA_ERR_IO, path, "cannot be opened");
    path_of("link", path);
    damaged_path("checkpoint", "good", target);
    ck_assert_int_eq(symlink(target, path), 0);
    expect_ok(load_checkpoint(&live, path)); /* a link to a good file is a good file */
}
END_TEST

/* Root reads everything, so that the test has to become somebody else. */
START_TEST(unreadable)
{
    char path[PATH_SIZE];
    scene live = make_live(NULL);
    path_of("mine", path);
    put_file(path, "x", 1);
    ck_assert_int_eq(chmod(path, 0), 0);
    ck_assert(geteuid() != 0 || seteuid(65534) == 0);
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        expect_failure_of_file(FA_ERR_IO, path, openers[i](&live, path));
    ck_assert(getuid() != 0 || seteuid(0) == 0);
}
END_TEST

/* A file with holes, as long as it says. */
static void make_sparse(char path[PATH_SIZE], uint64_t header, off_t size)
{
    unsigned char start[9] = {0};
    path_of("sparse", path);
    for (int i = 0; i < 8; i++)
        start[i] = (unsigned char)(header >> 8 * i);
    start[8] = '{';
    put_file(path, start, sizeof start);
    ck_assert_int_eq(truncate(path, size), 0);
}

START_TEST(long_headers)
{
    char path[PATH_SIZE];
    make_sparse(path, 100000001, 100000009);
    expect_refused(FA_ERR_FORMAT, path, "the header takes 100000001 bytes; 100000000 is the most that is read");
    make_sparse(path, 100000000, 100000008);
    expect_refused(FA_ERR_FORMAT, path, "is not JSON");
    make_sparse(path, (uint64_t)1 << 40, ((off_t)1 << 40) + 8);
    expect_refused(FA_ERR_FORMAT, path, "is the most that is read");
}
END_TEST

/* Nothing but zeros, of any length. */
START_TEST(zeros)
{
    char path[PATH_SIZE];
    path_of("zeros", path);
    put_file(path, "", 0);
    ck_assert_int_eq(truncate(path, (off_t)1 << 41), 0);
    expect_refused(FA_ERR_FORMAT, path, "the header: does not start with {");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_kinds");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, nothing_there);
    tcase_add_test(tcase, a_directory);
    tcase_add_test(tcase, a_fifo);
    tcase_add_test(tcase, a_device);
    tcase_add_test(tcase, links);
    tcase_add_test(tcase, unreadable);
    tcase_add_test(tcase, long_headers);
    tcase_add_test(tcase, zeros);
    return support_run(suite, true);
}
