/* A library that was built without files: what needs one says so and changes nothing, a recorder records in memory. */
#include "files.h"
#include "recording.h"
#include "training.h"

static void expect_said(const char *function)
{
    ck_assert_msg(strncmp(fa_last_error(), function, strlen(function)) == 0 &&
                      strstr(fa_last_error(), "without files") != NULL,
                  "%s", fa_last_error());
}

#define REFUSED(function, ...)                                                                                         \
    do {                                                                                                               \
        expect_failure(FA_ERR_UNSUPPORTED, function(__VA_ARGS__));                                                     \
        expect_said(#function);                                                                                        \
    } while (0)

static const char *file(void)
{
    static char path[PATH_SIZE];
    path_of("file", path);
    return path;
}

/* Something that a failure has to replace. */
static fa_matrix some_matrix(double *data)
{
    return fa_matrix_view(data, 1, 1, FA_FLOAT64);
}

START_TEST(arrays)
{
    double value = 1;
    fa_matrix matrix = some_matrix(&value);
    fa_idx_info info = {.rank = 1};
    REFUSED(fa_npy_write, file(), &matrix);
    REFUSED(fa_npy_read, file(), &matrix);
    ck_assert_ptr_null(matrix.data);
    matrix = some_matrix(&value);
    REFUSED(fa_npy_read_samples, file(), FA_FLOAT64, &matrix);
    ck_assert_ptr_null(matrix.data);
    matrix = some_matrix(&value);
    REFUSED(fa_idx_read, file(), FA_FLOAT64, &matrix, &info);
    ck_assert_ptr_null(matrix.data);
    ck_assert_uint_eq(info.rank, 0);
    matrix = some_matrix(&value);
    REFUSED(fa_idx_read_images, file(), FA_FLOAT64, &matrix);
    ck_assert_ptr_null(matrix.data);
    REFUSED(fa_npy_read, NULL, NULL);
    REFUSED(fa_idx_read, NULL, FA_FLOAT64, NULL, NULL);
}
END_TEST

START_TEST(labels_and_data_sets)
{
    int32_t label = 0, *labels = &label;
    size_t count = 1;
    fa_dataset *data = (fa_dataset *)&label;
    REFUSED(fa_npy_read_labels, file(), &labels, &count);
    ck_assert_ptr_null(labels);
    ck_assert_uint_eq(count, 0);
    labels = &label;
    count = 1;
    REFUSED(fa_idx_read_labels, file(), &labels, &count);
    ck_assert_ptr_null(labels);
    ck_assert_uint_eq(count, 0);
    fa_labels_free(labels);
    REFUSED(fa_idx_read_labels, NULL, NULL, NULL);
    REFUSED(fa_dataset_read, &data, file(), file(), FA_FLOAT64, 2);
    ck_assert_ptr_null(data);
    REFUSED(fa_dataset_read, NULL, NULL, NULL, FA_FLOAT64, 2);
}
END_TEST

START_TEST(weights_and_checkpoints)
{
    scene c = make_scene(FA_FLOAT32, 3);
    const state_copy before = take_snapshot(&c.s);
    fa_network *net = c.s.net;
    REFUSED(fa_network_save, c.s.net, file());
    REFUSED(fa_network_load, c.s.net, file(), 0);
    REFUSED(fa_network_open, &net, file(), 0);
    ck_assert_ptr_null(net);
    REFUSED(fa_network_open, NULL, file(), 0);
    REFUSED(fa_checkpoint_save, file(), c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer);
    REFUSED(fa_checkpoint_load, file(), c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer, 0);
    const state_copy after = take_snapshot(&c.s);
    ck_assert(same_snapshot(&before, &after));
    ck_assert_uint_eq(list_directory(false), 0);
    expect_ok(scene_run(&c));
}
END_TEST

START_TEST(a_recorder_records_in_memory)
{
    const scene c = make_scene(FA_FLOAT64, 3);
    const session s = c.s;
    fa_recorder *rec = make_recorder(s.net, "weight_norm", 1);
    double value;
    to_deltas(&s);
    REFUSED(fa_recorder_open, rec, file(), FA_RECORD_CSV);
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    expect_ok(fa_recorder_value(rec, "weight_norm", 1, &value));
    ck_assert(value > 0);
    expect_ok(fa_recorder_close(rec));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_close(NULL));
    ck_assert_uint_eq(list_directory(false), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no_files");
    TCase *tcase = file_case(suite);
    tcase_add_test(tcase, arrays);
    tcase_add_test(tcase, labels_and_data_sets);
    tcase_add_test(tcase, weights_and_checkpoints);
    tcase_add_test(tcase, a_recorder_records_in_memory);
    return support_run(suite, true);
}
