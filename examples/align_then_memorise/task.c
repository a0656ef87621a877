#include "task.h"

#include <math.h>

#include "../common/complain.h"

/* Every stream of a seed, as listed in the header. */
enum stream_number { STREAM_TEACHER, STREAM_OUTPUT, STREAM_STUDENT, STREAM_B, STREAM_FRESH, STREAM_TEST };

static fa_stream stream(uint64_t seed, enum stream_number number)
{
    return (fa_stream){.seed = seed, .purpose = (uint32_t)FA_PURPOSE_USER + (uint32_t)number};
}

static fa_status draw(const fa_stream *from, double deviation, size_t rows, size_t cols, fa_matrix *matrix)
{
    fa_status status = fa_matrix_alloc(matrix, rows, cols, FA_FLOAT64);

    return status == FA_OK ? fa_random_normal(from, 0.0, deviation, matrix) : status;
}

fa_status task_network(fa_network **net, const fa_matrix *hidden, const fa_matrix *output)
{
    fa_status status = fa_network_create(net, FA_FLOAT64, hidden->cols);

    if (status == FA_OK)
        status = fa_network_add_dense(*net, hidden->rows, FA_ERF, false);
    if (status == FA_OK)
        status = fa_network_add_dense(*net, 1, FA_IDENTITY, false);
    if (status == FA_OK)
        status = fa_network_set_weights(*net, 1, hidden);
    if (status == FA_OK)
        status = fa_network_set_weights(*net, 2, output);
    return status;
}

static fa_status draw_teacher(task *problem, const settings *chosen)
{
    fa_stream weights = stream(problem->seed, STREAM_TEACHER), outputs = stream(problem->seed, STREAM_OUTPUT);
    fa_matrix hidden, output = {0};
    fa_status status = draw(&weights, 1.0 / sqrt((double)chosen->inputs), chosen->teacher, chosen->inputs, &hidden);

    if (status == FA_OK)
        status = draw(&outputs, 1.0, 1, chosen->teacher, &output);
    for (size_t m = 0; status == FA_OK && isfinite(chosen->output) && m < chosen->teacher; m++)
        ((double *)output.data)[m] = chosen->output;
    if (status == FA_OK)
        status = task_network(&problem->teacher, &hidden, &output);
    fa_matrix_free(&hidden);
    fa_matrix_free(&output);
    return status;
}

static fa_status draw_student(task *problem, const settings *chosen)
{
    fa_stream weights = stream(problem->seed, STREAM_STUDENT), feedback = stream(problem->seed, STREAM_B);
    fa_status status;

    weights.layer = 1;
    status = draw(&weights, chosen->init / sqrt((double)chosen->inputs), chosen->student, chosen->inputs, &problem->w);
    weights.layer = 2;
    if (status == FA_OK)
        status = draw(&weights, chosen->init, 1, chosen->student, &problem->v);
    if (status == FA_OK)
        status = draw(&feedback, 1.0, chosen->student, 1, &problem->b);
    return status;
}

static fa_status draw_samples(task *problem, const settings *chosen)
{
    fa_stream inputs = stream(problem->seed, STREAM_TEST);
    fa_status status = draw(&inputs, 1.0, chosen->test, chosen->inputs, &problem->x_test);

    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->y_test, chosen->test, 1, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_network_predict(problem->teacher, &problem->x_test, &problem->y_test);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->x, BLOCK, chosen->inputs, FA_FLOAT64);
    if (status == FA_OK)
        status = fa_matrix_alloc(&problem->y, BLOCK, 1, FA_FLOAT64);
    return status;
}

bool task_draw(task *problem, const settings *chosen, uint64_t seed)
{
    fa_status status;

    *problem = (task){.seed = seed};
    status = draw_teacher(problem, chosen);
    if (status == FA_OK)
        status = draw_student(problem, chosen);
    if (status == FA_OK)
        status = draw_samples(problem, chosen);
    if (!succeeded(status))
        task_free(problem);
    return status == FA_OK;
}

void task_free(task *problem)
{
    fa_network_destroy(problem->teacher);
    fa_matrix_free(&problem->w);
    fa_matrix_free(&problem->v);
    fa_matrix_free(&problem->b);
    fa_matrix_free(&problem->x_test);
    fa_matrix_free(&problem->y_test);
    fa_matrix_free(&problem->x);
    fa_matrix_free(&problem->y);
    *problem = (task){0};
}

fa_status task_fresh(task *problem, uint64_t s)
{
    fa_stream from = stream(problem->seed, STREAM_FRESH);
    fa_status status;

    from.step = s;
    status = fa_random_normal(&from, 0.0, 1.0, &problem->x);
    return status == FA_OK ? fa_network_predict(problem->teacher, &problem->x, &problem->y) : status;
}
