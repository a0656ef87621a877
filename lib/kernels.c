#include "kernels.h"

#include "kernels_vector.h"

#include <string.h>

static double vec_sum(vec value)
{
    real sum = 0;
    for (size_t i = 0; i < LANES; i++)
        sum += value[i];
    return (double)sum;
}

/* The last `count` < LANES elements of an array that nobody padded; 0 in the other lanes. */
static vec load_tail(const real *from, size_t count)
{
    real lanes[LANES] = {0};
    memcpy(lanes, from, count * sizeof(real));
    return vec_load(lanes);
}

static void store_tail(real *to, size_t count, vec value)
{
    real lanes[LANES];
    vec_store(lanes, value);
    memcpy(to, lanes, count * sizeof(real));
}

double kernels_name(sum_squares)(size_t rows, size_t cols, size_t row_stride, const void *a)
{
    enum { CHAINS = 8 }; /* to overlap the latency of multiply-add */
    if (row_stride == cols) {
        cols *= rows;
        rows = 1;
    }
    vec sum[CHAINS] = {{0}};
    real tail = 0;
    for (size_t i = 0; i < rows; i++) {
        const real *row = (const real *)a + i * row_stride;
        size_t j = 0;
        for (; j + CHAINS * LANES <= cols; j += CHAINS * LANES) {
            for (size_t v = 0; v < CHAINS; v++) {
                vec x = vec_load(row + j + v * LANES);
                sum[v] += x * x;
            }
        }
        for (size_t v = 0; j + LANES <= cols; j += LANES, v = (v + 1) % CHAINS) {
            vec x = vec_load(row + j);
            sum[v] += x * x;
        }
        for (; j < cols; j++)
            tail += row[j] * row[j];
    }
    for (size_t v = 1; v < CHAINS; v++)
        sum[0] += sum[v];
    return vec_sum(sum[0]) + (double)tail;
}

/* Sums in double: so many chains of wide vectors, for the latency of multiply-add. */
enum { WIDE_CHAINS = 8, WIDE_STEP = WIDE_CHAINS * WIDE_LANES };

static double doubles_total(size_t chains, const doubles *sum)
{
    double total = 0;
    for (size_t v = 0; v < chains; v++) {
        for (size_t lane = 0; lane < WIDE_LANES; lane++)
            total += sum[v][lane];
    }
    return total;
}

double kernels_name(sum_squares_double)(double unit, size_t rows, size_t cols, size_t row_stride, const void *a)
{
    if (row_stride == cols) {
        cols *= rows;
        rows = 1;
    }
    doubles sum[WIDE_CHAINS] = {{0}};
    double tail = 0;
    for (size_t i = 0; i < rows; i++) {
        const real *row = (const real *)a + i * row_stride;
        size_t j = 0;
        for (; j + WIDE_STEP <= cols; j += WIDE_STEP) {
            for (size_t v = 0; v < WIDE_CHAINS; v++) {
                doubles x = unit * doubles_load(row + j + v * WIDE_LANES);
                sum[v] += x * x;
            }
        }
        for (; j + WIDE_LANES <= cols; j += WIDE_LANES) {
            doubles x = unit * doubles_load(row + j);
            sum[0] += x * x;
        }
        for (; j < cols; j++)
            tail += unit * (double)row[j] * (unit * (double)row[j]);
    }
    return doubles_total(WIDE_CHAINS, sum) + tail;
}

double kernels_name(dot)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride,
                         const void *b)
{
    doubles sum[WIDE_CHAINS] = {{0}};
    double tail = 0;
    for (size_t i = 0; i < rows; i++) {
        const real *x = (const real *)a + i * a_row_stride;
        const real *y = (const real *)b + i * b_row_stride;
        size_t j = 0;
        for (; j + WIDE_STEP <= cols; j += WIDE_STEP) {
            for (size_t v = 0; v < WIDE_CHAINS; v++)
                sum[v] += doubles_load(x + j + v * WIDE_LANES) * doubles_load(y + j + v * WIDE_LANES);
        }
        for (; j + WIDE_LANES <= cols; j += WIDE_LANES)
            sum[0] += doubles_load(x + j) * doubles_load(y + j);
        for (; j < cols; j++)
            tail += (double)x[j] * (double)y[j];
    }
    return doubles_total(WIDE_CHAINS, sum) + tail;
}

void kernels_name(products)(size_t rows, size_t cols, size_t a_row_stride, const void *a, size_t b_row_stride,
                            const void *b, double *sums)
{
    enum { CHAINS = 4, STEP = CHAINS * WIDE_LANES };
    doubles ab[CHAINS] = {{0}}, aa[CHAINS] = {{0}}, bb[CHAINS] = {{0}};
    double tail[3] = {0};
    for (size_t i = 0; i < rows; i++) {
        const real *p = (const real *)a + i * a_row_stride;
        const real *q = (const real *)b + i * b_row_stride;
        size_t j = 0;
        for (; j + STEP <= cols; j += STEP) {
            for (size_t v = 0; v < CHAINS; v++) {
                doubles x = doubles_load(p + j + v * WIDE_LANES), y = doubles_load(q + j + v * WIDE_LANES);
                ab[v] += x * y;
                aa[v] += x * x;
                bb[v] += y * y;
            }
        }
        for (; j < cols; j++) {
            double x = (double)p[j], y = (double)q[j];
            tail[0] += x * y;
            tail[1] += x * x;
            tail[2] += y * y;
        }
    }
    sums[0] += doubles_total(CHAINS, ab) + tail[0];
    sums[1] += doubles_total(CHAINS, aa) + tail[1];
    sums[2] += doubles_total(CHAINS, bb) + tail[2];
}

size_t kernels_name(count_outside)(double low, double high, size_t count, const void *a)
{
    const real *row = a;
    size_t outside = 0;
    for (size_t j = 0; j < count; j++)
        outside += (size_t)(((double)row[j] < low) | ((double)row[j] > high));
    return outside;
}

void kernels_name(column_sums)(size_t rows, size_t cols, size_t ld, double alpha, const void *a, double beta,
                               void *out)
{
    for (size_t j = 0; j < cols; j += LANES) {
        const real *column = (const real *)a + j;
        real *destination = (real *)out + j;
        vec sum[4] = {{0}};
        size_t i = 0;
        for (; i + 4 <= rows; i += 4) {
            for (size_t v = 0; v < 4; v++)
                sum[v] += vec_load(column + (i + v) * ld);
        }
        for (; i < rows; i++)
            sum[0] += vec_load(column + i * ld);
        vec total = (real)alpha * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
        if (beta != 0)
            total += (real)beta * vec_load(destination);
        vec_store(destination, total);
    }
}

void kernels_name(add_scaled)(size_t count, double scale, const void *b, void *a)
{
    real *sum = a;
    const real *addend = b;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        vec_store(sum + i, vec_load(sum + i) + (real)scale * vec_load(addend + i));
    if (i < count)
        store_tail(sum + i, count - i, load_tail(sum + i, count - i) + (real)scale * load_tail(addend + i, count - i));
}

void kernels_name(multiply)(size_t count, const void *b, void *a)
{
    real *product = a;
    const real *factor = b;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        vec_store(product + i, vec_load(product + i) * vec_load(factor + i));
    for (; i < count; i++)
        product[i] *= factor[i];
}

void kernels_name(scale)(size_t count, double factor, void *a)
{
    real *product = a;
    for (size_t i = 0; i < count; i++)
        product[i] = (real)(factor * (double)product[i]);
}

extern const kernels kernels_name(kernels);
const kernels kernels_name(kernels) = {
    .product = kernels_name(product),
    .transpose = kernels_name(transpose),
    .sparse_product = kernels_name(sparse_product),
    .activate = kernels_name(activate),
    .slope = kernels_name(slope),
    .sum_squares = kernels_name(sum_squares),
    .column_sums = kernels_name(column_sums),
    .squared_error = kernels_name(squared_error),
    .binary_cross_entropy = kernels_name(binary_cross_entropy),
    .cross_entropy = kernels_name(cross_entropy),
    .update_product = kernels_name(update_product),
    .multiply = kernels_name(multiply),
    .sum_squares_double = kernels_name(sum_squares_double),
    .combine = kernels_name(combine),
    .sign = kernels_name(sign),
    .dot = kernels_name(dot),
    .products = kernels_name(products),
    .count_outside = kernels_name(count_outside),
    .scale = kernels_name(scale),
    .add_scaled = kernels_name(add_scaled),
    .random_words = kernels_name(random_words),
    .uniform = kernels_name(uniform),
    .sgd = kernels_name(sgd),
    .rmsprop = kernels_name(rmsprop),
    .adam = kernels_name(adam),
    .adagrad = kernels_name(adagrad),
    .manhattan = kernels_name(manhattan),
};
