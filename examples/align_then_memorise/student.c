#include "student.h"

#include <math.h>
#include <string.h>

#include "../common/complain.h"

static double element(const fa_matrix *matrix, size_t i, size_t j)
{
    return ((const double *)matrix->data)[i * matrix->row_stride + j * matrix->col_stride];
}

static double product(const fa_matrix *a, size_t i, const fa_matrix *b, size_t k)
{
    double sum = 0.0;

    for (size_t j = 0; j < a->cols; j++)
        sum += element(a, i, j) * element(b, k, j);
    return sum;
}

/* The order parameters of the two networks as they are: C from w / sqrt N and w* / sqrt N. */
static fa_status measure(const student *learner, const task *problem, order *into)
{
    size_t K = learner->machine.K, n = K + learner->machine.M;
    fa_matrix w, v, teacher;
    fa_status status = fa_network_weights(learner->net, 1, &w);

    if (status == FA_OK)
        status = fa_network_weights(learner->net, 2, &v);
    if (status == FA_OK)
        status = fa_network_weights(problem->teacher, 1, &teacher);
    if (status != FA_OK)
        return status;
    memset(into, 0, sizeof *into);
    for (size_t a = 0; a < n; a++)
        for (size_t c = 0; c <= a; c++)
            into->C[a][c] = into->C[c][a] = product(a < K ? &w : &teacher, a < K ? a : a - K,
                                                    c < K ? &w : &teacher, c < K ? c : c - K);
    for (size_t k = 0; k < K; k++)
        into->v[k] = element(&v, 0, k);
    return FA_OK;
}

/* The rule learns in the library as the equations say: with W_1 = w / sqrt N both layers move by eta / N times their
 * gradient of 1/2 D^2. */
static fa_status create(student *learner, const fa_rule *rule, const task *problem)
{
    fa_status status = task_network(&learner->net, &problem->w, &problem->v);

    if (status == FA_OK)
        status = fa_pass_create(&learner->pass, learner->net, 1);
    if (status == FA_OK)
        status = fa_feedback_create(&learner->feedback, learner->net, rule, NULL, problem->seed);
    if (status == FA_OK && !learner->machine.own)
        status = fa_feedback_set(learner->feedback, "B", 1, &problem->b);
    if (status == FA_OK)
        status = fa_optimizer_create(&learner->optimizer, learner->net, "sgd");
    if (status == FA_OK)
        status = fa_optimizer_set(learner->optimizer, "learning_rate", learner->machine.eta / (double)problem->w.cols);
    return status == FA_OK ? measure(learner, problem, &learner->solution) : status;
}

bool student_create(student *learner, const fa_rule *rule, const task *problem, const settings *chosen)
{
    fa_matrix A;
    fa_status status = fa_network_weights(problem->teacher, 2, &A);

    *learner = (student){.machine = {.K = chosen->student, .M = chosen->teacher, .eta = chosen->eta,
                                     .own = strcmp(rule->name, "bp") == 0}};
    for (size_t m = 0; status == FA_OK && m < chosen->teacher; m++)
        learner->machine.A[m] = element(&A, 0, m);
    for (size_t k = 0; k < chosen->student; k++)
        learner->machine.b[k] = element(&problem->b, k, 0);
    if (status == FA_OK)
        status = create(learner, rule, problem);
    if (!succeeded(status))
        student_free(learner);
    return status == FA_OK;
}

void student_free(student *learner)
{
    fa_network_destroy(learner->net);
    fa_pass_destroy(learner->pass);
    fa_feedback_destroy(learner->feedback);
    fa_optimizer_destroy(learner->optimizer);
    *learner = (student){0};
}

fa_status student_learn(student *learner, const task *problem, size_t first, size_t count)
{
    fa_epoch_options in_order = {.struct_size = sizeof in_order, .batch = 1};
    fa_dataset *samples = NULL;
    fa_matrix x, y;
    fa_status status = fa_matrix_rows(&problem->x, first, count, &x);

    if (status == FA_OK)
        status = fa_matrix_rows(&problem->y, first, count, &y);
    if (status == FA_OK)
        status = fa_dataset_create(&samples, &x, &y);
    if (status == FA_OK)
        status = fa_train_epoch(learner->net, learner->pass, learner->feedback, learner->optimizer, samples,
                                &in_order, NULL);
    fa_dataset_destroy(samples);
    return status;
}

void student_solve(student *learner, double time, double step)
{
    committee_advance(&learner->machine, &learner->solution, time, step);
}

fa_status student_look(const student *learner, const task *problem, record *seen)
{
    order now;
    double loss = NAN;
    fa_status status = measure(learner, problem, &now);

    if (status == FA_OK)
        status = fa_network_evaluate(learner->net, &problem->x_test, &problem->y_test, &loss);
    if (status != FA_OK)
        return status;
    /* The library's squared error has a factor 1/2. */
    seen->error = 2.0 * loss;
    seen->solution_error = committee_error(&learner->machine, &learner->solution);
    seen->angle = committee_angle(&learner->machine, &now);
    seen->solution_angle = committee_angle(&learner->machine, &learner->solution);
    seen->deviation = committee_distance(&learner->machine, &now, &learner->solution);
    return isfinite(seen->solution_error) ? FA_OK : FA_ERR_NOT_FINITE;
}
