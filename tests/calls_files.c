/* <fa/io.h>, and the files of <fa/data.h> */
#include "calls.h"

#include "config.h"

static fa_status release_matrix(fa_matrix *matrix, fa_status status)
{
    const bool right = (matrix->data != NULL) == (status == FA_OK);
    fa_matrix_free(matrix);
    return right ? status : FA_ERR_RULE;
}

static fa_status release_labels(int32_t *labels, fa_status status)
{
    const bool right = (labels != NULL) == (status == FA_OK);
    fa_labels_free(labels);
    return right ? status : FA_ERR_RULE;
}

CALL(fa_npy_read)
{
    fa_matrix       matrix;
    const fa_status status = fa_npy_read(world_path(w, "x.npy"), &matrix);
    return release_matrix(&matrix, status);
}

GIVES(fa_npy_write, fa_npy_write(world_path(w, "written.npy"), &w->x))

CALL(fa_npy_read_samples)
{
    fa_matrix       matrix;
    const fa_status status = fa_npy_read_samples(world_path(w, "x.npy"), FA_FLOAT64, &matrix);
    return release_matrix(&matrix, status);
}

CALL(fa_npy_read_labels)
{
    int32_t        *labels;
    size_t          count;
    const fa_status status = fa_npy_read_labels(world_path(w, "labels.npy"), &labels, &count);
    return release_labels(labels, status);
}

CALL(fa_idx_read)
{
    fa_matrix       matrix;
    fa_idx_info     info;
    const fa_status status = fa_idx_read(world_path(w, "x.idx"), FA_FLOAT64, &matrix, &info);
    return release_matrix(&matrix, status);
}

CALL(fa_idx_read_images)
{
    fa_matrix       matrix;
    const fa_status status = fa_idx_read_images(world_path(w, "x.idx"), FA_FLOAT64, &matrix);
    return release_matrix(&matrix, status);
}

CALL(fa_idx_read_labels)
{
    int32_t        *labels;
    size_t          count;
    const fa_status status = fa_idx_read_labels(world_path(w, "labels.idx"), &labels, &count);
    return release_labels(labels, status);
}

HOLDS(fa_labels_free, (fa_labels_free(w->spare_labels), w->spare_labels = NULL, true))

CALL(fa_dataset_read)
{
    char            inputs[CALLS_PATH];
    fa_dataset     *data;
    size_t          i = 0;
    const char     *path = world_path(w, "x.idx");
    do
        inputs[i] = path[i];
    while (path[i++] != '\0');
    const fa_status status = fa_dataset_read(&data, inputs, world_path(w, "labels.idx"), FA_FLOAT64, 3);
    const bool      right = (data != NULL) == (status == FA_OK);
    fa_dataset_destroy(data);
    return right ? status : FA_ERR_RULE;
}

#if FA_HAVE_JANSSON
#define SAFETENSORS(function) ALLOCATES(function)

GIVES(fa_network_save, fa_network_save(w->net, world_path(w, "written.safetensors")))
GIVES(fa_network_load, fa_network_load(w->net, world_path(w, "net.safetensors"), 0))

CALL(fa_network_open)
{
    fa_network     *net;
    const fa_status status = fa_network_open(&net, world_path(w, "run.safetensors"), 0);
    const bool      right = (net != NULL) == (status == FA_OK);
    fa_network_destroy(net);
    return right ? status : FA_ERR_RULE;
}

GIVES(fa_checkpoint_save, fa_checkpoint_save(world_path(w, "written.safetensors"), w->net, w->fb, w->opt, w->fresh,
                                             w->trained))
GIVES(fa_checkpoint_load, fa_checkpoint_load(world_path(w, "run.safetensors"), w->net, w->fb, w->opt, w->fresh,
                                             w->trainer, 0))
#else
#define SAFETENSORS(function) NEVER(function)

static bool refused(fa_status status)
{
    return status == FA_ERR_UNSUPPORTED;
}

CALL(fa_network_open)
{
    fa_network *net;
    return refused(fa_network_open(&net, world_path(w, "run.safetensors"), 0)) ? FA_OK : FA_ERR_RULE;
}

HOLDS(fa_network_save, refused(fa_network_save(w->net, world_path(w, "written.safetensors"))))
HOLDS(fa_network_load, refused(fa_network_load(w->net, world_path(w, "net.safetensors"), 0)))
HOLDS(fa_checkpoint_save, refused(fa_checkpoint_save(world_path(w, "run"), w->net, NULL, NULL, NULL, NULL)))
HOLDS(fa_checkpoint_load, refused(fa_checkpoint_load(world_path(w, "run"), w->net, NULL, NULL, NULL, NULL, 0)))
#endif

static const every_call calls[] = {
    ALLOCATES(fa_npy_read),
    ALLOCATES(fa_npy_write),
    ALLOCATES(fa_npy_read_samples),
    ALLOCATES(fa_npy_read_labels),
    ALLOCATES(fa_idx_read),
    ALLOCATES(fa_idx_read_images),
    ALLOCATES(fa_idx_read_labels),
    NEVER(fa_labels_free),
    ALLOCATES(fa_dataset_read),
    SAFETENSORS(fa_network_save),
    SAFETENSORS(fa_network_load),
    SAFETENSORS(fa_network_open),
    SAFETENSORS(fa_checkpoint_save),
    SAFETENSORS(fa_checkpoint_load),
};

TABLE(calls_of_files, calls);
