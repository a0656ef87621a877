/* libfa -- statuses, element types, matrices, parameters, version.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_BASE_H
#define LIBFA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FA_API __attribute__((visibility("default")))
#else
#define FA_API
#endif

#ifdef __cplusplus
#define FA_BEGIN_DECLS extern "C" {
#define FA_END_DECLS }
#else
#define FA_BEGIN_DECLS
#define FA_END_DECLS
#endif

FA_BEGIN_DECLS

/**
 * What every function that can fail returns: 0 or a negative number.
 * Numbers are only ever added, never changed.
 */
typedef enum fa_status {
    FA_OK = 0,               /**< done */
    FA_ERR_ARGUMENT = -1,    /**< NULL, an unknown name, or a value out of its range */
    FA_ERR_SHAPE = -2,       /**< a matrix or handle that does not fit the network, or sizes that overflow */
    FA_ERR_DTYPE = -3,       /**< another element type than the network's */
    FA_ERR_MEMORY = -4,      /**< out of memory */
    FA_ERR_NOT_FINITE = -5,  /**< NaN or infinity in data, loss or gradient */
    FA_ERR_STATE = -6,       /**< a call out of order, e.g. the error before the forward pass */
    FA_ERR_UNSUPPORTED = -7, /**< understood, but not offered for this combination */
    FA_ERR_IO = -8,          /**< the system refused to open, read or write a file */
    FA_ERR_FORMAT = -9,      /**< a file whose content is not what it has to be */
    FA_ERR_RULE = -10        /**< a user's learning rule reported a failure of its own */
} fa_status;

/** Element type of a network and of every matrix that meets it. */
typedef enum fa_dtype {
    FA_FLOAT32 = 1, /**< IEEE 754 binary32, C float */
    FA_FLOAT64 = 2  /**< IEEE 754 binary64, C double */
} fa_dtype;

/**
 * A view of a matrix that somebody else owns.
 *
 * Element (i, j) lies at index i * row_stride + j * col_stride of data. Strides count elements; one of
 * them is 1, and the other is at least the extent it steps over: rows of a C array, columns of a
 * Fortran array, a range of rows and a transposed view all fit without a copy. A stride along an
 * extent of 1 (or less) is ignored. This layout is frozen.
 *
 * A parameter `const fa_matrix *` is read, never written, elements included.
 */
typedef struct fa_matrix {
    void    *data;       /**< element (0, 0); borrowed */
    size_t   rows;       /**< samples, or outputs of a layer */
    size_t   cols;       /**< elements of a sample, or inputs of a layer */
    size_t   row_stride; /**< elements from (i, j) to (i + 1, j) */
    size_t   col_stride; /**< elements from (i, j) to (i, j + 1) */
    fa_dtype dtype;      /**< type of every element */
} fa_matrix;

/** Kind of value that a parameter takes. */
typedef enum fa_param_type {
    FA_PARAM_REAL = 1,    /**< any number in [min, max] */
    FA_PARAM_INTEGER = 2, /**< a whole number in [min, max] */
    FA_PARAM_CHOICE = 3   /**< one of the names in choices; its value is the index */
} fa_param_type;

/**
 * Description of one parameter of a rule or an optimizer. Tables of these make the documentation and
 * the option lists too. This layout is frozen.
 */
typedef struct fa_param {
    const char    *name;          /**< lower case, unique in its table */
    fa_param_type  type;          /**< what values it takes */
    double         default_value; /**< for a choice: index into choices */
    double         min;           /**< the smallest value allowed */
    double         max;           /**< the largest value allowed */
    const char    *choices;       /**< for a choice: the names, separated by '|'; else NULL */
    const char    *doc;           /**< one line */
} fa_param;

/**
 * Constant English phrase for a status ("wrong shape"); "unknown status" for any other number.
 * Threads: any. Never NULL. Since 0.1.
 */
FA_API const char *fa_status_string(fa_status status);

/**
 * The sentence about the latest failure in the calling thread, "" if there was none.
 * A call that succeeds leaves it alone. The text belongs to the library and stays until the next failure in the
 * same thread. Since 0.1.
 */
FA_API const char *fa_last_error(void);

/** Version of the library that is loaded, "major.minor.patch". Threads: any. Since 0.1. */
FA_API const char *fa_version(void);

/**
 * One line about the library that is loaded: version, file of the BLAS that answers, CPU level of the kernels,
 * vector mathematics. Put it beside every published number. The text belongs to the calling thread and stays until
 * its next call. Never NULL. Since 0.1.
 */
FA_API const char *fa_build_info(void);

/** "float32", "float64", or "unknown". Threads: any. Since 0.1. */
FA_API const char *fa_dtype_name(fa_dtype dtype);

/** Bytes per element: 4, 8, or 0 for an unknown type. Threads: any. Since 0.1. */
FA_API size_t fa_dtype_size(fa_dtype dtype);

/**
 * View of a contiguous C array [rows x cols], rows one after the other. Checks nothing: the functions that take
 * the view do. Threads: any. Since 0.1.
 */
FA_API fa_matrix fa_matrix_view(void *data, size_t rows, size_t cols, fa_dtype dtype);

/** The transpose of a view: same elements, no copy. Threads: any. Since 0.1. */
FA_API fa_matrix fa_matrix_transpose(fa_matrix matrix);

/**
 * Rows first .. first + count - 1 of a view, no copy.
 *
 * @param[out] rows  the narrower view; {0} on failure
 * @retval FA_ERR_SHAPE  the range ends after the matrix
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_matrix_rows(const fa_matrix *matrix, size_t first, size_t count, fa_matrix *rows);

/**
 * New matrix [rows x cols] of zeros, contiguous, C order. Release with fa_matrix_free().
 *
 * @param[out] matrix  {0} on failure
 * @retval FA_ERR_SHAPE   rows or cols is 0, or the size overflows
 * @retval FA_ERR_DTYPE   unknown dtype
 * @retval FA_ERR_MEMORY  out of memory
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_matrix_alloc(fa_matrix *matrix, size_t rows, size_t cols, fa_dtype dtype);

/**
 * Release a matrix that fa_matrix_alloc() or a reader such as fa_npy_read() made, and set it to {0}. NULL and a
 * matrix without data are fine; a view of anything else must not be passed. Since 0.1.
 */
FA_API void fa_matrix_free(fa_matrix *matrix);

/**
 * Copy elements, converting between float32 and float64 where the types differ (to nearest).
 *
 * @param[in]     source       [r x c]
 * @param[in,out] destination  [r x c], must not overlap source
 * @retval FA_ERR_SHAPE  shapes differ, or a view breaks the rules of fa_matrix
 * @retval FA_ERR_DTYPE  unknown dtype
 * Threads: nothing else may use destination. Since 0.1.
 */
FA_API fa_status fa_matrix_copy(const fa_matrix *source, const fa_matrix *destination);

FA_END_DECLS

#endif
