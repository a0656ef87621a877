#include "task.h"

#include "../common/complain.h"
#include "../common/statistics.h"

enum { TEACHER_DEPTH = 3, MAX_BLOCK = 1000 };

/* Every stream of a seed, as listed in the header. */
enum stream_number { STREAM_WEIGHTS, STREAM_BIASES, STREAM_FRESH, STREAM_VALIDATION, STREAM_TEST };

static fa_stream stream(uint64_t seed, enum stream_number number)
{
    return (fa_stream){.seed = seed, .purpose = (uint32_t)FA_PURPOSE_USER + (uint32_t)number};
}

fa_status task_network(fa_network **net, fa_dtype dtype, size_t layers)
{
    fa_status status = fa_network_create(net, dtype, N_INPUTS);

    if (status == FA_OK)
        status = fa_network_add_dense(*net, N_FIRST, FA_TANH, true);
    if (status == FA_OK && layers == 4)
        status = fa_network_add_dense(*net, N_SECOND, FA_TANH, true);
    if (status == FA_OK)
        status = fa_network_add_dense(*net, N_OUTPUTS, FA_IDENTITY, true);
    return status;
}

static fa_status draw_layer(task *problem, const settings *chosen, uint32_t l)
{
    fa_stream weights = stream(problem->seed, STREAM_WEIGHTS), biases = stream(problem->seed, STREAM_BIASES);
    size_t rows = fa_network_width(problem->teacher, l), cols = fa_network_width(problem->teacher, l - 1);
    fa_matrix W, b = {0};
    fa_status status = fa_matrix_alloc(&W, rows, cols, FA_FLOAT64);

    weights.layer = biases.layer = l;
    if (status == FA_OK)
        status = fa_matrix_alloc(&b, 1, rows, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_random_uniform(&weights, -chosen->teacher, chosen->teacher, &W);
    if (status == FA_OK)
        status = fa_random_uniform(&biases, -chosen->teacher_bias, chosen->teacher_bias, &b);
    if (status == FA_OK)
        status = fa_network_set_weights(problem->teacher, l, &W);
    if (status == FA_OK)
        status = fa_network_set_bias(problem->teacher, l, &b);
    fa_matrix_free(&W);
    fa_matrix_free(&b);
    return status;
}

static fa_status draw_teacher(task *problem, const settings *chosen)
{
    fa_status status = task_network(&problem->teacher, FA_FLOAT64, TEACHER_DEPTH + 1);

    for (uint32_t l = 1; status == FA_OK && l <= TEACHER_DEPTH; l++)
        status = draw_layer(problem, chosen, l);
    return status;
}

/* Normal inputs and the teacher's outputs, in float64. */
static fa_status draw_samples(const task *problem, const fa_stream *from, const fa_matrix *x, const fa_matrix *y)
{
    fa_status status = fa_random_normal(from, 0.0, 1.0, x);

    return status == FA_OK ? fa_network_predict(problem->teacher, x, y) : status;
}

/* |y* - mean y*|^2 / n, column by column. */
static double variance(const fa_matrix *y)
{
    double sum = 0.0;

    for (size_t j = 0; j < y->cols; j++) {
        moments column = {0};

        for (size_t i = 0; i < y->rows; i++)
            moments_add(&column, ((const double *)y->data)[i * y->cols + j]);
        sum += column.squares / (double)y->rows;
    }
    return sum;
}

static fa_status draw_held_out(task *problem, const settings *chosen, held_out kind)
{
    fa_stream from = stream(problem->seed, kind == FOR_TEST ? STREAM_TEST : STREAM_VALIDATION);
    size_t count = kind == FOR_TEST ? chosen->test : chosen->validation;
    fa_matrix x, y = {0};
    fa_status status = fa_matrix_alloc(&x, count, N_INPUTS, FA_FLOAT64);

    if (status == FA_OK)
        status = fa_matrix_alloc(&y, count, N_OUTPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = draw_samples(problem, &from, &x, &y);
    if (status == FA_OK)
        problem->variance = variance(&y);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->x_held, count, N_INPUTS, chosen->dtype);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->y_held, count, N_OUTPUTS, chosen->dtype);
    if (status == FA_OK)
        status = fa_matrix_copy(&x, &problem->x_held);
    if (status == FA_OK)
        status = fa_matrix_copy(&y, &problem->y_held);
    fa_matrix_free(&x);
    fa_matrix_free(&y);
    return status;
}

bool task_draw(task *problem, const settings *chosen, uint64_t seed, held_out kind)
{
    fa_status status;

    *problem = (task){.seed = seed, .block = MAX_BLOCK - MAX_BLOCK % chosen->batch};
    status = draw_teacher(problem, chosen);
    if (status == FA_OK)
        status = draw_held_out(problem, chosen, kind);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->x_drawn, problem->block, N_INPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->y_drawn, problem->block, N_OUTPUTS, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->x, problem->block, N_INPUTS, chosen->dtype);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->y, problem->block, N_OUTPUTS, chosen->dtype);
    if (!succeeded(status))
        task_free(problem);
    return status == FA_OK;
}

void task_free(task *problem)
{
    fa_network_destroy(problem->teacher);
    fa_matrix_free(&problem->x_drawn);
    fa_matrix_free(&problem->y_drawn);
    fa_matrix_free(&problem->x);
    fa_matrix_free(&problem->y);
    fa_matrix_free(&problem->x_held);
    fa_matrix_free(&problem->y_held);
    *problem = (task){0};
}

fa_status task_fresh(task *problem, uint64_t s)
{
    fa_stream from = stream(problem->seed, STREAM_FRESH);
    fa_status status;

    from.step = s;
    status = draw_samples(problem, &from, &problem->x_drawn, &problem->y_drawn);
    if (status == FA_OK)
        status = fa_matrix_copy(&problem->x_drawn, &problem->x);
    if (status == FA_OK)
        status = fa_matrix_copy(&problem->y_drawn, &problem->y);
    return status;
}

fa_status task_error(const task *problem, const fa_network *net, double *error)
{
    fa_status status = fa_network_evaluate(net, &problem->x_held, &problem->y_held, error);

    /* The library's squared error has a factor 1/2. */
    *error *= 2.0 / problem->variance;
    return status;
}
