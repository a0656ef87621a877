#include "dataset.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

#include <limits.h>

static void storage_release(dataset_storage *storage)
{
    if (atomic_fetch_sub_explicit(&storage->uses, 1, memory_order_acq_rel) != 1)
        return;
    if (storage->owned) {
        fa_matrix_free(&storage->x);
        fa_matrix_free(&storage->target);
    }
    mem_free(storage->own_labels);
    mem_free(storage);
}

fa_dataset *dataset_part(dataset_storage *storage, size_t first, size_t count, bool scattered)
{
    size_t bytes = sizeof(fa_dataset);

    if (scattered && !mem_add(&bytes, count, sizeof(size_t))) {
        status_say("out of memory: a part of %zu samples", count);
        return NULL;
    }
    fa_dataset *data = mem_zeroed(1, bytes);
    if (data == NULL)
        return NULL;
    atomic_fetch_add_explicit(&storage->uses, 1, memory_order_relaxed);
    data->storage = storage;
    data->first = first;
    data->count = count;
    data->scattered = scattered;
    return data;
}

/* Data set over all samples of arrays that nothing uses yet. */
static fa_status make(fa_dataset **out, const dataset_storage *arrays)
{
    dataset_storage *storage = mem_zeroed(1, sizeof(*storage));

    if (storage == NULL)
        return FA_ERR_MEMORY;
    storage->x = arrays->x;
    storage->target = arrays->target;
    storage->labels = arrays->labels;
    storage->own_labels = arrays->own_labels;
    storage->n_outputs = arrays->n_outputs;
    storage->owned = arrays->owned;
    atomic_init(&storage->uses, 0);
    *out = dataset_part(storage, 0, storage->x.rows, false);
    if (*out != NULL)
        return FA_OK;
    mem_free(storage);
    return FA_ERR_MEMORY;
}

fa_status dataset_adopt(fa_dataset **out, const fa_matrix *x, const fa_matrix *target, int32_t *labels,
                        size_t n_outputs)
{
    dataset_storage arrays = {.x = *x, .target = *target, .labels = labels, .own_labels = labels,
                              .n_outputs = n_outputs, .owned = true};
    const fa_status status = make(out, &arrays);

    if (status != FA_OK) {
        fa_matrix_free(&arrays.x);
        fa_matrix_free(&arrays.target);
        mem_free(labels);
    }
    return status;
}

fa_status fa_dataset_create(fa_dataset **out, const fa_matrix *x, const fa_matrix *target)
{
    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;

    fa_status status = matrix_check(x, "x");
    if (status == FA_OK)
        status = matrix_check(target, "target");
    if (status == FA_OK)
        status = matrix_check_shape(target, "target", x->rows, target->cols, x->dtype);
    if (status == FA_OK)
        status = make(out, &(dataset_storage){.x = *x, .target = *target, .n_outputs = target->cols});
    return status;
}

fa_status dataset_check_labels(const int32_t *labels, size_t count, size_t *n_classes)
{
    /* A class number has to have a successor that is an int: there may be INT_MAX outputs. */
    const size_t below = *n_classes != 0 ? *n_classes : (size_t)INT_MAX;
    int32_t largest = 0;

    if (*n_classes > (size_t)INT_MAX)
        return status_set(FA_ERR_ARGUMENT, "%zu classes are more than %d", *n_classes, INT_MAX);
    for (size_t i = 0; i < count; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= below)
            return status_set(FA_ERR_ARGUMENT, "label %ld of sample %zu (counted from 0) has to be 0 .. %zu",
                              (long)labels[i], i, below - 1);
        largest = labels[i] > largest ? labels[i] : largest;
    }
    if (*n_classes == 0)
        *n_classes = (size_t)largest + 1;
    return FA_OK;
}

fa_status fa_dataset_create_labelled(fa_dataset **out, const fa_matrix *x, const int32_t *labels, size_t n_classes)
{
    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;
    if (labels == NULL)
        return status_null(__func__, "labels");

    fa_status status = matrix_check(x, "x");
    if (status == FA_OK)
        status = dataset_check_labels(labels, x->rows, &n_classes);
    if (status == FA_OK)
        status = make(out, &(dataset_storage){.x = *x, .labels = labels, .n_outputs = n_classes});
    return status;
}

void fa_dataset_destroy(fa_dataset *data)
{
    if (data == NULL)
        return;
    storage_release(data->storage);
    mem_free(data);
}

size_t fa_dataset_size(const fa_dataset *data)
{
    return data != NULL ? data->count : 0;
}

size_t fa_dataset_n_inputs(const fa_dataset *data)
{
    return data != NULL ? data->storage->x.cols : 0;
}

size_t fa_dataset_n_outputs(const fa_dataset *data)
{
    return data != NULL ? data->storage->n_outputs : 0;
}

bool fa_dataset_has_labels(const fa_dataset *data)
{
    return data != NULL && data->storage->labels != NULL;
}

fa_dtype fa_dataset_dtype(const fa_dataset *data)
{
    return data != NULL ? data->storage->x.dtype : (fa_dtype)0;
}
