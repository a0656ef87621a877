/* Files that are written whole or not at all: the bytes go to another name in the same directory, are flushed to the
 * disk, and then take the place of what was there. */
#ifndef LIBFA_OUTPUT_H
#define LIBFA_OUTPUT_H

#include <fa/base.h>

/* A file on its way. */
typedef struct output {
    const char   *path;  /* the name that it will have */
    char         *name;  /* the one that it has */
    int           fd;
    int           error; /* of the first write that failed; 0 */
    size_t        used;
    unsigned char bytes[8192];
} output;

/* Make the file beside the target. On failure (FA_ERR_IO, FA_ERR_MEMORY) nothing is open and nothing is left. */
fa_status output_open(output *out, const char *path);

/* Append bytes. A failure is kept and told by output_finish(). */
void output_put(output *out, const void *bytes, size_t count);

/* Append elements of that size, in little-endian order. */
void output_put_elements(output *out, const void *elements, size_t count, size_t size);

/* Append the elements of a sound view, little-endian: row by row, or column by column. */
void output_put_matrix(output *out, const fa_matrix *matrix, bool by_columns);

/* Flush, close, rename. Whatever the status, nothing is open afterwards and no temporary file is left; on FA_ERR_IO the
 * target is what it was, unless the sentence says that only its directory could not be flushed. */
fa_status output_finish(output *out);

/* Give up: what was written is removed. */
void output_abandon(output *out);

#endif
