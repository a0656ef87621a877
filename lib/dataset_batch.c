/* Samples of a data set as matrices: views, mini-batches, one-hot targets. */
#include "dataset.h"

#include "matrix.h"
#include "status.h"

#include <string.h>

/* Rows of a matrix, nothing checked. */
static fa_matrix rows_of(const fa_matrix *matrix, size_t first, size_t count)
{
    fa_matrix rows = *matrix;

    rows.data = matrix_at(matrix, first, 0);
    rows.rows = count;
    return rows;
}

void dataset_view(const fa_dataset *data, size_t first, size_t count, fa_matrix *x, fa_matrix *target)
{
    const dataset_storage *storage = data->storage;
    const size_t place = dataset_place(data, first);

    *x = rows_of(&storage->x, place, count);
    if (target != NULL)
        *target = storage->labels == NULL ? rows_of(&storage->target, place, count) : (fa_matrix){0};
}

/* Row i of `to` = the row of `from` where sample rows[i] lies. */
static void gather_rows(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *from,
                        const fa_matrix *to)
{
    const bool whole = from->col_stride == 1 && to->col_stride == 1;
    const size_t bytes = to->cols * fa_dtype_size(to->dtype);

    for (size_t i = 0; i < count; i++) {
        const size_t place = dataset_place(data, rows != NULL ? rows[i] : i);

        if (whole) {
            memcpy(matrix_at(to, i, 0), matrix_at(from, place, 0), bytes);
        } else {
            const fa_matrix source = rows_of(from, place, 1), destination = rows_of(to, i, 1);

            matrix_move(&source, &destination);
        }
    }
}

static void gather_one_hot(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *target)
{
    matrix_zero(target);
    for (size_t i = 0; i < count; i++)
        matrix_put(target, i, (size_t)dataset_label(data, rows != NULL ? rows[i] : i), 1.0);
}

void dataset_gather(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *x,
                    const fa_matrix *target)
{
    const dataset_storage *storage = data->storage;

    gather_rows(data, rows, count, &storage->x, x);
    if (target == NULL)
        return;
    if (storage->labels != NULL)
        gather_one_hot(data, rows, count, target);
    else
        gather_rows(data, rows, count, &storage->target, target);
}

/* That samples first .. first + count - 1 are there. */
static fa_status check_range(const fa_dataset *data, size_t first, size_t count, const char *function)
{
    if (first > data->count || count > data->count - first)
        return status_set(FA_ERR_SHAPE, "%s: %zu samples from number %zu on end after the data set's %zu samples",
                          function, count, first, data->count);
    return FA_OK;
}

fa_status fa_dataset_view(const fa_dataset *data, size_t first, size_t count, fa_matrix *x, fa_matrix *target)
{
    if (target != NULL)
        *target = (fa_matrix){0};
    if (x == NULL)
        return status_null(__func__, "x");
    *x = (fa_matrix){0};
    if (data == NULL)
        return status_null(__func__, "data");
    if (count == 0)
        return status_set(FA_ERR_SHAPE, "%s: no sample asked for", __func__);

    const fa_status status = check_range(data, first, count, __func__);
    if (status != FA_OK)
        return status;
    if (!dataset_is_contiguous(data, first, count))
        return status_set(FA_ERR_UNSUPPORTED,
                          "%s: these samples are a part of a random split and do not lie one after the other; "
                          "use fa_dataset_gather() or fa_dataset_copy()",
                          __func__);
    dataset_view(data, first, count, x, target);
    return FA_OK;
}

/* That every number of a sample is below the size. */
static fa_status check_rows(const fa_dataset *data, const size_t *rows, size_t count)
{
    if (rows == NULL && count > data->count)
        return status_set(FA_ERR_ARGUMENT, "fa_dataset_gather: %zu samples asked for, the data set has %zu", count,
                          data->count);
    for (size_t i = 0; rows != NULL && i < count; i++)
        if (rows[i] >= data->count)
            return status_set(FA_ERR_ARGUMENT,
                              "fa_dataset_gather: rows[%zu] is %zu, the data set has %zu samples (counted from 0)", i,
                              rows[i], data->count);
    return FA_OK;
}

fa_status fa_dataset_gather(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *x,
                            const fa_matrix *target)
{
    if (data == NULL || x == NULL)
        return status_null(__func__, data == NULL ? "data" : "x");
    if (count == 0)
        return status_set(FA_ERR_SHAPE, "%s: no sample asked for", __func__);

    const dataset_storage *storage = data->storage;
    fa_status status = matrix_check_shape(x, "x", count, storage->x.cols, storage->x.dtype);
    if (status == FA_OK && target != NULL)
        status = matrix_check_shape(target, "target", count, storage->n_outputs, storage->x.dtype);
    if (status == FA_OK)
        status = check_rows(data, rows, count);
    if (status == FA_OK)
        dataset_gather(data, rows, count, x, target);
    return status;
}

fa_status fa_dataset_labels(const fa_dataset *data, size_t first, size_t count, int32_t *labels)
{
    if (data == NULL || labels == NULL)
        return status_null(__func__, data == NULL ? "data" : "labels");
    if (data->storage->labels == NULL)
        return status_set(FA_ERR_STATE, "%s: the samples of this data set have targets, no labels", __func__);

    const fa_status status = check_range(data, first, count, __func__);
    if (status != FA_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        labels[i] = dataset_label(data, first + i);
    return FA_OK;
}

fa_status fa_one_hot(const int32_t *labels, size_t count, const fa_matrix *target)
{
    if (labels == NULL)
        return status_null(__func__, "labels");

    fa_status status = matrix_check(target, "target");
    if (status != FA_OK)
        return status;
    if (target->rows != count)
        return status_set(FA_ERR_SHAPE, "target has %zu rows, there are %zu labels", target->rows, count);

    size_t n_classes = target->cols;
    status = dataset_check_labels(labels, count, &n_classes);
    if (status != FA_OK)
        return status;
    matrix_zero(target);
    for (size_t i = 0; i < count; i++)
        matrix_put(target, i, (size_t)labels[i], 1.0);
    return FA_OK;
}
