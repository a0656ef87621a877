/* Activations and their slopes. Whole padded rows are computed; padding never enters a result. */
#include "kernels_math.h"

#define SQRT_1_2 0.70710678118654752440  /* sqrt(1/2) */
#define SQRT_2_PI 0.79788456080286535588 /* sqrt(2/pi) */

static inline vec logistic(vec z)
{
    return 1 / (1 + vec_exp(-z));
}

static inline vec relu(vec z)
{
    return vec_select(z <= 0, (vec){0}, z); /* NaN fails the comparison and stays */
}

/* h = h + bias, kept in z too. */
static void add_bias(size_t rows, size_t cols, size_t ld, const real *bias, real *z, real *h)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j += LANES) {
            vec value = vec_load(h + i * ld + j);
            if (bias != NULL)
                value += vec_load(bias + j);
            vec_store(h + i * ld + j, value);
            if (z != NULL)
                vec_store(z + i * ld + j, value);
        }
    }
}

/* h = f(h), and every argument kept in z unless that is NULL. Inlined with a constant f. */
static inline __attribute__((always_inline)) void
apply(vec (*f)(vec), size_t rows, size_t cols, size_t ld, const real *bias, real *z, real *h)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j += LANES) {
            vec value = vec_load(h + i * ld + j);
            if (bias != NULL)
                value += vec_load(bias + j);
            if (z != NULL)
                vec_store(z + i * ld + j, value);
            vec_store(h + i * ld + j, f(value));
        }
    }
}

static inline vec erf_scaled(vec z)
{
    return vec_erf(z * (real)SQRT_1_2);
}

static real row_max(size_t cols, const real *row)
{
    real max = row[0];
    for (size_t j = 1; j < cols; j++)
        max = row[j] > max ? row[j] : max;
    return max;
}

/* h_j = exp(h_j - max) / sum. A NaN in the row makes the sum, and so the whole row, NaN. */
static void softmax(size_t rows, size_t cols, size_t ld, real *h)
{
    for (size_t i = 0; i < rows; i++) {
        real *row = h + i * ld;
        real max = row_max(cols, row);
        for (size_t j = 0; j < cols; j += LANES)
            vec_store(row + j, vec_exp(vec_load(row + j) - max));
        real sum = 0;
        for (size_t j = 0; j < cols; j++)
            sum += row[j];
        for (size_t j = 0; j < cols; j += LANES)
            vec_store(row + j, vec_load(row + j) / sum);
    }
}

void kernels_name(activate)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *bias, void *z, void *h)
{
    switch (f) {
    case FA_IDENTITY:
        if (bias != NULL || z != NULL)
            add_bias(rows, cols, ld, bias, z, h);
        break;
    case FA_TANH:
        apply(vec_tanh, rows, cols, ld, bias, z, h);
        break;
    case FA_LOGISTIC:
        apply(logistic, rows, cols, ld, bias, z, h);
        break;
    case FA_RELU:
        apply(relu, rows, cols, ld, bias, z, h);
        break;
    case FA_ERF:
        apply(erf_scaled, rows, cols, ld, bias, z, h);
        break;
    case FA_SOFTMAX:
        if (bias != NULL || z != NULL)
            add_bias(rows, cols, ld, bias, z, h);
        softmax(rows, cols, ld, h);
        break;
    }
}

static inline vec tanh_slope(vec h)
{
    return 1 - h * h;
}

static inline vec logistic_slope(vec h)
{
    return h * (1 - h);
}

static inline vec relu_slope(vec h)
{
    return vec_select(h > 0, (vec){0} + 1, (vec){0});
}

static inline vec erf_slope(vec z)
{
    return (real)SQRT_2_PI * vec_exp((real)-0.5 * z * z);
}

/* delta = delta .* slope(s). A product, not a choice, so that NaN and infinities in delta are not hidden. */
static inline __attribute__((always_inline)) void
multiply(vec (*slope)(vec), size_t rows, size_t cols, size_t ld, const real *s, real *delta)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j += LANES) {
            size_t at = i * ld + j;
            vec_store(delta + at, vec_load(delta + at) * slope(vec_load(s + at)));
        }
    }
}

void kernels_name(slope)(fa_activation f, size_t rows, size_t cols, size_t ld, const void *h, const void *z,
                         void *delta)
{
    switch (f) {
    case FA_TANH:
        multiply(tanh_slope, rows, cols, ld, h, delta);
        break;
    case FA_LOGISTIC:
        multiply(logistic_slope, rows, cols, ld, h, delta);
        break;
    case FA_RELU:
        multiply(relu_slope, rows, cols, ld, h, delta);
        break;
    case FA_ERF:
        multiply(erf_slope, rows, cols, ld, z, delta);
        break;
    case FA_IDENTITY:
    case FA_SOFTMAX:
        break;
    }
}
