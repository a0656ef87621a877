#include "npy.h"

#include "alloc.h"
#include "status.h"

#include <limits.h>
#include <string.h>
#include <fa/io.h>

/* Everything before the header's text, and its length. */
static fa_status take_preamble(input *in, size_t *length)
{
    unsigned char start[NPY_PREAMBLE_SIZE_2] = {0};
    fa_status status;

    if (in->left < NPY_PREAMBLE_SIZE)
        return file_fail(FA_ERR_FORMAT, in->path, "is not a .npy file: it has only %d bytes", (int)in->left);
    if ((status = input_take(in, start, NPY_PREAMBLE_SIZE)) != FA_OK)
        return status;
    if (memcmp(start, NPY_MAGIC, NPY_MAGIC_SIZE) != 0)
        return file_fail(FA_ERR_FORMAT, in->path, "is not a .npy file");
    if (start[6] < 1 || start[6] > 3 || start[7] != 0)
        return file_fail(FA_ERR_UNSUPPORTED, in->path,
                         "is a .npy file of version %d.%d, only 1.0, 2.0 and 3.0 can be read", start[6],
                         start[7]);
    if (start[6] > 1) {
        const size_t more = NPY_PREAMBLE_SIZE_2 - NPY_PREAMBLE_SIZE;

        if (in->left < more)
            return file_fail(FA_ERR_FORMAT, in->path, "ends within the header");
        if ((status = input_take(in, start + NPY_PREAMBLE_SIZE, more)) != FA_OK)
            return status;
    }

    const uint32_t claimed = (uint32_t)start[11] << 24 | (uint32_t)start[10] << 16 | (uint32_t)start[9] << 8 | start[8];
    if (claimed == 0 || claimed > in->left)
        return file_fail(FA_ERR_FORMAT, in->path, "ends within the header, or has none");
    *length = claimed;
    return FA_OK;
}

fa_status npy_take_header(input *in, npy_header *header)
{
    size_t length = 0;
    fa_status status = take_preamble(in, &length);

    if (status != FA_OK)
        return status;

    char *text = mem_zeroed(length, 1);
    if (text == NULL)
        return FA_ERR_MEMORY;
    status = input_take(in, text, length);
    if (status == FA_OK)
        status = npy_header_parse(in->path, text, length, header);
    mem_free(text);
    return status;
}

fa_status npy_check_size(const input *in, const npy_header *header, uint64_t rows, uint64_t cols)
{
    const unsigned long long r = rows, c = cols, left = in->left;
    uint64_t wanted;

    if (rows == 0 || cols == 0)
        return file_fail(FA_ERR_UNSUPPORTED, in->path, "holds an empty array of %llu x %llu", r, c);
    if (__builtin_mul_overflow(rows, cols, &wanted) ||
        __builtin_mul_overflow(wanted, (uint64_t)header->type.size, &wanted) || wanted > in->left)
        return file_fail(FA_ERR_FORMAT, in->path,
                         "is truncated: %llu x %llu elements of %s, but only %llu bytes of them", r, c,
                         element_name(header->type), left);
    if (wanted < in->left)
        return file_fail(FA_ERR_FORMAT, in->path, "has %llu bytes after the end of its array",
                        left - (unsigned long long)wanted);
    if (rows > INT_MAX || cols > INT_MAX)
        return file_fail(FA_ERR_UNSUPPORTED, in->path, "holds an array of %llu x %llu, each may be at most %d", r, c,
                        INT_MAX);
    if (wanted > SIZE_MAX)
        return file_fail(FA_ERR_MEMORY, in->path, "is larger than this processor's memory can be");
    return FA_OK;
}

/* That the file holds a matrix of float32 or float64. */
static fa_status check_header(const input *in, const npy_header *header)
{
    if (header->structured)
        return file_fail(FA_ERR_UNSUPPORTED, in->path, "holds records, only arrays of float32 and float64 can be read");
    if (!header->known || header->type.kind != ELEMENT_FLOAT)
        return file_fail(FA_ERR_UNSUPPORTED, in->path,
                         "holds elements of type \"%s\", only float32 and float64 can be read", header->descr);
    if (header->dims > 2)
        return file_fail(FA_ERR_UNSUPPORTED, in->path, "has %zu dimensions, at most 2 can be read", header->dims);
    return FA_OK;
}

static fa_status take_array(input *in, const npy_header *header, fa_matrix *matrix)
{
    const uint64_t rows = header->dims == 2 ? header->shape[0] : 1;
    const uint64_t cols = header->dims == 0 ? 1 : header->shape[header->dims - 1];
    const fa_dtype dtype = header->type.size == sizeof(float) ? FA_FLOAT32 : FA_FLOAT64;
    fa_status status = npy_check_size(in, header, rows, cols);
    fa_matrix array;

    if (status != FA_OK)
        return status;
    /* A file in Fortran order holds its transpose in C order. */
    if (header->fortran_order)
        status = fa_matrix_alloc(&array, (size_t)cols, (size_t)rows, dtype);
    else
        status = fa_matrix_alloc(&array, (size_t)rows, (size_t)cols, dtype);
    if (status != FA_OK)
        return status;

    const size_t count = array.rows * array.cols, size = fa_dtype_size(dtype);
    status = input_take(in, array.data, count * size);
    if (status != FA_OK) {
        fa_matrix_free(&array);
        return status;
    }
    if (header->type.big_endian != element_host_is_big_endian())
        element_swap(array.data, count, size);
    *matrix = header->fortran_order ? fa_matrix_transpose(array) : array;
    return FA_OK;
}

fa_status fa_npy_read(const char *path, fa_matrix *matrix)
{
    npy_header header = {0};
    input in = {0};

    if (matrix == NULL)
        return status_null("fa_npy_read", "matrix");
    *matrix = (fa_matrix){0};
    if (path == NULL)
        return status_null("fa_npy_read", "path");

    fa_status status = input_open(&in, path);
    if (status != FA_OK)
        return status;
    status = npy_take_header(&in, &header);
    if (status == FA_OK)
        status = check_header(&in, &header);
    if (status == FA_OK)
        status = take_array(&in, &header, matrix);
    input_close(&in);
    return status;
}
