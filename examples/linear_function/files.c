#include "files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/complain.h"

/* DIRECTORY/PREFIXNAME.npy, to be freed; NULL after a complaint. */
static char *file_path(const char *directory, const char *prefix, const char *name)
{
    size_t size = strlen(directory) + strlen(prefix) + strlen(name) + sizeof "/_.npy";
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s%s%s.npy", directory, prefix, *prefix ? "_" : "", name);
    else
        complain("out of memory");
    return path;
}

/* Reads a file into a new matrix of the given type; transposed on the way where samples are columns in the file. */
static bool load(const char *directory, const char *name, fa_dtype dtype, bool transposed, fa_matrix *matrix)
{
    char *path = file_path(directory, "", name);
    fa_matrix file = {0}, view;
    bool good = path && succeeded(fa_npy_read(path, &file));

    if (good) {
        view = transposed ? fa_matrix_transpose(file) : file;
        good = succeeded(fa_matrix_alloc(matrix, view.rows, view.cols, dtype)) &&
               succeeded(fa_matrix_copy(&view, matrix));
    }
    if (good && !isfinite(frobenius(matrix))) {
        complain("%s holds NaN, infinity or numbers too large to be squared", path);
        good = false;
    }
    fa_matrix_free(&file);
    free(path);
    return good;
}

/* Complains about a file whose shape, as in the file, does not fit the others. */
static bool fits(const char *directory, const char *name, size_t rows, size_t cols, size_t wanted_rows,
                 size_t wanted_cols)
{
    if (rows == wanted_rows && cols == wanted_cols)
        return true;
    complain("%s/%s.npy is [%zu x %zu], the other files need it to be [%zu x %zu]", directory, name, rows, cols,
             wanted_rows, wanted_cols);
    return false;
}

/* W0 gives n_1 and n_0, W gives n_2, the inputs give the numbers of samples; all else has to agree. */
static bool sizes_fit(const char *directory, const task *read)
{
    size_t n_0 = read->W0.cols, n_1 = read->W0.rows, n_2 = read->W.rows;
    size_t n_train = read->x_train.rows, n_test = read->x_test.rows;

    return fits(directory, "W", read->W.rows, read->W.cols, n_2, n_1) &&
           fits(directory, "B", read->B.rows, read->B.cols, n_1, n_2) &&
           fits(directory, "x_train", read->x_train.cols, n_train, n_0, n_train) &&
           fits(directory, "y_train", read->y_train.cols, read->y_train.rows, n_2, n_train) &&
           fits(directory, "x_test", read->x_test.cols, n_test, n_0, n_test) &&
           fits(directory, "y_test", read->y_test.cols, read->y_test.rows, n_2, n_test);
}

bool task_load(task *problem, const settings *chosen)
{
    const char *directory = chosen->load;
    fa_dtype dtype = chosen->dtype;
    bool good;

    *problem = (task){.seed = chosen->first_seed, .dtype = dtype};
    good = load(directory, "W0", dtype, false, &problem->W0) && load(directory, "W", dtype, false, &problem->W) &&
           load(directory, "B", dtype, false, &problem->B) &&
           load(directory, "x_train", dtype, true, &problem->x_train) &&
           load(directory, "y_train", dtype, true, &problem->y_train) &&
           load(directory, "x_test", dtype, true, &problem->x_test) &&
           load(directory, "y_test", dtype, true, &problem->y_test) && sizes_fit(directory, problem);
    if (!good)
        task_free(problem);
    return good;
}

/* Writes a copy in float64, row by row. */
static bool save(const char *directory, const char *prefix, const char *name, fa_matrix matrix)
{
    char *path = file_path(directory, prefix, name);
    fa_matrix copy = {0};
    bool good = path && succeeded(fa_matrix_alloc(&copy, matrix.rows, matrix.cols, FA_FLOAT64)) &&
                succeeded(fa_matrix_copy(&matrix, &copy)) && succeeded(fa_npy_write(path, &copy));

    fa_matrix_free(&copy);
    free(path);
    return good;
}

bool files_save_task(const char *directory, const task *problem)
{
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        complain("cannot make the directory %s: %s", directory, strerror(errno));
        return false;
    }
    return (!problem->T.data || save(directory, "", "T", problem->T)) && save(directory, "", "W0", problem->W0) &&
           save(directory, "", "W", problem->W) && save(directory, "", "B", problem->B) &&
           save(directory, "", "x_train", fa_matrix_transpose(problem->x_train)) &&
           save(directory, "", "y_train", fa_matrix_transpose(problem->y_train)) &&
           save(directory, "", "x_test", fa_matrix_transpose(problem->x_test)) &&
           save(directory, "", "y_test", fa_matrix_transpose(problem->y_test));
}

bool files_save_weights(const char *directory, const char *rule, const fa_network *net)
{
    fa_matrix W0, W;

    return succeeded(fa_network_weights(net, 1, &W0)) && succeeded(fa_network_weights(net, 2, &W)) &&
           save(directory, rule, "W0", W0) && save(directory, rule, "W", W);
}
