/* Files that are read: opening, bytes, and sentences that name the file. */
#ifndef LIBFA_FILE_H
#define LIBFA_FILE_H

#include <fa/base.h>

/* A file that is being read. */
typedef struct input {
    const char *path;
    int         fd;
    uint64_t    size;
    uint64_t    left; /* bytes that have not been read */
} input;

/* Open a regular file. Else FA_ERR_IO, and nothing is open. */
fa_status input_open(input *in, const char *path);

/* The next count bytes; the caller has seen that so many are left. */
fa_status input_take(input *in, void *buffer, size_t count);

/* The next bytes, at most count, without taking them; *found says how many. */
fa_status input_peek(const input *in, void *buffer, size_t count, size_t *found);

void input_close(input *in);

/* status_set() with "<path>: " before the sentence; a very long path is cut at its start. What the sentence quotes
 * from a file may be anything: control characters and what is not UTF-8 become question marks. */
fa_status file_fail(fa_status status, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* FA_ERR_IO, "<path>: <what>: <the system's words for the error number>". */
fa_status file_fail_io(const char *path, const char *what, int error);

/* The sentence of this thread's latest failure once more, behind the name of the file. */
fa_status file_fail_again(fa_status status, const char *path);

#endif
