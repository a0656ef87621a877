/* Text files that grow row by row. */
#ifndef LIBFA_ROWS_H
#define LIBFA_ROWS_H

#include <fa/base.h>

typedef struct rows_file rows_file;

/* Open a file to append to, made if it is not there. One that is empty gets the header, one that is not has to start
 * with it and to end with a line feed (FA_ERR_FORMAT). *out is NULL on failure. */
fa_status rows_open(rows_file **out, const char *path, const char *header, size_t length);

/* Append a row whole: if not all of it can be written, what was is taken back where the file allows it. FA_ERR_IO. */
fa_status rows_append(const rows_file *file, const char *row, size_t length);

/* Flush to the disk, close, release. The file is closed whatever the status. NULL is fine. */
fa_status rows_close(rows_file *file);

#endif
