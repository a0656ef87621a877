/* System calls on files that are refused by order. For one source file a program, which is linked with --wrap for
 * calloc, close, fsync, fstat, ftruncate, lseek, open, pread, read, rename and write. */
#ifndef LIBFA_TESTS_REFUSALS_H
#define LIBFA_TESTS_REFUSALS_H

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

/* With 64-bit offsets glibc's headers give some functions other names, which the linker has to wrap. */
#if defined __GLIBC__ && defined _FILE_OFFSET_BITS && _FILE_OFFSET_BITS == 64
#define SIZED(prefix, name) prefix##name##64
#else
#define SIZED(prefix, name) prefix##name
#endif

void *__real_calloc(size_t count, size_t size);
int __real_close(int fd);
int __real_fsync(int fd);
int SIZED(__real_, fstat)(int fd, struct stat *info);
int SIZED(__real_, ftruncate)(int fd, off_t size);
off_t SIZED(__real_, lseek)(int fd, off_t offset, int whence);
int SIZED(__real_, open)(const char *path, int flags, ...);
ssize_t SIZED(__real_, pread)(int fd, void *buffer, size_t count, off_t place);
ssize_t __real_read(int fd, void *buffer, size_t count);
int __real_rename(const char *from, const char *to);
ssize_t __real_write(int fd, const void *buffer, size_t count);

void *__wrap_calloc(size_t count, size_t size);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int SIZED(__wrap_, fstat)(int fd, struct stat *info);
int SIZED(__wrap_, ftruncate)(int fd, off_t size);
off_t SIZED(__wrap_, lseek)(int fd, off_t offset, int whence);
int SIZED(__wrap_, open)(const char *path, int flags, ...);
ssize_t SIZED(__wrap_, pread)(int fd, void *buffer, size_t count, off_t place);
ssize_t __wrap_read(int fd, void *buffer, size_t count);
int __wrap_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *buffer, size_t count);

typedef enum refused_call {
    CALLOC,
    CLOSE,
    FSTAT,
    FSYNC,
    FTRUNCATE,
    LSEEK,
    OPEN,
    PREAD,
    READ,
    RENAME,
    WRITE,
    REFUSED_CALLS
} refused_call;

/* After `granted` more calls so many are refused with that error. */
typedef struct refusal {
    long granted;
    long times;
    int error;
} refusal;

static refusal refusals[REFUSED_CALLS];
static size_t most_bytes; /* that one write() takes; 0: any number */
static long opened;       /* descriptors that are open */

static inline void refuse(refused_call call, long granted, long times, int error)
{
    refusals[call] = (refusal){granted, times, error};
}

/* Everything is granted again. The refusals that were ordered have all come about, or as many as are named as left. */
static inline void grant(long left)
{
    for (size_t call = 0; call < REFUSED_CALLS; call++)
        left -= refusals[call].times;
    ck_assert_int_eq(left, 0);
    memset(refusals, 0, sizeof refusals);
    most_bytes = 0;
}

static inline bool is_refused(refused_call call)
{
    refusal *r = &refusals[call];
    if (r->times == 0 || r->granted-- > 0)
        return false;
    r->granted = 0;
    r->times--;
    errno = r->error;
    return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused(CALLOC) ? NULL : __real_calloc(count, size);
}

/* What is refused is closed nevertheless, as on Linux. */
int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    opened -= result == 0;
    return is_refused(CLOSE) ? -1 : result;
}

int __wrap_fsync(int fd)
{
    return is_refused(FSYNC) ? -1 : __real_fsync(fd);
}

int SIZED(__wrap_, fstat)(int fd, struct stat *info)
{
    return is_refused(FSTAT) ? -1 : SIZED(__real_, fstat)(fd, info);
}

int SIZED(__wrap_, ftruncate)(int fd, off_t size)
{
    return is_refused(FTRUNCATE) ? -1 : SIZED(__real_, ftruncate)(fd, size);
}

off_t SIZED(__wrap_, lseek)(int fd, off_t offset, int whence)
{
    return is_refused(LSEEK) ? -1 : SIZED(__real_, lseek)(fd, offset, whence);
}

int SIZED(__wrap_, open)(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    const int fd = is_refused(OPEN) ? -1 : SIZED(__real_, open)(path, flags, mode);
    opened += fd >= 0;
    return fd;
}

ssize_t SIZED(__wrap_, pread)(int fd, void *buffer, size_t count, off_t place)
{
    return is_refused(PREAD) ? -1 : SIZED(__real_, pread)(fd, buffer, count, place);
}

ssize_t __wrap_read(int fd, void *buffer, size_t count)
{
    return is_refused(READ) ? -1 : __real_read(fd, buffer, count);
}

int __wrap_rename(const char *from, const char *to)
{
    return is_refused(RENAME) ? -1 : __real_rename(from, to);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t count)
{
    return is_refused(WRITE) ? -1 : __real_write(fd, buffer, most_bytes > 0 && count > most_bytes ? most_bytes : count);
}

/* The sentence says this, with the name of the file before it. */
#define expect_sentence(status, path, words, call)                                                                     \
    (expect_failure_of_file(status, path, call),                                                                       \
     ck_assert_msg(strstr(fa_last_error(), words) != NULL, "line %d: \"%s\" lacks \"%s\"", __LINE__,                   \
                   fa_last_error(), words))

#endif
