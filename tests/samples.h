/* A small data set for the tests, whose every number says where it belongs. */
#ifndef LIBFA_TESTS_SAMPLES_H
#define LIBFA_TESTS_SAMPLES_H

#include "support.h"

enum { N = 12, INPUTS = 5, OUTPUTS = 3 };

static inline void destroy(void *data)
{
    fa_dataset_destroy(data);
}

static inline fa_dataset *kept(fa_dataset *data)
{
    return keep(data, destroy);
}

/* Input j of sample i, output k of sample i, label of sample i. */
static inline double input_of(size_t i, size_t j)
{
    return (double)(10 * i + j) + 0.25;
}

static inline double output_of(size_t i, size_t k)
{
    return -(double)(10 * i + k) - 0.5;
}

static inline int32_t label_of(size_t i)
{
    return (int32_t)(i * i % OUTPUTS);
}

typedef struct arrays {
    fa_matrix x, target;
    int32_t *labels;
} arrays;

static inline arrays make_arrays(fa_dtype dtype, view_layout layout)
{
    arrays a = {make_layout(dtype, N, INPUTS, layout), make_layout(dtype, N, OUTPUTS, layout),
                make_memory(N, sizeof *a.labels)};
    for (size_t i = 0; i < N; i++) {
        a.labels[i] = label_of(i);
        for (size_t j = 0; j < INPUTS; j++)
            set_element(&a.x, i, j, input_of(i, j));
        for (size_t k = 0; k < OUTPUTS; k++)
            set_element(&a.target, i, k, output_of(i, k));
    }
    return a;
}

static inline fa_dataset *make_data(const arrays *a, bool labelled)
{
    fa_dataset *data = NULL;
    if (labelled)
        expect_ok(fa_dataset_create_labelled(&data, &a->x, a->labels, OUTPUTS));
    else
        expect_ok(fa_dataset_create(&data, &a->x, &a->target));
    return kept(data);
}

/* Row i of x and target is sample places[i] of the arrays. */
static inline void expect_samples(const fa_matrix *x, const fa_matrix *target, bool labelled, const size_t *places,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < INPUTS; j++)
            ck_assert(element(x, i, j) == input_of(places[i], j));
        for (size_t k = 0; k < OUTPUTS; k++)
            ck_assert(element(target, i, k) ==
                      (labelled ? (double)((size_t)label_of(places[i]) == k) : output_of(places[i], k)));
    }
}

/* The data set holds samples places[0 .. count - 1] of the arrays, in this order. */
static inline void expect_data(const fa_dataset *data, bool labelled, const size_t *places, size_t count)
{
    fa_dtype dtype = fa_dataset_dtype(data);
    ck_assert_uint_eq(fa_dataset_size(data), count);
    ck_assert(fa_dataset_n_inputs(data) == INPUTS && fa_dataset_n_outputs(data) == OUTPUTS);
    ck_assert(fa_dataset_has_labels(data) == labelled);
    fa_matrix x = make_matrix(dtype, count, INPUTS), target = make_matrix(dtype, count, OUTPUTS);
    expect_ok(fa_dataset_gather(data, NULL, count, &x, &target));
    expect_samples(&x, &target, labelled, places, count);
    if (labelled) {
        int32_t labels[N];
        expect_ok(fa_dataset_labels(data, 0, count, labels));
        for (size_t i = 0; i < count; i++)
            ck_assert(labels[i] == label_of(places[i]));
    }
}

static const size_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

#endif
