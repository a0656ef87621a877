/* fa_npy_read() on any bytes. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = file_of(0, data, size);
    fa_matrix matrix;
    forget_failure();
    const fa_status status = fa_npy_read(path, &matrix);
    expect_told_of(status, path);
    expect_result(status, &matrix);
    fa_matrix_free(&matrix);
    return 0;
}
