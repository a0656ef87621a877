#include "npy.h"

#include "alloc.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is being read. */
typedef struct input {
    const char *path;
    int         fd;
    uint64_t    left; /* bytes that have not been read */
} input;

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
static fa_status open_input(input *in, const char *path)
{
    struct stat info;

    in->path = path;
    do
        in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (in->fd < 0 && errno == EINTR);
    if (in->fd < 0)
        return npy_fail_io(path, "cannot be opened", errno);

    fa_status status = FA_OK;
    if (fstat(in->fd, &info) != 0)
        status = npy_fail_io(path, "cannot be examined", errno);
    else if (!S_ISREG(info.st_mode))
        status = npy_fail(FA_ERR_IO, path, "is not a regular file");
    else
        in->left = (uint64_t)info.st_size;
    if (status != FA_OK)
        close(in->fd);
    return status;
}

/* The next count bytes; the caller has seen that so many are left. */
static fa_status take_bytes(input *in, void *buffer, size_t count)
{
    const size_t most = (size_t)1 << 30; /* some systems refuse more at a time */
    char *to = buffer;

    in->left -= count;
    while (count > 0) {
        const ssize_t got = read(in->fd, to, count < most ? count : most);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return npy_fail_io(in->path, "cannot be read", errno);
        if (got == 0)
            return npy_fail(FA_ERR_FORMAT, in->path, "became shorter while it was read");
        to += got;
        count -= (size_t)got;
    }
    return FA_OK;
}

/* Everything before the header's text, and its length. */
static fa_status take_preamble(input *in, size_t *length)
{
    unsigned char start[NPY_PREAMBLE_SIZE_2] = {0};
    fa_status status;

    if (in->left < NPY_PREAMBLE_SIZE)
        return npy_fail(FA_ERR_FORMAT, in->path, "is not a .npy file: it has only %d bytes", (int)in->left);
    if ((status = take_bytes(in, start, NPY_PREAMBLE_SIZE)) != FA_OK)
        return status;
    if (memcmp(start, NPY_MAGIC, NPY_MAGIC_SIZE) != 0)
        return npy_fail(FA_ERR_FORMAT, in->path, "is not a .npy file");
    if (start[6] < 1 || start[6] > 3 || start[7] != 0)
        return npy_fail(FA_ERR_UNSUPPORTED, in->path, "is a .npy file of version %d.%d, only 1.0, 2.0 and 3.0 can be read",
                        start[6], start[7]);
    if (start[6] > 1) {
        const size_t more = NPY_PREAMBLE_SIZE_2 - NPY_PREAMBLE_SIZE;

        if (in->left < more)
            return npy_fail(FA_ERR_FORMAT, in->path, "ends within the header");
        if ((status = take_bytes(in, start + NPY_PREAMBLE_SIZE, more)) != FA_OK)
            return status;
    }

    const uint32_t claimed = (uint32_t)start[11] << 24 | (uint32_t)start[10] << 16 | (uint32_t)start[9] << 8 | start[8];
    if (claimed == 0 || claimed > in->left)
        return npy_fail(FA_ERR_FORMAT, in->path, "ends within the header, or has none");
    *length = claimed;
    return FA_OK;
}

static fa_status take_header(input *in, npy_header *header)
{
    size_t length = 0;
    fa_status status = take_preamble(in, &length);

    if (status != FA_OK)
        return status;

    char *text = mem_zeroed(length, 1);
    if (text == NULL)
        return FA_ERR_MEMORY;
    status = take_bytes(in, text, length);
    if (status == FA_OK)
        status = npy_header_parse(in->path, text, length, header);
    mem_free(text);
    return status;
}

/* That the header's shape fits a matrix and takes just the bytes that are left. */
static fa_status check_shape(const input *in, const npy_header *header, uint64_t rows, uint64_t cols)
{
    const unsigned long long r = rows, c = cols, left = in->left;
    uint64_t wanted;

    if (rows == 0 || cols == 0)
        return npy_fail(FA_ERR_UNSUPPORTED, in->path, "holds an empty array of %llu x %llu", r, c);
    if (__builtin_mul_overflow(rows, cols, &wanted) ||
        __builtin_mul_overflow(wanted, (uint64_t)fa_dtype_size(header->dtype), &wanted) || wanted > in->left)
        return npy_fail(FA_ERR_FORMAT, in->path, "is truncated: %llu x %llu elements of %s, but only %llu bytes of them",
                        r, c, fa_dtype_name(header->dtype), left);
    if (wanted < in->left)
        return npy_fail(FA_ERR_FORMAT, in->path, "has %llu bytes after the end of its array",
                        left - (unsigned long long)wanted);
    if (rows > INT_MAX || cols > INT_MAX)
        return npy_fail(FA_ERR_UNSUPPORTED, in->path, "holds an array of %llu x %llu, each may be at most %d", r, c,
                        INT_MAX);
    if (wanted > SIZE_MAX)
        return npy_fail(FA_ERR_MEMORY, in->path, "is larger than this processor's memory can be");
    return FA_OK;
}

static fa_status take_array(input *in, const npy_header *header, fa_matrix *matrix)
{
    const uint64_t rows = header->dims == 2 ? header->shape[0] : 1;
    const uint64_t cols = header->dims == 0 ? 1 : header->shape[header->dims - 1];
    fa_status status = check_shape(in, header, rows, cols);
    fa_matrix array;

    if (status != FA_OK)
        return status;
    /* A file in Fortran order holds its transpose in C order. */
    if (header->fortran_order)
        status = fa_matrix_alloc(&array, (size_t)cols, (size_t)rows, header->dtype);
    else
        status = fa_matrix_alloc(&array, (size_t)rows, (size_t)cols, header->dtype);
    if (status != FA_OK)
        return status;

    const size_t count = array.rows * array.cols, size = fa_dtype_size(array.dtype);
    status = take_bytes(in, array.data, count * size);
    if (status != FA_OK) {
        fa_matrix_free(&array);
        return status;
    }
    if (header->swapped)
        npy_swap(array.data, count, size);
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

    fa_status status = open_input(&in, path);
    if (status != FA_OK)
        return status;
    status = take_header(&in, &header);
    if (status == FA_OK)
        status = take_array(&in, &header, matrix);
    close(in.fd);
    return status;
}
