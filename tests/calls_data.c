/* <fa/data.h>: data sets */
#include "calls.h"

static fa_status release(fa_dataset *data, fa_status status)
{
    const bool right = (data != NULL) == (status == FA_OK);
    fa_dataset_destroy(data);
    return right ? status : FA_ERR_RULE;
}

CALL(fa_one_hot)
{
    const fa_matrix target = world_matrix(w, 2, CALLS_SAMPLES, 3);
    return fa_one_hot(w->labels, CALLS_SAMPLES, &target);
}

CALL(fa_dataset_create)
{
    fa_dataset     *data;
    const fa_status status = fa_dataset_create(&data, &w->x, &w->target);
    return release(data, status);
}

CALL(fa_dataset_create_labelled)
{
    fa_dataset     *data;
    const fa_status status = fa_dataset_create_labelled(&data, &w->x, w->labels, 3);
    return release(data, status);
}

HOLDS(fa_dataset_destroy, (fa_dataset_destroy(w->spare_data), w->spare_data = NULL, true))
HOLDS(fa_dataset_size, fa_dataset_size(w->data) == CALLS_SAMPLES)
HOLDS(fa_dataset_n_inputs, fa_dataset_n_inputs(w->data) == 5)
HOLDS(fa_dataset_n_outputs, fa_dataset_n_outputs(w->data) == 3)
HOLDS(fa_dataset_has_labels, fa_dataset_has_labels(w->labelled))
HOLDS(fa_dataset_dtype, fa_dataset_dtype(w->data) == FA_FLOAT64)

CALL(fa_dataset_rows)
{
    fa_dataset     *data;
    const fa_status status = fa_dataset_rows(&data, w->data, 1, 3);
    return release(data, status);
}

CALL(fa_dataset_split)
{
    const size_t    sizes[] = {2, 3};
    fa_dataset     *parts[2];
    const fa_status status = fa_dataset_split(w->labelled, 1, 2, sizes, parts);
    const bool      right = (parts[0] != NULL) == (status == FA_OK) && (parts[1] != NULL) == (status == FA_OK);
    fa_dataset_destroy(parts[0]);
    fa_dataset_destroy(parts[1]);
    return right ? status : FA_ERR_RULE;
}

CALL(fa_dataset_copy)
{
    fa_dataset     *data;
    const fa_status status = fa_dataset_copy(&data, w->labelled);
    return release(data, status);
}

CALL(fa_dataset_view)
{
    fa_matrix x, target;
    return fa_dataset_view(w->data, 1, 2, &x, &target);
}

CALL(fa_dataset_gather)
{
    const size_t    rows[] = {3, 1};
    const fa_matrix x = world_matrix(w, 2, 2, 5), target = world_matrix(w, 3, 2, 3);
    return fa_dataset_gather(w->data, rows, 2, &x, &target);
}

CALL(fa_dataset_labels)
{
    int32_t labels[2];
    return fa_dataset_labels(w->labelled, 1, 2, labels);
}

CALL(fa_dataset_moments)
{
    const fa_matrix mean = world_matrix(w, 2, 1, 5), deviation = world_matrix(w, 3, 1, 5);
    return fa_dataset_moments(w->data, &mean, &deviation);
}

CALL(fa_dataset_standardize)
{
    const fa_matrix mean = world_matrix(w, 2, 1, 5), deviation = world_matrix(w, 4, 1, 5);
    return fa_dataset_standardize(w->own, &mean, &deviation);
}

static const every_call calls[] = {
    NEVER(fa_one_hot),
    ALLOCATES(fa_dataset_create),
    ALLOCATES(fa_dataset_create_labelled),
    NEVER(fa_dataset_destroy),
    NEVER(fa_dataset_size),
    NEVER(fa_dataset_n_inputs),
    NEVER(fa_dataset_n_outputs),
    NEVER(fa_dataset_has_labels),
    NEVER(fa_dataset_dtype),
    ALLOCATES(fa_dataset_rows),
    ALLOCATES(fa_dataset_split),
    ALLOCATES(fa_dataset_copy),
    NEVER(fa_dataset_view),
    NEVER(fa_dataset_gather),
    NEVER(fa_dataset_labels),
    ALLOCATES(fa_dataset_moments),
    ALLOCATES(fa_dataset_standardize),
};

TABLE(calls_of_data, calls);
