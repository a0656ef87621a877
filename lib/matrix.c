#include "matrix.h"

#include "alloc.h"
#include "status.h"

#include <limits.h>
#include <math.h>

const char *fa_dtype_name(fa_dtype dtype)
{
    switch (dtype) {
    case FA_FLOAT32:
        return "float32";
    case FA_FLOAT64:
        return "float64";
    }
    return "unknown";
}

size_t fa_dtype_size(fa_dtype dtype)
{
    return dtype == FA_FLOAT64 ? sizeof(double) : dtype == FA_FLOAT32 ? sizeof(float) : 0;
}

fa_matrix fa_matrix_view(void *data, size_t rows, size_t cols, fa_dtype dtype)
{
    return (fa_matrix){.data = data, .rows = rows, .cols = cols, .row_stride = cols, .col_stride = 1, .dtype = dtype};
}

fa_matrix fa_matrix_transpose(fa_matrix matrix)
{
    return (fa_matrix){.data = matrix.data,
                       .rows = matrix.cols,
                       .cols = matrix.rows,
                       .row_stride = matrix.col_stride,
                       .col_stride = matrix.row_stride,
                       .dtype = matrix.dtype};
}

size_t matrix_padded(size_t n, fa_dtype dtype)
{
    const size_t unit = 32 / fa_dtype_size(dtype); /* NOLINT(clang-analyzer-core.DivideZero): checked, so not 0 */

    return (n + unit - 1) / unit * unit;
}

fa_matrix matrix_inner(void *data, size_t rows, size_t cols, fa_dtype dtype)
{
    fa_matrix inner = fa_matrix_view(data, rows, cols, dtype);

    inner.row_stride = matrix_padded(cols, dtype);
    return inner;
}

fa_matrix matrix_inner_columns(void *data, size_t rows, size_t cols, fa_dtype dtype)
{
    return fa_matrix_transpose(matrix_inner(data, cols, rows, dtype));
}

static bool extent_fits(size_t n)
{
    return n - 1 < (size_t)INT_MAX; /* 0 wraps around and does not */
}

/* A stride along an extent of 1 is ignored, which leaves any stride of 1 or more for the other one. */
static bool strides_fit(const fa_matrix *m)
{
    const size_t most = (size_t)INT_MAX;

    if (m->rows == 1)
        return m->cols == 1 || extent_fits(m->col_stride);
    if (m->cols == 1)
        return extent_fits(m->row_stride);
    return (m->col_stride == 1 && m->row_stride >= m->cols && m->row_stride <= most) ||
           (m->row_stride == 1 && m->col_stride >= m->rows && m->col_stride <= most);
}

/* Whether the last element's end is within PTRDIFF_MAX bytes. No term can overflow: all factors are <= INT_MAX. */
static bool span_fits(const fa_matrix *m, size_t size)
{
    /* Quotients of constants: a division would be half of the time of a check. */
    const uint64_t most = size == sizeof(double) ? PTRDIFF_MAX / sizeof(double) : PTRDIFF_MAX / sizeof(float);
    uint64_t last = 0;

    if (m->rows > 1)
        last += (uint64_t)(m->rows - 1) * m->row_stride;
    if (m->cols > 1)
        last += (uint64_t)(m->cols - 1) * m->col_stride;
    return last < most;
}

/* Every check in one expression: this runs several times in every training step. */
static inline bool is_sound(const fa_matrix *m)
{
    const size_t size = fa_dtype_size(m->dtype);

    return size != 0 && m->data != NULL && ((uintptr_t)m->data & (size - 1)) == 0 && extent_fits(m->rows) &&
           extent_fits(m->cols) && strides_fit(m) && span_fits(m, size);
}

/* What is wrong with a view that is not sound. */
static fa_status unsound(const fa_matrix *m, const char *name)
{
    if (m == NULL)
        return status_set(FA_ERR_ARGUMENT, "%s is NULL", name);

    const size_t size = fa_dtype_size(m->dtype);
    if (size == 0)
        return status_set(FA_ERR_DTYPE, "%s has the unknown dtype %d", name, (int)m->dtype);
    if (m->data == NULL)
        return status_set(FA_ERR_ARGUMENT, "the data of %s is NULL", name);
    if (((uintptr_t)m->data & (size - 1)) != 0)
        return status_set(FA_ERR_ARGUMENT, "the data of %s does not lie on a multiple of %zu bytes", name, size);
    if (!extent_fits(m->rows) || !extent_fits(m->cols))
        return status_set(FA_ERR_SHAPE, "%s is %zu x %zu, each has to be 1 .. %d", name, m->rows, m->cols, INT_MAX);
    if (!strides_fit(m))
        return status_set(FA_ERR_SHAPE,
                          "%s is %zu x %zu with strides %zu and %zu: one has to be 1 and the other at least the "
                          "extent it steps over, at most %d",
                          name, m->rows, m->cols, m->row_stride, m->col_stride, INT_MAX);
    return status_set(FA_ERR_SHAPE, "%s is %zu x %zu with strides %zu and %zu, more than there are addresses for", name,
                      m->rows, m->cols, m->row_stride, m->col_stride);
}

fa_status matrix_check(const fa_matrix *matrix, const char *name)
{
    if (matrix != NULL && is_sound(matrix))
        return FA_OK;
    return unsound(matrix, name);
}

static fa_status unfit(const fa_matrix *m, const char *name, size_t rows, size_t cols, fa_dtype dtype)
{
    if (m == NULL || !is_sound(m))
        return unsound(m, name);
    if (m->dtype != dtype)
        return status_set(FA_ERR_DTYPE, "%s is %s, it has to be %s", name, fa_dtype_name(m->dtype),
                          fa_dtype_name(dtype));
    if (rows == 0)
        return status_set(FA_ERR_SHAPE, "%s has %zu columns, it has to have %zu", name, m->cols, cols);
    return status_set(FA_ERR_SHAPE, "%s is %zu x %zu, it has to be %zu x %zu", name, m->rows, m->cols, rows, cols);
}

fa_status matrix_check_shape(const fa_matrix *matrix, const char *name, size_t rows, size_t cols, fa_dtype dtype)
{
    if (matrix != NULL && matrix->cols == cols && (rows == 0 || matrix->rows == rows) && matrix->dtype == dtype &&
        is_sound(matrix))
        return FA_OK;
    return unfit(matrix, name, rows, cols, dtype);
}

fa_status matrix_check_finite(const fa_matrix *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++) {
            const double value = matrix_get(matrix, i, j);

            if (!isfinite(value))
                return status_set(FA_ERR_NOT_FINITE, "%s is %s in row %zu, column %zu (counted from 0)", name,
                                  isnan(value) ? "NaN" : "infinite", i, j);
        }
    return FA_OK;
}

void *matrix_at(const fa_matrix *matrix, size_t i, size_t j)
{
    return (char *)matrix->data + (i * matrix->row_stride + j * matrix->col_stride) * fa_dtype_size(matrix->dtype);
}

double matrix_get(const fa_matrix *matrix, size_t i, size_t j)
{
    const void *element = matrix_at(matrix, i, j);

    return matrix->dtype == FA_FLOAT32 ? (double)*(const float *)element : *(const double *)element;
}

void matrix_put(const fa_matrix *matrix, size_t i, size_t j, double value)
{
    void *element = matrix_at(matrix, i, j);

    if (matrix->dtype == FA_FLOAT32)
        *(float *)element = (float)value;
    else
        *(double *)element = value;
}

fa_status fa_matrix_rows(const fa_matrix *matrix, size_t first, size_t count, fa_matrix *rows)
{
    if (rows == NULL)
        return status_null("fa_matrix_rows", "rows");

    const fa_matrix whole = matrix != NULL ? *matrix : (fa_matrix){0}; /* rows may be matrix */
    const fa_status status = matrix_check(matrix, "matrix");
    *rows = (fa_matrix){0};
    if (status != FA_OK)
        return status;
    if (count == 0)
        return status_set(FA_ERR_SHAPE, "fa_matrix_rows: no row asked for");
    if (first >= whole.rows || count > whole.rows - first)
        return status_set(FA_ERR_SHAPE, "fa_matrix_rows: %zu rows from row %zu on end after the matrix's %zu rows",
                          count, first, whole.rows);
    *rows = whole;
    rows->data = matrix_at(&whole, first, 0);
    rows->rows = count;
    return FA_OK;
}

fa_status fa_matrix_alloc(fa_matrix *matrix, size_t rows, size_t cols, fa_dtype dtype)
{
    if (matrix == NULL)
        return status_null("fa_matrix_alloc", "matrix");
    *matrix = (fa_matrix){0};

    const size_t size = fa_dtype_size(dtype);
    const fa_matrix shape = fa_matrix_view(NULL, rows, cols, dtype);
    if (size == 0)
        return status_set(FA_ERR_DTYPE, "fa_matrix_alloc: unknown dtype %d", (int)dtype);
    if (!extent_fits(rows) || !extent_fits(cols) || !span_fits(&shape, size))
        return status_set(FA_ERR_SHAPE, "fa_matrix_alloc: %zu x %zu: each has to be 1 .. %d, and all must fit memory",
                          rows, cols, INT_MAX);

    void *data = mem_zeroed(rows * cols, size);
    if (data == NULL)
        return FA_ERR_MEMORY;
    *matrix = fa_matrix_view(data, rows, cols, dtype);
    return FA_OK;
}

void fa_matrix_free(fa_matrix *matrix)
{
    if (matrix == NULL)
        return;
    mem_free(matrix->data);
    *matrix = (fa_matrix){0};
}

fa_status fa_matrix_copy(const fa_matrix *source, const fa_matrix *destination)
{
    fa_status status = matrix_check(source, "source");

    if (status == FA_OK)
        status = matrix_check(destination, "destination");
    if (status == FA_OK)
        status = matrix_check_shape(destination, "destination", source->rows, source->cols, destination->dtype);
    if (status == FA_OK)
        matrix_move(source, destination);
    return status;
}
