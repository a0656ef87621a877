/* Data sets from inside: the arrays that parts share, and mini-batches without checks. */
#ifndef LIBFA_DATASET_H
#define LIBFA_DATASET_H

#include <fa/data.h>

#include <stdatomic.h>

/* Arrays that a data set and its parts share; released with the last of them. */
typedef struct dataset_storage {
    atomic_size_t  uses;
    fa_matrix      x;          /* [n x n_0] */
    fa_matrix      target;     /* [n x n_L]; {0} where there are labels in its place */
    const int32_t *labels;     /* [n], each below n_outputs; NULL where there is a target */
    int32_t       *own_labels; /* labels, if they are the library's */
    size_t         n_outputs;
    bool           owned;      /* x and target are the library's too */
} dataset_storage;

/* Sample i is row first + i of the arrays, or row places[i] if the samples are scattered. Places always ascend. */
struct fa_dataset {
    dataset_storage *storage;
    size_t           first;
    size_t           count;
    bool             scattered;
    size_t           places[];
};

/* Data set that owns its arrays from now on; they are released on failure too. x and target are what fa_matrix_alloc()
 * made, target {0} if labels is not NULL; every label is below n_outputs. */
fa_status dataset_adopt(fa_dataset **out, const fa_matrix *x, const fa_matrix *target, int32_t *labels,
                        size_t n_outputs);

/* Another handle on the arrays of a data set, for count samples from `first` on, or for count places that the caller
 * still has to fill in. NULL when memory is out. */
fa_dataset *dataset_part(dataset_storage *storage, size_t first, size_t count, bool scattered);

/* Every label is 0 .. n_classes - 1, else FA_ERR_ARGUMENT; 0 is replaced by the largest label + 1. */
fa_status dataset_check_labels(const int32_t *labels, size_t count, size_t *n_classes);

/* Row of the arrays that sample i is. */
static inline size_t dataset_place(const fa_dataset *data, size_t i)
{
    return data->scattered ? data->places[i] : data->first + i;
}

/* Label of sample i, if there are labels. */
static inline int32_t dataset_label(const fa_dataset *data, size_t i)
{
    return data->storage->labels[dataset_place(data, i)];
}

/* Whether samples first .. first + count - 1, count > 0, lie one after the other: then there is a view of them. */
static inline bool dataset_is_contiguous(const fa_dataset *data, size_t first, size_t count)
{
    return dataset_place(data, first + count - 1) - dataset_place(data, first) == count - 1;
}

/* Views of samples that are contiguous; target may be NULL and is {0} where there are labels. */
void dataset_view(const fa_dataset *data, size_t first, size_t count, fa_matrix *x, fa_matrix *target);

/* fa_dataset_gather() of arguments that fit. */
void dataset_gather(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *x,
                    const fa_matrix *target);

#endif
