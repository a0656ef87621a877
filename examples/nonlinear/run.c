#include "run.h"

#include <math.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/progress.h"

typedef struct student {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *feedback;
    fa_optimizer *optimizer;
} student;

/* Every B of the rule, where it has some and does not compute it itself. */
static fa_status draw_feedback(student *learner, const settings *chosen, uint64_t seed)
{
    fa_matrix B;
    fa_status status;

    if (fa_feedback_get(learner->feedback, "B", 1, &B) != FA_OK)
        return FA_OK;
    status = fa_feedback_init(learner->feedback, "B", 0, FA_INIT_UNIFORM, chosen->beta, seed);
    return status == FA_ERR_UNSUPPORTED ? FA_OK : status;
}

static fa_status create(student *learner, const run *result, const settings *chosen)
{
    const fa_rule *rule = chosen->rules.at[contender_rule(result->contender)];
    fa_status status = task_network(&learner->net, chosen->dtype, contender_layers(result->contender));

    if (status == FA_OK)
        status = fa_network_init_weights(learner->net, 0, FA_INIT_UNIFORM, chosen->omega, result->seed);
    if (status == FA_OK)
        status = fa_pass_create(&learner->pass, learner->net, chosen->batch);
    if (status == FA_OK)
        status = fa_feedback_create(&learner->feedback, learner->net, rule, NULL, result->seed);
    if (status == FA_OK)
        status = draw_feedback(learner, chosen, result->seed);
    if (status == FA_OK)
        status = fa_optimizer_create(&learner->optimizer, learner->net, "sgd");
    if (status == FA_OK)
        status = fa_optimizer_set(learner->optimizer, "learning_rate", result->lr);
    return status;
}

static void destroy(student *learner)
{
    fa_network_destroy(learner->net);
    fa_pass_destroy(learner->pass);
    fa_feedback_destroy(learner->feedback);
    fa_optimizer_destroy(learner->optimizer);
}

/* The rows first .. first + count - 1 of the present block, in mini-batches. */
static fa_status learn_rows(student *learner, const task *problem, size_t first, size_t count)
{
    fa_epoch_options in_order = {.struct_size = sizeof in_order};
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

/* The samples from number `from` up to `to`, block by block. */
static fa_status learn_until(student *learner, task *problem, uint64_t from, uint64_t to)
{
    fa_status status = FA_OK;

    while (status == FA_OK && from < to && !interrupt_came()) {
        size_t first = (size_t)(from % problem->block), rest = problem->block - first;
        size_t count = to - from < rest ? (size_t)(to - from) : rest;

        if (first == 0)
            status = task_fresh(problem, from / problem->block);
        if (status == FA_OK)
            status = learn_rows(learner, problem, first, count);
        from += count;
    }
    return status;
}

size_t run_looks(const run *result, const settings *chosen)
{
    return result->kind == FOR_TEST ? chosen->looks : 1;
}

uint64_t run_look(const run *result, const settings *chosen, size_t i)
{
    uint64_t batches = chosen->samples / chosen->batch, n = run_looks(result, chosen);

    /* Whole mini-batches: looking changes no batch. */
    return (batches / n * (i + 1) + batches % n * (i + 1) / n) * chosen->batch;
}

static fa_status learn(student *learner, task *problem, run *result, const settings *chosen)
{
    fa_status status = FA_OK;
    uint64_t before = 0;

    while (result->count < run_looks(result, chosen)) {
        uint64_t samples = run_look(result, chosen, result->count);

        status = learn_until(learner, problem, before, samples);
        if (status != FA_OK || interrupt_came())
            break;
        status = task_error(problem, learner->net, &result->errors[result->count]);
        if (status != FA_OK)
            break;
        result->count++;
        before = samples;
    }
    return status;
}

bool run_learn(run *result, const settings *chosen)
{
    student learner = {0};
    task problem;
    fa_status status;
    double start = seconds();

    if (!task_draw(&problem, chosen, result->seed, result->kind))
        return false;
    status = create(&learner, result, chosen);
    if (status == FA_OK)
        status = learn(&learner, &problem, result, chosen);
    destroy(&learner);
    task_free(&problem);
    result->seconds = seconds() - start;
    result->diverged = status == FA_ERR_NOT_FINITE;
    result->ended = result->diverged || succeeded(status);
    return result->ended;
}

bool run_complete(const run *result, const settings *chosen)
{
    return result->ended && !result->diverged && result->count == run_looks(result, chosen);
}
