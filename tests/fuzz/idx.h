/* Everything that reads IDX files, on one. */
#ifndef LIBFA_FUZZ_IDX_H
#define LIBFA_FUZZ_IDX_H

#include "harness.h"

static inline void read_idx_file(const char *path, fa_dtype dtype)
{
    fa_matrix matrix;
    fa_idx_info info;
    int32_t *labels;
    size_t count;

    forget_failure();
    fa_status status = fa_idx_read(path, dtype, &matrix, &info);
    expect_told_of(status, path);
    expect_result(status, &matrix);
    require(status != FA_OK || (info.rank >= 1 && info.rank <= 4 && info.extents[0] == matrix.rows));
    require(status != FA_OK || info.extents[1] * info.extents[2] * info.extents[3] == matrix.cols);
    require(status == FA_OK || (info.rank == 0 && info.type == 0));
    fa_matrix_free(&matrix);

    forget_failure();
    status = fa_idx_read_images(path, dtype, &matrix);
    expect_told_of(status, path);
    expect_result(status, &matrix);
    fa_matrix_free(&matrix);

    forget_failure();
    status = fa_idx_read_labels(path, &labels, &count);
    expect_told_of(status, path);
    expect_labels(status, labels, count);
}

#endif
