/* Data sets from files of every kind and pair, and memory that runs out in any function of data sets. */
#include "idx_files.h"
#include "npy_files.h"
#include "system.h"

enum { SAMPLES = 4, INPUTS = 6 };

/* --- pairs of files --- */

static void write_inputs(int kind, char path[PATH_SIZE])
{
    double values[SAMPLES * INPUTS];
    for (size_t k = 0; k < SAMPLES * INPUTS; k++)
        values[k] = (double)((7 + 37 * k) % 256);
    if (kind == 0) {
        const idx_bytes file = idx_pixels(3, (const uint32_t[]){SAMPLES, 2, 3});
        idx_save(&file, "inputs", path);
        return;
    }
    path_of("inputs", path);
    npy_save(path, kind == 1 ? (npy_kind){"u1", 1} : (npy_kind){"f4", 4}, '<', false, "(4, 2, 3)", values,
             SAMPLES * INPUTS);
}

static const double numbers[SAMPLES] = {2, 0, 1, 2};

/* Labels 2, 0, 1, 2. */
static void write_labels(int kind, char path[PATH_SIZE])
{
    static const char *const shapes[] = {"(4,)", "(4, 1)", "(1, 4)"};
    if (kind < 2) {
        idx_bytes file = idx_header(kind ? FA_IDX_INT32 : FA_IDX_UINT8, 1, (const uint32_t[]){SAMPLES});
        for (size_t i = 0; i < SAMPLES; i++)
            idx_word(&file, (uint64_t)numbers[i], kind ? 4 : 1);
        idx_save(&file, "targets", path);
        return;
    }
    path_of("targets", path);
    npy_save(path, (npy_kind){"i8", 8}, '<', false, shapes[kind - 2], numbers, SAMPLES);
}

START_TEST(inputs_and_labels)
{
    const int kind = _i / 5;
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    fa_dataset *data = NULL;
    write_inputs(kind, inputs);
    write_labels(_i % 5, targets);
    for (size_t n_classes = 0; n_classes < 5; n_classes += 4) {
        expect_ok(watched(-1, fa_dataset_read(&data, inputs, targets, FA_FLOAT32, n_classes)));
        ck_assert(fa_dataset_size(data) == SAMPLES && fa_dataset_n_inputs(data) == INPUTS);
        ck_assert(fa_dataset_has_labels(data) && fa_dataset_dtype(data) == FA_FLOAT32);
        ck_assert_uint_eq(fa_dataset_n_outputs(data), n_classes ? n_classes : 3);
        fa_matrix x;
        int32_t labels[SAMPLES];
        expect_ok(fa_dataset_view(data, 0, SAMPLES, &x, NULL));
        expect_ok(fa_dataset_labels(data, 0, SAMPLES, labels));
        for (size_t k = 0; k < SAMPLES * INPUTS; k++) {
            const double value = (double)((7 + 37 * k) % 256), scaled = (double)(float)(value / 255);
            ck_assert(element(&x, k / INPUTS, k % INPUTS) == (kind < 2 ? scaled : value));
        }
        for (size_t i = 0; i < SAMPLES; i++)
            ck_assert(labels[i] == (int32_t)numbers[i]);
        watched_release(fa_dataset_destroy(data));
        ck_assert_int_eq(live, 0);
    }
}
END_TEST

/* What is no list of integers is a target matrix, of the values as they are. */
static const struct {
    npy_kind kind;
    const char *shape;
    size_t cols;
} matrices[] = {
    {{"u1", 1}, "(4, 3)", 3}, {{"b1", 1}, "(4, 3)", 3}, {{"f4", 4}, "(4,)", 1}, {{"f8", 8}, "(4, 1)", 1},
    {{"i2", 2}, "(4, 1, 2)", 2},
};

START_TEST(inputs_and_target_matrix)
{
    const double values[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1};
    const size_t cols = matrices[_i].cols;
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    fa_dataset *data = NULL;
    fa_matrix x, target;
    write_inputs(0, inputs);
    path_of("targets", targets);
    npy_save(targets, matrices[_i].kind, '<', false, matrices[_i].shape, values, SAMPLES * cols);
    expect_ok(watched(-1, fa_dataset_read(&data, inputs, targets, FA_FLOAT64, 77)));
    ck_assert(!fa_dataset_has_labels(data) && fa_dataset_n_outputs(data) == cols);
    expect_ok(fa_dataset_view(data, 0, SAMPLES, &x, &target));
    ck_assert(target.rows == SAMPLES && target.cols == cols && target.dtype == FA_FLOAT64);
    for (size_t k = 0; k < SAMPLES * cols; k++)
        ck_assert(element(&target, k / cols, k % cols) == values[k]);
    watched_release(fa_dataset_destroy(data));
    ck_assert_int_eq(live, 0);
}
END_TEST

/* One sample: (1, 3) integers are its target, not three labels. */
START_TEST(one_sample)
{
    const double values[] = {0, 1, 0};
    const idx_bytes file = idx_pixels(2, (const uint32_t[]){1, 3});
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    fa_dataset *data = NULL;
    idx_save(&file, "inputs", inputs);
    path_of("targets", targets);
    npy_save(targets, (npy_kind){"i4", 4}, '<', false, "(1, 3)", values, 3);
    expect_ok(fa_dataset_read(&data, inputs, targets, FA_FLOAT64, 0));
    ck_assert(fa_dataset_size(data) == 1 && fa_dataset_n_outputs(data) == 3 && !fa_dataset_has_labels(data));
    fa_dataset_destroy(data);
}
END_TEST

/* --- what is refused --- */

/* Refused with a sentence that names the file at fault, with nothing left. */
static void refuse(fa_status status, const char *inputs, const char *targets, size_t n_classes, const char *at_fault,
                   const char *reason)
{
    fa_dataset *data = (fa_dataset *)(uintptr_t)inputs; /* anything but NULL */
    expect_failure_of_file(status, at_fault, watched(-1, fa_dataset_read(&data, inputs, targets, FA_FLOAT32, n_classes)));
    ck_assert(data == NULL && live == 0);
    ck_assert_msg(strstr(fa_last_error(), reason) != NULL, "\"%s\" does not say \"%s\"", fa_last_error(), reason);
}

START_TEST(files_that_do_not_fit)
{
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    write_inputs(0, inputs);
    write_labels(0, targets);
    refuse(FA_ERR_FORMAT, inputs, targets, 2, targets, "label 2 of sample 0");
    idx_bytes file = idx_header(FA_IDX_INT8, 1, (const uint32_t[]){SAMPLES});
    idx_word(&file, 0x0102ff00, 4);
    idx_save(&file, "targets", targets);
    refuse(FA_ERR_FORMAT, inputs, targets, 0, targets, "label -1 of sample 2");
    for (uint32_t count = SAMPLES - 1; count <= SAMPLES + 1; count += 2) {
        file = idx_pixels(1, &count);
        idx_save(&file, "targets", targets);
        refuse(FA_ERR_FORMAT, inputs, targets, 0, targets, "there are 4 samples in ");
    }
    npy_save(targets, (npy_kind){"f4", 4}, '<', false, "(2, 2)", numbers, 4);
    refuse(FA_ERR_FORMAT, inputs, targets, 0, targets, "2 targets");
    npy_save(targets, (npy_kind){"i8", 8}, '<', false, "(4,)", (const double[]){0, 1, 0x1p40, 2}, 4);
    refuse(FA_ERR_FORMAT, inputs, targets, 0, targets, "label 2 ");
}
END_TEST

START_TEST(files_of_no_kind)
{
    char good[PATH_SIZE], bad[PATH_SIZE];
    write_labels(0, good);
    path_of("bad", bad);
    put_file(bad, "P5 28 28 255\n", 13);
    refuse(FA_ERR_FORMAT, bad, good, 0, bad, "neither an IDX file (plain or compressed by gzip) nor NumPy's .npy");
    refuse(FA_ERR_FORMAT, good, bad, 0, bad, "neither an IDX file");
    put_file(bad, "", 0);
    refuse(FA_ERR_FORMAT, bad, good, 0, bad, "is empty");
    put_file(bad, "\x93", 1);
    refuse(FA_ERR_FORMAT, bad, good, 0, bad, "neither");
    put_file(bad, "\0\0\x08\x01\0\0\0\x04", 8);
    refuse(FA_ERR_FORMAT, good, bad, 0, bad, "is truncated");
    put_file(bad, "\x93NUMPY\x01", 8);
    refuse(FA_ERR_FORMAT, good, bad, 0, bad, ".npy");
    refuse(FA_ERR_IO, directory, good, 0, directory, "not a regular file");
    path_of("missing", bad);
    refuse(FA_ERR_IO, good, bad, 0, bad, "cannot be opened");
    refuse(FA_ERR_IO, bad, good, 0, bad, "cannot be opened");
}
END_TEST

START_TEST(arguments)
{
    fa_dataset *data = NULL;
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_read(NULL, "a", "b", FA_FLOAT32, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_read(&data, NULL, "b", FA_FLOAT32, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_read(&data, "a", NULL, FA_FLOAT32, 0));
    expect_failure(FA_ERR_DTYPE, fa_dataset_read(&data, "a", "b", (fa_dtype)3, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_dataset_read(&data, "a", "b", FA_FLOAT32, (size_t)1 << 31));
}
END_TEST

/* Some read fails: the peeks at both files, then header and elements of each. */
START_TEST(device_fails)
{
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    fa_status status = FA_ERR_IO;
    long failures = 0;
    write_inputs(1, inputs);
    write_labels(0, targets);
    for (; status != FA_OK; failures++) {
        fa_dataset *data = NULL;
        bad_reads = failures;
        support_forget();
        status = watched(-1, fa_dataset_read(&data, inputs, targets, FA_FLOAT32, 0));
        bad_reads = -1;
        ck_assert(status == FA_OK || (status == FA_ERR_IO && data == NULL && live == 0));
        ck_assert(status == FA_OK || strstr(fa_last_error(), directory) == fa_last_error());
        fa_dataset_destroy(data);
    }
    ck_assert_int_ge(failures, 8);
}
END_TEST

/* --- memory --- */

typedef struct scene {
    char inputs[PATH_SIZE], targets[PATH_SIZE];
    fa_matrix x, target, mean, deviation;
    int32_t *labels;
    fa_dataset *source; /* owns its arrays, scattered */
    fa_dataset *made[2];
} scene;

static fa_status create(scene *s)
{
    return fa_dataset_create(&s->made[0], &s->x, &s->target);
}

static fa_status create_labelled(scene *s)
{
    return fa_dataset_create_labelled(&s->made[0], &s->x, s->labels, 0);
}

static fa_status read_labels(scene *s)
{
    return fa_dataset_read(&s->made[0], s->inputs, s->targets, FA_FLOAT32, 0);
}

static fa_status read_matrix(scene *s)
{
    return fa_dataset_read(&s->made[0], s->inputs, s->inputs, FA_FLOAT32, 0);
}

static fa_status rows(scene *s)
{
    return fa_dataset_rows(&s->made[0], s->source, 1, 2);
}

static fa_status split(scene *s)
{
    return fa_dataset_split(s->source, 1, 2, (const size_t[]){2, 1}, s->made);
}

static fa_status copy(scene *s)
{
    return fa_dataset_copy(&s->made[0], s->source);
}

static fa_status moments(scene *s)
{
    return fa_dataset_moments(s->source, &s->mean, &s->deviation);
}

static fa_status standardize(scene *s)
{
    return fa_dataset_standardize(s->source, &s->mean, &s->deviation);
}

static const struct {
    fa_status (*run)(scene *);
    long allocations; /* at least */
} sweeps[] = {{create, 2}, {create_labelled, 2}, {read_labels, 6}, {read_matrix, 8}, {rows, 1},
              {split, 4},  {copy, 4},            {moments, 1},     {standardize, 1}};

static scene make_scene(void)
{
    scene s = {.x = make_matrix(FA_FLOAT32, SAMPLES, INPUTS), .target = make_matrix(FA_FLOAT32, SAMPLES, 2),
               .mean = make_matrix(FA_FLOAT64, 1, INPUTS), .deviation = make_matrix(FA_FLOAT64, 1, INPUTS),
               .labels = make_memory(SAMPLES, sizeof(int32_t))};
    fa_dataset *whole = NULL;
    write_inputs(1, s.inputs);
    write_labels(0, s.targets);
    expect_ok(fa_dataset_read(&whole, s.inputs, s.targets, FA_FLOAT32, 0));
    expect_ok(fa_dataset_split(whole, 1, 1, (const size_t[]){3}, &s.source));
    fa_dataset_destroy(whole);
    return s;
}

/* Allocation 0, 1, ... fails until the call succeeds: each failure leaves nothing behind and the source as it was. */
START_TEST(memory_runs_out)
{
    scene s = make_scene();
    fa_matrix before = make_matrix(FA_FLOAT32, 3, INPUTS), after = make_matrix(FA_FLOAT32, 3, INPUTS);
    fa_status status = FA_ERR_MEMORY;
    long failures = 0;
    expect_ok(fa_dataset_gather(s.source, NULL, 3, &before, NULL));
    for (; status != FA_OK; failures++) {
        support_forget();
        status = watched(failures, sweeps[_i].run(&s));
        if (status == FA_OK)
            break;
        support_failed(FA_ERR_MEMORY, status, "sweep", __LINE__);
        ck_assert(live == 0 && !s.made[0] && !s.made[1] && norm(&s.mean) == 0);
        expect_ok(fa_dataset_gather(s.source, NULL, 3, &after, NULL));
        ck_assert(same_bits(&before, &after));
    }
    ck_assert_int_ge(failures, sweeps[_i].allocations);
    watched_release((fa_dataset_destroy(s.made[0]), fa_dataset_destroy(s.made[1])));
    ck_assert_int_eq(live, 0);
    fa_dataset_destroy(s.source);
}
END_TEST

/* A mini-batch is copied without asking for memory. */
START_TEST(batches_allocate_nothing)
{
    scene s = make_scene();
    fa_matrix x = make_matrix(FA_FLOAT32, 2, INPUTS), target = make_matrix(FA_FLOAT32, 2, 3), view;
    int32_t labels[2];
    expect_ok(watched(0, fa_dataset_gather(s.source, (const size_t[]){2, 0}, 2, &x, &target)));
    expect_ok(watched(0, fa_dataset_view(s.source, 0, 1, &view, NULL)));
    expect_ok(watched(0, fa_dataset_labels(s.source, 0, 2, labels)));
    fa_dataset_destroy(s.source);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dataset_read");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, inputs_and_labels, 0, 15);
    tcase_add_loop_test(tcase, inputs_and_target_matrix, 0, (int)(sizeof matrices / sizeof *matrices));
    tcase_add_test(tcase, one_sample);
    tcase_add_test(tcase, files_that_do_not_fit);
    tcase_add_test(tcase, files_of_no_kind);
    tcase_add_test(tcase, arguments);
    tcase_add_test(tcase, device_fails);
    tcase_add_loop_test(tcase, memory_runs_out, 0, (int)(sizeof sweeps / sizeof *sweeps));
    tcase_add_test(tcase, batches_allocate_nothing);
    return support_run(suite, true);
}
