/* Updates of the optimizers: equations in <fa/optimizer.h>. */
#include "kernels_vector.h"

#include <string.h>

#ifdef FA_KERNELS_FLOAT64
#define real_sqrt __builtin_sqrt
#else
#define real_sqrt __builtin_sqrtf
#endif

/* What one kind does to `count` parameters, whole vectors; c are its coefficients in the element type, and an array may
 * be NULL where its comment says so. Not inlined: one piece of machine code for all parameters, so that products are
 * fused into additions in the same way for each, wherever it lies and however an array is cut. */
#define VECTORS static __attribute__((noinline)) void

enum { GRADIENT, WEIGHTS, MOMENTS, ARRAYS = MOMENTS + 3 };

typedef void vectors(size_t count, const void *coefficients, real *const *arrays);

/* Whole vectors in place, the rest in a copy padded with zeros. */
static void run(vectors *update, size_t count, const void *coefficients, real *const *arrays)
{
    const size_t rest = count % LANES;
    real         tails[ARRAYS][LANES] = {{0}};
    real        *tail[ARRAYS] = {NULL};

    update(count - rest, coefficients, arrays);
    if (rest == 0)
        return;
    for (size_t n = 0; n < ARRAYS; n++) {
        if (arrays[n] == NULL)
            continue;
        tail[n] = tails[n];
        memcpy(tails[n], arrays[n] + count - rest, rest * sizeof(real));
    }
    update(LANES, coefficients, tail);
    for (size_t n = 0; n < ARRAYS; n++)
        if (arrays[n] != NULL)
            memcpy(arrays[n] + count - rest, tails[n], rest * sizeof(real));
}

/* --- what all have --- */

typedef struct common {
    real scale, weight_decay, rate, keep;
} common;

static common common_of(const kernels_optimizer *c)
{
    return (common){(real)c->scale, (real)c->weight_decay, (real)c->rate, (real)c->keep};
}

/* The gradient of LANES parameters, coupled decay included. */
static inline vec gradient(const common *c, const real *g, vec weight)
{
    return c->scale * vec_load(g) + c->weight_decay * weight;
}

/* g = -rate d, the increment; w = keep w + increment. */
static inline void descend(const common *c, vec d, vec weight, real *g, real *w)
{
    vec increment = -c->rate * d;

    vec_store(g, increment);
    vec_store(w, c->keep * weight + increment);
}

static inline vec vec_sqrt(vec value)
{
    for (size_t i = 0; i < LANES; i++)
        value[i] = real_sqrt(value[i]);
    return value;
}

/* --- sgd --- */

typedef struct sgd {
    common common;
    real   momentum;
    bool   nesterov;
} sgd;

/* moments: velocity or NULL */
VECTORS sgd_vectors(size_t count, const void *coefficients, real *const *arrays)
{
    const sgd c = *(const sgd *)coefficients;
    real     *g = arrays[GRADIENT], *w = arrays[WEIGHTS], *v = arrays[MOMENTS];

    for (size_t i = 0; i < count; i += LANES) {
        vec weight = vec_load(w + i);
        vec d = gradient(&c.common, g + i, weight);
        if (v != NULL) {
            vec velocity = c.momentum * vec_load(v + i) + d;
            vec_store(v + i, velocity);
            d = c.nesterov ? d + c.momentum * velocity : velocity;
        }
        descend(&c.common, d, weight, g + i, w + i);
    }
}

void kernels_name(sgd)(size_t count, const kernels_sgd *c, void *g, void *w, void *v)
{
    const sgd r = {common_of(&c->common), (real)c->momentum, c->nesterov};

    run(sgd_vectors, count, &r, (real *[ARRAYS]){g, w, v});
}

/* --- rmsprop --- */

typedef struct rmsprop {
    common common;
    real   alpha, rest; /* rest = 1 - alpha */
    real   eps, momentum;
} rmsprop;

/* moments: mean square, mean or NULL, velocity or NULL */
VECTORS rmsprop_vectors(size_t count, const void *coefficients, real *const *arrays)
{
    const rmsprop c = *(const rmsprop *)coefficients;
    real         *g = arrays[GRADIENT], *w = arrays[WEIGHTS];
    real         *v = arrays[MOMENTS], *m = arrays[MOMENTS + 1], *b = arrays[MOMENTS + 2];

    for (size_t i = 0; i < count; i += LANES) {
        vec weight = vec_load(w + i);
        vec d = gradient(&c.common, g + i, weight);
        vec square = c.alpha * vec_load(v + i) + c.rest * d * d;
        vec_store(v + i, square);
        if (m != NULL) {
            vec mean = c.alpha * vec_load(m + i) + c.rest * d;
            vec_store(m + i, mean);
            square -= mean * mean;
            square = vec_select(square < 0, (vec){0}, square); /* what rounding may make of a variance of 0 */
        }
        d /= vec_sqrt(square) + c.eps;
        if (b != NULL) {
            d += c.momentum * vec_load(b + i);
            vec_store(b + i, d);
        }
        descend(&c.common, d, weight, g + i, w + i);
    }
}

void kernels_name(rmsprop)(size_t count, const kernels_rmsprop *c, void *g, void *w, void *v, void *m, void *b)
{
    const rmsprop r = {
        common_of(&c->common), (real)c->alpha, (real)(1 - c->alpha), (real)c->eps, (real)c->momentum,
    };

    run(rmsprop_vectors, count, &r, (real *[ARRAYS]){g, w, v, m, b});
}

/* --- adam --- */

typedef struct adam {
    common common;
    real   beta1, rest1, beta2, rest2; /* rest = 1 - beta */
    real   root_scale, eps;
} adam;

/* moments: mean, mean square, largest mean square or NULL */
VECTORS adam_vectors(size_t count, const void *coefficients, real *const *arrays)
{
    const adam c = *(const adam *)coefficients;
    real      *g = arrays[GRADIENT], *w = arrays[WEIGHTS];
    real      *m = arrays[MOMENTS], *v = arrays[MOMENTS + 1], *largest = arrays[MOMENTS + 2];

    for (size_t i = 0; i < count; i += LANES) {
        vec weight = vec_load(w + i);
        vec d = gradient(&c.common, g + i, weight);
        vec mean = c.beta1 * vec_load(m + i) + c.rest1 * d;
        vec square = c.beta2 * vec_load(v + i) + c.rest2 * d * d;
        vec_store(m + i, mean);
        vec_store(v + i, square);
        if (largest != NULL) {
            vec before = vec_load(largest + i);
            square = vec_select(before > square, before, square);
            vec_store(largest + i, square);
        }
        descend(&c.common, mean / (c.root_scale * vec_sqrt(square) + c.eps), weight, g + i, w + i);
    }
}

void kernels_name(adam)(size_t count, const kernels_adam *c, void *g, void *w, void *m, void *v, void *largest)
{
    const adam r = {
        common_of(&c->common), (real)c->beta1, (real)(1 - c->beta1), (real)c->beta2, (real)(1 - c->beta2),
        (real)c->root_scale,   (real)c->eps,
    };

    run(adam_vectors, count, &r, (real *[ARRAYS]){g, w, m, v, largest});
}

/* --- adagrad --- */

typedef struct adagrad {
    common common;
    real   initial, eps;
} adagrad;

/* moments: sum of squares */
VECTORS adagrad_vectors(size_t count, const void *coefficients, real *const *arrays)
{
    const adagrad c = *(const adagrad *)coefficients;
    real         *g = arrays[GRADIENT], *w = arrays[WEIGHTS], *v = arrays[MOMENTS];

    for (size_t i = 0; i < count; i += LANES) {
        vec weight = vec_load(w + i);
        vec d = gradient(&c.common, g + i, weight);
        vec square = vec_load(v + i) + d * d;
        vec_store(v + i, square);
        descend(&c.common, d / (vec_sqrt(c.initial + square) + c.eps), weight, g + i, w + i);
    }
}

void kernels_name(adagrad)(size_t count, const kernels_adagrad *c, void *g, void *w, void *v)
{
    const adagrad r = {common_of(&c->common), (real)c->initial, (real)c->eps};

    run(adagrad_vectors, count, &r, (real *[ARRAYS]){g, w, v});
}

/* --- manhattan --- */

typedef struct manhattan {
    common common;
    real   unit; /* 0 where the scale is, else 1 */
    real   momentum;
} manhattan;

/* The sign of g and not of scale g, which could underflow. moments: velocity or NULL */
VECTORS manhattan_vectors(size_t count, const void *coefficients, real *const *arrays)
{
    const manhattan c = *(const manhattan *)coefficients;
    const vec       zero = {0}, up = zero + c.unit, down = zero - c.unit;
    real           *g = arrays[GRADIENT], *w = arrays[WEIGHTS], *v = arrays[MOMENTS];

    for (size_t i = 0; i < count; i += LANES) {
        vec sum = vec_load(g + i);
        vec d = vec_select(sum > 0, up, vec_select(sum < 0, down, zero));
        if (v != NULL) {
            d += c.momentum * vec_load(v + i);
            vec_store(v + i, d);
        }
        descend(&c.common, d, vec_load(w + i), g + i, w + i);
    }
}

void kernels_name(manhattan)(size_t count, const kernels_manhattan *c, void *g, void *w, void *v)
{
    const manhattan r = {common_of(&c->common), c->common.scale > 0.0 ? 1 : 0, (real)c->momentum};

    run(manhattan_vectors, count, &r, (real *[ARRAYS]){g, w, v});
}
