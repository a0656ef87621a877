#include "io_watch.h"

#include "support.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With 64-bit offsets glibc's headers give these functions other names, which the linker has to wrap. */
#if defined __GLIBC__ && defined _FILE_OFFSET_BITS && _FILE_OFFSET_BITS == 64
#define SIZED(prefix, name) prefix##name##64
#else
#define SIZED(prefix, name) prefix##name
#endif

int     SIZED(__real_, open)(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buffer, size_t count);
ssize_t SIZED(__real_, pread)(int fd, void *buffer, size_t count, off_t place);
ssize_t __real_write(int fd, const void *buffer, size_t count);
int     __real_close(int fd);
int     __real_rename(const char *from, const char *to);
int     SIZED(__real_, fstat)(int fd, struct stat *info);
int     SIZED(__real_, stat)(const char *path, struct stat *info);
off_t   SIZED(__real_, lseek)(int fd, off_t offset, int whence);
int     SIZED(__real_, ftruncate)(int fd, off_t size);
int     __real_unlink(const char *path);

int     SIZED(__wrap_, open)(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *buffer, size_t count);
ssize_t SIZED(__wrap_, pread)(int fd, void *buffer, size_t count, off_t place);
ssize_t __wrap_write(int fd, const void *buffer, size_t count);
int     __wrap_fsync(int fd);
int     __wrap_close(int fd);
int     __wrap_rename(const char *from, const char *to);
int     SIZED(__wrap_, fstat)(int fd, struct stat *info);
int     SIZED(__wrap_, stat)(const char *path, struct stat *info);
off_t   SIZED(__wrap_, lseek)(int fd, off_t offset, int whence);
int     SIZED(__wrap_, ftruncate)(int fd, off_t size);
int     __wrap_unlink(const char *path);

/* --- watching --- */

typedef struct plan {
    io_fault fault;
    long     seen;        /* calls of its kind */
    bool     interrupted; /* the latest of them */
} plan;

long io_calls[IO_CALLS];
long io_faults[2];

static bool   watching;
static plan   plans[2];
static size_t earliest; /* the plan that came about first */
static char   sentence[512];

void io_note(void)
{
    if (sentence[0] == '\0')
        strncpy(sentence, fa_last_error(), sizeof sentence - 1);
}

void io_watch(const io_fault *first, const io_fault *second)
{
    const io_fault none = {.call = IO_CALLS, .nth = -1};
    memset(io_calls, 0, sizeof io_calls);
    memset(io_faults, 0, sizeof io_faults);
    plans[0] = (plan){.fault = first ? *first : none};
    plans[1] = (plan){.fault = second ? *second : none};
    memset(sentence, 0, sizeof sentence);
    watching = true;
}

void io_unwatch(void)
{
    watching = false;
}

/* What a plan has for the next call: 0, an error number, IO_SHORT or IO_NOTHING. */
static int intended(plan *p, io_call call)
{
    const io_fault *fault = &p->fault;
    if (fault->nth < 0 || (fault->call != IO_CALLS && fault->call != call))
        return 0;

    const long number = p->seen++;
    const bool due = number == fault->nth || (fault->on && number > fault->nth);
    const bool interrupted = p->interrupted;
    p->interrupted = due && fault->error == EINTR && !interrupted;
    return due && !(fault->error == EINTR && interrupted) ? fault->error : 0;
}

static int fate(io_call call)
{
    int result = 0;
    if (!watching)
        return 0;
    io_calls[call]++;
    for (size_t i = 0; i < 2; i++) {
        const int error = intended(&plans[i], call);
        if (error != 0 && result == 0) {
            result = error;
            earliest = io_faults[0] + io_faults[1] > 0 ? earliest : i;
            io_faults[i]++;
        }
    }
    return result;
}

/* Whether the call is over, with errno set. */
static bool fails(int fate_of_call)
{
    if (fate_of_call > 0)
        errno = fate_of_call;
    return fate_of_call > 0;
}

static size_t moved(int fate_of_call, size_t count)
{
    return fate_of_call == IO_NOTHING ? 0 : fate_of_call == IO_SHORT && count > 1 ? 1 : count;
}

/* --- the calls --- */

int SIZED(__wrap_, open)(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return fails(fate(IO_OPEN)) ? -1 : SIZED(__real_, open)(path, flags, mode);
}

ssize_t __wrap_read(int fd, void *buffer, size_t count)
{
    const int f = fate(IO_READ);
    return fails(f) ? -1 : __real_read(fd, buffer, moved(f, count));
}

ssize_t SIZED(__wrap_, pread)(int fd, void *buffer, size_t count, off_t place)
{
    const int f = fate(IO_PREAD);
    return fails(f) ? -1 : SIZED(__real_, pread)(fd, buffer, moved(f, count), place);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t count)
{
    const int f = fate(IO_WRITE);
    return fails(f) ? -1 : __real_write(fd, buffer, moved(f, count));
}

/* Nobody cuts the power here: the disk is not waited for. */
int __wrap_fsync(int fd)
{
    (void)fd;
    return fails(fate(IO_FSYNC)) ? -1 : 0;
}

int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    return fails(fate(IO_CLOSE)) ? -1 : result;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(fate(IO_RENAME)) ? -1 : __real_rename(from, to);
}

int SIZED(__wrap_, fstat)(int fd, struct stat *info)
{
    return fails(fate(IO_FSTAT)) ? -1 : SIZED(__real_, fstat)(fd, info);
}

int SIZED(__wrap_, stat)(const char *path, struct stat *info)
{
    return fails(fate(IO_STAT)) ? -1 : SIZED(__real_, stat)(path, info);
}

off_t SIZED(__wrap_, lseek)(int fd, off_t offset, int whence)
{
    return fails(fate(IO_LSEEK)) ? -1 : SIZED(__real_, lseek)(fd, offset, whence);
}

int SIZED(__wrap_, ftruncate)(int fd, off_t size)
{
    return fails(fate(IO_FTRUNCATE)) ? -1 : SIZED(__real_, ftruncate)(fd, size);
}

int __wrap_unlink(const char *path)
{
    return fails(fate(IO_UNLINK)) ? -1 : __real_unlink(path);
}

/* --- sweeps --- */

int io_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 64; fd++) /* the system takes the lowest that is free */
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static const char *const names[] = {"open", "read", "pread", "write", "fsync", "close", "rename", "fstat", "stat",
                                    "lseek", "ftruncate", "unlink", "any call"};

/* What befalls each kind of call, up to a 0. */
static const int errors[][6] = {
    [IO_OPEN] = {EIO, ENOSPC, EMFILE, EINTR},
    [IO_READ] = {EIO, EINTR, IO_SHORT, IO_NOTHING},
    [IO_PREAD] = {EIO, EINTR, IO_SHORT, IO_NOTHING},
    [IO_WRITE] = {EIO, ENOSPC, EINTR, IO_SHORT, IO_NOTHING},
    [IO_FSYNC] = {EIO, ENOSPC, EINTR},
    [IO_CLOSE] = {EIO, ENOSPC, EINTR},
    [IO_RENAME] = {EIO, ENOSPC},
    [IO_FSTAT] = {EIO},
    [IO_STAT] = {EIO},
    [IO_LSEEK] = {EIO},
    [IO_FTRUNCATE] = {EIO, EINTR},
    [IO_UNLINK] = {EIO},
    [IO_CALLS] = {EIO, ENOSPC},
};

static const char *reason(int error)
{
    return error == IO_SHORT ? "one byte" : error == IO_NOTHING ? "no byte" : strerror(error);
}

static const char *describe(const io_subject *s, const io_fault *first, const io_fault *second)
{
    static char text[300];
    int         used = snprintf(text, sizeof text, "%s", s->name);
    for (const io_fault *fault = first; fault; fault = fault == first ? second : NULL)
        used += snprintf(text + used, sizeof text - (size_t)used, ", %s number %ld%s: %s", names[fault->call],
                         fault->nth, fault->on ? " and those behind it" : "", reason(fault->error));
    return text;
}

static bool begins_with_a_path(const io_subject *s)
{
    for (size_t i = 0; i < 2; i++)
        if (s->paths[i] && strncmp(sentence, s->paths[i], strlen(s->paths[i])) == 0)
            return true;
    return false;
}

/* Nobody needs to notice it. */
static bool is_survived(const io_fault *fault)
{
    return fault->error == EINTR || fault->error == IO_SHORT;
}

/* The fault that decides what becomes of the call: the first one that cannot be survived. */
static const io_fault *deciding(void)
{
    const size_t other = 1 - earliest;
    return &plans[is_survived(&plans[earliest].fault) && io_faults[other] > 0 ? other : earliest].fault;
}

static void check_failure(const io_subject *s, const io_fault *fault, fa_status status, const char *what)
{
    const bool ended = fault->error == IO_NOTHING && fault->call != IO_WRITE;

    io_note();
    ck_assert_msg(status == FA_ERR_IO || (ended && status == FA_ERR_FORMAT), "%s: \"%s\" (%s)", what,
                  fa_status_string(status), sentence);
    ck_assert_msg(begins_with_a_path(s), "%s: the sentence names no file: %s", what, sentence);
    ck_assert_msg(fault->error < 0 || strstr(sentence, strerror(fault->error)), "%s: the sentence does not say so: %s",
                  what, sentence);
}

static void check_status(const io_subject *s, fa_status status, const char *what)
{
    if (io_faults[0] + io_faults[1] == 0) {
        ck_assert_msg(status == FA_OK, "%s: %s", what, fa_last_error());
        return;
    }

    const io_fault *fault = deciding();
    const bool      harmless = fault->call == IO_CALLS || (s->harmless >> fault->call & 1u);
    if (status == FA_OK) {
        ck_assert_msg(is_survived(fault) || harmless, "%s: goes unnoticed", what);
        return;
    }
    ck_assert_msg(!is_survived(fault), "%s: not survived: %s", what, fa_last_error());
    if (fault->call == IO_CALLS || !harmless || io_faults[0] + io_faults[1] == 1)
        check_failure(s, fault, status, what);
}

/* Run with faults, or without; whether they came about. */
static bool run(const io_subject *s, const io_fault *first, const io_fault *second)
{
    if (s->before)
        s->before(s->data);
    support_forget();

    const int open_before = io_descriptors();
    watch(-1, false);
    io_watch(first, second);
    const fa_status status = s->run(s->data);
    io_unwatch();
    unwatch();

    const char *what = describe(s, first, second);
    const bool  hit = io_faults[0] > 0 && (!second || io_faults[1] > 0);
    ck_assert_msg(live == 0 || (s->changes && status == FA_OK), "%s: %ld blocks are lost", what, live);
    ck_assert_msg(io_descriptors() == open_before, "%s: a descriptor is lost", what);
    check_status(s, status, what);
    if (s->after)
        s->after(s->data, status, first, second);
    return hit;
}

static long sweep_error(const io_subject *s, io_call call, int error, bool on)
{
    long hits = 0;
    for (io_fault fault = {.call = call, .error = error, .on = on}; run(s, &fault, NULL); fault.nth++) {
        hits++;
        if (!on)
            run(s, NULL, NULL);
        ck_assert_msg(hits < 10000, "%s does not end", describe(s, &fault, NULL));
    }
    return hits;
}

/* A call fails for good, and then one that clears up does not go well either. */
static long sweep_clearing(const io_subject *s, io_call call, const io_fault *clearing)
{
    long     hits = 0;
    io_fault fault = {.call = call, .error = errors[call][0]};
    for (bool any = true; any; fault.nth++) {
        io_fault second = *clearing;
        for (any = run(s, &fault, NULL); any && run(s, &fault, &second); second.nth++)
            hits++;
    }
    return hits;
}

long io_sweep(const io_subject *s)
{
    static const io_fault clearing[] = {{.call = IO_CLOSE, .error = EROFS},     {.call = IO_UNLINK, .error = EROFS},
                                        {.call = IO_FTRUNCATE, .error = EROFS}, {.call = IO_CLOSE, .error = EINTR},
                                        {.call = IO_FTRUNCATE, .error = EINTR}};
    long hits = 0;
    run(s, NULL, NULL);
    for (unsigned call = 0; call < IO_CALLS; call++)
        ck_assert_msg(!(s->made >> call & 1u) || io_calls[call] > 0, "%s makes no call of %s", s->name, names[call]);
    for (unsigned call = 0; call <= IO_CALLS; call++)
        for (size_t e = 0; errors[call][e] != 0; e++)
            for (int on = 0; on < 2; on++)
                hits += sweep_error(s, (io_call)call, errors[call][e], on);
    for (unsigned call = 0; call < IO_CALLS; call++)
        for (size_t c = 0; c < sizeof clearing / sizeof *clearing; c++)
            if (clearing[c].call != (io_call)call)
                hits += sweep_clearing(s, (io_call)call, &clearing[c]);
    return hits;
}
