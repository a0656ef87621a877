/* Reading IDX files that gzip compressed: every form, and every kind of damage. */
#include "idx_files.h"
#include "system.h"

#include <zlib.h>

/* What decompression asks for besides the array: zlib's state and window, and buffers. */
enum { BUFFERS = 256 << 10 };

static fa_matrix zeroed(void)
{
    return (fa_matrix){.data = NULL};
}

/* --- making them --- */

/* One gzip member; level 0 stores the bytes as they are. */
static void add_member(idx_bytes *file, const void *bytes, size_t size, int level, int strategy, gz_header *header)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size, .next_out = file->bytes + file->size,
                  .avail_out = (uInt)(IDX_MOST - file->size)};
    ck_assert_int_eq(deflateInit2(&z, level, Z_DEFLATED, 16 + MAX_WBITS, 8, strategy), Z_OK);
    if (header)
        ck_assert_int_eq(deflateSetHeader(&z, header), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    file->size += z.total_out;
    deflateEnd(&z);
}

static idx_bytes compressed(const idx_bytes *plain)
{
    idx_bytes file = {.size = 0};
    add_member(&file, plain->bytes, plain->size, Z_BEST_COMPRESSION, Z_DEFAULT_STRATEGY, NULL);
    return file;
}

static idx_bytes small_file(void)
{
    return idx_pixels(3, (const uint32_t[]){2, 3, 4});
}

/* --- what is read --- */

static void expect_small_file(const fa_matrix *x)
{
    ck_assert(x->rows == 2 && x->cols == 12);
    for (size_t k = 0; k < 24; k++)
        ck_assert(element(x, k / 12, k % 12) == (double)((7 + 37 * k) % 256));
}

static void read_small_file(const idx_bytes *file)
{
    char path[PATH_SIZE];
    idx_save(file, "x.gz", path);
    for (int slow = 0; slow < 2; slow++) {
        fa_matrix x = zeroed();
        slow_reads = slow;
        expect_ok(watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL)));
        slow_reads = false;
        ck_assert_int_eq(live, 1);
        expect_small_file(&x);
        fa_matrix_free(&x);
    }
}

START_TEST(forms_of_compression)
{
    const struct {
        int level, strategy;
    } forms[] = {{0, Z_DEFAULT_STRATEGY}, {1, Z_DEFAULT_STRATEGY}, {9, Z_DEFAULT_STRATEGY}, {9, Z_FIXED},
                 {9, Z_HUFFMAN_ONLY}, {9, Z_RLE}};
    const idx_bytes plain = small_file();
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        idx_bytes file = {.size = 0};
        add_member(&file, plain.bytes, plain.size, forms[k].level, forms[k].strategy, NULL);
        read_small_file(&file);
    }
}
END_TEST

START_TEST(all_fields_of_the_header)
{
    const idx_bytes plain = small_file();
    idx_bytes file = {.size = 0};
    gz_header header = {.text = 1, .time = 1, .os = 3, .extra = (Bytef *)"extra", .extra_len = 5,
                        .name = (Bytef *)"x.idx", .comment = (Bytef *)"comment", .hcrc = 1};
    add_member(&file, plain.bytes, plain.size, 9, Z_DEFAULT_STRATEGY, &header);
    read_small_file(&file);
}
END_TEST

/* Members one after the other, cut anywhere, with empty ones between. */
START_TEST(several_members)
{
    const idx_bytes plain = small_file();
    for (size_t cut = 0; cut <= plain.size; cut++) {
        idx_bytes file = {.size = 0};
        add_member(&file, plain.bytes, cut, 9, Z_DEFAULT_STRATEGY, NULL);
        add_member(&file, "", 0, 9, Z_DEFAULT_STRATEGY, NULL);
        add_member(&file, plain.bytes + cut, plain.size - cut, 0, Z_DEFAULT_STRATEGY, NULL);
        add_member(&file, "", 0, 0, Z_DEFAULT_STRATEGY, NULL);
        read_small_file(&file);
    }
}
END_TEST

/* More than the buffers hold, of numbers that do not compress and of one that does by nearly 1032. */
START_TEST(long_files)
{
    enum { COUNT = 3000001 };
    char path[PATH_SIZE];
    uint64_t state = 1;
    unsigned char *bytes = make_memory(COUNT + 8, 1);
    const idx_bytes header = idx_header(FA_IDX_UINT8, 1, (const uint32_t[]){COUNT});
    fa_matrix x = zeroed();
    int32_t *labels = NULL;
    size_t count = 0;
    memcpy(bytes, header.bytes, 8);
    for (size_t k = 0; k < COUNT; k++)
        bytes[8 + k] = _i == 0 ? (unsigned char)draw_index(&state, 256) : 9;
    path_of("x.gz", path);
    gzFile file = gzopen(path, "wb9");
    ck_assert(gzwrite(file, bytes, COUNT + 8) == COUNT + 8 && gzclose(file) == Z_OK);
    expect_ok(watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL)));
    ck_assert_uint_le(asked, COUNT * sizeof(float) + BUFFERS);
    expect_ok(fa_idx_read_labels(path, &labels, &count));
    ck_assert(x.rows == COUNT && count == COUNT);
    size_t wrong = 0;
    for (size_t k = 0; k < COUNT; k++)
        wrong += element(&x, k, 0) != (double)bytes[8 + k] || labels[k] != bytes[8 + k];
    ck_assert_uint_eq(wrong, 0);
    fa_matrix_free(&x);
    fa_labels_free(labels);
}
END_TEST

START_TEST(images_are_scaled)
{
    const idx_bytes plain = small_file(), file = compressed(&plain);
    char path[PATH_SIZE];
    fa_matrix x = zeroed();
    idx_save(&file, "x.gz", path);
    expect_ok(fa_idx_read_images(path, FA_FLOAT64, &x));
    for (size_t k = 0; k < 24; k++)
        ck_assert(element(&x, k / 12, k % 12) == (double)((7 + 37 * k) % 256) / 255);
    fa_matrix_free(&x);
}
END_TEST

/* --- damage --- */

/* Refused, with a sentence that names the file; nothing is left, and at most `most` bytes besides the buffers were
 * asked for. */
static void refuse_as(fa_status status, const idx_bytes *file, const char *reason, size_t most)
{
    char path[PATH_SIZE];
    fa_matrix x = {.rows = 9};
    fa_idx_info info = {.rank = 9};
    idx_save(file, "x.gz", path);
    expect_failure_of_file(status, path, watched(-1, fa_idx_read(path, FA_FLOAT64, &x, &info)));
    ck_assert(is_zeroed(&x) && info.rank == 0 && live == 0);
    ck_assert_msg(asked <= most + BUFFERS, "asked for %zu bytes", asked);
    ck_assert_msg(strstr(fa_last_error(), reason) != NULL, "\"%s\" does not say \"%s\"", fa_last_error(), reason);
}

static void refuse(const idx_bytes *file, const char *reason, size_t most)
{
    refuse_as(FA_ERR_FORMAT, file, reason, most);
}

enum { SMALL_ARRAY = 24 * sizeof(double) };

START_TEST(cut_anywhere)
{
    const idx_bytes plain = small_file();
    idx_bytes file = {.size = 0};
    add_member(&file, plain.bytes, plain.size, 9, _i == 0 ? Z_DEFAULT_STRATEGY : Z_FIXED, NULL);
    while (file.size > 2) { /* one byte is no gzip file */
        file.size--;
        refuse(&file, "is truncated", SMALL_ARRAY);
    }
    file.size = 1;
    refuse(&file, "is truncated", 0);
}
END_TEST

/* The checksum covers the decompressed bytes: what is read, is right. Bytes of the header such as the time do not
 * matter. */
START_TEST(any_byte_changed)
{
    const idx_bytes plain = small_file(), good = compressed(&plain);
    size_t read = 0;
    char path[PATH_SIZE];
    for (size_t at = 0; at < good.size * CHANGES; at++) {
        idx_bytes file = good;
        fa_matrix x = zeroed();
        change_byte(&file, at / CHANGES, at % CHANGES);
        idx_save(&file, "x.gz", path);
        support_forget();
        const fa_status status = watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL));
        ck_assert(live == (status == FA_OK ? 1 : 0) && asked <= BUFFERS + SMALL_ARRAY);
        if (status == FA_OK) {
            expect_small_file(&x);
            read++;
        } else {
            /* What became of the IDX file's header may be refused before the checksum is reached. */
            ck_assert(status == FA_ERR_FORMAT || status == FA_ERR_UNSUPPORTED || status == FA_ERR_SHAPE);
            ck_assert(is_zeroed(&x) && strncmp(fa_last_error(), path, strlen(path)) == 0);
        }
        fa_matrix_free(&x);
    }
    /* Read: any time (four bytes), level and system, and the flag FTEXT. */
    ck_assert_uint_ge(read, 6 * CHANGES + 1);
    ck_assert_uint_lt(read, 8 * CHANGES);
}
END_TEST

START_TEST(bytes_after_the_end)
{
    const idx_bytes plain = small_file(), good = compressed(&plain);
    idx_bytes file = good;
    idx_word(&file, 0, 1);
    refuse(&file, "after the end of its compressed data", SMALL_ARRAY);
    file = good;
    idx_word(&file, 0x1f, 1);
    refuse(&file, "is truncated", SMALL_ARRAY);
    file = good;
    idx_word(&file, 0x1f8c, 2);
    refuse(&file, "damaged", SMALL_ARRAY);
    file = good;
    add_member(&file, "x", 1, 9, Z_DEFAULT_STRATEGY, NULL);
    refuse(&file, "decompressed bytes after the end", SMALL_ARRAY);
    idx_bytes longer = plain;
    idx_word(&longer, 0, 1);
    file = compressed(&longer);
    refuse(&file, "decompressed bytes after the end", SMALL_ARRAY);
}
END_TEST

START_TEST(checksum_and_length)
{
    const idx_bytes plain = small_file(), good = compressed(&plain);
    for (size_t k = 1; k <= 8; k++) {
        idx_bytes file = good;
        file.bytes[file.size - k] ^= 0x10;
        refuse(&file, k <= 4 ? "incorrect length check" : "incorrect data check", SMALL_ARRAY);
    }
}
END_TEST

START_TEST(compressed_damage)
{
    const idx_bytes plain = small_file();
    for (size_t length = 0; length < plain.size; length++) {
        idx_bytes cut = plain;
        cut.size = length;
        const idx_bytes file = compressed(&cut);
        refuse(&file, "is truncated", SMALL_ARRAY);
    }
    const idx_bytes once = compressed(&plain), twice = compressed(&once);
    refuse(&twice, "is not an IDX file", 0);
    idx_bytes text = {.size = 0};
    add_member(&text, "Hello, world", 12, 9, Z_DEFAULT_STRATEGY, NULL);
    refuse(&text, "is not an IDX file", 0);
    idx_bytes nothing = {.size = 0};
    add_member(&nothing, "", 0, 9, Z_DEFAULT_STRATEGY, NULL);
    refuse(&nothing, "is truncated", 0);
}
END_TEST

/* The array is not asked for where the file, if deflate did its best, could not hold it. */
START_TEST(large_claims)
{
    const uint32_t claims[][2] = {{1 << 16, 1 << 16}, {INT32_MAX, INT32_MAX}, {1 << 17, 1}};
    for (size_t k = 0; k < sizeof claims / sizeof *claims; k++) {
        idx_bytes plain = idx_header(FA_IDX_UINT8, 2, claims[k]);
        idx_word(&plain, 0, 8);
        const idx_bytes file = compressed(&plain);
        ck_assert_uint_lt(file.size, 1 << 6);
        /* On a 32-bit processor the first two are too large whatever the file holds. */
        if (SIZE_MAX == UINT32_MAX && k < 2)
            refuse_as(FA_ERR_SHAPE, &file, "more than there are addresses for", 0);
        else
            refuse(&file, "is truncated", 0);
    }
}
END_TEST

/* --- the system --- */

START_TEST(device_fails)
{
    const idx_bytes plain = small_file(), file = compressed(&plain);
    char path[PATH_SIZE];
    idx_save(&file, "x.gz", path);
    for (long failures = 0; failures < 2; failures++) { /* when it looks for gzip, and when it decompresses */
        fa_matrix x = {.rows = 9};
        bad_reads = failures;
        expect_failure_of_file(FA_ERR_IO, path, watched(-1, fa_idx_read(path, FA_FLOAT32, &x, NULL)));
        bad_reads = -1;
        ck_assert(is_zeroed(&x) && live == 0);
    }
}
END_TEST

START_TEST(memory_runs_out)
{
    const idx_bytes plain = small_file();
    idx_bytes file = {.size = 0};
    char path[PATH_SIZE];
    fa_status status = FA_ERR_MEMORY;
    long failures = 0;
    /* Two members, so that zlib needs its window. */
    add_member(&file, plain.bytes, 20, 9, Z_DEFAULT_STRATEGY, NULL);
    add_member(&file, plain.bytes + 20, plain.size - 20, 9, Z_DEFAULT_STRATEGY, NULL);
    idx_save(&file, "x.gz", path);
    for (; status != FA_OK; failures++) {
        fa_matrix x = {.rows = 9};
        support_forget();
        status = watched(failures, fa_idx_read(path, FA_FLOAT64, &x, NULL));
        if (status != FA_OK) {
            ck_assert(status == FA_ERR_MEMORY && is_zeroed(&x) && live == 0);
            ck_assert(strncmp(fa_last_error(), path, strlen(path)) == 0);
        }
        fa_matrix_free(&x);
    }
    ck_assert_int_gt(failures, 4); /* reading, zlib's state and window, the array, a buffer */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx_gzip");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, forms_of_compression);
    tcase_add_test(tcase, all_fields_of_the_header);
    tcase_add_test(tcase, several_members);
    tcase_add_loop_test(tcase, long_files, 0, 2);
    tcase_add_test(tcase, images_are_scaled);
    tcase_add_loop_test(tcase, cut_anywhere, 0, 2);
    tcase_add_test(tcase, any_byte_changed);
    tcase_add_test(tcase, bytes_after_the_end);
    tcase_add_test(tcase, checksum_and_length);
    tcase_add_test(tcase, compressed_damage);
    tcase_add_test(tcase, large_claims);
    tcase_add_test(tcase, device_fails);
    tcase_add_test(tcase, memory_runs_out);
    return support_run(suite, true);
}
