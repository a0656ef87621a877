#include "io/output.h"

#include "alloc.h"
#include "element.h"
#include "file.h"
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- bytes --- */

static void drain(output *out)
{
    size_t sent = 0;

    while (sent < out->used && out->error == 0) {
        const ssize_t written = write(out->fd, out->bytes + sent, out->used - sent);

        if (written < 0 && errno != EINTR)
            out->error = errno;
        if (written == 0)
            out->error = ENOSPC; /* a file system that takes nothing and says nothing: asking again would never end */
        if (written > 0)
            sent += (size_t)written;
    }
    out->used = 0;
}

void output_put(output *out, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;

    while (count > 0 && out->error == 0) {
        const size_t room = sizeof(out->bytes) - out->used, n = count < room ? count : room;

        memcpy(out->bytes + out->used, from, n);
        out->used += n;
        from += n;
        count -= n;
        if (out->used == sizeof(out->bytes))
            drain(out);
    }
}

void output_put_elements(output *out, const void *elements, size_t count, size_t size)
{
    const unsigned char *from = elements;
    unsigned char piece[512];

    if (!element_host_is_big_endian()) {
        output_put(out, elements, count * size);
        return;
    }
    while (count > 0) {
        const size_t n = count < sizeof(piece) / size ? count : sizeof(piece) / size;

        memcpy(piece, from, n * size);
        element_swap(piece, n, size);
        output_put(out, piece, n * size);
        from += n * size;
        count -= n;
    }
}

void output_put_matrix(output *out, const fa_matrix *matrix, bool by_columns)
{
    const fa_matrix lines = by_columns ? fa_matrix_transpose(*matrix) : *matrix;
    const size_t size = fa_dtype_size(matrix->dtype);

    for (size_t i = 0; i < lines.rows; i++) {
        if (lines.col_stride == 1 || lines.cols == 1) {
            output_put_elements(out, matrix_at(&lines, i, 0), lines.cols, size);
            continue;
        }
        for (size_t j = 0; j < lines.cols; j++)
            output_put_elements(out, matrix_at(&lines, i, j), 1, size);
    }
}

/* --- the name --- */

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
        (void)clock_gettime(CLOCK_REALTIME, &now);
        (void)snprintf(name + length, TEMPORARY_SIZE, ".fa-%08lx-%08lx.tmp", (unsigned long)getpid() & 0xffffffff,
                       ((unsigned long)now.tv_nsec + attempt) & 0xffffffff);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            break;
    }
    return fd;
}

/* rename() would replace a device or a FIFO by a file. */
static fa_status check_target(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return errno == ENOENT ? FA_OK : file_fail_io(path, "cannot be examined", errno);
    return S_ISREG(info.st_mode) ? FA_OK : file_fail(FA_ERR_IO, path, "is there and is not a regular file");
}

fa_status output_open(output *out, const char *path)
{
    fa_status status = check_target(path);

    if (status != FA_OK)
        return status;
    out->path = path;
    out->error = 0;
    out->used = 0;
    out->name = temporary_name(path);
    if (out->name == NULL)
        return FA_ERR_MEMORY;
    out->fd = open_temporary(out->name);
    if (out->fd < 0) {
        status = file_fail_io(path, "no file can be made beside it", errno);
        mem_free(out->name);
    }
    return status;
}

/* --- the end --- */

/* Some file systems cannot flush and say EINVAL; there is nothing better to be had there. */
static bool flush_to_disk(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

/* Make the new name survive a crash. A directory that may not be read cannot be flushed either: no failure. */
static bool flush_directory(char *name)
{
    const size_t length = directory_length(name);
    int fd;

    name[length] = '\0';
    do
        fd = open(length > 0 ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno == EACCES;
    const bool flushed = flush_to_disk(fd);
    const int error = errno;
    close(fd);
    errno = error;
    return flushed;
}

/* Everything on the disk under the temporary name, and the file closed, come what may. */
static bool flush_and_close(output *out)
{
    drain(out);
    if (out->error == 0 && !flush_to_disk(out->fd))
        out->error = errno;
    if (close(out->fd) != 0 && errno != EINTR && out->error == 0)
        out->error = errno;
    return out->error == 0;
}

fa_status output_finish(output *out)
{
    fa_status status = FA_OK;

    if (flush_and_close(out) && rename(out->name, out->path) != 0)
        out->error = errno;
    if (out->error != 0) {
        unlink(out->name);
        status = file_fail_io(out->path, "cannot be written", out->error);
    } else if (!flush_directory(out->name)) {
        status = file_fail_io(out->path, "is written, but its directory cannot be flushed", errno);
    }
    mem_free(out->name);
    return status;
}

void output_abandon(output *out)
{
    close(out->fd);
    unlink(out->name);
    mem_free(out->name);
}
