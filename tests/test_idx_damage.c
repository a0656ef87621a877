/* IDX files with every kind of damage, and a system that fails. */
#include "config.h"
#include "idx_files.h"
#include "system.h"

#include <sys/stat.h>

static fa_matrix zeroed(void)
{
    return (fa_matrix){.data = NULL};
}

/* Every reader refuses the file with a sentence that names it, sets its results to nothing, and leaves nothing
 * allocated. The number of bytes that it asked for is at most `most`. */
static void refuse_file(fa_status status, const char *path, size_t most)
{
    fa_matrix x = {.rows = 9};
    fa_idx_info info = {.rank = 9};
    int32_t number, *labels = &number;
    size_t count = 9;
    expect_failure_of_file(status, path, watched(-1, fa_idx_read(path, FA_FLOAT64, &x, &info)));
    ck_assert(is_zeroed(&x) && info.type == 0 && info.rank == 0 && info.extents[0] == 0 && live == 0);
    ck_assert_msg(asked <= most, "asked for %zu bytes", asked);
    x.rows = 9;
    expect_failure_of_file(status, path, watched(-1, fa_idx_read_images(path, FA_FLOAT32, &x)));
    ck_assert(is_zeroed(&x) && live == 0 && asked <= most);
    expect_failure_of_file(status, path, watched(-1, fa_idx_read_labels(path, &labels, &count)));
    ck_assert(labels == NULL && count == 0 && live == 0 && asked <= most);
}

static void refuse_bytes(fa_status status, const void *bytes, size_t size, size_t most)
{
    char path[PATH_SIZE];
    path_of("x.idx", path);
    put_file(path, bytes, size);
    refuse_file(status, path, most);
}

/* --- damage --- */

static const struct {
    fa_status status;
    const char *what;
    size_t size;
    unsigned char bytes[24];
} bad_files[] = {
    {FA_ERR_FORMAT, "nothing", 0, {0}},
    {FA_ERR_FORMAT, "one byte", 1, {0}},
    {FA_ERR_FORMAT, "three bytes", 3, {0, 0, 8}},
    {FA_ERR_FORMAT, "first byte", 9, {1, 0, 8, 1, 0, 0, 0, 1, 5}},
    {FA_ERR_FORMAT, "second byte", 9, {0, 1, 8, 1, 0, 0, 0, 1, 5}},
    {FA_ERR_FORMAT, "little-endian magic", 9, {1, 8, 0, 0, 1, 0, 0, 0, 5}},
    {FA_ERR_FORMAT, "type 0x0A", 9, {0, 0, 0x0A, 1, 0, 0, 0, 1, 5}},
    {FA_ERR_FORMAT, "type 0x0F", 16, {0, 0, 0x0F, 1, 0, 0, 0, 1}},
    {FA_ERR_FORMAT, "text", 12, "Hello, world"},
    {FA_ERR_FORMAT, "rank 0", 5, {0, 0, 8, 0, 5}},
    {FA_ERR_UNSUPPORTED, "rank 5", 24, {0, 0, 8, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}},
    {FA_ERR_UNSUPPORTED, "rank 255", 24, {0, 0, 8, 255}},
    {FA_ERR_FORMAT, "extent 0", 8, {0, 0, 8, 1}},
    {FA_ERR_FORMAT, "a later extent 0", 16, {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
    {FA_ERR_FORMAT, "no extents", 4, {0, 0, 8, 1}},
    {FA_ERR_FORMAT, "an extent cut off", 10, {0, 0, 8, 2, 0, 0, 0, 1, 0, 0}},
    {FA_ERR_FORMAT, "an element less", 10, {0, 0, 8, 1, 0, 0, 0, 3, 5, 5}},
    {FA_ERR_FORMAT, "half an element less", 11, {0, 0, 0x0B, 1, 0, 0, 0, 2, 5, 5, 5}},
    {FA_ERR_FORMAT, "2^31 - 1 elements", 20, {0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff}},
    {SIZE_MAX > UINT32_MAX ? FA_ERR_FORMAT : FA_ERR_SHAPE, "4 GiB", 20, {0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0}},
    {FA_ERR_SHAPE, "2^32 - 1 elements", 20, {0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff}},
    {FA_ERR_SHAPE, "2^31 elements a sample", 20, {0, 0, 8, 2, 0, 0, 0, 1, 0x80, 0, 0, 0}},
    {FA_ERR_SHAPE, "samples of 2^64 elements", 20,
     {0, 0, 8, 3, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {FA_ERR_SHAPE, "samples of 2^64, as 0", 24,
     {0, 0, 8, 4, 0, 0, 0, 1, 1, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 4, 0, 5, 5, 5, 5}},
    {FA_ERR_SHAPE, "2^65 bytes", 20,
     {0, 0, 0x0E, 2, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}},
};

START_TEST(damaged_files)
{
    /* What a header claims is not asked for. */
    refuse_bytes(bad_files[_i].status, bad_files[_i].bytes, bad_files[_i].size, 0);
}
END_TEST

START_TEST(sentences)
{
    static const struct {
        const char *sentence;
        unsigned char bytes[20];
    } cases[] = {
        {"it begins with the bytes 00 00 0a 01", {0, 0, 0x0A, 1, 0, 0, 0, 1, 5}},
        {"it begins with the bytes 48 65 6c 6c", "Hello, world"},
        {"of rank 5, at most 4 can be read", {0, 0, 8, 5, 0, 0, 0, 1}},
        {"extent 2 of its 3 is 0", {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
    };
    refuse_bytes(_i == 2 ? FA_ERR_UNSUPPORTED : FA_ERR_FORMAT, cases[_i].bytes, sizeof cases[_i].bytes, 0);
    ck_assert_msg(strstr(fa_last_error(), cases[_i].sentence) != NULL, "%s", fa_last_error());
}
END_TEST

/* A file of labels, which all readers but that of images take. */
static idx_bytes small_file(void)
{
    return idx_pixels(1, (const uint32_t[]){5});
}

START_TEST(cut_anywhere_or_too_long)
{
    enum { BUFFERS = 1 << 12 };
    idx_bytes file = small_file();
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    int32_t *labels = NULL;
    size_t count = 0;
    for (size_t length = 0; length < file.size; length++)
        refuse_bytes(FA_ERR_FORMAT, file.bytes, length, 0);
    idx_word(&file, 0, 1);
    idx_save(&file, "x.idx", path);
    expect_failure_of_file(FA_ERR_FORMAT, path, watched(-1, fa_idx_read(path, FA_FLOAT64, &x, NULL)));
    ck_assert(is_zeroed(&x) && live == 0 && asked <= BUFFERS);
    expect_failure_of_file(FA_ERR_FORMAT, path, watched(-1, fa_idx_read_labels(path, &labels, &count)));
    ck_assert(labels == NULL && count == 0 && live == 0 && asked <= BUFFERS);
}
END_TEST

/* Whatever a byte is changed to: the file is refused, or read as what it says it is. */
START_TEST(any_byte_changed)
{
    const idx_bytes good = idx_pixels(3, (const uint32_t[]){2, 2, 2});
    char path[PATH_SIZE];
    size_t read = 0;
    for (size_t at = 0; at < good.size * CHANGES; at++) {
        idx_bytes file = good;
        fa_matrix x = zeroed();
        change_byte(&file, at / CHANGES, at % CHANGES);
        idx_save(&file, "x.idx", path);
        support_forget();
        const fa_status status = watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL));
        ck_assert(live == (status == FA_OK ? 1 : 0));
        if (status == FA_OK) {
            ck_assert_uint_eq(x.rows * x.cols, 8);
            read++;
        } else {
            ck_assert(status == FA_ERR_FORMAT || status == FA_ERR_UNSUPPORTED || status == FA_ERR_SHAPE);
            ck_assert(is_zeroed(&x) && strncmp(fa_last_error(), path, strlen(path)) == 0);
        }
        fa_matrix_free(&x);
    }
    /* Any element; the 11 bytes of the header that are 0 anyway; and the type int8 for uint8. */
    ck_assert_uint_eq(read, 8 * CHANGES + 11 + 1);
}
END_TEST

/* --- the system --- */

START_TEST(what_is_no_file)
{
    char path[PATH_SIZE];
    path_of("missing.idx", path);
    refuse_file(FA_ERR_IO, path, 0);
    path_of("missing/x.idx", path);
    refuse_file(FA_ERR_IO, path, 0);
    refuse_file(FA_ERR_IO, directory, 0);
    refuse_file(FA_ERR_IO, "/dev/zero", 0);
    path_of("fifo", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuse_file(FA_ERR_IO, path, 0);
    refuse_file(FA_ERR_IO, "", 0);
}
END_TEST

/* As another user where the tests run as root, who may read everything. */
START_TEST(no_permission)
{
    const uid_t user = geteuid(), nobody = 65534;
    const idx_bytes file = small_file();
    char path[PATH_SIZE];
    idx_save(&file, "x.idx", path);
    ck_assert_int_eq(chmod(path, 0), 0);
    if (user == 0) {
        ck_assert_int_eq(chmod(directory, 0755), 0);
        ck_assert_int_eq(seteuid(nobody), 0);
    }
    refuse_file(FA_ERR_IO, path, 0);
    ck_assert_int_eq(seteuid(user), 0);
}
END_TEST

/* At the first read, which looks for gzip, and at every later one. */
START_TEST(device_fails)
{
    const idx_bytes file = small_file();
    char path[PATH_SIZE];
    fa_status status = FA_ERR_IO;
    long failures = 0;
    idx_save(&file, "x.idx", path);
    for (; status != FA_OK; failures++) {
        fa_matrix x = {.rows = 9};
        bad_reads = failures;
        support_forget();
        status = watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL));
        bad_reads = -1;
        if (status != FA_OK) {
            ck_assert(status == FA_ERR_IO && is_zeroed(&x) && live == 0);
            ck_assert(strncmp(fa_last_error(), path, strlen(path)) == 0);
        }
        fa_matrix_free(&x);
    }
    ck_assert_int_eq(failures, 5); /* peek, magic, extent, elements; then none */
}
END_TEST

START_TEST(memory_runs_out)
{
    const idx_bytes file = small_file();
    char path[PATH_SIZE];
    idx_save(&file, "x.idx", path);
    for (long failure = 0; failure < 2; failure++) { /* the array and a buffer */
        fa_matrix x = {.rows = 9};
        int32_t number, *labels = &number;
        size_t count = 9;
        expect_failure_of_file(FA_ERR_MEMORY, path, watched(failure, fa_idx_read(path, FA_FLOAT64, &x, NULL)));
        ck_assert(is_zeroed(&x) && live == 0);
        expect_failure_of_file(FA_ERR_MEMORY, path, watched(failure, fa_idx_read_labels(path, &labels, &count)));
        ck_assert(labels == NULL && count == 0 && live == 0);
    }
    fa_matrix x = zeroed();
    expect_ok(watched(2, fa_idx_read(path, FA_FLOAT64, &x, NULL)));
    fa_matrix_free(&x);
}
END_TEST

#if !FA_HAVE_ZLIB
START_TEST(compressed_without_zlib)
{
    const unsigned char start[20] = {0x1f, 0x8b, 8};
    refuse_bytes(FA_ERR_UNSUPPORTED, start, sizeof start, 0);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("idx_damage");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, damaged_files, 0, (int)(sizeof bad_files / sizeof *bad_files));
    tcase_add_loop_test(tcase, sentences, 0, 4);
    tcase_add_test(tcase, cut_anywhere_or_too_long);
    tcase_add_test(tcase, any_byte_changed);
    tcase_add_test(tcase, what_is_no_file);
    tcase_add_test(tcase, no_permission);
    tcase_add_test(tcase, device_fails);
    tcase_add_test(tcase, memory_runs_out);
#if !FA_HAVE_ZLIB
    tcase_add_test(tcase, compressed_without_zlib);
#endif
    return support_run(suite, true);
}
