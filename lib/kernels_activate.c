/* Activations and their slopes. Whole padded rows are computed; padding never enters a result. */
#include "kernels_math.h"

#define SQRT_1_2 0.70710678118654752440  /* sqrt(1/2) */
#define SQRT_2_PI 0.79788456080286535588 /* sqrt(2/pi) */

static inline vec2 logistic(vec2 z)
{
    vec2 e = vec2_exp((vec2){-z.a, -z.b});
    return (vec2){1 / (1 + e.a), 1 / (1 + e.b)};
}

/* NaN fails the comparison and stays. */
static inline vec2 relu(vec2 z)
{
    return (vec2){vec_select(z.a <= 0, (vec){0}, z.a), vec_select(z.b <= 0, (vec){0}, z.b)};
}

static inline vec2 erf_scaled(vec2 z)
{
    return vec2_erf((vec2){z.a * (real)SQRT_1_2, z.b * (real)SQRT_1_2});
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

/* h + bias, kept in z unless that is NULL. */
static ALWAYS_INLINE vec argument(const real *bias, real *z, const real *h)
{
    vec value = vec_load(h);
    if (bias != NULL)
        value += vec_load(bias);
    if (z != NULL)
        vec_store(z, value);
    return value;
}

static inline real *shifted(real *array, size_t offset)
{
    return array != NULL ? array + offset : NULL;
}

static ALWAYS_INLINE void apply_row(vec2 (*f)(vec2), size_t cols, const real *bias, real *z, real *h)
{
    size_t j = 0;
    for (; j + LANES < cols; j += 2 * LANES) {
        vec2 value;
        value.a = argument(bias != NULL ? bias + j : NULL, shifted(z, j), h + j);
        value.b = argument(bias != NULL ? bias + j + LANES : NULL, shifted(z, j + LANES), h + j + LANES);
        value = f(value);
        vec_store(h + j, value.a);
        vec_store(h + j + LANES, value.b);
    }
    if (j < cols) {
        vec last = argument(bias != NULL ? bias + j : NULL, shifted(z, j), h + j);
        vec_store(h + j, f((vec2){last, last}).a);
    }
}

/* h = f(h + bias). Inlined with a constant f. */
static ALWAYS_INLINE void apply(vec2 (*f)(vec2), size_t rows, size_t cols, size_t ld, const real *bias, real *z,
                                real *h)
{
    for (size_t i = 0; i < rows; i++)
        apply_row(f, cols, bias, shifted(z, i * ld), h + i * ld);
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
        apply(vec2_tanh, rows, cols, ld, bias, z, h);
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
