/* Arrays and data sets from files, in a library that was built without files. */
#include <fa/data.h>
#include <fa/io.h>

#include "alloc.h"
#include "status.h"

static fa_status unsupported(const char *function)
{
    return status_set(FA_ERR_UNSUPPORTED, "%s: this libfa was built without files (-Dio=disabled)", function);
}

static fa_status no_matrix(const char *function, fa_matrix *matrix)
{
    if (matrix != NULL)
        *matrix = (fa_matrix){0};
    return unsupported(function);
}

static fa_status no_labels(const char *function, int32_t **labels, size_t *count)
{
    if (labels != NULL)
        *labels = NULL;
    if (count != NULL)
        *count = 0;
    return unsupported(function);
}

fa_status fa_npy_read(const char *path, fa_matrix *matrix)
{
    (void)path;
    return no_matrix(__func__, matrix);
}

fa_status fa_npy_write(const char *path, const fa_matrix *matrix)
{
    (void)path;
    (void)matrix;
    return unsupported(__func__);
}

fa_status fa_npy_read_samples(const char *path, fa_dtype dtype, fa_matrix *matrix)
{
    (void)path;
    (void)dtype;
    return no_matrix(__func__, matrix);
}

fa_status fa_npy_read_labels(const char *path, int32_t **labels, size_t *count)
{
    (void)path;
    return no_labels(__func__, labels, count);
}

fa_status fa_idx_read(const char *path, fa_dtype dtype, fa_matrix *matrix, fa_idx_info *info)
{
    (void)path;
    (void)dtype;
    if (info != NULL)
        *info = (fa_idx_info){0};
    return no_matrix(__func__, matrix);
}

fa_status fa_idx_read_images(const char *path, fa_dtype dtype, fa_matrix *matrix)
{
    (void)path;
    (void)dtype;
    return no_matrix(__func__, matrix);
}

fa_status fa_idx_read_labels(const char *path, int32_t **labels, size_t *count)
{
    (void)path;
    return no_labels(__func__, labels, count);
}

void fa_labels_free(int32_t *labels)
{
    mem_free(labels);
}

fa_status fa_dataset_read(fa_dataset **out, const char *inputs, const char *targets, fa_dtype dtype, size_t n_classes)
{
    (void)inputs;
    (void)targets;
    (void)dtype;
    (void)n_classes;
    if (out != NULL)
        *out = NULL;
    return unsupported(__func__);
}
