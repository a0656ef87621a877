/* What reading and writing .npy files share: the header, and sentences that name the file.
 *
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef LIBFA_NPY_H
#define LIBFA_NPY_H

#include <fa/io.h>

/* Magic string and version, 8 bytes, then the header's length: 2 bytes in version 1, 4 in versions 2 and 3. */
#define NPY_MAGIC "\x93NUMPY"
enum { NPY_MAGIC_SIZE = 6, NPY_PREAMBLE_SIZE = 10, NPY_PREAMBLE_SIZE_2 = 12 };

/* What the header says, once it was found to be something that fits a matrix. */
typedef struct npy_header {
    fa_dtype dtype;
    bool     swapped;       /* the other byte order than this processor's */
    bool     fortran_order; /* column by column */
    size_t   dims;          /* 0, 1 or 2 */
    uint64_t shape[2];      /* [dims]; may be far more than the file holds */
} npy_header;

/* Parse a header's text, a Python dict literal. FA_ERR_FORMAT or FA_ERR_UNSUPPORTED. */
fa_status npy_header_parse(const char *path, const char *text, size_t length, npy_header *header);

/* The start of a version 1.0 file that holds the matrix, up to its first element. Returns the number of bytes. */
enum { NPY_START_SIZE = 192 };
size_t npy_header_write(const fa_matrix *matrix, bool fortran_order, char start[NPY_START_SIZE]);

/* Whether this processor keeps the lowest byte last. */
bool npy_host_is_big_endian(void);

/* Reverse the bytes of every element of that size. */
void npy_swap(void *elements, size_t count, size_t size);

/* status_set() with "<path>: " before the sentence; a very long path is cut at its start. */
fa_status npy_fail(fa_status status, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* FA_ERR_IO, "<path>: <what>: <the system's words for the error number>". */
fa_status npy_fail_io(const char *path, const char *what, int error);

#endif
