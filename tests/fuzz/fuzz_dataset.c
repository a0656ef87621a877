/* fa_dataset_read() on two files of any bytes. The first byte is the length of the targets' file, which comes first;
 * the second picks element type and number of classes. */
#include "harness.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || data[0] > size - 2)
        return -1;
    const size_t length = data[0], n_classes = data[1] / 2 % 16;
    const fa_dtype dtype = data[1] % 2 == 1 ? FA_FLOAT64 : FA_FLOAT32;
    const char *targets = file_of(0, data + 2, length), *inputs = file_of(1, data + 2 + length, size - 2 - length);
    fa_dataset *set = NULL, *copy = NULL;

    forget_failure();
    if (!expect_told(fa_dataset_read(&set, inputs, targets, dtype, n_classes))) {
        require(set == NULL);
        require(strstr(fa_last_error(), inputs) != NULL || strstr(fa_last_error(), targets) != NULL);
        return 0;
    }
    require(fa_dataset_size(set) > 0 && fa_dataset_n_inputs(set) > 0 && fa_dataset_n_outputs(set) > 0);
    require(fa_dataset_dtype(set) == dtype);
    require(!fa_dataset_has_labels(set) || n_classes == 0 || fa_dataset_n_outputs(set) == n_classes);
    expect_told(fa_dataset_copy(&copy, set));
    fa_dataset_destroy(set);
    fa_dataset_destroy(copy);
    return 0;
}
