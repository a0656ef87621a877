#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/jobs.h"
#include "../common/progress.h"
#include "checkpoints.h"
#include "model.h"
#include "record_files.h"
#include "watch.h"

/* Samples between two looks at the clock and at Ctrl-C: one sample at a time learns fastest if left alone. */
enum { UNATTENDED = 256 };

/* What the callbacks need. */
typedef struct course {
    run            *result;
    const settings *chosen;
    const parts    *some;
    watch          *observer;
    meter           instrument;
    double          epoch_start, epoch_end;
    fa_recorder    *recorder; /* or NULL */
    const model    *student;
    const checkpoint *kept;
    fa_status       status; /* of what the callbacks did */
    bool            lost;   /* a checkpoint could not be written, and that was told */
} course;

void run_free(run *result)
{
    free(result->confusion);
    free(result->trace);
    result->confusion = NULL;
    result->trace = NULL;
}

double run_error_at_best(const run *result)
{
    return result->best > 0 && result->best <= result->epochs ? result->trace[result->best - 1].test_error
                                                              : (double)NAN;
}

/* Not 1 - accuracy, which would bring a rounding error. NaN without samples. */
static double error_of(const fa_result *seen)
{
    return (double)(seen->samples - seen->correct) / (double)seen->samples;
}

/* A file that cannot be written any more ends the recording, not the run. */
static void record_batch(course *running, const fa_progress *seen)
{
    uint64_t batch = (seen->epoch - 1) * seen->batches + seen->batch;
    fa_status status;

    if (running->result->unrecorded)
        return;
    status = recording_observe(&running->chosen->record, running->recorder, seen->net, seen->pass, seen->fb,
                               seen->epoch, batch);
    if (status == FA_OK)
        return;
    watch_clear(running->observer);
    running->result->unrecorded = !succeeded(status);
}

static bool after_deltas(void *user_data, const fa_progress *seen)
{
    course *running = user_data;
    size_t every = running->chosen->angle_every;

    /* As often as without a recorder, which has to be asked at every batch. */
    if (every > 0 && (seen->batch % every == 0 || seen->batch == seen->batches))
        meter_read(&running->instrument, seen);
    if (running->recorder)
        record_batch(running, seen);
    return true;
}

static bool after_update(void *user_data, const fa_progress *seen)
{
    course *running = user_data;

    if (seen->batch == seen->batches)
        running->epoch_end = seconds();
    watch_batch(running->observer, running->result, &running->instrument, seen, running->epoch_start);
    return !interrupt_came();
}

static void note_epoch(course *running, const fa_progress *seen, record *now)
{
    size_t n_hidden = running->chosen->n_hidden;

    *now = (record){.train_loss = seen->training.loss, .train_error = error_of(&seen->training),
                    .validation_loss = NAN, .validation_error = NAN, .test_loss = NAN, .test_error = NAN,
                    .seconds = running->epoch_end - running->epoch_start};
    if (seen->validation.samples > 0) {
        now->validation_loss = seen->validation.loss;
        now->validation_error = error_of(&seen->validation);
    }
    for (size_t i = 0; i < n_hidden; i++) {
        now->angle[i] = meter_mean(&running->instrument.angle[i]);
        now->ratio[i] = meter_mean(&running->instrument.ratio[i]);
    }
}

/* A loss that is not finite shows in the next epoch's training too; a measurement alone ends nothing. */
static void measure_test(course *running, const fa_network *net, record *now)
{
    fa_result seen;
    fa_status status = fa_evaluate(net, running->some->test, &seen, NULL);

    if (status == FA_OK || status == FA_ERR_NOT_FINITE) {
        now->test_loss = seen.loss;
        now->test_error = error_of(&seen);
    } else {
        running->status = status;
    }
}

static bool after_epoch(void *user_data, const fa_progress *seen)
{
    course *running = user_data;
    run *result = running->result;
    size_t epoch = result->epochs + 1;
    record *now = &result->trace[result->epochs];

    note_epoch(running, seen, now);
    if (epoch % running->chosen->eval_every == 0 || epoch == running->chosen->epochs)
        measure_test(running, seen->net, now);
    result->epochs = epoch;
    watch_epoch(running->observer, result);
    if (!checkpoint_keep(running->kept, running->student, result)) {
        running->lost = true;
        return false;
    }
    running->instrument = (meter){0};
    running->epoch_start = seconds();
    return running->status == FA_OK && !interrupt_came();
}

static fa_status set_callbacks(course *running, const model *student)
{
    const settings *chosen = running->chosen;
    fa_status status = fa_trainer_set_callback(student->trainer, FA_AFTER_EPOCH, 1, after_epoch, running);

    if (status == FA_OK)
        status = fa_trainer_set_callback(student->trainer, FA_AFTER_UPDATE,
                                         chosen->batch < UNATTENDED ? UNATTENDED / chosen->batch : 1, after_update,
                                         running);
    if (status == FA_OK && (running->recorder || (chosen->n_hidden > 0 && chosen->angle_every > 0)))
        status = fa_trainer_set_callback(student->trainer, FA_AFTER_DELTAS, running->recorder ? 1 : chosen->angle_every,
                                         after_deltas, running);
    return status;
}

size_t run_kept(const run *result, const settings *chosen)
{
    if (chosen->keep_best && result->best)
        return result->best;
    return result->outcome == RUN_INTERRUPTED ? 0 : result->epochs;
}

/* Errors of the final weights. */
static fa_status measure(run *result, const settings *chosen, const model *student, const parts *some)
{
    fa_result seen;
    fa_status status;

    result->best = (size_t)fa_trainer_best(student->trainer);
    result->kept = run_kept(result, chosen);
    status = fa_evaluate(student->net, some->test, &seen, result->confusion);
    if (status == FA_OK) {
        result->test_loss = seen.loss;
        result->test_error = error_of(&seen);
    }
    if (status == FA_OK && some->validation)
        status = fa_evaluate(student->net, some->validation, &seen, NULL);
    if (status == FA_OK && some->validation)
        result->validation_error = error_of(&seen);
    return status;
}

/* FA_ERR_IO: a checkpoint could not be written, which was told. */
static fa_status learn(run *result, const settings *chosen, const model *student, const parts *some, watch *observer,
                       fa_recorder *recorder, const checkpoint *kept)
{
    course running = {.result = result, .chosen = chosen, .some = some, .observer = observer,
                      .epoch_start = seconds(), .recorder = recorder, .student = student, .kept = kept};
    double start = running.epoch_start;
    fa_status status = set_callbacks(&running, student);

    if (status == FA_OK)
        status = fa_trainer_run(student->trainer, student->net, student->pass, student->feedback, student->optimizer,
                                some->training, some->validation);
    result->seconds += seconds() - start;
    watch_clear(observer);
    if (status == FA_OK && running.lost)
        return FA_ERR_IO;
    if (status == FA_OK)
        status = running.status;
    if (status == FA_OK && fa_trainer_stop(student->trainer) == FA_STOP_CALLBACK)
        result->outcome = RUN_INTERRUPTED;
    result->early = fa_trainer_stop(student->trainer) == FA_STOP_EARLY;
    return status == FA_OK ? measure(result, chosen, student, some) : status;
}

bool run_prepare(run *result, const settings *chosen, const data *samples)
{
    result->outcome = RUN_COMPLETE;
    result->validation_error = result->test_loss = result->test_error = NAN;
    result->n_classes = samples->n_classes;
    result->trace = calloc(chosen->epochs, sizeof *result->trace);
    result->confusion = calloc(result->n_classes * result->n_classes, sizeof *result->confusion);
    if (result->trace && result->confusion)
        return true;
    complain("out of memory for %zu epochs of %zu classes", chosen->epochs, result->n_classes);
    return false;
}

/* The recorder of --record, or NULL where nothing is asked for; false after a complaint. */
static bool start_recorder(fa_recorder **recorder, const settings *chosen, const model *student, const run *result)
{
    char *path;

    if (!chosen->record.path)
        return true;
    path = record_file(chosen, result);
    *recorder = path ? recording_start(&chosen->record, path, student->net) : NULL;
    free(path);
    return *recorder != NULL;
}

bool run_learn(run *result, const settings *chosen, data *samples, watch *observer)
{
    model student = {0};
    parts some = {0};
    fa_recorder *recorder = NULL;
    checkpoint kept = {0};
    fa_status status;
    bool good = run_prepare(result, chosen, samples) && parts_take(&some, samples, chosen, result->seed) &&
                model_create(&student, chosen, samples, result) && model_mirror(&student, chosen, result) &&
                start_recorder(&recorder, chosen, &student, result) && checkpoint_prepare(&kept, chosen, result) &&
                checkpoint_restore(&kept, chosen, &student, result);

    if (good) {
        watch_restored(observer, result);
        status = learn(result, chosen, &student, &some, observer, recorder, &kept);
        good = status == FA_OK || status == FA_ERR_NOT_FINITE;
        if (status == FA_ERR_NOT_FINITE)
            result->outcome = RUN_DIVERGED;
        else if (status != FA_OK && status != FA_ERR_IO)
            complain("%s: %s", chosen->rules.at[result->rule]->name, fa_last_error());
    }
    result->unrecorded = !recording_end(recorder) || result->unrecorded;
    checkpoint_free(&kept);
    model_free(&student);
    parts_free(&some);
    return good;
}

/* The struct, then its arrays: both ends are the same program. */
bool run_send(const run *result, int pipe)
{
    return jobs_write(pipe, result, sizeof *result) &&
           jobs_write(pipe, result->trace, result->epochs * sizeof *result->trace) &&
           jobs_write(pipe, result->confusion, result->n_classes * result->n_classes * sizeof *result->confusion);
}

/* A new array of what lies at *bytes, which moves on; NULL after a complaint. */
static void *take(const char **bytes, size_t size)
{
    void *array = malloc(size ? size : 1);

    if (!array) {
        complain("out of memory");
        return NULL;
    }
    memcpy(array, *bytes, size);
    *bytes += size;
    return array;
}

bool run_receive(run *result, const void *bytes, size_t size)
{
    const char *rest = bytes;
    size_t wanted = sizeof *result, trace_size = 0, confusion_size = 0;

    if (size >= wanted) {
        memcpy(result, rest, sizeof *result);
        rest += sizeof *result;
        trace_size = result->epochs * sizeof *result->trace;
        confusion_size = result->n_classes * result->n_classes * sizeof *result->confusion;
        wanted += trace_size + confusion_size;
    }
    if (size != wanted) {
        complain("a process ended without a result");
        return false;
    }
    result->trace = take(&rest, trace_size);
    result->confusion = take(&rest, confusion_size);
    return result->trace && result->confusion;
}
