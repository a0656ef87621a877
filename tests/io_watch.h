/* The library's system calls on files, counted and made to fail, one after the other, for any function of the library.
 *
 * Programs that use this wrap, at link time, the allocations of watch.h and the calls below, with and without the
 * suffix 64 (`io_wraps` in meson.build), and run without forks. */
#ifndef LIBFA_TESTS_IO_WATCH_H
#define LIBFA_TESTS_IO_WATCH_H

#include <fa/fa.h>

typedef enum io_call {
    IO_OPEN,
    IO_READ,
    IO_PREAD,
    IO_WRITE,
    IO_FSYNC,
    IO_CLOSE,
    IO_RENAME,
    IO_FSTAT,
    IO_STAT,
    IO_LSEEK,
    IO_FTRUNCATE,
    IO_UNLINK,
    IO_CALLS /* how many there are; in a fault: any of them */
} io_call;

/* A call's failure is an error number, or one of these. */
enum {
    IO_SHORT = -1,  /* one byte is read or written, whatever was asked for */
    IO_NOTHING = -2 /* none: the end of a file that has become shorter, or a device that takes no more */
};

/* Call number `nth` = 0, 1, ... of its kind fails, and if `on` every one behind it; of EINTR, every other one. close()
 * closes even so, as Linux does. */
typedef struct io_fault {
    io_call call;
    long    nth;
    int     error;
    bool    on;
} io_fault;

/* Between the two only the library makes such calls. Two faults may be planned, the second for what clears up after the
 * first; NULL for none. */
void io_watch(const io_fault *first, const io_fault *second);
void io_unwatch(void);

extern long io_calls[IO_CALLS]; /* since io_watch() */
extern long io_faults[2];       /* how many of them each fault made fail */

/* Keep the sentence of the latest failure as the one that the sweep judges: for functions whose clearing up may
 * fail too. */
void io_note(void);

/* Descriptors that are open. */
int io_descriptors(void);

/* A function of the library, as io_sweep() calls it. */
typedef struct io_subject {
    const char *name;
    /* The function, with all that has to go before it and after it: it leaves nothing open and nothing allocated, and
     * makes no assertion. */
    fa_status (*run)(void *data);
    /* Put the files there. NULL if they stay as they are. */
    void (*before)(void *data);
    /* What is in the files now; a fault that was not planned is NULL. May be NULL. */
    void (*after)(void *data, fa_status status, const io_fault *first, const io_fault *second);
    void       *data;
    const char *paths[2]; /* every sentence begins with one of them; the second may be NULL */
    unsigned    made;     /* bits 1 << io_call: calls that it makes, or else the sweep has missed them */
    bool        changes;  /* success gives what there was before other memory */
    unsigned    harmless; /* calls whose failure it may survive, for instance closing a file that was read */
} io_subject;

/* Make every call of the function fail in every way, once and from then on; then all of them from any one on; then,
 * after each failure, the calls that clear up. EINTR and short transfers have to be survived; all else is FA_ERR_IO
 * (or, of a file that ends early, FA_ERR_FORMAT) with a sentence that names the file and the system's first reason. No
 * memory, no descriptor is lost, and the function succeeds afterwards. Returns how many runs had a fault. */
long io_sweep(const io_subject *subject);

#endif
