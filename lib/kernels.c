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

/* Coefficients in the element type. */
typedef struct coefficients {
    real gradient_scale, weight_decay, momentum, rate, keep;
    bool nesterov;
} coefficients;

/* One vector of parameters; v is left alone unless it is in use. */
static inline void sgd_vector(const coefficients *c, bool use_velocity, vec *g, vec *v, vec *w)
{
    vec d = c->gradient_scale * *g + c->weight_decay * *w;
    if (use_velocity) {
        *v = c->momentum * *v + d;
        d = c->nesterov ? d + c->momentum * *v : *v;
    }
    *g = -c->rate * d;
    *w = c->keep * *w + *g;
}

void kernels_name(sgd)(size_t count, const kernels_sgd *c, void *g, void *v, void *w)
{
    const coefficients r = {
        (real)c->gradient_scale, (real)c->weight_decay, (real)c->momentum, (real)c->rate, (real)c->keep, c->nesterov,
    };
    real *gradient = g;
    real *velocity = v;
    real *weight = w;
    vec x_v = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vec x_g = vec_load(gradient + i);
        vec x_w = vec_load(weight + i);
        if (velocity != NULL)
            x_v = vec_load(velocity + i);
        sgd_vector(&r, velocity != NULL, &x_g, &x_v, &x_w);
        vec_store(gradient + i, x_g);
        vec_store(weight + i, x_w);
        if (velocity != NULL)
            vec_store(velocity + i, x_v);
    }
    if (i == count)
        return;
    vec x_g = load_tail(gradient + i, count - i);
    vec x_w = load_tail(weight + i, count - i);
    if (velocity != NULL)
        x_v = load_tail(velocity + i, count - i);
    sgd_vector(&r, velocity != NULL, &x_g, &x_v, &x_w);
    store_tail(gradient + i, count - i, x_g);
    store_tail(weight + i, count - i, x_w);
    if (velocity != NULL)
        store_tail(velocity + i, count - i, x_v);
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

extern const kernels kernels_name(kernels);
const kernels kernels_name(kernels) = {
    .product = kernels_name(product),
    .transpose = kernels_name(transpose),
    .activate = kernels_name(activate),
    .slope = kernels_name(slope),
    .sum_squares = kernels_name(sum_squares),
    .column_sums = kernels_name(column_sums),
    .squared_error = kernels_name(squared_error),
    .binary_cross_entropy = kernels_name(binary_cross_entropy),
    .cross_entropy = kernels_name(cross_entropy),
    .sgd = kernels_name(sgd),
    .add_scaled = kernels_name(add_scaled),
};
