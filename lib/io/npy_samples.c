/* .npy files as samples: other element types and more dimensions than a matrix file has. */
#include "array_kinds.h"

#include "npy.h"
#include "status.h"

#include <string.h>

fa_status npy_start(array_file *file)
{
    input *in = &file->bytes.in;
    npy_header header;
    fa_status status = npy_take_header(in, &header);

    if (status != FA_OK)
        return status;
    if (header.structured || !header.known)
        return file_fail(FA_ERR_UNSUPPORTED, in->path,
                         "holds %s%s%s, only booleans, integers, float32 and float64 can be read",
                         header.structured ? "records" : "elements of type \"", header.descr,
                         header.structured ? "" : "\"");
    if (header.dims < 1 || header.dims > ARRAY_RANK)
        return file_fail(FA_ERR_UNSUPPORTED, in->path, "has %zu dimensions, samples have 1 .. %d", header.dims,
                         ARRAY_RANK);
    file->type = header.type;
    file->fortran_order = header.fortran_order;
    file->rank = header.dims;
    for (size_t d = 0; d < ARRAY_RANK; d++) {
        file->shape[d] = d < header.dims ? header.shape[d] : 1;
        if (file->shape[d] == 0)
            return file_fail(FA_ERR_UNSUPPORTED, in->path, "holds an empty array");
    }
    return array_size(file);
}

static fa_status npy_open(array_file *file, const char *path)
{
    fa_status status = stream_open(&file->bytes, path);

    if (status != FA_OK)
        return status;
    status = npy_start(file);
    if (status != FA_OK)
        array_close(file);
    return status;
}

fa_status fa_npy_read_samples(const char *path, fa_dtype dtype, fa_matrix *matrix)
{
    array_file file;

    if (matrix == NULL)
        return status_null(__func__, "matrix");
    *matrix = (fa_matrix){0};
    if (path == NULL)
        return status_null(__func__, "path");
    if (fa_dtype_size(dtype) == 0)
        return status_set(FA_ERR_DTYPE, "%s: unknown dtype %d", __func__, (int)dtype);

    fa_status status = npy_open(&file, path);
    if (status != FA_OK)
        return status;
    status = array_take_matrix(&file, dtype, true, matrix);
    array_close(&file);
    return status;
}

fa_status fa_npy_read_labels(const char *path, int32_t **labels, size_t *count)
{
    array_file file;

    if (labels != NULL)
        *labels = NULL;
    if (count != NULL)
        *count = 0;
    if (path == NULL || labels == NULL || count == NULL)
        return status_null(__func__, path == NULL ? "path" : labels == NULL ? "labels" : "count");

    fa_status status = npy_open(&file, path);
    if (status != FA_OK)
        return status;
    if (!element_is_integer(file.type) || file.rank > 2 || (file.rows > 1 && file.cols > 1))
        status = file_fail(FA_ERR_UNSUPPORTED, path,
                           "holds %zu x %zu elements of type %s in %zu dimensions, labels are integers or booleans of "
                           "shape (n,), (n, 1) or (1, n)",
                           file.rows, file.cols, element_name(file.type), file.rank);
    if (status == FA_OK)
        status = array_take_labels(&file, labels, count);
    array_close(&file);
    return status;
}
