/* What the library asks of the system when it reads a file, watched and made to fail. For one source file a program,
 * which is linked with --wrap for calloc, free and read. */
#ifndef LIBFA_TESTS_SYSTEM_H
#define LIBFA_TESTS_SYSTEM_H

#include "support.h"

#include <errno.h>
#include <sys/types.h>

void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
ssize_t __real_read(int fd, void *buffer, size_t count);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);
ssize_t __wrap_read(int fd, void *buffer, size_t count);

static bool watching;        /* during a call of the library */
static long fails_at;        /* the allocation that fails; -1: none */
static long live;            /* allocated and not released */
static size_t asked;         /* bytes, all allocations together */
static bool slow_reads;      /* one byte at a time, interrupted before each */
static long bad_reads = -1;  /* reads until the device fails; -1: it does not */

void *__wrap_calloc(size_t count, size_t size)
{
    if (!watching)
        return __real_calloc(count, size);
    asked += count * size;
    if (fails_at-- == 0)
        return NULL;
    live++;
    return __real_calloc(count, size);
}

void __wrap_free(void *memory)
{
    if (watching && memory)
        live--;
    __real_free(memory);
}

ssize_t __wrap_read(int fd, void *buffer, size_t count)
{
    static bool interrupted;
    if (bad_reads >= 0 && bad_reads-- == 0) {
        errno = EIO;
        return -1;
    }
    if (!slow_reads)
        return __real_read(fd, buffer, count);
    interrupted = !interrupted;
    if (interrupted) {
        errno = EINTR;
        return -1;
    }
    return __real_read(fd, buffer, 1);
}

static inline void watch(long failure)
{
    fails_at = failure;
    live = 0;
    asked = 0;
    watching = true;
}

static inline fa_status unwatch(fa_status status)
{
    watching = false;
    return status;
}

/* The status of a call whose allocation number `failure` fails. */
#define watched(failure, call) (watch(failure), unwatch(call))

/* Release something of the library's and count it. */
#define watched_release(call) (watching = true, (call), watching = false)

#endif
