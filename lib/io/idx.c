/* IDX files: two bytes of 0, the element type, the rank, an extent of 4 bytes for each dimension, the elements; all
 * big-endian. The format: http://yann.lecun.com/exdb/mnist/ */
#include "array_kinds.h"

#include "alloc.h"
#include "status.h"

static const struct {
    fa_idx_type  code;
    element_type type;
} types[] = {
    {FA_IDX_UINT8, {ELEMENT_UNSIGNED, 1, true}}, {FA_IDX_INT8, {ELEMENT_SIGNED, 1, true}},
    {FA_IDX_INT16, {ELEMENT_SIGNED, 2, true}},   {FA_IDX_INT32, {ELEMENT_SIGNED, 4, true}},
    {FA_IDX_FLOAT32, {ELEMENT_FLOAT, 4, true}},  {FA_IDX_FLOAT64, {ELEMENT_FLOAT, 8, true}},
};

/* The first four bytes: type and rank. */
static fa_status take_magic(array_file *file, fa_idx_info *info)
{
    const size_t n_types = sizeof(types) / sizeof(types[0]);
    const char *path = file->bytes.in.path;
    unsigned char magic[4];
    size_t k = 0;

    const fa_status status = file->bytes.take(&file->bytes, magic, sizeof(magic));
    if (status != FA_OK)
        return status;
    while (k < n_types && magic[2] != types[k].code)
        k++;
    if (magic[0] != 0 || magic[1] != 0 || k == n_types || magic[3] == 0)
        return file_fail(FA_ERR_FORMAT, path, "is not an IDX file: it begins with the bytes %02x %02x %02x %02x",
                         magic[0], magic[1], magic[2], magic[3]);
    if (magic[3] > ARRAY_RANK)
        return file_fail(FA_ERR_UNSUPPORTED, path, "is an IDX file of rank %d, at most %d can be read", magic[3],
                         ARRAY_RANK);
    file->type = types[k].type;
    file->rank = magic[3];
    info->type = types[k].code;
    return FA_OK;
}

static fa_status take_extents(array_file *file)
{
    for (size_t d = 0; d < ARRAY_RANK; d++) {
        unsigned char bytes[4] = {0, 0, 0, 1};
        fa_status status = FA_OK;

        if (d < file->rank)
            status = file->bytes.take(&file->bytes, bytes, sizeof(bytes));
        if (status != FA_OK)
            return status;
        file->shape[d] = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
        if (file->shape[d] == 0)
            return file_fail(FA_ERR_FORMAT, file->bytes.in.path, "extent %zu of its %zu is 0: it holds nothing", d + 1,
                             file->rank);
    }
    return FA_OK;
}

fa_status idx_start(array_file *file, fa_idx_info *info)
{
    fa_idx_info found = {0};
    fa_status status = FA_OK;

    if (file->bytes.in.size == 0)
        return file_fail(FA_ERR_FORMAT, file->bytes.in.path, "is empty");
    status = stream_decompress(&file->bytes);
    if (status == FA_OK)
        status = take_magic(file, &found);
    if (status == FA_OK)
        status = take_extents(file);
    file->fortran_order = false;
    if (status == FA_OK)
        status = array_size(file);
    if (status != FA_OK || info == NULL)
        return status;
    found.rank = file->rank;
    for (size_t d = 0; d < ARRAY_RANK; d++)
        found.extents[d] = (size_t)file->shape[d];
    *info = found;
    return FA_OK;
}

static fa_status idx_open(array_file *file, const char *path, fa_idx_info *info)
{
    fa_status status = stream_open(&file->bytes, path);

    if (status != FA_OK)
        return status;
    status = idx_start(file, info);
    if (status != FA_OK)
        array_close(file);
    return status;
}

/* That a reader of matrices can set *matrix and knows the dtype; *matrix is {0} then. */
static fa_status check_arguments(const char *function, const char *path, fa_dtype dtype, fa_matrix *matrix)
{
    if (matrix == NULL)
        return status_null(function, "matrix");
    *matrix = (fa_matrix){0};
    if (path == NULL)
        return status_null(function, "path");
    if (fa_dtype_size(dtype) == 0)
        return status_set(FA_ERR_DTYPE, "%s: unknown dtype %d", function, (int)dtype);
    return FA_OK;
}

fa_status fa_idx_read(const char *path, fa_dtype dtype, fa_matrix *matrix, fa_idx_info *info)
{
    fa_idx_info found = {0};
    array_file file;
    fa_status status = check_arguments(__func__, path, dtype, matrix);

    if (info != NULL)
        *info = found;
    if (status == FA_OK)
        status = idx_open(&file, path, &found);
    if (status != FA_OK)
        return status;
    status = array_take_matrix(&file, dtype, false, matrix);
    array_close(&file);
    if (status == FA_OK && info != NULL)
        *info = found;
    return status;
}

fa_status fa_idx_read_images(const char *path, fa_dtype dtype, fa_matrix *matrix)
{
    array_file file;
    fa_status status = check_arguments(__func__, path, dtype, matrix);

    if (status == FA_OK)
        status = idx_open(&file, path, NULL);
    if (status != FA_OK)
        return status;
    if (file.rank == 1 || file.type.kind != ELEMENT_UNSIGNED)
        status = file_fail(FA_ERR_UNSUPPORTED, path,
                           "is an IDX file of rank %zu and type %s, images have rank 2 .. %d and type uint8", file.rank,
                           element_name(file.type), ARRAY_RANK);
    if (status == FA_OK)
        status = array_take_matrix(&file, dtype, true, matrix);
    array_close(&file);
    return status;
}

fa_status fa_idx_read_labels(const char *path, int32_t **labels, size_t *count)
{
    array_file file;

    if (labels != NULL)
        *labels = NULL;
    if (count != NULL)
        *count = 0;
    if (path == NULL || labels == NULL || count == NULL)
        return status_null(__func__, path == NULL ? "path" : labels == NULL ? "labels" : "count");

    fa_status status = idx_open(&file, path, NULL);
    if (status != FA_OK)
        return status;
    if (file.rank != 1 || !element_is_integer(file.type))
        status = file_fail(FA_ERR_UNSUPPORTED, path,
                           "is an IDX file of rank %zu and type %s, labels have rank 1 and an integer type", file.rank,
                           element_name(file.type));
    if (status == FA_OK)
        status = array_take_labels(&file, labels, count);
    array_close(&file);
    return status;
}

void fa_labels_free(int32_t *labels)
{
    mem_free(labels);
}
