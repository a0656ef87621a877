#include "io/rows.h"

#include "alloc.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rows_file {
    int  fd;
    bool regular; /* and not a device or a pipe */
    char path[];
};

/* Whether all was written; else the reason is in errno. */
static bool put(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written = write(fd, bytes, count);

        if (written == 0)
            errno = ENOSPC; /* a device that takes nothing and says nothing: asking again would never end */
        if (written == 0 || (written < 0 && errno != EINTR))
            return false;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
    return true;
}

/* Whether the file has these bytes at a place; if it could not be read, false and errno is set. */
static bool holds(int fd, off_t place, const char *bytes, size_t count)
{
    char found[256];

    for (size_t done = 0; done < count;) {
        const size_t step = count - done < sizeof(found) ? count - done : sizeof(found);

        errno = 0;
        const ssize_t got = pread(fd, found, step, place + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || memcmp(found, bytes + done, (size_t)got) != 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static fa_status check_content(const rows_file *file, off_t size, const char *header, size_t length)
{
    const bool same = holds(file->fd, 0, header, length);

    if (!same && errno != 0)
        return file_fail_io(file->path, "cannot be read", errno);
    if (!same)
        return file_fail(FA_ERR_FORMAT, file->path, "starts with other names than those that are to be recorded");
    if (holds(file->fd, size - 1, "\n", 1))
        return FA_OK;
    return errno != 0 ? file_fail_io(file->path, "cannot be read", errno)
                      : file_fail(FA_ERR_FORMAT, file->path, "ends in the middle of a line");
}

static fa_status begin(rows_file *file, const char *header, size_t length)
{
    struct stat info;

    do
        file->fd = open(file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0)
        return file_fail_io(file->path, "cannot be opened", errno);
    if (fstat(file->fd, &info) != 0)
        return file_fail_io(file->path, "cannot be examined", errno);
    file->regular = S_ISREG(info.st_mode);
    if (file->regular && info.st_size > 0)
        return check_content(file, info.st_size, header, length);
    return rows_append(file, header, length);
}

fa_status rows_open(rows_file **out, const char *path, const char *header, size_t length)
{
    const size_t path_size = strlen(path) + 1;
    rows_file *file = mem_zeroed(1, sizeof *file + path_size);

    *out = NULL;
    if (file == NULL)
        return FA_ERR_MEMORY;
    memcpy(file->path, path, path_size);

    const fa_status status = begin(file, header, length);
    if (status != FA_OK) {
        if (file->fd >= 0)
            close(file->fd);
        mem_free(file);
        return status;
    }
    *out = file;
    return FA_OK;
}

static bool cut(int fd, off_t size)
{
    int result;

    do
        result = ftruncate(fd, size);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

fa_status rows_append(const rows_file *file, const char *row, size_t length)
{
    struct stat info;
    const bool sized = file->regular && fstat(file->fd, &info) == 0;

    if (put(file->fd, row, length))
        return FA_OK;

    const int error = errno;
    const bool whole = sized && cut(file->fd, info.st_size);
    return file_fail_io(file->path, whole || !file->regular ? "cannot be written" : "ends in the middle of a line: it "
                        "cannot be written", error);
}

/* Pipes and some file systems cannot flush and say EINVAL or EROFS. */
static bool flush_to_disk(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL || errno == EROFS;
}

fa_status rows_close(rows_file *file)
{
    fa_status status = FA_OK;

    if (file == NULL)
        return FA_OK;

    const bool flushed = flush_to_disk(file->fd);
    const int error = errno;
    const bool closed = close(file->fd) == 0 || errno == EINTR;
    if (!flushed || !closed)
        status = file_fail_io(file->path, "cannot be written", flushed ? errno : error);
    mem_free(file);
    return status;
}
