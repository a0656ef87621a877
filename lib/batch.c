#include "batch.h"

#include "alloc.h"
#include "dataset.h"
#include "matrix.h"
#include "status.h"

fa_status batch_check(const fa_network *net, const fa_dataset *data)
{
    const size_t n_outputs = fa_network_width(net, net->depth);

    if (fa_dataset_dtype(data) != net->dtype)
        return status_set(FA_ERR_DTYPE, "the data are %s, the network is %s", fa_dtype_name(fa_dataset_dtype(data)),
                          fa_dtype_name(net->dtype));
    if (fa_dataset_n_inputs(data) != net->n_inputs)
        return status_set(FA_ERR_SHAPE, "the data have %zu inputs, the network takes %zu", fa_dataset_n_inputs(data),
                          net->n_inputs);
    if (fa_dataset_n_outputs(data) != n_outputs)
        return status_set(FA_ERR_SHAPE, "the data have %zu %s, the network has %zu outputs",
                          fa_dataset_n_outputs(data), fa_dataset_has_labels(data) ? "classes" : "targets", n_outputs);
    return FA_OK;
}

static fa_status make_matrix(fa_matrix *matrix, size_t rows, size_t cols, fa_dtype dtype)
{
    size_t bytes = 0;
    void  *memory;

    if (matrix->data && matrix->rows >= rows && matrix->cols == cols)
        return FA_OK;
    if (!mem_add(&bytes, rows, matrix_padded(cols, dtype) * fa_dtype_size(dtype)))
        return status_set(FA_ERR_SHAPE, "a batch of %zu samples is too large", rows);
    memory = mem_zeroed(1, bytes);
    if (!memory)
        return FA_ERR_MEMORY;
    mem_free(matrix->data);
    *matrix = matrix_inner(memory, rows, cols, dtype);
    return FA_OK;
}

static fa_status make_order(batch_staging *staging, size_t count)
{
    size_t *order;

    if (count <= staging->order_room)
        return FA_OK;
    order = mem_zeroed(count, sizeof *order);
    if (!order)
        return FA_ERR_MEMORY;
    mem_free(staging->order);
    staging->order = order;
    staging->order_room = count;
    return FA_OK;
}

static fa_status prepare(batch_source *from, batch_staging *staging, size_t rows, const fa_dataset *data, bool ordered)
{
    const fa_dtype dtype = fa_dataset_dtype(data);
    fa_status      status = FA_OK;

    if (ordered && rows > 1)
        status = make_matrix(&staging->x, rows, fa_dataset_n_inputs(data), dtype);
    if (status == FA_OK && (fa_dataset_has_labels(data) || (ordered && rows > 1)))
        status = make_matrix(&staging->target, rows, fa_dataset_n_outputs(data), dtype);
    if (status == FA_OK && ordered)
        status = make_order(staging, fa_dataset_size(data));
    *from = (batch_source){.data = data, .order = ordered ? staging->order : NULL, .x = staging->x,
                           .target = staging->target};
    return status;
}

fa_status batch_prepare(batch_source *from, batch_staging *staging, size_t rows, const fa_dataset *data)
{
    const bool scattered = !dataset_is_contiguous(data, 0, fa_dataset_size(data));
    fa_status  status = prepare(from, staging, rows, data, scattered);

    for (size_t i = 0; status == FA_OK && scattered && i < fa_dataset_size(data); i++)
        staging->order[i] = i;
    return status;
}

fa_status batch_prepare_shuffled(batch_source *from, batch_staging *staging, size_t rows, const fa_dataset *data,
                                 const fa_stream *stream)
{
    fa_status status = prepare(from, staging, rows, data, true);

    return status == FA_OK ? fa_random_permutation(stream, fa_dataset_size(data), staging->order) : status;
}

void batch_staging_free(batch_staging *staging)
{
    mem_free(staging->x.data);
    mem_free(staging->target.data);
    mem_free(staging->order);
    *staging = (batch_staging){0};
}

static size_t number_of(const batch_source *from, size_t i)
{
    return from->order ? from->order[i] : i;
}

static void one_hot(const batch_source *from, size_t first, const fa_matrix *target)
{
    matrix_zero(target);
    for (size_t i = 0; i < target->rows; i++)
        matrix_put(target, i, (size_t)dataset_label(from->data, number_of(from, first + i)), 1.0);
}

void batch_get(const batch_source *from, size_t first, size_t count, fa_matrix *x, fa_matrix *target)
{
    const bool labels = fa_dataset_has_labels(from->data);
    fa_matrix  staged_x = from->x, staged_target = from->target;

    staged_x.rows = staged_target.rows = count;
    if (!from->order || count == 1) {
        dataset_view(from->data, number_of(from, first), count, x, target);
    } else {
        dataset_gather(from->data, from->order + first, count, &staged_x, labels ? NULL : &staged_target);
        *x = staged_x;
        *target = staged_target;
    }
    if (labels) {
        one_hot(from, first, &staged_target);
        *target = staged_target;
    }
}

static size_t largest(const fa_matrix *y, size_t i)
{
    size_t best = 0;

    for (size_t j = 1; j < y->cols; j++)
        if (matrix_get(y, i, j) > matrix_get(y, i, best))
            best = j;
    return best;
}

uint64_t batch_correct(const batch_source *from, size_t first, const fa_matrix *y, uint64_t *confusion)
{
    uint64_t correct = 0;

    for (size_t i = 0; i < y->rows; i++) {
        const size_t label = (size_t)dataset_label(from->data, number_of(from, first + i));
        const size_t found = largest(y, i);

        correct += found == label;
        if (confusion)
            confusion[label * y->cols + found]++;
    }
    return correct;
}
