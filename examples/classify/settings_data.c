/* Options about the samples. */
#include "settings.h"

#include <string.h>

#include "../common/options.h"

static bool set_data(void *chosen, const char *name, const char *value)
{
    return option_path(name, value, &((settings *)chosen)->data);
}

static bool set_train(void *chosen, const char *name, const char *value)
{
    uint64_t count = 0;
    bool good = option_whole(name, value, 1, INT32_MAX, &count);

    ((settings *)chosen)->train = (size_t)count;
    return good;
}

static bool set_validation(void *chosen, const char *name, const char *value)
{
    uint64_t count = 0;
    bool good = option_whole(name, value, 0, INT32_MAX, &count);

    ((settings *)chosen)->validation = (size_t)count;
    return good;
}

static bool set_standardize(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->standardize = true;
    return true;
}

static bool set_dtype(void *chosen, const char *name, const char *value)
{
    return option_dtype(name, value, &((settings *)chosen)->dtype);
}

static const option table[] = {
    {"--data", "DIR", "directory of the samples: the four IDX files of MNIST or Fashion-MNIST, each "
                      "with or without .gz (train-images-idx3-ubyte, train-labels-idx1-ubyte, "
                      "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte), or NumPy's x_train.npy, "
                      "y_train.npy, x_test.npy, y_test.npy with integer labels. Bytes are scaled "
                      "to [0, 1]", set_data, "/usr/share/datasets/fashion-mnist"},
    {"--validation", "N", "keep N random samples of the training set apart to choose by: for --patience, "
                          "--keep-best and --grid, which never look at the test set", set_validation, "0"},
    {"--train", "N", "train on N random samples only; default: all that are not for validation", set_train, NULL},
    {"--standardize", NULL, "shift and scale every input to mean 0 and deviation 1 over the training samples",
     set_standardize, NULL},
    {"--dtype", "f32|f64", "element type of samples and networks", set_dtype, "f32"},
};

const option_group settings_data = {"Samples", table, sizeof table / sizeof table[0]};
