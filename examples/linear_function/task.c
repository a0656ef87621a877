#include "task.h"

#include <math.h>
#include <stdlib.h>

#include "../common/complain.h"

enum { N_INPUTS = 30, N_HIDDEN = 20, N_OUTPUTS = 10, N_SAMPLES = 100, N_TRAIN = 75 };

/* Every stream of a seed, as listed in the header. */
enum stream_number { STREAM_T, STREAM_X, STREAM_SPLIT, STREAM_WEIGHTS, STREAM_B, STREAM_FRESH };

static fa_stream stream(uint64_t seed, enum stream_number number)
{
    return (fa_stream){.seed = seed, .purpose = (uint32_t)FA_PURPOSE_USER + (uint32_t)number};
}

double frobenius(const fa_matrix *matrix)
{
    double sum = 0.0;

    for (size_t i = 0; i < matrix->rows; i++) {
        for (size_t j = 0; j < matrix->cols; j++) {
            size_t k = i * matrix->row_stride + j * matrix->col_stride;
            double value = matrix->dtype == FA_FLOAT64 ? ((const double *)matrix->data)[k]
                                                       : (double)((const float *)matrix->data)[k];

            sum += value * value;
        }
    }
    return sqrt(sum);
}

/* A matrix of the task's type, drawn in float64 from U[-bound, bound). */
static fa_status draw_uniform(const task *problem, const fa_stream *from, double bound, size_t rows, size_t cols,
                              fa_matrix *matrix)
{
    fa_matrix drawn;
    fa_status status = fa_matrix_alloc(&drawn, rows, cols, FA_FLOAT64);

    if (status == FA_OK)
        status = fa_random_uniform(from, -bound, bound, &drawn);
    if (status == FA_OK)
        status = fa_matrix_alloc(matrix, rows, cols, problem->dtype);
    if (status == FA_OK)
        status = fa_matrix_copy(&drawn, matrix);
    fa_matrix_free(&drawn);
    return status;
}

static fa_status draw_weights(task *problem, const settings *chosen)
{
    fa_stream weights = stream(problem->seed, STREAM_WEIGHTS), feedback = stream(problem->seed, STREAM_B);
    fa_status status;

    weights.layer = 1;
    status = draw_uniform(problem, &weights, chosen->omega, N_HIDDEN, N_INPUTS, &problem->W0);
    weights.layer = 2;
    if (status == FA_OK)
        status = draw_uniform(problem, &weights, chosen->omega, N_OUTPUTS, N_HIDDEN, &problem->W);
    if (status == FA_OK)
        status = draw_uniform(problem, &feedback, chosen->beta, N_HIDDEN, N_OUTPUTS, &problem->B);
    return status;
}

/* T, and the network of one layer that computes T x. */
static fa_status draw_teacher(task *problem)
{
    fa_stream from = stream(problem->seed, STREAM_T);
    fa_status status = fa_matrix_alloc(&problem->T, N_OUTPUTS, N_INPUTS, FA_FLOAT64);

    if (status == FA_OK)
        status = fa_random_uniform(&from, -1.0, 1.0, &problem->T);
    if (status == FA_OK)
        status = fa_network_create(&problem->teacher, FA_FLOAT64, N_INPUTS);
    if (status == FA_OK)
        status = fa_network_add_dense(problem->teacher, N_OUTPUTS, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_network_set_weights(problem->teacher, 1, &problem->T);
    return status;
}

/* Copies the rows order[first], order[first + 1], ... into a new matrix of the task's type. */
static fa_status pick_rows(const task *problem, const fa_matrix *all, const size_t *order, size_t count,
                           fa_matrix *picked)
{
    fa_status status = fa_matrix_alloc(picked, count, all->cols, problem->dtype);

    for (size_t i = 0; status == FA_OK && i < count; i++) {
        fa_matrix from, to;

        status = fa_matrix_rows(all, order[i], 1, &from);
        if (status == FA_OK)
            status = fa_matrix_rows(picked, i, 1, &to);
        if (status == FA_OK)
            status = fa_matrix_copy(&from, &to);
    }
    return status;
}

static fa_status draw_samples(task *problem)
{
    fa_stream inputs = stream(problem->seed, STREAM_X), split = stream(problem->seed, STREAM_SPLIT);
    size_t order[N_SAMPLES];
    fa_matrix x, y = {0};
    fa_status status = fa_matrix_alloc(&x, N_SAMPLES, N_INPUTS, FA_FLOAT64);

    if (status == FA_OK)
        status = fa_matrix_alloc(&y, N_SAMPLES, N_OUTPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_random_normal(&inputs, 0.0, 1.0, &x);
    if (status == FA_OK)
        status = fa_network_predict(problem->teacher, &x, &y);
    if (status == FA_OK)
        status = fa_random_permutation(&split, N_SAMPLES, order);
    if (status == FA_OK)
        status = pick_rows(problem, &x, order, N_TRAIN, &problem->x_train);
    if (status == FA_OK)
        status = pick_rows(problem, &y, order, N_TRAIN, &problem->y_train);
    if (status == FA_OK)
        status = pick_rows(problem, &x, order + N_TRAIN, N_SAMPLES - N_TRAIN, &problem->x_test);
    if (status == FA_OK)
        status = pick_rows(problem, &y, order + N_TRAIN, N_SAMPLES - N_TRAIN, &problem->y_test);
    fa_matrix_free(&x);
    fa_matrix_free(&y);
    return status;
}

bool task_draw(task *problem, const settings *chosen, uint64_t seed)
{
    fa_status status;

    *problem = (task){.seed = seed, .dtype = chosen->dtype};
    status = draw_teacher(problem);
    if (status == FA_OK)
        status = draw_samples(problem);
    if (status == FA_OK)
        status = draw_weights(problem, chosen);
    if (!succeeded(status))
        task_free(problem);
    return status == FA_OK;
}

void task_free(task *problem)
{
    fa_network_destroy(problem->teacher);
    fa_matrix_free(&problem->T);
    fa_matrix_free(&problem->W0);
    fa_matrix_free(&problem->W);
    fa_matrix_free(&problem->B);
    fa_matrix_free(&problem->x_train);
    fa_matrix_free(&problem->y_train);
    fa_matrix_free(&problem->x_test);
    fa_matrix_free(&problem->y_test);
    *problem = (task){0};
}

fa_status task_fresh(const task *problem, uint64_t epoch, const fa_matrix *x, const fa_matrix *y)
{
    fa_stream from = stream(problem->seed, STREAM_FRESH);
    fa_matrix drawn, target = {0};
    fa_status status = fa_matrix_alloc(&drawn, x->rows, x->cols, FA_FLOAT64);

    from.step = epoch;
    if (status == FA_OK)
        status = fa_matrix_alloc(&target, y->rows, y->cols, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_random_normal(&from, 0.0, 1.0, &drawn);
    if (status == FA_OK)
        status = fa_network_predict(problem->teacher, &drawn, &target);
    if (status == FA_OK)
        status = fa_matrix_copy(&drawn, x);
    if (status == FA_OK)
        status = fa_matrix_copy(&target, y);
    fa_matrix_free(&drawn);
    fa_matrix_free(&target);
    return status;
}

double task_expected_error(const task *problem, const fa_network *net)
{
    size_t n = problem->T.cols;
    fa_matrix unit, targets = {0}, T_transposed = fa_matrix_transpose(problem->T);
    double loss = NAN, norm = frobenius(&problem->T);
    fa_status status = fa_matrix_alloc(&unit, n, n, problem->dtype);

    /* The rows of the unit matrix are n samples whose targets are the columns of T; loss is the mean of 1/2 |.|^2. */
    for (size_t i = 0; status == FA_OK && i < n; i++) {
        if (problem->dtype == FA_FLOAT64)
            ((double *)unit.data)[i * n + i] = 1.0;
        else
            ((float *)unit.data)[i * n + i] = 1.0f;
    }
    if (status == FA_OK)
        status = fa_matrix_alloc(&targets, n, problem->T.rows, problem->dtype);
    if (status == FA_OK)
        status = fa_matrix_copy(&T_transposed, &targets);
    if (status == FA_OK)
        status = fa_network_evaluate(net, &unit, &targets, &loss);
    fa_matrix_free(&unit);
    fa_matrix_free(&targets);
    return status == FA_OK ? 2.0 * (double)n * loss / (norm * norm) : NAN;
}
