/* fa_npy_read_samples() and fa_npy_read_labels() on any bytes. The last one picks the element type. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = file_of(0, data, size);
    const fa_dtype dtype = size > 0 && data[size - 1] % 2 == 1 ? FA_FLOAT64 : FA_FLOAT32;
    fa_matrix matrix;
    int32_t *labels;
    size_t count;

    forget_failure();
    fa_status status = fa_npy_read_samples(path, dtype, &matrix);
    expect_told_of(status, path);
    expect_result(status, &matrix);
    fa_matrix_free(&matrix);

    forget_failure();
    status = fa_npy_read_labels(path, &labels, &count);
    expect_told_of(status, path);
    expect_labels(status, labels, count);
    return 0;
}
