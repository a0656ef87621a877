/* Mean and deviation of every input, and standardization by them. */
#include "dataset.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

#include <math.h>

/* One sample as float64, and two arrays for sums: all [n_0], in one block. */
typedef struct scratch {
    double *line;
    double *mean;
    double *sum;
} scratch;

static fa_status scratch_make(scratch *s, size_t cols)
{
    s->line = mem_zeroed(3 * cols, sizeof(double));
    if (s->line == NULL)
        return FA_ERR_MEMORY;
    s->mean = s->line + cols;
    s->sum = s->mean + cols;
    return FA_OK;
}

/* Inputs of sample i where they lie. */
static fa_matrix sample(const fa_dataset *data, size_t i)
{
    fa_matrix x;

    dataset_view(data, i, 1, &x, NULL);
    return x;
}

static void load_sample(const fa_dataset *data, size_t i, double *line)
{
    const fa_matrix from = sample(data, i), to = fa_matrix_view(line, 1, from.cols, FA_FLOAT64);

    matrix_move(&from, &to);
}

static void store_sample(const fa_dataset *data, size_t i, double *line)
{
    const fa_matrix to = sample(data, i), from = fa_matrix_view(line, 1, to.cols, FA_FLOAT64);

    matrix_move(&from, &to);
}

/* mean = x_0 + sum (x - x_0) / n. The shift by the first sample makes the mean of equal numbers that number, and their
 * deviation 0, whatever sums round to. */
static void take_means(const fa_dataset *data, const scratch *s)
{
    const size_t cols = data->storage->x.cols;

    load_sample(data, 0, s->mean);
    for (size_t i = 0; i < data->count; i++) {
        load_sample(data, i, s->line);
        for (size_t j = 0; j < cols; j++)
            s->sum[j] += s->line[j] - s->mean[j];
    }
    for (size_t j = 0; j < cols; j++)
        s->mean[j] += s->sum[j] / (double)data->count;
}

/* sum = sqrt(sum (x - mean)^2 / n): a second pass, since the difference of two large sums would cancel. */
static void take_deviations(const fa_dataset *data, const scratch *s)
{
    const size_t cols = data->storage->x.cols;

    for (size_t j = 0; j < cols; j++)
        s->sum[j] = 0.0;
    for (size_t i = 0; i < data->count; i++) {
        load_sample(data, i, s->line);
        for (size_t j = 0; j < cols; j++) {
            const double distance = s->line[j] - s->mean[j];

            s->sum[j] += distance * distance;
        }
    }
    for (size_t j = 0; j < cols; j++)
        s->sum[j] = sqrt(s->sum[j] / (double)data->count);
}

/* That moments are finite; else which input is not, or that all are and a sum overflows. */
static fa_status check_moments(const fa_dataset *data, const double *moments, const char *name)
{
    const size_t cols = data->storage->x.cols;
    size_t j = 0;

    while (j < cols && isfinite(moments[j]))
        j++;
    if (j == cols)
        return FA_OK;
    for (size_t i = 0; i < data->count; i++) {
        const fa_matrix x = sample(data, i);
        const double value = matrix_get(&x, 0, j);

        if (!isfinite(value))
            return status_set(FA_ERR_NOT_FINITE, "input %zu of sample %zu (counted from 0) is %s", j, i,
                              isnan(value) ? "NaN" : "infinite");
    }
    return status_set(FA_ERR_NOT_FINITE, "the %s of input %zu (counted from 0) is above the largest float64", name, j);
}

static void copy_out(double *numbers, const fa_matrix *to)
{
    const fa_matrix from = fa_matrix_view(numbers, 1, to->cols, FA_FLOAT64);

    matrix_move(&from, to);
}

fa_status fa_dataset_moments(const fa_dataset *data, const fa_matrix *mean, const fa_matrix *deviation)
{
    scratch s;

    if (data == NULL || mean == NULL)
        return status_null(__func__, data == NULL ? "data" : "mean");

    const size_t cols = data->storage->x.cols;
    fa_status status = matrix_check_shape(mean, "mean", 1, cols, FA_FLOAT64);
    if (status == FA_OK && deviation != NULL)
        status = matrix_check_shape(deviation, "deviation", 1, cols, FA_FLOAT64);
    if (status == FA_OK)
        status = scratch_make(&s, cols);
    if (status != FA_OK)
        return status;
    take_means(data, &s);
    status = check_moments(data, s.mean, "mean");
    if (status == FA_OK && deviation != NULL) {
        take_deviations(data, &s);
        status = check_moments(data, s.sum, "deviation");
    }
    if (status == FA_OK)
        copy_out(s.mean, mean);
    if (status == FA_OK && deviation != NULL)
        copy_out(s.sum, deviation);
    mem_free(s.line);
    return status;
}

static fa_status check_standardize(const fa_dataset *data, const fa_matrix *mean, const fa_matrix *deviation)
{
    const size_t cols = data->storage->x.cols;
    fa_status status = matrix_check_shape(mean, "mean", 1, cols, FA_FLOAT64);

    if (status == FA_OK)
        status = matrix_check_shape(deviation, "deviation", 1, cols, FA_FLOAT64);
    if (status == FA_OK)
        status = matrix_check_finite(mean, "mean");
    if (status == FA_OK)
        status = matrix_check_finite(deviation, "deviation");
    for (size_t j = 0; status == FA_OK && j < cols; j++)
        if (matrix_get(deviation, 0, j) < 0.0)
            status = status_set(FA_ERR_ARGUMENT,
                                "the deviation of input %zu (counted from 0) is %.9g, it has to be 0 or more", j,
                                matrix_get(deviation, 0, j));
    if (status == FA_OK && !data->storage->owned)
        status = status_set(FA_ERR_UNSUPPORTED,
                            "fa_dataset_standardize: the inputs are an array of yours: standardize it yourself, or a "
                            "data set from fa_dataset_copy()");
    return status;
}

fa_status fa_dataset_standardize(fa_dataset *data, const fa_matrix *mean, const fa_matrix *deviation)
{
    scratch s;

    if (data == NULL || mean == NULL || deviation == NULL)
        return status_null(__func__, data == NULL ? "data" : mean == NULL ? "mean" : "deviation");

    const size_t cols = data->storage->x.cols;
    fa_status status = check_standardize(data, mean, deviation);
    if (status == FA_OK)
        status = scratch_make(&s, cols);
    if (status != FA_OK)
        return status;
    for (size_t j = 0; j < cols; j++) {
        const double divisor = matrix_get(deviation, 0, j);

        s.mean[j] = matrix_get(mean, 0, j);
        s.sum[j] = divisor > 0.0 ? divisor : 1.0;
    }
    for (size_t i = 0; i < data->count; i++) {
        load_sample(data, i, s.line);
        for (size_t j = 0; j < cols; j++)
            s.line[j] = (s.line[j] - s.mean[j]) / s.sum[j];
        store_sample(data, i, s.line);
    }
    mem_free(s.line);
    return status;
}
