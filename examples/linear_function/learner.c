#include "learner.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "plot.h"

/* The rule's own "B" becomes the task's B, where it keeps one of that shape and does not compute it itself. */
static fa_status set_feedback(learner *student)
{
    const fa_matrix *B = &student->problem->B;
    fa_matrix own;
    fa_status status;

    if (fa_feedback_get(student->feedback, "B", 1, &own) != FA_OK || own.rows != B->rows || own.cols != B->cols)
        return FA_OK;
    status = fa_feedback_set(student->feedback, "B", 1, B);
    return status == FA_ERR_UNSUPPORTED ? FA_OK : status;
}

static fa_status create(learner *student)
{
    const task *problem = student->problem;
    const settings *chosen = student->chosen;
    const fa_network *net = student->result->net;
    size_t batch = chosen->online ? 1 : chosen->batch ? chosen->batch : problem->x_train.rows;
    fa_status status = fa_pass_create(&student->pass, net, batch);

    if (status == FA_OK)
        status = fa_feedback_create(&student->feedback, net, student->result->rule, NULL, problem->seed);
    if (status == FA_OK)
        status = set_feedback(student);
    if (status == FA_OK)
        status = fa_optimizer_create(&student->optimizer, net, "sgd");
    /* The library's gradient is the mean over all samples since the last update: eta / 75 times their sum. */
    if (status == FA_OK)
        status = fa_optimizer_set(student->optimizer, "learning_rate", chosen->eta);
    if (status == FA_OK && chosen->online)
        status = fa_matrix_alloc(&student->x_fresh, problem->x_train.rows, problem->x_train.cols, problem->dtype);
    if (status == FA_OK && chosen->online)
        status = fa_matrix_alloc(&student->y_fresh, problem->y_train.rows, problem->y_train.cols, problem->dtype);
    return status;
}

/* FILE-RULE where there are several rules, and FILE-RULE-seedN with --seeds. */
static bool start_record(learner *student)
{
    const settings *chosen = student->chosen;
    const char *rule = student->result->rule->name;
    char suffix[128] = "", *path;

    if (!chosen->record.path)
        return true;
    if (chosen->study)
        snprintf(suffix, sizeof suffix, "-%.63s-seed%" PRIu64, rule, student->problem->seed);
    else if (chosen->rules.count > 1)
        snprintf(suffix, sizeof suffix, "-%.63s", rule);
    path = recording_name(chosen->record.path, suffix);
    if (path)
        student->recorder = recording_start(&chosen->record, path, student->result->net);
    free(path);
    return student->recorder != NULL;
}

bool learner_end_record(learner *student)
{
    bool good = recording_end(student->recorder) && !student->unrecorded;

    student->recorder = NULL;
    return good;
}

/* An epoch updates once for all samples. */
static bool whole(const learner *student)
{
    return student->chosen->batch == 0 || student->chosen->batch >= student->problem->x_train.rows;
}

/* What fa conserves; no other rule keeps its B and goes down with it, and summed mini-batches are not watched. */
static fa_status start_invariant(learner *student)
{
    if (!student->chosen->plot || strcmp(student->result->rule->name, "fa") != 0 ||
        !(whole(student) || student->chosen->online))
        return FA_OK;
    return fa_invariant_create(&student->invariant, student->result->net, student->feedback,
                               student->chosen->online ? 1 : student->problem->x_train.rows);
}

bool learner_create(learner *student, run *result, const task *problem, const settings *chosen)
{
    *student = (learner){.result = result, .problem = problem, .chosen = chosen};
    if (succeeded(create(student)) && succeeded(start_invariant(student)) &&
        meter_create(&student->instrument, problem, result->net) && start_record(student))
        return true;
    learner_free(student);
    return false;
}

void learner_free(learner *student)
{
    fa_pass_destroy(student->pass);
    fa_feedback_destroy(student->feedback);
    fa_optimizer_destroy(student->optimizer);
    fa_invariant_destroy(student->invariant);
    fa_recorder_destroy(student->recorder);
    meter_free(&student->instrument);
    fa_matrix_free(&student->x_fresh);
    fa_matrix_free(&student->y_fresh);
    *student = (learner){0};
}

/* The batch that went backward, before the update. A file that cannot be written any more ends the recording only. */
static fa_status observe(learner *student, size_t epoch)
{
    const fa_network *net = student->result->net;

    student->batches++;
    if (student->recorder && !student->unrecorded)
        student->unrecorded = !succeeded(recording_observe(&student->chosen->record, student->recorder, net,
                                                           student->pass, student->feedback, epoch + 1,
                                                           student->batches));
    return student->invariant ? fa_invariant_observe(student->invariant, net, student->pass, student->feedback,
                                                     student->optimizer)
                              : FA_OK;
}

/* One step on a whole batch. Where something is to be seen the phases are called one by one, and between error and
 * deltas the meter looks at the same pass. loss is summed over the batch. */
static fa_status step(learner *student, size_t epoch, const fa_matrix *x, const fa_matrix *y, double y_norm,
                      double *loss, double *update_angle)
{
    fa_network *net = student->result->net;
    fa_status status;

    if (!settings_trace(student->chosen) && !student->recorder) {
        status = fa_train_step(net, student->pass, student->feedback, student->optimizer, x, y, loss);
        *loss *= (double)x->rows;
        return status;
    }
    status = fa_forward(net, student->pass, x);
    if (status == FA_OK)
        status = fa_error(net, student->pass, y, loss);
    if (status != FA_OK)
        return status;
    *loss *= (double)x->rows;
    if (settings_trace(student->chosen))
        *update_angle = meter_update_angle(&student->instrument, net, student->pass, *loss, y_norm);
    status = fa_backward(net, student->pass, student->feedback);
    if (status == FA_OK)
        status = observe(student, epoch);
    if (status == FA_OK)
        status = fa_update(net, student->pass, student->feedback, student->optimizer);
    return status;
}

/* Adds the gradients of all mini-batches, then updates once. */
static fa_status accumulate(learner *student, size_t epoch, double *loss)
{
    fa_network *net = student->result->net;
    const task *problem = student->problem;
    size_t samples = problem->x_train.rows;
    fa_status status = FA_OK;

    *loss = 0.0;
    for (size_t first = 0; first < samples && status == FA_OK; first += student->chosen->batch) {
        size_t count = samples - first < student->chosen->batch ? samples - first : student->chosen->batch;
        fa_matrix x, y;
        double mean = NAN;

        status = fa_matrix_rows(&problem->x_train, first, count, &x);
        if (status == FA_OK)
            status = fa_matrix_rows(&problem->y_train, first, count, &y);
        if (status == FA_OK)
            status = fa_forward(net, student->pass, &x);
        if (status == FA_OK)
            status = fa_error(net, student->pass, &y, &mean);
        if (status == FA_OK)
            status = fa_backward(net, student->pass, student->feedback);
        if (status == FA_OK)
            status = observe(student, epoch);
        if (status == FA_OK)
            status = fa_gradient(net, student->pass, student->feedback);
        *loss += mean * (double)count;
    }
    return status == FA_OK ? fa_update(net, student->pass, student->feedback, student->optimizer) : status;
}

/* The expected error after so many updates, if it is one of the numbers of updates to look at. */
static void note_expected_error(learner *student, size_t updates)
{
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        if (checkpoints[i] == updates)
            student->result->expected_error[i] = task_expected_error(student->problem, student->result->net);
}

static fa_status online_epoch(learner *student, size_t epoch, record *seen)
{
    size_t count = student->x_fresh.rows, n_angles = 0;
    double angles = 0.0;
    fa_status status = task_fresh(student->problem, epoch, &student->x_fresh, &student->y_fresh);

    seen->train_loss = 0.0;
    for (size_t i = 0; i < count && status == FA_OK; i++) {
        fa_matrix x, y;
        double loss = NAN, angle = NAN;

        status = fa_matrix_rows(&student->x_fresh, i, 1, &x);

        if (status == FA_OK)
            status = fa_matrix_rows(&student->y_fresh, i, 1, &y);
        if (status == FA_OK)
            status = step(student, epoch, &x, &y, frobenius(&y), &loss, &angle);
        seen->train_loss += loss;
        if (isfinite(angle)) {
            angles += angle;
            n_angles++;
        }
        if (status == FA_OK)
            note_expected_error(student, epoch * count + i + 1);
    }
    seen->update_angle = n_angles ? angles / (double)n_angles : NAN;
    return status;
}

/* What only a plot shows. Weights that are not finite have none of it. */
static void read_plotted(learner *student, record *seen)
{
    fa_invariant_report drift;

    meter_read_pseudo(&student->instrument, student->result->net, seen);
    if (!student->invariant ||
        fa_invariant_drift(student->invariant, student->result->net, student->feedback, &drift) != FA_OK)
        return;
    /* No change at all has no place on a logarithmic scale. */
    seen->flow_drift = drift.flow > 0.0 ? drift.flow / drift.scale : (double)NAN;
    seen->exact_drift = drift.exact > 0.0 ? drift.exact / drift.scale : (double)NAN;
}

fa_status learner_epoch(learner *student, size_t epoch, record *seen)
{
    const task *problem = student->problem;
    const settings *chosen = student->chosen;
    fa_status status = FA_OK;

    if (chosen->plot && epoch % plot_stride(chosen->epochs) == 0)
        read_plotted(student, seen);
    /* The angle over all samples needs a pass over all of them: mini-batches would give angles of their own. */
    if (settings_trace(chosen) && !whole(student) && !chosen->online)
        status = meter_read(&student->instrument, student->result->net, seen);
    else if (settings_trace(chosen))
        meter_read_weights(&student->instrument, student->result->net, seen);
    if (status != FA_OK)
        return status;
    if (chosen->online)
        return online_epoch(student, epoch, seen);
    if (!whole(student))
        return accumulate(student, epoch, &seen->train_loss);
    return step(student, epoch, &problem->x_train, &problem->y_train, student->instrument.y_norm, &seen->train_loss,
                &seen->update_angle);
}
