#include "npy.h"

#include "matrix.h"
#include "output.h"
#include "status.h"

#include <fa/io.h>

/* Column by column only where a matrix lies that way: a vector is the same in both. */
static bool runs_by_columns(const fa_matrix *matrix)
{
    return matrix->rows > 1 && matrix->cols > 1 && matrix->row_stride == 1;
}

fa_status fa_npy_write(const char *path, const fa_matrix *matrix)
{
    output out;
    char start[NPY_START_SIZE];

    if (path == NULL)
        return status_null("fa_npy_write", "path");

    fa_status status = matrix_check(matrix, "matrix");
    if (status == FA_OK)
        status = output_open(&out, path);
    if (status != FA_OK)
        return status;

    output_put(&out, start, npy_header_write(matrix, runs_by_columns(matrix), start));
    output_put_matrix(&out, matrix, runs_by_columns(matrix));
    return output_finish(&out);
}
