/* Matrix products: the library's path against direct calls of the same CBLAS, timed in one run.
 *
 * The first block is one epoch of the linear-function experiment (30-20-10, 75 samples, float64), the second one
 * shapes around it up to where the BLAS takes over. Ratios above 1 mean that the library is faster. */
#define _POSIX_C_SOURCE 200809L
#include "blas.h"
#include "kernels.h"
#include "matrix.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct shape {
    const char *name;
    size_t      m, n, k;
    bool        a_transposed, b_transposed;
    double      beta;
} shape;

typedef struct operands {
    fa_matrix a, b, c;
    double    beta;
} operands;

static const shape experiment[] = {
    {"h = x W1t", 75, 20, 30, false, false, 0},  {"y = h W2t", 75, 10, 20, false, false, 0},
    {"d = e B", 75, 20, 10, false, false, 0},    {"W2t += h^T e", 20, 10, 75, true, false, 1},
    {"W1t += x^T d", 30, 20, 75, true, false, 1},
};

static const shape others[] = {
    {"e W2 (BP)", 75, 20, 10, false, true, 0},  {"one sample", 1, 20, 30, false, false, 0},
    {"one sample", 1, 10, 20, false, false, 0}, {"one sample", 1, 20, 10, false, true, 0},
    {"one gradient", 20, 10, 1, true, false, 1}, {"one gradient", 30, 20, 1, true, false, 1},
    {"one sample", 1, 100, 100, false, false, 0}, {"one sample", 1, 100, 100, false, true, 0},
    {"one sample", 1, 200, 200, false, false, 0}, {"one sample", 1, 1000, 784, false, false, 0},
    {"one gradient", 784, 1000, 1, true, false, 1},
    {"tiny", 4, 4, 4, false, false, 0},         {"square", 16, 16, 16, false, false, 0},
    {"square", 32, 32, 32, false, false, 0},    {"square", 48, 48, 48, false, false, 0},
    {"square", 64, 64, 64, false, false, 0},    {"square", 80, 80, 80, false, false, 0},
    {"square", 100, 100, 100, false, false, 0}, {"square", 128, 128, 128, false, false, 0},
    {"batch 300", 300, 20, 30, false, false, 0}, {"batch 300", 30, 20, 300, true, false, 1},
    {"batch 1000", 1000, 20, 30, false, false, 0}, {"batch 1000", 30, 20, 1000, true, false, 1},
    {"wide", 20, 200, 50, false, false, 0},     {"wide", 50, 20, 200, true, false, 1},
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *array(size_t count, size_t size)
{
    size_t bytes = (count * size + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (memory == NULL)
        exit(EXIT_FAILURE);
    memset(memory, 0, bytes);
    return memory;
}

static void fill(const fa_matrix *matrix)
{
    for (size_t i = 0; i < matrix->rows; i++) {
        for (size_t j = 0; j < matrix->cols; j++)
            matrix_put(matrix, i, j, (double)((i * 31 + j * 17) % 19) / 19 - 0.5);
    }
}

static fa_matrix inner(size_t rows, size_t cols, bool transposed, fa_dtype dtype)
{
    size_t stored_rows = transposed ? cols : rows;
    size_t stored_cols = transposed ? rows : cols;
    void *data = array(stored_rows * matrix_padded(stored_cols, dtype), fa_dtype_size(dtype));
    fa_matrix matrix = matrix_inner(data, stored_rows, stored_cols, dtype);
    if (transposed)
        matrix = fa_matrix_transpose(matrix);
    fill(&matrix);
    return matrix;
}

static operands make(const shape *s, fa_dtype dtype)
{
    return (operands){inner(s->m, s->k, s->a_transposed, dtype), inner(s->k, s->n, s->b_transposed, dtype),
                      inner(s->m, s->n, false, dtype), s->beta};
}

static void release(operands *o)
{
    free(o->a.data);
    free(o->b.data);
    free(o->c.data);
}

static enum CBLAS_TRANSPOSE transpose(const fa_matrix *matrix)
{
    return matrix->col_stride == 1 ? CblasNoTrans : CblasTrans;
}

static int leading(const fa_matrix *matrix)
{
    return (int)(matrix->col_stride == 1 ? matrix->row_stride : matrix->col_stride);
}

/* A tiny alpha keeps accumulated results finite; 0 would let the BLAS skip the work. */
static void by_cblas(const operands *o)
{
    int m = (int)o->c.rows;
    int n = (int)o->c.cols;
    int k = (int)o->a.cols;
    if (o->c.dtype == FA_FLOAT64)
        cblas_dgemm(CblasRowMajor, transpose(&o->a), transpose(&o->b), m, n, k, 1e-3, o->a.data, leading(&o->a),
                    o->b.data, leading(&o->b), o->beta, o->c.data, leading(&o->c));
    else
        cblas_sgemm(CblasRowMajor, transpose(&o->a), transpose(&o->b), m, n, k, 1e-3f, o->a.data, leading(&o->a),
                    o->b.data, leading(&o->b), (float)o->beta, o->c.data, leading(&o->c));
}

static void by_library(const operands *o)
{
    blas_product(1e-3, &o->a, &o->b, o->beta, &o->c);
}

/* Nanoseconds for all products once: the best of many rounds, so that another program's moments do not count. */
static double best(void (*product)(const operands *), const operands *list, size_t count)
{
    double start = seconds();
    for (size_t i = 0; i < count; i++)
        product(&list[i]);
    double once = seconds() - start + 1e-9;
    size_t repeats = (size_t)(2e-4 / once) + 1;
    double least = 1e300;
    for (int round = 0; round < 40; round++) {
        start = seconds();
        for (size_t r = 0; r < repeats; r++) {
            for (size_t i = 0; i < count; i++)
                product(&list[i]);
        }
        double time = (seconds() - start) / (double)repeats;
        least = time < least ? time : least;
    }
    return 1e9 * least;
}

static void report(const char *name, const operands *list, size_t count)
{
    double flops = 0;
    for (size_t i = 0; i < count; i++)
        flops += 2.0 * (double)list[i].c.rows * (double)list[i].c.cols * (double)list[i].a.cols;
    double ours = best(by_library, list, count);
    double theirs = best(by_cblas, list, count);
    printf("%-16s %4zu x %4zu x %4zu  %s  library %8.0f ns %5.1f GFLOP/s   CBLAS %8.0f ns %5.1f GFLOP/s   ratio %.2f\n",
           name, list[0].c.rows, list[0].c.cols, list[0].a.cols, fa_dtype_name(list[0].c.dtype), ours, flops / ours,
           theirs, flops / theirs, theirs / ours);
}

int main(void)
{
    operands epoch[sizeof experiment / sizeof *experiment];
    printf("CPU level %s, BLAS %s\n", cpu_level_name(cpu_level_now()), blas_file());
    for (size_t d = 0; d < 2; d++) {
        fa_dtype dtype = d == 0 ? FA_FLOAT64 : FA_FLOAT32;
        for (size_t i = 0; i < sizeof experiment / sizeof *experiment; i++) {
            epoch[i] = make(&experiment[i], dtype);
            report(experiment[i].name, &epoch[i], 1);
        }
        report("an epoch's five", epoch, sizeof experiment / sizeof *experiment);
        for (size_t i = 0; i < sizeof experiment / sizeof *experiment; i++)
            release(&epoch[i]);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            operands o = make(&others[i], dtype);
            report(others[i].name, &o, 1);
            release(&o);
        }
    }
    return 0;
}
