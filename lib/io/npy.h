/* What reading and writing .npy files share: the header.
 *
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef LIBFA_NPY_H
#define LIBFA_NPY_H

#include "element.h"
#include "file.h"

/* Magic string and version, 8 bytes, then the header's length: 2 bytes in version 1, 4 in versions 2 and 3. */
#define NPY_MAGIC "\x93NUMPY"
enum { NPY_MAGIC_SIZE = 6, NPY_PREAMBLE_SIZE = 10, NPY_PREAMBLE_SIZE_2 = 12 };

/* What the header says. */
enum { NPY_DIMS = 4, NPY_DESCR_SIZE = 33 };
typedef struct npy_header {
    bool         structured;            /* an array of records; nothing below is known then */
    char         descr[NPY_DESCR_SIZE]; /* the element type as it is written, perhaps cut */
    bool         known;                 /* the element type is one of element.h's */
    element_type type;
    bool         fortran_order;         /* the first index runs fastest */
    size_t       dims;                  /* any number */
    uint64_t     shape[NPY_DIMS];       /* of the first; may be far more than the file holds */
} npy_header;

/* Parse a header's text, a Python dict literal. FA_ERR_FORMAT. */
fa_status npy_header_parse(const char *path, const char *text, size_t length, npy_header *header);

/* Take and parse everything before the first element. */
fa_status npy_take_header(input *in, npy_header *header);

/* That an array [rows x cols] of the header's elements fits a matrix and takes just the bytes that are left. */
fa_status npy_check_size(const input *in, const npy_header *header, uint64_t rows, uint64_t cols);

/* The start of a version 1.0 file that holds the matrix, up to its first element. Returns the number of bytes. */
enum { NPY_START_SIZE = 192 };
size_t npy_header_write(const fa_matrix *matrix, bool fortran_order, char start[NPY_START_SIZE]);

#endif
