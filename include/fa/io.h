/* libfa -- files: NumPy's .npy.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_IO_H
#define LIBFA_IO_H

#include <fa/base.h>

FA_BEGIN_DECLS

/**
 * Read a .npy file (format versions 1 to 3; little- and big-endian float32 and float64; C and Fortran order).
 * An array of shape () becomes [1 x 1], (n,) becomes [1 x n]; more than two dimensions are refused, and so are empty
 * arrays. The elements keep their type and their order: the view is row by row for C files, column by column for
 * Fortran files. NaN and infinity are read as they are.
 *
 * @param[in]  path    a regular file
 * @param[out] matrix  new, to be released with fa_matrix_free(); {0} on failure
 * @retval FA_ERR_ARGUMENT     a NULL
 * @retval FA_ERR_IO           the file cannot be opened or read, or is not a regular file
 * @retval FA_ERR_FORMAT       not a .npy file, damaged, truncated, or with bytes after the end
 * @retval FA_ERR_UNSUPPORTED  a .npy file of another element type or shape
 * @retval FA_ERR_MEMORY       out of memory; never more is asked for than the file holds
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_npy_read(const char *path, fa_matrix *matrix);

/**
 * Write a matrix as .npy version 1.0, little-endian; Fortran order if the view runs column by column, else C order.
 * The file is written beside the target under another name, flushed to the disk and then renamed: a file of that
 * name is either the old one or the new one, whole.
 *
 * @param[in] matrix  [rows x cols], written as a 2-dimensional array
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_SHAPE, FA_ERR_DTYPE  not a valid view
 * @retval FA_ERR_IO        the file cannot be written (no space, no permission, ...)
 * @retval FA_ERR_MEMORY    out of memory
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_npy_write(const char *path, const fa_matrix *matrix);

FA_END_DECLS

#endif
