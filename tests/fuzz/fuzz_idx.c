/* The readers of IDX files on any bytes. The last one picks the element type. */
#include "idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_idx_file(file_of(0, data, size), size > 0 && data[size - 1] % 2 == 1 ? FA_FLOAT64 : FA_FLOAT32);
    return 0;
}
