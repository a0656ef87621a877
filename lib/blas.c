#define _GNU_SOURCE /* dladdr */
#include "blas.h"

#include "config.h"
#include "kernels.h"
#include "matrix.h"

#include <cblas.h>
#if FA_HAVE_DLADDR
#include <dlfcn.h>
#endif
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Up to this many multiplications the library's own kernel runs, whatever the BLAS. */
enum { SMALL_PRODUCT = 200000, SMALL_VECTOR_PRODUCT = 20000 };

/* So it does, at any size, for a C of few columns (a row of it takes at most so many bytes) and for sums of few terms:
 * what a small output layer needs, and what a BLAS for large matrices is worst at. */
enum { NARROW_BYTES = 128, SHORT_SUM = 16 };

/* The kernel gets so many terms of the sums at once, and a transposed B in pieces that are packed on the stack. */
enum { DEPTH = 256, PACK_BYTES = 32768 };

/* A square is taken in strips if as many terms of the sums fit into the pack. */
enum { MIN_SQUARE_DEPTH = 32 };

/* One operand as a matrix that lies row by row, transposed or not. */
typedef struct stored {
    enum CBLAS_TRANSPOSE transpose;
    size_t ld;
} stored;

/* A stride along an extent of 1 may be anything, BLAS wants ld >= the length of a stored row all the same. */
static stored stored_form(const fa_matrix *matrix)
{
    if (matrix->cols == 1)
        return (stored){CblasNoTrans, matrix->rows == 1 ? 1 : matrix->row_stride};
    if (matrix->rows == 1)
        return matrix->col_stride == 1 ? (stored){CblasNoTrans, matrix->cols}
                                       : (stored){CblasTrans, matrix->col_stride};
    return matrix->col_stride == 1 ? (stored){CblasNoTrans, matrix->row_stride}
                                   : (stored){CblasTrans, matrix->col_stride};
}

static void gemm(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c)
{
    const stored sa = stored_form(a);
    const stored sb = stored_form(b);
    const int m = (int)c->rows;
    const int n = (int)c->cols;
    const int k = (int)a->cols;
    const int ldc = m == 1 ? n : (int)c->row_stride;
    if (c->dtype == FA_FLOAT64)
        cblas_dgemm(CblasRowMajor, sa.transpose, sb.transpose, m, n, k, alpha, a->data, (int)sa.ld, b->data,
                    (int)sb.ld, beta, c->data, ldc);
    else
        cblas_sgemm(CblasRowMajor, sa.transpose, sb.transpose, m, n, k, (float)alpha, a->data, (int)sa.ld, b->data,
                    (int)sb.ld, (float)beta, c->data, ldc);
}

/* m = 1: c = beta c + alpha B^T a. */
static void gemv(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c)
{
    const stored sb = stored_form(b);
    const bool by_rows = sb.transpose == CblasNoTrans;
    const enum CBLAS_TRANSPOSE transpose = by_rows ? CblasTrans : CblasNoTrans;
    const int rows = (int)(by_rows ? b->rows : b->cols);
    const int cols = (int)(by_rows ? b->cols : b->rows);
    const int step = a->cols == 1 ? 1 : (int)a->col_stride;
    if (c->dtype == FA_FLOAT64)
        cblas_dgemv(CblasRowMajor, transpose, rows, cols, alpha, b->data, (int)sb.ld, a->data, step, beta, c->data, 1);
    else
        cblas_sgemv(CblasRowMajor, transpose, rows, cols, (float)alpha, b->data, (int)sb.ld, a->data, step,
                    (float)beta, c->data, 1);
}

/* Elements a row of B takes when it is padded, 0 bytes of it being read past that. */
static size_t padded(const fa_matrix *b)
{
    const size_t unit = b->dtype == FA_FLOAT64 ? 4 : 8;
    return (b->cols + unit - 1) / unit * unit;
}

/* Whether vector code can run along B's rows as they are. */
static bool lies_by_rows(const fa_matrix *b)
{
    return (b->cols == 1 || b->col_stride == 1) && (b->rows == 1 || b->row_stride >= padded(b));
}

/* Rows p .. p + k of B, columns j .. j + n, packed first if they do not lie by rows. */
static void piece(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c, size_t p,
                  size_t k, size_t j, size_t n)
{
    const kernels *run = kernels_for(c->dtype);
    const size_t size = fa_dtype_size(c->dtype);
    const char *rows = (const char *)b->data + (p * b->row_stride + j * b->col_stride) * size;
    double pack[PACK_BYTES / sizeof(double)] __attribute__((aligned(64))) STACK_PADDING;
    size_t ld = b->row_stride;
    if (!lies_by_rows(b)) {
        const fa_matrix part = {.cols = n, .dtype = b->dtype};
        ld = padded(&part);
        run->transpose(n, k, rows, b->cols == 1 ? 0 : b->col_stride, pack, ld);
        rows = (const char *)pack;
    }
    run->product(c->rows, n, k, alpha, (const char *)a->data + p * a->col_stride * size,
                 a->rows == 1 ? 0 : a->row_stride, a->cols == 1 ? 0 : a->col_stride, rows, k == 1 ? 0 : ld, beta,
                 (char *)c->data + j * size, c->rows == 1 ? 0 : c->row_stride);
}

/* Columns of B, k rows deep, that are taken at once. */
static size_t piece_width(const fa_matrix *b, size_t k)
{
    if (lies_by_rows(b))
        return b->cols;
    const size_t fit = PACK_BYTES / 32 / k * (32 / fa_dtype_size(b->dtype));
    return fit > b->cols ? b->cols : fit;
}

static void own(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c)
{
    for (size_t p = 0; p < a->cols; p += DEPTH) {
        const size_t k = a->cols - p < DEPTH ? a->cols - p : DEPTH;
        const size_t width = piece_width(b, k);
        for (size_t j = 0; j < c->cols; j += width)
            piece(alpha, a, b, p == 0 ? beta : 1, c, p, k, j, c->cols - j < width ? c->cols - j : width);
    }
}

static bool is_small(const fa_matrix *a, const fa_matrix *b)
{
    const size_t limit = a->rows == 1 ? SMALL_VECTOR_PRODUCT : SMALL_PRODUCT;
    if (a->rows > 1 && (b->cols * fa_dtype_size(b->dtype) <= NARROW_BYTES || a->cols <= SHORT_SUM))
        return true;
    /* Divisions, because the product of three sizes may overflow. */
    return b->cols <= limit / a->rows / a->cols; /* NOLINT(clang-analyzer-core.DivideZero): nothing empty comes here */
}

void blas_product(double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c)
{
    if (is_small(a, b))
        own(alpha, a, b, beta, c);
    else if (c->rows == 1)
        gemv(alpha, a, b, beta, c);
    else
        gemm(alpha, a, b, beta, c);
}

/* The upper triangle becomes the lower one's mirror image, strip by strip of so many rows. */
static void mirror(const fa_matrix *c)
{
    enum { STRIP = 8 };
    const kernels *run = kernels_for(c->dtype);
    const size_t size = fa_dtype_size(c->dtype), n = c->rows, ld = c->row_stride;
    double corner[STRIP * STRIP];
    for (size_t i = 0; i < n; i += STRIP) {
        const size_t rows = n - i < STRIP ? n - i : STRIP;
        char *diagonal = (char *)c->data + (i * ld + i) * size;
        run->transpose(rows, rows, diagonal, ld, corner, STRIP);
        for (size_t k = 0; k < rows; k++)
            memcpy(diagonal + (k * ld + k) * size, (char *)corner + (k * STRIP + k) * size, (rows - k) * size);
        if (i + rows < n)
            run->transpose(n - i - rows, rows, diagonal + rows * ld * size, ld, diagonal + rows * size, ld);
    }
}

/* The lower triangle of C = A A^T in strips of rows, over so many terms of the sums at once: A, by rows, is packed as a
 * B that lies by rows, and what a BLAS gets are products small enough for it not to pack anything. */
static void square_strips(const fa_matrix *a, const fa_matrix *c, size_t depth)
{
    enum { STRIP = 16 };
    const size_t size = fa_dtype_size(a->dtype);
    double pack[PACK_BYTES / sizeof(double)] __attribute__((aligned(64)));
    fa_matrix part = *a, packed = {.data = pack, .row_stride = c->row_stride, .col_stride = 1, .dtype = a->dtype};
    fa_matrix strip = *c;
    for (size_t p = 0; p < a->cols; p += depth) {
        part.cols = packed.rows = a->cols - p < depth ? a->cols - p : depth;
        kernels_for(a->dtype)->transpose(a->rows, part.cols, (const char *)a->data + p * size, a->row_stride, pack,
                                         packed.row_stride);
        for (size_t i = 0; i < a->rows; i += STRIP) {
            part.rows = strip.rows = a->rows - i < STRIP ? a->rows - i : STRIP;
            packed.cols = strip.cols = i + strip.rows;
            part.data = (char *)a->data + (i * a->row_stride + p) * size;
            strip.data = (char *)c->data + i * c->row_stride * size;
            gemm(1, &part, &packed, p == 0 ? 0 : 1, &strip);
        }
    }
}

static void square_whole(const fa_matrix *a, const fa_matrix *c)
{
    const stored sa = stored_form(a);
    const int n = (int)a->rows;
    const int k = (int)a->cols;
    const int ldc = (int)c->row_stride;
    if (c->dtype == FA_FLOAT64)
        cblas_dsyrk(CblasRowMajor, CblasLower, sa.transpose, n, k, 1, a->data, (int)sa.ld, 0, c->data, ldc);
    else
        cblas_ssyrk(CblasRowMajor, CblasLower, sa.transpose, n, k, 1, a->data, (int)sa.ld, 0, c->data, ldc);
}

void blas_square(const fa_matrix *a, const fa_matrix *c)
{
    const fa_matrix a_t = fa_matrix_transpose(*a);
    const bool by_rows = a->cols == 1 || a->col_stride == 1;
    const size_t depth = PACK_BYTES / fa_dtype_size(a->dtype) / c->row_stride;
    /* The kernel reads the padding of what lies by rows, and A^T is to be packed, because it may have none. */
    if (by_rows && a->cols > 1 && is_small(a, &a_t)) {
        own(1, a, &a_t, 0, c);
        return;
    }
    if (by_rows && depth >= MIN_SQUARE_DEPTH)
        square_strips(a, c, depth);
    else
        square_whole(a, c);
    mirror(c);
}

#if FA_HAVE_DLADDR
const char *blas_file(void)
{
    /* ISO C has no conversion from function to object pointer. */
    double (*function)(int, const double *, int, const double *, int) = cblas_ddot;
    void *address;
    memcpy(&address, &function, sizeof address);
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return "?";
#if FA_HAVE_FILES
    /* The name may be a link that a system points from one BLAS to another; what it leads to is what computes. */
    static _Thread_local char file[PATH_MAX];
    return realpath(info.dli_fname, file) != NULL ? file : info.dli_fname;
#else
    return info.dli_fname;
#endif
}
#else
const char *blas_file(void)
{
    return "?";
}
#endif
