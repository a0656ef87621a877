/* A data set from two files of any kind. */
#include "array_kinds.h"

#include "dataset.h"
#include "npy.h"
#include "status.h"

#include <limits.h>
#include <string.h>

fa_status array_open(array_file *file, const char *path)
{
    char start[NPY_MAGIC_SIZE] = {0};
    size_t found = 0;
    fa_status status = stream_open(&file->bytes, path);

    if (status != FA_OK)
        return status;
    status = input_peek(&file->bytes.in, start, sizeof(start), &found);
    if (status == FA_OK && found == 0)
        status = file_fail(FA_ERR_FORMAT, path, "is empty");
    else if (status == FA_OK && memcmp(start, NPY_MAGIC, NPY_MAGIC_SIZE) == 0)
        status = npy_start(file);
    else if (status == FA_OK && (memcmp(start, "\0", 2) == 0 || memcmp(start, "\x1f\x8b", 2) == 0))
        status = idx_start(file, NULL);
    else if (status == FA_OK)
        status = file_fail(FA_ERR_FORMAT, path,
                           "is neither an IDX file (plain or compressed by gzip) nor NumPy's .npy");
    if (status != FA_OK)
        array_close(file);
    return status;
}

/* One integer for each sample: a column of them, or one row of as many. */
static bool holds_labels(const array_file *targets, size_t samples)
{
    return element_is_integer(targets->type) &&
           (targets->cols == 1 || (targets->rows == 1 && targets->rank == 2 && targets->cols == samples));
}

static fa_status take_labels(array_file *file, int32_t **labels, size_t *n_classes)
{
    size_t count = 0;
    fa_status status = array_take_labels(file, labels, &count);

    if (status == FA_OK && dataset_check_labels(*labels, count, n_classes) != FA_OK) {
        status = file_fail_again(FA_ERR_FORMAT, file->bytes.in.path);
        fa_labels_free(*labels);
        *labels = NULL;
    }
    return status;
}

/* Both files are open. Targets first: they are small, and more is wrong with them. */
static fa_status read_both(fa_dataset **out, array_file *inputs, array_file *targets, fa_dtype dtype, size_t n_classes)
{
    const bool labelled = holds_labels(targets, inputs->rows);
    const size_t count = labelled ? targets->rows * targets->cols : targets->rows;
    fa_matrix x = {0}, target = {0};
    int32_t *labels = NULL;
    fa_status status;

    if (count != inputs->rows)
        return file_fail(FA_ERR_FORMAT, targets->bytes.in.path, "has %zu %s, and there are %zu samples in %s", count,
                         labelled ? "labels" : "targets", inputs->rows, inputs->bytes.in.path);
    if (labelled) {
        status = take_labels(targets, &labels, &n_classes);
    } else {
        status = array_take_matrix(targets, dtype, false, &target);
        n_classes = targets->cols;
    }
    if (status == FA_OK)
        status = array_take_matrix(inputs, dtype, true, &x);
    if (status == FA_OK)
        return dataset_adopt(out, &x, &target, labels, n_classes);
    fa_matrix_free(&target);
    fa_labels_free(labels);
    return status;
}

fa_status fa_dataset_read(fa_dataset **out, const char *inputs, const char *targets, fa_dtype dtype, size_t n_classes)
{
    array_file x, target;

    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;
    if (inputs == NULL || targets == NULL)
        return status_null(__func__, inputs == NULL ? "inputs" : "targets");
    if (fa_dtype_size(dtype) == 0)
        return status_set(FA_ERR_DTYPE, "%s: unknown dtype %d", __func__, (int)dtype);
    if (n_classes > (size_t)INT_MAX)
        return status_set(FA_ERR_ARGUMENT, "%s: %zu classes are more than %d", __func__, n_classes, INT_MAX);

    fa_status status = array_open(&x, inputs);
    if (status != FA_OK)
        return status;
    status = array_open(&target, targets);
    if (status == FA_OK) {
        status = read_both(out, &x, &target, dtype, n_classes);
        array_close(&target);
    }
    array_close(&x);
    return status;
}
