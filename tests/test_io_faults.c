/* Every call on a file that fails, or does less than it was asked for: the right status, the old file or the new one,
 * nothing lost. What is wrong besides is FA_ERR_RULE, since Check's own allocations must not be counted. */
#include "config.h"
#include "idx_files.h"
#include "io_watch.h"
#include "npy_files.h"
#include "recording.h"

#include <errno.h>

#if FA_HAVE_ZLIB
#include <zlib.h>
#endif

#define BIT(call) (1u << (call))

enum {
    READS = BIT(IO_OPEN) | BIT(IO_READ) | BIT(IO_FSTAT) | BIT(IO_CLOSE),
    /* A file that was only read is closed as well as it goes. */
    READS_HARMLESS = BIT(IO_CLOSE)
};

static char path[PATH_SIZE], labels_path[PATH_SIZE];

static long runs; /* with a fault, in all */

static void sweep(const io_subject *subject)
{
    const long hits = io_sweep(subject);
    ck_assert_int_gt(hits, 40);
    runs += hits;
}

/* --- reading --- */

static fa_status judge_matrix(fa_status status, fa_matrix *x, size_t count, bool pixels)
{
    const size_t found = x->rows * x->cols;
    bool         right = status == FA_OK ? found == count : found == 0 && x->data == NULL;
    for (size_t k = 0; right && k < found; k++)
        right = element(x, k / x->cols, k % x->cols) ==
                (double)(float)((double)((7 + 37 * k) % 256) / (pixels ? 255 : 1));
    fa_matrix_free(x);
    return right ? status : FA_ERR_RULE;
}

static fa_status judge_labels(fa_status status, int32_t *labels, size_t found, size_t count)
{
    bool right = status == FA_OK ? found == count : found == 0 && labels == NULL;
    for (size_t k = 0; right && k < found; k++)
        right = labels[k] == (int32_t)(k % 3);
    fa_labels_free(labels);
    return right ? status : FA_ERR_RULE;
}

static fa_status read_npy(void *data)
{
    fa_matrix x = {0};
    (void)data;
    return judge_matrix(fa_npy_read(path, &x), &x, 6, false);
}

static fa_status read_npy_samples(void *data)
{
    fa_matrix x = {0};
    (void)data;
    return judge_matrix(fa_npy_read_samples(path, FA_FLOAT32, &x), &x, 6, false);
}

static fa_status read_npy_labels(void *data)
{
    int32_t *labels = NULL;
    size_t   count = 0;
    fa_status status = fa_npy_read_labels(labels_path, &labels, &count);
    (void)data;
    return judge_labels(status, labels, count, 2);
}

static fa_status read_idx(void *data)
{
    fa_matrix   x = {0};
    fa_idx_info info;
    (void)data;
    return judge_matrix(fa_idx_read(path, FA_FLOAT32, &x, &info), &x, 24, false);
}

static fa_status read_idx_images(void *data)
{
    fa_matrix x = {0};
    (void)data;
    return judge_matrix(fa_idx_read_images(path, FA_FLOAT32, &x), &x, 24, true);
}

static fa_status read_idx_labels(void *data)
{
    int32_t *labels = NULL;
    size_t   count = 0;
    fa_status status = fa_idx_read_labels(labels_path, &labels, &count);
    (void)data;
    return judge_labels(status, labels, count, 2);
}

static fa_status read_dataset(void *data)
{
    fa_dataset *read = NULL;
    int32_t     labels[2] = {9, 9};
    fa_status   status = fa_dataset_read(&read, path, labels_path, FA_FLOAT64, 0);
    bool        right = (read != NULL) == (status == FA_OK);
    (void)data;
    if (read)
        right = fa_dataset_labels(read, 0, 2, labels) == FA_OK && labels[0] == 0 && labels[1] == 1;
    fa_dataset_destroy(read);
    return right ? status : FA_ERR_RULE;
}

static void put_npy(void)
{
    static const double values[] = {7, 44, 81, 118, 155, 192}, labels[] = {0, 1};
    path_of("x.npy", path);
    path_of("labels.npy", labels_path);
    npy_save(path, (npy_kind){"f4", 4}, '<', false, "(2, 3)", values, 6);
    npy_save(labels_path, (npy_kind){"i8", 8}, '>', false, "(2,)", labels, 2);
}

static void put_idx(void)
{
    idx_bytes images = idx_pixels(3, (const uint32_t[]){2, 3, 4});
    idx_bytes labels = idx_header(FA_IDX_UINT8, 1, (const uint32_t[]){2});
    idx_word(&labels, 0, 1);
    idx_word(&labels, 1, 1);
    idx_save(&images, "x.idx", path);
    idx_save(&labels, "labels.idx", labels_path);
}

#if FA_HAVE_ZLIB
static void compress_file(char name[PATH_SIZE])
{
    unsigned char plain[IDX_MOST];
    const size_t size = get_file(name, plain, sizeof plain);
    gzFile       file = gzopen(name, "wb");
    ck_assert(file != NULL && gzwrite(file, plain, (unsigned)size) == (int)size && gzclose(file) == Z_OK);
}
#endif

static void put_gzip(void)
{
    put_idx();
#if FA_HAVE_ZLIB
    compress_file(path);
    compress_file(labels_path);
#endif
}

typedef struct reader {
    const char *name;
    void (*put)(void);
    fa_status (*run)(void *data);
    unsigned made; /* besides READS */
} reader;

static const reader readers[] = {
    {"fa_npy_read", put_npy, read_npy, 0},
    {"fa_npy_read_samples", put_npy, read_npy_samples, 0},
    {"fa_npy_read_labels", put_npy, read_npy_labels, 0},
    {"fa_idx_read", put_idx, read_idx, BIT(IO_LSEEK)},
    {"fa_idx_read_images", put_idx, read_idx_images, BIT(IO_LSEEK)},
    {"fa_idx_read_labels", put_idx, read_idx_labels, BIT(IO_LSEEK)},
    {"fa_idx_read of gzip", put_gzip, read_idx, BIT(IO_LSEEK)},
    {"fa_idx_read_labels of gzip", put_gzip, read_idx_labels, BIT(IO_LSEEK)},
    {"fa_dataset_read of npy", put_npy, read_dataset, BIT(IO_LSEEK)},
    {"fa_dataset_read of idx", put_idx, read_dataset, BIT(IO_LSEEK)},
    {"fa_dataset_read of gzip", put_gzip, read_dataset, BIT(IO_LSEEK)},
};

START_TEST(readers_survive)
{
    const reader    *r = &readers[_i];
    const io_subject subject = {.name = r->name, .run = r->run, .paths = {path, labels_path}, .made = READS | r->made,
                                .harmless = READS_HARMLESS};
    r->put();
    sweep(&subject);
}
END_TEST

/* --- writing --- */

typedef struct writer {
    fa_matrix matrix;
    bool      old; /* there is a file already */
} writer;

static fa_status write_npy(void *data)
{
    const writer *w = data;
    return fa_npy_write(path, &w->matrix);
}

static void put_old(void *data)
{
    const writer *w = data;
    list_directory(true);
    if (w->old)
        put_file(path, "old", 3);
}

/* The old file or the new one, whole and alone; after a failure the old one, unless the sentence says otherwise. */
static void check_file(void *data, fa_status status, const io_fault *first, const io_fault *second)
{
    const writer *w = data;
    const bool    written = status == FA_OK || strstr(fa_last_error(), "is written, but") != NULL;
    const bool    may_stay = (first && first->call == IO_CALLS) || (second && second->call == IO_UNLINK);
    /* Of the two files that are closed, the directory has nothing to lose. */
    const bool    closing = first && first->call == IO_CLOSE && first->nth == 0 && first->error != EINTR;
    char          bytes[8];
    fa_matrix     back = {0};
    ck_assert(!closing || status != FA_OK);
    if (written) {
        expect_ok(fa_npy_read(path, &back));
        ck_assert(same_bits(&back, &w->matrix));
        fa_matrix_free(&back);
    } else if (w->old) {
        ck_assert(get_file(path, bytes, sizeof bytes) == 3 && memcmp(bytes, "old", 3) == 0);
    } else {
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    /* Where nothing works any more, the temporary file cannot be removed either. */
    ck_assert(may_stay || list_directory(false) == (written || w->old));
}

START_TEST(npy_is_old_or_new)
{
    uint64_t         state = 1;
    writer           w = {make_uniform(FA_FLOAT32, _i / 2 ? 3 : 70, 40, LAYOUT_C, 1, &state), _i % 2};
    const io_subject subject = {.name = "fa_npy_write", .run = write_npy, .before = put_old, .after = check_file,
                                .data = &w, .paths = {path},
                                .made = BIT(IO_OPEN) | BIT(IO_WRITE) | BIT(IO_FSYNC) | BIT(IO_CLOSE) | BIT(IO_RENAME) |
                                        BIT(IO_STAT),
                                .harmless = BIT(IO_CLOSE)};
    path_of("x.npy", path);
    sweep(&subject);
}
END_TEST

/* --- recording --- */

typedef struct recording {
    session           s;
    fa_record_format format;
    bool              again; /* a file to append to */
} recording;

static const char *const quantities = "delta_angle,weight_norm";

static fa_status record(void *data)
{
    const recording *r = data;
    fa_recorder     *rec = NULL;
    fa_status        status = fa_recorder_create(&rec, r->s.net, quantities, 1), closed;
    if (status == FA_OK)
        status = fa_recorder_open(rec, path, r->format);
    for (uint64_t batch = 1; batch <= 2 && status == FA_OK; batch++)
        status = fa_recorder_observe(rec, r->s.net, r->s.pass, r->s.fb, 1, batch);
    if (status != FA_OK)
        io_note();
    closed = fa_recorder_close(rec);
    fa_recorder_destroy(rec);
    return status == FA_OK ? closed : status;
}

static void put_recording(void *data)
{
    recording *r = data;
    list_directory(true);
    if (r->again)
        expect_ok(record(r));
}

/* Whole rows, unless the sentence says otherwise; all of them after success. */
static void check_rows(void *data, fa_status status, const io_fault *first, const io_fault *second)
{
    const recording *r = data;
    static char      text[1 << 16];
    const size_t     size = access(path, F_OK) == 0 ? get_file(path, text, sizeof text) : 0;
    const size_t     header = r->format == FA_RECORD_CSV, before = r->again ? header + 2 : 0;
    const bool       cut = status != FA_OK && strstr(fa_last_error(), "ends in the middle of a line") != NULL;
    size_t           rows = 0;
    for (size_t i = 0; i < size; i++)
        rows += text[i] == '\n';
    ck_assert_msg(size == 0 || cut || text[size - 1] == '\n', "half a row");
    ck_assert_uint_ge(rows, before);
    ck_assert(status != FA_OK || rows == header + (r->again ? 4 : 2));
    ck_assert(!cut || first->call == IO_CALLS || first->call == IO_PREAD ||
              (second && second->call == IO_FTRUNCATE && second->error != EINTR));
}

START_TEST(rows_are_whole)
{
    net_spec         spec = make_spec(FA_FLOAT32, 3, 5, FA_TANH, true);
    recording        r = {make_session(&spec, fa_rule_find("fa"), 4, 3),
                          _i % 2 ? FA_RECORD_CSV : FA_RECORD_JSONL, _i / 2};
    const io_subject subject = {.name = "fa_recorder", .run = record, .before = put_recording, .after = check_rows,
                                .data = &r, .paths = {path},
                                .made = BIT(IO_OPEN) | BIT(IO_WRITE) | BIT(IO_FSYNC) | BIT(IO_CLOSE) | BIT(IO_FSTAT) |
                                        (r.again ? BIT(IO_PREAD) : 0),
                                /* without its size a row is written, and not taken back if that fails */
                                .harmless = BIT(IO_FSTAT)};
    to_deltas(&r.s);
    path_of("run", path);
    sweep(&subject);
}
END_TEST

/* Interrupted first, and then found to be another program's file: that is what is wrong with it. */
START_TEST(interruptions_hide_nothing)
{
    net_spec       spec = make_spec(FA_FLOAT32, 3, 5, FA_TANH, true);
    session        s = make_session(&spec, fa_rule_find("fa"), 4, 3);
    fa_recorder   *rec = make_recorder(s.net, quantities, 1);
    const io_fault fault = {.call = IO_PREAD, .nth = _i, .error = EINTR};
    path_of("run", path);
    if (_i == 0) {
        put_file(path, "other,names\n", 12);
    } else {
        expect_ok(fa_recorder_open(rec, path, FA_RECORD_CSV));
        expect_ok(fa_recorder_close(rec));
        FILE *file = fopen(path, "ab");
        ck_assert(file && fputs("1,", file) >= 0 && fclose(file) == 0);
    }
    io_watch(&fault, NULL);
    expect_failure_of_file(FA_ERR_FORMAT, path, fa_recorder_open(rec, path, FA_RECORD_CSV));
    io_unwatch();
    ck_assert_int_eq(io_faults[0], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("io faults");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, readers_survive, 0, (int)(sizeof readers / sizeof *readers));
    tcase_add_loop_test(tcase, npy_is_old_or_new, 0, 4);
    tcase_add_loop_test(tcase, rows_are_whole, 0, 4);
    tcase_add_loop_test(tcase, interruptions_hide_nothing, 0, 2);
    const int failed = support_run(suite, false);
    printf("# %ld runs with a fault\n", runs);
    return failed;
}
