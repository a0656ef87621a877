#include "npy.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <fa/io.h>

/* Bytes on their way to a file. Functions that return bool leave the reason of a failure in errno. */
typedef struct output {
    int           fd;
    size_t        used;
    unsigned char bytes[8192];
} output;

static bool drain(output *out)
{
    size_t sent = 0;

    while (sent < out->used) {
        const ssize_t written = write(out->fd, out->bytes + sent, out->used - sent);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            sent += (size_t)written;
    }
    out->used = 0;
    return true;
}

static bool put(output *out, const void *bytes, size_t count)
{
    if (count > sizeof(out->bytes) - out->used && !drain(out))
        return false;
    memcpy(out->bytes + out->used, bytes, count);
    out->used += count;
    return true;
}

/* Column by column only where a matrix lies that way: a vector is the same in both. */
static bool runs_by_columns(const fa_matrix *matrix)
{
    return matrix->rows > 1 && matrix->cols > 1 && matrix->row_stride == 1;
}

static bool put_matrix(output *out, const fa_matrix *matrix)
{
    const bool by_columns = runs_by_columns(matrix), swap = element_host_is_big_endian();
    const fa_matrix lines = by_columns ? fa_matrix_transpose(*matrix) : *matrix;
    const size_t size = fa_dtype_size(matrix->dtype);
    char start[NPY_START_SIZE];

    if (!put(out, start, npy_header_write(matrix, by_columns, start)))
        return false;
    for (size_t i = 0; i < lines.rows; i++)
        for (size_t j = 0; j < lines.cols; j++) {
            unsigned char element[sizeof(double)];

            memcpy(element, matrix_at(&lines, i, j), size);
            if (swap)
                element_swap(element, 1, size);
            if (!put(out, element, size))
                return false;
        }
    return drain(out);
}

/* Some file systems cannot flush and say EINVAL; there is nothing better to be had there. */
static bool flush_to_disk(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

/* Fill the file and close it, come what may. */
static bool write_and_close(int fd, const fa_matrix *matrix)
{
    output out = {.fd = fd, .used = 0};
    const bool written = put_matrix(&out, matrix) && flush_to_disk(fd);
    const int error = errno;
    const bool closed = close(fd) == 0 || errno == EINTR;

    if (!written)
        errno = error;
    return written && closed;
}

/* Length of the part of a path that names the directory, with the last slash. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash + 1 - path);
}

/* Memory for the name of a temporary file in the directory of path: to be filled in behind the directory. */
enum { TEMPORARY_SIZE = 32 };

static char *temporary_name(const char *path)
{
    const size_t length = directory_length(path);
    char *name = mem_zeroed(length + TEMPORARY_SIZE, 1);

    if (name != NULL)
        memcpy(name, path, length);
    return name;
}

/* Create a file under a name that no other has, with the permissions of any new file (mkstemp() would make it private).
 * O_EXCL makes the name ours; clock and process only make a second try unlikely. */
static int open_temporary(char *name)
{
    const size_t length = directory_length(name);
    struct timespec now = {0};
    int fd = -1;

    for (unsigned attempt = 0; attempt < 100 && fd < 0; attempt++) {
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name + length, TEMPORARY_SIZE, ".fa-%08lx-%08lx.tmp", (unsigned long)getpid() & 0xffffffff,
                 ((unsigned long)now.tv_nsec + attempt) & 0xffffffff);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            break;
    }
    return fd;
}

/* Make the new name survive a crash. A directory that may not be read cannot be flushed either: no failure. */
static bool flush_directory(char *name)
{
    const size_t length = directory_length(name);

    name[length] = '\0';
    const int fd = open(length > 0 ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return true;
    const bool flushed = flush_to_disk(fd);
    const int error = errno;
    close(fd);
    errno = error;
    return flushed;
}

/* rename() would replace a device or a FIFO by a file. */
static fa_status check_target(const char *path)
{
    struct stat info;

    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return file_fail(FA_ERR_IO, path, "is there and is not a regular file");
    return FA_OK;
}

static fa_status write_beside(const char *path, char *name, const fa_matrix *matrix)
{
    const int fd = open_temporary(name);

    if (fd < 0)
        return file_fail_io(path, "no file can be made beside it", errno);
    if (!write_and_close(fd, matrix) || rename(name, path) != 0) {
        const int error = errno;

        unlink(name);
        return file_fail_io(path, "cannot be written", error);
    }
    if (!flush_directory(name))
        return file_fail_io(path, "is written, but its directory cannot be flushed", errno);
    return FA_OK;
}

fa_status fa_npy_write(const char *path, const fa_matrix *matrix)
{
    if (path == NULL)
        return status_null("fa_npy_write", "path");

    fa_status status = matrix_check(matrix, "matrix");
    if (status == FA_OK)
        status = check_target(path);
    if (status != FA_OK)
        return status;

    char *name = temporary_name(path);
    if (name == NULL)
        return FA_ERR_MEMORY;
    status = write_beside(path, name, matrix);
    mem_free(name);
    return status;
}
