#include "run.h"

#include <math.h>
#include <stdlib.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "learner.h"

const size_t checkpoints[N_CHECKPOINTS] = {100, 300, 500, 1000, 2000, 3000, 5000};

void run_free(run *result)
{
    fa_network_destroy(result->net);
    free(result->trace);
    *result = (run){0};
}

/* The network 30-20-10, or as large as the weights are, without biases. */
static bool build_network(run *result, const task *problem)
{
    return succeeded(fa_network_create(&result->net, problem->dtype, problem->W0.cols)) &&
           succeeded(fa_network_add_dense(result->net, problem->W0.rows, FA_IDENTITY, false)) &&
           succeeded(fa_network_add_dense(result->net, problem->W.rows, FA_IDENTITY, false)) &&
           succeeded(fa_network_set_weights(result->net, 1, &problem->W0)) &&
           succeeded(fa_network_set_weights(result->net, 2, &problem->W));
}

static bool build(run *result, const task *problem, const settings *chosen)
{
    if (!build_network(result, problem))
        return false;
    if (!settings_trace(chosen))
        return true;
    result->trace = calloc(chosen->epochs, sizeof *result->trace);
    if (!result->trace)
        complain("out of memory for %zu epochs", chosen->epochs);
    return result->trace != NULL;
}

/* Epoch by epoch, until the end, divergence or Ctrl-C. FA_ERR_NOT_FINITE is divergence, not a failure. */
static fa_status learn(run *result, learner *student, const settings *chosen, progress *shown)
{
    fa_status status = FA_OK;

    while (result->epochs < chosen->epochs && status == FA_OK) {
        record seen = record_unknown();

        if (interrupt_came()) {
            result->outcome = RUN_INTERRUPTED;
            break;
        }
        status = learner_epoch(student, result->epochs, &seen);
        if (status != FA_OK)
            break;
        if (result->epochs == 0)
            result->first_loss = seen.train_loss;
        if (result->trace)
            result->trace[result->epochs] = seen;
        result->last = seen;
        result->epochs++;
        if (progress_due(shown, result->epochs, chosen->epochs))
            progress_line(shown, "%s: epoch %zu of %zu, loss %.3g", result->rule->name, result->epochs,
                          chosen->epochs, seen.train_loss);
    }
    result->diverged_at = result->epochs + 1;
    return status;
}

/* The last record, and the outcome of weights that the last update may have spoiled. */
static fa_status measure(run *result, const learner *student, const settings *chosen)
{
    double online_loss = result->last.train_loss;
    fa_status status = meter_read(&student->instrument, result->net, &result->last);

    if (chosen->online)
        result->last.train_loss = online_loss;
    result->diverged_at = result->epochs;
    return status;
}

bool run_learn(run *result, const fa_rule *rule, const task *problem, const settings *chosen, progress *shown)
{
    learner student;
    fa_status status;
    double start;

    *result = (run){.rule = rule, .first_loss = NAN, .last = record_unknown()};
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        result->expected_error[i] = NAN;
    if (!build(result, problem, chosen) || !learner_create(&student, result, problem, chosen)) {
        run_free(result);
        return false;
    }
    progress_restart(shown);
    start = seconds();
    status = learn(result, &student, chosen, shown);
    result->seconds = seconds() - start;
    progress_clear(shown);
    if (status == FA_OK && result->epochs > 0)
        status = measure(result, &student, chosen);
    result->unrecorded = !learner_end_record(&student);
    learner_free(&student);
    if (status == FA_ERR_NOT_FINITE) {
        result->outcome = RUN_DIVERGED;
        return true;
    }
    if (!succeeded(status))
        run_free(result);
    return status == FA_OK;
}
