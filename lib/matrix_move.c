#include "matrix.h"

#include <string.h>

/* Whether the lines of a matrix, along which its elements are taken, should be its columns: the direction of stride 1,
 * or the only direction of a vector. */
static bool lines_are_columns(const fa_matrix *m)
{
    return m->cols == 1 || (m->rows > 1 && m->col_stride != 1);
}

/* Copy count elements between strided lines. */
static void move_line(const fa_matrix *from, const void *source, const fa_matrix *to, void *destination, size_t count)
{
    const size_t step = from->col_stride, put = to->col_stride;

    if (from->dtype == FA_FLOAT32 && to->dtype == FA_FLOAT32)
        for (size_t j = 0; j < count; j++)
            ((float *)destination)[j * put] = ((const float *)source)[j * step];
    else if (from->dtype == FA_FLOAT32)
        for (size_t j = 0; j < count; j++)
            ((double *)destination)[j * put] = (double)((const float *)source)[j * step];
    else if (to->dtype == FA_FLOAT32)
        for (size_t j = 0; j < count; j++)
            ((float *)destination)[j * put] = (float)((const double *)source)[j * step];
    else
        for (size_t j = 0; j < count; j++)
            ((double *)destination)[j * put] = ((const double *)source)[j * step];
}

/* Lines that lie side by side in both. */
static void move_contiguous(const fa_matrix *from, const fa_matrix *to)
{
    const size_t line = to->cols * fa_dtype_size(to->dtype);

    if (from->row_stride == to->cols && to->row_stride == to->cols) {
        memcpy(to->data, from->data, to->rows * line);
        return;
    }
    for (size_t i = 0; i < to->rows; i++)
        memcpy(matrix_at(to, i, 0), matrix_at(from, i, 0), line);
}

void matrix_move(const fa_matrix *source, const fa_matrix *destination)
{
    const bool turned = lines_are_columns(destination);
    const fa_matrix from = turned ? fa_matrix_transpose(*source) : *source;
    const fa_matrix to = turned ? fa_matrix_transpose(*destination) : *destination;

    if (from.dtype == to.dtype && from.col_stride == 1 && to.col_stride == 1) {
        move_contiguous(&from, &to);
        return;
    }
    /* Where the source runs across, pieces of lines, so that a cache line of it is used whole before it is gone. */
    const size_t piece = to.rows > 1 && from.col_stride != 1 ? 16 : to.cols;
    for (size_t j = 0; j < to.cols; j += piece) {
        const size_t count = to.cols - j < piece ? to.cols - j : piece;

        for (size_t i = 0; i < to.rows; i++)
            move_line(&from, matrix_at(&from, i, j), &to, matrix_at(&to, i, j), count);
    }
}

void matrix_zero(const fa_matrix *matrix)
{
    const fa_matrix lines = lines_are_columns(matrix) ? fa_matrix_transpose(*matrix) : *matrix;

    for (size_t i = 0; i < lines.rows; i++) {
        if (lines.col_stride == 1)
            memset(matrix_at(&lines, i, 0), 0, lines.cols * fa_dtype_size(lines.dtype));
        else
            for (size_t j = 0; j < lines.cols; j++)
                matrix_put(&lines, i, j, 0.0);
    }
}
