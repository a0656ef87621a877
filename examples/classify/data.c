#include "data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/complain.h"

enum { N_FILES = 4, N_NAMINGS = 4 };

/* Training inputs and labels, test inputs and labels. */
static const char *const names[N_NAMINGS][N_FILES] = {
    {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
    {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
     "t10k-labels-idx1-ubyte.gz"},
    {"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
    {"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"},
};

/* DIRECTORY/NAME, to be freed; NULL after a complaint. */
static char *join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + sizeof "/";
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", directory, name);
    else
        complain("out of memory");
    return path;
}

/* The first naming under which the file exists; an empty string if there is none. */
static const char *find_name(const char *directory, size_t file, bool *good)
{
    for (size_t i = 0; i < N_NAMINGS; i++) {
        char *path = join(directory, names[i][file]);
        bool found = path && access(path, F_OK) == 0;

        free(path);
        if (!path) {
            *good = false;
            return "";
        }
        if (found)
            return names[i][file];
    }
    return "";
}

static void complain_of_missing(const char *directory, size_t file)
{
    struct stat found;

    if (stat(directory, &found) != 0 || !S_ISDIR(found.st_mode))
        complain("there is no directory %s", directory);
    else
        complain("%s has no %s, with or without .gz, and no %s", directory, names[0][file],
                 names[N_NAMINGS - 1][file]);
    complain("Fashion-MNIST: apt install dataset-fashion-mnist (it goes to /usr/share/datasets/fashion-mnist)");
    complain("MNIST: put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
             "t10k-labels-idx1-ubyte.gz into a directory, and name it with --data");
}

static bool find_files(data *all, const char *directory)
{
    bool good = true;

    for (size_t i = 0; i < N_FILES; i++) {
        const char *name = find_name(directory, i, &good);

        if (good && !*name)
            complain_of_missing(directory, i);
        if (!*name)
            return false;
        all->files[i] = join(directory, name);
        if (!all->files[i])
            return false;
    }
    return true;
}

static double element(const fa_matrix *x, size_t row, size_t column)
{
    size_t place = row * x->row_stride + column * x->col_stride;

    return x->dtype == FA_FLOAT32 ? (double)((const float *)x->data)[place] : ((const double *)x->data)[place];
}

/* In the course of training such a number would look like divergence. */
static bool check_finite(const fa_dataset *samples, const char *file)
{
    fa_matrix x;

    if (!succeeded(fa_dataset_view(samples, 0, fa_dataset_size(samples), &x, NULL)))
        return false;
    for (size_t i = 0; i < x.rows; i++) {
        for (size_t j = 0; j < x.cols; j++) {
            if (isfinite(element(&x, i, j)))
                continue;
            complain("%s: sample %zu, input %zu (both counted from 0) is NaN or infinite as %s", file, i, j,
                     fa_dtype_name(x.dtype));
            return false;
        }
    }
    return true;
}

static bool is_numpy(const char *file)
{
    const char *end = strrchr(file, '.');

    return end && strcmp(end, ".npy") == 0;
}

static bool read_labelled(fa_dataset **out, char **files, fa_dtype dtype, size_t n_classes)
{
    if (!succeeded(fa_dataset_read(out, files[0], files[1], dtype, n_classes)))
        return false;
    if (!fa_dataset_has_labels(*out)) {
        complain("%s holds no labels: one integer for each sample is needed", files[1]);
        return false;
    }
    /* The IDX files are bytes by their names. */
    return !is_numpy(files[0]) || check_finite(*out, files[0]);
}

/* A note about the first class that no training sample belongs to: a wrong label makes such classes. */
static bool tell_empty_class(const data *all, int32_t *labels, bool *seen)
{
    size_t count = fa_dataset_size(all->training), class = 0;

    if (!succeeded(fa_dataset_labels(all->training, 0, count, labels)))
        return false;
    for (size_t i = 0; i < count; i++)
        seen[labels[i]] = true;
    while (class < all->n_classes && seen[class])
        class++;
    if (class < all->n_classes)
        complain("note: the labels in %s go up to %zu, but none is %zu", all->files[1], all->n_classes - 1, class);
    return true;
}

/* The classes are 0 to the greatest label. */
static bool check_classes(const data *all)
{
    size_t count = fa_dataset_size(all->training), n = all->n_classes;
    int32_t *labels = calloc(count, sizeof *labels);
    bool *seen = NULL, good = false;

    if (n < 2)
        complain("%s: every label is 0, and there have to be two classes at least", all->files[1]);
    else if (n > count)
        complain("%s: there is a label %zu, but only %zu samples: classes are 0, 1, 2 and so on", all->files[1], n - 1,
                 count);
    else if (!labels || !(seen = calloc(n, sizeof *seen)))
        complain("out of memory");
    else
        good = tell_empty_class(all, labels, seen);
    free(labels);
    free(seen);
    return good;
}

bool data_read(data *all, const settings *chosen)
{
    *all = (data){0};
    if (!find_files(all, chosen->data) || !read_labelled(&all->training, all->files, chosen->dtype, 0))
        return false;
    all->n_inputs = fa_dataset_n_inputs(all->training);
    all->n_classes = fa_dataset_n_outputs(all->training);
    if (!check_classes(all) || !read_labelled(&all->test, all->files + 2, chosen->dtype, all->n_classes))
        return false;
    if (fa_dataset_n_inputs(all->test) == all->n_inputs)
        return true;
    complain("%s has %zu values a sample, %s has %zu", all->files[2], fa_dataset_n_inputs(all->test), all->files[0],
             all->n_inputs);
    return false;
}

void data_free(data *all)
{
    fa_dataset_destroy(all->training);
    fa_dataset_destroy(all->test);
    for (size_t i = 0; i < N_FILES; i++)
        free(all->files[i]);
    *all = (data){0};
}

size_t data_training_size(const data *all, const settings *chosen)
{
    return chosen->train ? chosen->train : fa_dataset_size(all->training) - chosen->validation;
}

bool data_suffice(const data *all, const settings *chosen)
{
    size_t there = fa_dataset_size(all->training), wanted = chosen->train ? chosen->train : 1;

    if (there < chosen->validation || there - chosen->validation < wanted) {
        complain("--validation %zu and --train %zu ask for more than the %zu training samples", chosen->validation,
                 wanted, there);
        return false;
    }
    if (chosen->batch > data_training_size(all, chosen)) {
        complain("--batch is %zu, but there are only %zu samples to train on", chosen->batch,
                 data_training_size(all, chosen));
        return false;
    }
    return true;
}

/* The validation samples come first in the permutation: they stay the same whatever --train is. */
static fa_status split(parts *some, const data *all, const settings *chosen, uint64_t seed)
{
    size_t sizes[2] = {chosen->validation, data_training_size(all, chosen)};
    size_t first = chosen->validation ? 0 : 1;
    fa_dataset *made[2] = {NULL, NULL};
    fa_status status;

    if (sizes[1] == fa_dataset_size(all->training))
        return fa_dataset_rows(&some->training, all->training, 0, sizes[1]);
    status = fa_dataset_split(all->training, seed, 2 - first, sizes + first, made + first);
    some->validation = made[0];
    some->training = made[1];
    return status;
}

static fa_status standardize(const parts *some, data *all)
{
    fa_matrix mean, deviation = {0};
    fa_status status = fa_matrix_alloc(&mean, 1, all->n_inputs, FA_FLOAT64);

    if (status == FA_OK)
        status = fa_matrix_alloc(&deviation, 1, all->n_inputs, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_dataset_moments(some->training, &mean, &deviation);
    if (status == FA_OK)
        status = fa_dataset_standardize(all->training, &mean, &deviation);
    if (status == FA_OK)
        status = fa_dataset_standardize(all->test, &mean, &deviation);
    all->standardized = status == FA_OK;
    fa_matrix_free(&mean);
    fa_matrix_free(&deviation);
    return status;
}

bool parts_take(parts *some, data *all, const settings *chosen, uint64_t seed)
{
    fa_status status;

    *some = (parts){0};
    status = split(some, all, chosen, seed);
    if (status == FA_OK)
        status = fa_dataset_rows(&some->test, all->test, 0, fa_dataset_size(all->test));
    /* A second time would change the last bits, and the next rule would see other samples. */
    if (status == FA_OK && chosen->standardize && !all->standardized)
        status = standardize(some, all);
    return succeeded(status);
}

void parts_free(parts *some)
{
    fa_dataset_destroy(some->training);
    fa_dataset_destroy(some->validation);
    fa_dataset_destroy(some->test);
    *some = (parts){0};
}
