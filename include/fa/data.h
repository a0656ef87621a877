/* libfa -- data sets: samples from files and arrays, parts of them, mini-batches.
 *
 * A data set is a list of samples. Inputs are a matrix [n x n_0]; what they should lead to is either a target matrix
 * [n x n_L] or a label for each sample, 0 .. n_classes - 1, which stands for the one-hot target row of n_L = n_classes
 * elements. Parts (a range of rows, a random split) share the arrays of the whole: nothing is copied, the handles
 * may be destroyed in any order, and arrays that the library has read live as long as the last of them.
 *
 * Files are recognized by their content: IDX (the format of MNIST), plain or compressed by gzip, and NumPy's .npy. In a
 * library that was built without files (-Dio=disabled) every function that reads one is FA_ERR_UNSUPPORTED.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_DATA_H
#define LIBFA_DATA_H

#include <fa/base.h>

FA_BEGIN_DECLS

/** @name IDX files @{ */

/** Element type of an IDX file: the third byte of its magic number. */
typedef enum fa_idx_type {
    FA_IDX_UINT8 = 0x08,   /**< unsigned bytes: pixels, labels */
    FA_IDX_INT8 = 0x09,    /**< signed bytes */
    FA_IDX_INT16 = 0x0B,   /**< signed, 2 bytes */
    FA_IDX_INT32 = 0x0C,   /**< signed, 4 bytes */
    FA_IDX_FLOAT32 = 0x0D, /**< IEEE 754 binary32 */
    FA_IDX_FLOAT64 = 0x0E  /**< IEEE 754 binary64 */
} fa_idx_type;

/** What the header of an IDX file says. This layout is frozen. */
typedef struct fa_idx_info {
    fa_idx_type type;       /**< of the elements in the file */
    size_t      rank;       /**< 1 .. 4 */
    size_t      extents[4]; /**< 1 beyond the rank */
} fa_idx_info;

/**
 * Read an IDX file (Y. LeCun's format of the MNIST database: big-endian, rank 1 .. 4), plain or compressed by gzip, as
 * a matrix [extents[0] x product of the others] of the values as they are, converted to dtype (to nearest).
 *
 * @param[in]  path    a regular file
 * @param[out] matrix  new, contiguous, to be released with fa_matrix_free(); {0} on failure
 * @param[out] info    what the header says; may be NULL; {0} on failure
 * @retval FA_ERR_ARGUMENT     path or matrix is NULL
 * @retval FA_ERR_DTYPE        unknown dtype
 * @retval FA_ERR_IO           the file cannot be opened or read, or is not a regular file
 * @retval FA_ERR_FORMAT       not an IDX file, empty, truncated, damaged, with bytes after the end, or with an extent
 *                             of 0
 * @retval FA_ERR_SHAPE        an extent above INT_MAX, or a size that overflows
 * @retval FA_ERR_UNSUPPORTED  a rank above 4; a compressed file and a library built without zlib
 * @retval FA_ERR_MEMORY       out of memory
 * Memory: no more is asked for than the elements that the file can hold (compressed: 1032 times its size, deflate's
 * limit) and buffers of less than 1 MiB. Threads: any. Since 0.2.
 */
FA_API fa_status fa_idx_read(const char *path, fa_dtype dtype, fa_matrix *matrix, fa_idx_info *info);

/**
 * Read images: as fa_idx_read(), with unsigned bytes scaled from 0 .. 255 to [0, 1]; FA_ERR_UNSUPPORTED for another
 * element type, or rank 1. An image is one row, its own rows one after the other. Since 0.2.
 */
FA_API fa_status fa_idx_read_images(const char *path, fa_dtype dtype, fa_matrix *matrix);

/**
 * Read labels: an IDX file of rank 1 and an integer type.
 *
 * @param[out] labels  [*count], new, to be released with fa_labels_free(); NULL on failure
 * @param[out] count   0 on failure
 * @retval FA_ERR_UNSUPPORTED  another rank, or a floating type
 * Else as fa_idx_read(). Negative values are returned as they are. Since 0.2.
 */
FA_API fa_status fa_idx_read_labels(const char *path, int32_t **labels, size_t *count);

/** Release labels that a reader made. NULL is fine. Since 0.2. */
FA_API void fa_labels_free(int32_t *labels);

/** @} @name NumPy files as samples @{ */

/**
 * Read a .npy file of any number of dimensions from 1 to 4 as samples: the first axis counts them, the others are
 * flattened in C order. Booleans, integers of 1 to 8 bytes and floats of 4 and 8 bytes are converted to dtype; unsigned
 * bytes are pixels and are scaled from 0 .. 255 to [0, 1]. The result is contiguous, row by row. (n,) becomes
 * [n x 1]. FA_ERR_DTYPE for an unknown dtype, FA_ERR_SHAPE for more than INT_MAX samples or elements of one; other
 * errors and threads as for fa_npy_read(). Since 0.2.
 */
FA_API fa_status fa_npy_read_samples(const char *path, fa_dtype dtype, fa_matrix *matrix);

/**
 * Read labels from a .npy file of integers or booleans of shape (n,), (n, 1) or (1, n).
 *
 * @param[out] labels  [*count], new, to be released with fa_labels_free(); NULL on failure
 * @retval FA_ERR_FORMAT       a value that int32_t cannot hold, or a damaged file
 * @retval FA_ERR_UNSUPPORTED  another shape or element type
 * Else as fa_npy_read(). Since 0.2.
 */
FA_API fa_status fa_npy_read_labels(const char *path, int32_t **labels, size_t *count);

/** @} @name Labels as targets @{ */

/**
 * One-hot targets: 1 in column labels[i] of row i, 0 elsewhere.
 *
 * @param[in]     labels  [count]
 * @param[in,out] target  [count x n_classes]
 * @retval FA_ERR_ARGUMENT  a NULL, or a label that is negative or not below n_classes (the sentence says which)
 * @retval FA_ERR_SHAPE     target has not count rows, or breaks the rules of fa_matrix
 * On failure target is as before. Since 0.2.
 */
FA_API fa_status fa_one_hot(const int32_t *labels, size_t count, const fa_matrix *target);

/** @} @name Data sets @{ */

/** Samples; opaque. Threads: any number may use the same data set in const calls at once. */
typedef struct fa_dataset fa_dataset;

/**
 * Data set over arrays of the caller's, which are borrowed: they have to stay, unchanged, until the data set and every
 * part made of it are destroyed.
 *
 * @param[out] out     to be released with fa_dataset_destroy(); NULL on failure
 * @param[in]  x       inputs [n x n_0], any strides of fa_matrix
 * @param[in]  target  [n x n_L], the dtype of x
 * @retval FA_ERR_ARGUMENT             a NULL
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  x and target do not fit each other, or break the rules of fa_matrix
 * @retval FA_ERR_MEMORY               out of memory
 * Since 0.2.
 */
FA_API fa_status fa_dataset_create(fa_dataset **out, const fa_matrix *x, const fa_matrix *target);

/**
 * The same with a label for each sample in the place of a target.
 *
 * @param[in] labels     [n], each 0 .. n_classes - 1, borrowed too
 * @param[in] n_classes  1 .. INT_MAX; 0 for the largest label + 1
 * @retval FA_ERR_ARGUMENT  a NULL, or a label out of range (the sentence says which)
 * Else as fa_dataset_create(). Since 0.2.
 */
FA_API fa_status fa_dataset_create_labelled(fa_dataset **out, const fa_matrix *x, const int32_t *labels,
                                            size_t n_classes);

/**
 * Data set from two files, which the data set then owns.
 *
 * Inputs: IDX or .npy; unsigned bytes are pixels and are scaled to [0, 1], other types stay as they are. Targets: IDX
 * or .npy. A file of integers (booleans) with one number for each sample holds labels, anything else is a target
 * matrix of the values as they are.
 *
 * @param[in] inputs     path
 * @param[in] targets    path
 * @param[in] dtype      element type of the inputs, and of the targets that training meets
 * @param[in] n_classes  as in fa_dataset_create_labelled(); ignored where targets holds no labels
 * @retval FA_ERR_FORMAT    different numbers of samples, or a label out of range; or as fa_idx_read(), fa_npy_read()
 * @retval FA_ERR_ARGUMENT, FA_ERR_DTYPE, FA_ERR_IO, FA_ERR_SHAPE, FA_ERR_UNSUPPORTED, FA_ERR_MEMORY  as there
 * Every sentence names the file. Threads: any. Since 0.2.
 */
FA_API fa_status fa_dataset_read(fa_dataset **out, const char *inputs, const char *targets, fa_dtype dtype,
                                 size_t n_classes);

/** Release a data set. NULL is fine. Parts made of it live on. Since 0.2. */
FA_API void fa_dataset_destroy(fa_dataset *data);

/** Number of samples n; 0 for NULL. Since 0.2. */
FA_API size_t fa_dataset_size(const fa_dataset *data);

/** n_0; 0 for NULL. Since 0.2. */
FA_API size_t fa_dataset_n_inputs(const fa_dataset *data);

/** n_L: columns of the target, or the number of classes; 0 for NULL. Since 0.2. */
FA_API size_t fa_dataset_n_outputs(const fa_dataset *data);

/** Whether the samples have labels; false for NULL. Since 0.2. */
FA_API bool fa_dataset_has_labels(const fa_dataset *data);

/** Element type; 0 for NULL. Since 0.2. */
FA_API fa_dtype fa_dataset_dtype(const fa_dataset *data);

/**
 * Samples first .. first + count - 1 as a data set of their own.
 *
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_SHAPE     count is 0, or the range ends after the data set
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.2.
 */
FA_API fa_status fa_dataset_rows(fa_dataset **out, const fa_dataset *data, size_t first, size_t count);

/**
 * Random parts, for instance for training, validation and test: n_parts disjoint data sets of the given sizes. Which
 * samples a part gets follows from the permutation of the stream {seed, FA_PURPOSE_SPLIT}, in order; within a part
 * the samples keep the order they had.
 *
 * @param[in]  sizes  [n_parts], each at least 1, together at most the size of data
 * @param[out] parts  [n_parts]; all NULL on failure
 * @retval FA_ERR_ARGUMENT  a NULL, or n_parts is 0
 * @retval FA_ERR_SHAPE     a size of 0, or more samples asked for than there are
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.2.
 */
FA_API fa_status fa_dataset_split(const fa_dataset *data, uint64_t seed, size_t n_parts, const size_t *sizes,
                                  fa_dataset **parts);

/** A data set with the same samples in arrays of its own, contiguous. Errors as for fa_dataset_rows(). Since 0.2. */
FA_API fa_status fa_dataset_copy(fa_dataset **out, const fa_dataset *data);

/**
 * Views of samples first .. first + count - 1 where they lie, no copy. Read only.
 *
 * @param[out] x       [count x n_0]; {0} on failure
 * @param[out] target  [count x n_L]; may be NULL; {0} where there are labels in its place
 * @retval FA_ERR_ARGUMENT     data or x is NULL
 * @retval FA_ERR_SHAPE        count is 0, or the range ends after the data set
 * @retval FA_ERR_UNSUPPORTED  the samples do not lie one after the other (a part of a random split)
 * Since 0.2.
 */
FA_API fa_status fa_dataset_view(const fa_dataset *data, size_t first, size_t count, fa_matrix *x, fa_matrix *target);

/**
 * Copy samples into a mini-batch.
 *
 * @param[in]     rows    [count], numbers of samples, each below the size; NULL for 0 .. count - 1
 * @param[in,out] x       [count x n_0]
 * @param[in,out] target  [count x n_L], one-hot where there are labels; may be NULL
 * @retval FA_ERR_ARGUMENT             data or x is NULL, or a number out of range
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  x or target does not fit
 * Since 0.2.
 */
FA_API fa_status fa_dataset_gather(const fa_dataset *data, const size_t *rows, size_t count, const fa_matrix *x,
                                   const fa_matrix *target);

/**
 * Labels of samples first .. first + count - 1.
 *
 * @param[out] labels  [count]
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     the samples have no labels
 * @retval FA_ERR_SHAPE     the range ends after the data set
 * Since 0.2.
 */
FA_API fa_status fa_dataset_labels(const fa_dataset *data, size_t first, size_t count, int32_t *labels);

/**
 * Mean and standard deviation (division by n) of every input over the samples, computed in float64.
 *
 * @param[in,out] mean       [1 x n_0], FA_FLOAT64
 * @param[in,out] deviation  [1 x n_0], FA_FLOAT64; may be NULL
 * @retval FA_ERR_ARGUMENT             data or mean is NULL
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  mean or deviation does not fit
 * @retval FA_ERR_NOT_FINITE           an input is NaN or infinite, or a result above the largest float64
 * @retval FA_ERR_MEMORY               out of memory
 * On failure mean and deviation are as before. Since 0.2.
 */
FA_API fa_status fa_dataset_moments(const fa_dataset *data, const fa_matrix *mean, const fa_matrix *deviation);

/**
 * x = (x - mean) / deviation for every sample, in place; where a deviation is 0 the input is only shifted. Take the
 * moments from the training samples alone, before any part is changed, and apply them to every part. Other data sets
 * that share a sample see it change.
 *
 * @param[in] mean       [1 x n_0], FA_FLOAT64
 * @param[in] deviation  [1 x n_0], FA_FLOAT64, not negative
 * @retval FA_ERR_ARGUMENT             a NULL, or a negative deviation
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  mean or deviation does not fit
 * @retval FA_ERR_NOT_FINITE           a mean or deviation is NaN or infinite
 * @retval FA_ERR_UNSUPPORTED          the inputs are borrowed: standardize your array, or a fa_dataset_copy()
 * @retval FA_ERR_MEMORY               out of memory; nothing was changed
 * Threads: nothing else may use the samples during the call. Since 0.2.
 */
FA_API fa_status fa_dataset_standardize(fa_dataset *data, const fa_matrix *mean, const fa_matrix *deviation);

/** @} */

FA_END_DECLS

#endif
