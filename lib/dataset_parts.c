/* Parts of a data set: ranges, random parts, copies. */
#include "dataset.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

#include <string.h>
#include <fa/random.h>

fa_status fa_dataset_rows(fa_dataset **out, const fa_dataset *data, size_t first, size_t count)
{
    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;
    if (data == NULL)
        return status_null(__func__, "data");
    if (count == 0)
        return status_set(FA_ERR_SHAPE, "%s: no sample asked for", __func__);
    if (first >= data->count || count > data->count - first)
        return status_set(FA_ERR_SHAPE, "%s: %zu samples from number %zu on end after the data set's %zu samples",
                          __func__, count, first, data->count);

    const bool scattered = !dataset_is_contiguous(data, first, count);
    *out = dataset_part(data->storage, dataset_place(data, first), count, scattered);
    if (*out == NULL)
        return FA_ERR_MEMORY;
    if (scattered)
        memcpy((*out)->places, data->places + first, count * sizeof(size_t));
    return FA_OK;
}

/* Number of the part that each sample belongs to; n_parts: none. */
static fa_status draw_parts(const fa_dataset *data, uint64_t seed, size_t n_parts, const size_t *sizes, size_t *part_of)
{
    const fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_SPLIT};
    size_t *order = mem_zeroed(data->count, sizeof(*order));
    size_t drawn = 0;

    if (order == NULL)
        return FA_ERR_MEMORY;

    const fa_status status = fa_random_permutation(&stream, data->count, order);
    for (size_t i = 0; i < data->count; i++)
        part_of[i] = n_parts;
    for (size_t part = 0; part < n_parts; part++)
        for (size_t i = 0; i < sizes[part]; i++)
            part_of[order[drawn++]] = part;
    mem_free(order);
    return status;
}

/* That the parts are there and fit the data set. */
static fa_status check_sizes(const fa_dataset *data, size_t n_parts, const size_t *sizes)
{
    size_t left = data->count;

    for (size_t part = 0; part < n_parts; part++) {
        if (sizes[part] == 0)
            return status_set(FA_ERR_SHAPE, "fa_dataset_split: the size of part %zu (counted from 0) is 0", part);
        if (sizes[part] > left)
            return status_set(FA_ERR_SHAPE,
                              "fa_dataset_split: part %zu (counted from 0) is to have %zu samples, %zu of %zu are left",
                              part, sizes[part], left, data->count);
        left -= sizes[part];
    }
    return FA_OK;
}

/* All parts, without samples yet, or none. */
static fa_status make_parts(const fa_dataset *data, size_t n_parts, const size_t *sizes, fa_dataset **parts)
{
    for (size_t part = 0; part < n_parts; part++) {
        parts[part] = dataset_part(data->storage, 0, sizes[part], true);
        if (parts[part] != NULL) {
            parts[part]->count = 0;
            continue;
        }
        while (part-- > 0) {
            fa_dataset_destroy(parts[part]);
            parts[part] = NULL;
        }
        return FA_ERR_MEMORY;
    }
    return FA_OK;
}

/* Hand the samples out, in the order they have. */
static void fill_parts(const fa_dataset *data, const size_t *part_of, size_t n_parts, fa_dataset **parts)
{
    for (size_t i = 0; i < data->count; i++)
        if (part_of[i] < n_parts) {
            fa_dataset *part = parts[part_of[i]];

            part->places[part->count++] = dataset_place(data, i);
        }
}

fa_status fa_dataset_split(const fa_dataset *data, uint64_t seed, size_t n_parts, const size_t *sizes,
                           fa_dataset **parts)
{
    if (parts == NULL)
        return status_null(__func__, "parts");
    for (size_t part = 0; part < n_parts; part++)
        parts[part] = NULL;
    if (data == NULL || sizes == NULL)
        return status_null(__func__, data == NULL ? "data" : "sizes");
    if (n_parts == 0)
        return status_set(FA_ERR_ARGUMENT, "%s: no part asked for", __func__);

    fa_status status = check_sizes(data, n_parts, sizes);
    if (status != FA_OK)
        return status;

    size_t *part_of = mem_zeroed(data->count, sizeof(*part_of));
    if (part_of == NULL)
        return FA_ERR_MEMORY;
    status = draw_parts(data, seed, n_parts, sizes, part_of);
    if (status == FA_OK)
        status = make_parts(data, n_parts, sizes, parts);
    if (status == FA_OK)
        fill_parts(data, part_of, n_parts, parts);
    mem_free(part_of);
    return status;
}

static fa_status copy_labels(const fa_dataset *data, int32_t **labels)
{
    *labels = mem_zeroed(data->count, sizeof(**labels));
    if (*labels == NULL)
        return FA_ERR_MEMORY;
    return fa_dataset_labels(data, 0, data->count, *labels);
}

fa_status fa_dataset_copy(fa_dataset **out, const fa_dataset *data)
{
    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;
    if (data == NULL)
        return status_null(__func__, "data");

    const dataset_storage *storage = data->storage;
    const bool labelled = storage->labels != NULL;
    fa_matrix x = {0}, target = {0};
    int32_t *labels = NULL;

    fa_status status = fa_matrix_alloc(&x, data->count, storage->x.cols, storage->x.dtype);
    if (status == FA_OK && labelled)
        status = copy_labels(data, &labels);
    else if (status == FA_OK)
        status = fa_matrix_alloc(&target, data->count, storage->n_outputs, storage->x.dtype);
    if (status != FA_OK) {
        fa_matrix_free(&x);
        return status;
    }
    dataset_gather(data, NULL, data->count, &x, labelled ? NULL : &target);
    return dataset_adopt(out, &x, &target, labels, storage->n_outputs);
}
