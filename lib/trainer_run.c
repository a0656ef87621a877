/* A training run. */
#include "trainer.h"

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "batch.h"
#include "evaluate.h"
#include "matrix.h"
#include "network.h"
#include "optimizer.h"
#include "prune.h"
#include "schedule.h"
#include "status.h"
#include "train.h"

/* A run on its way. */
typedef struct run {
    fa_trainer       *trainer;
    fa_network       *net;
    fa_pass          *pass;
    fa_feedback      *fb;
    fa_optimizer     *opt;
    const fa_dataset *training;
    const fa_dataset *validation; /* or NULL */
    schedule          schedule;
    epoch_plan        plan;
    uint64_t          updates;    /* an epoch */
    evaluation        validating; /* what that needs, made before anything is trained */
    fa_network       *best_net;   /* for the best weights, until there are any; or NULL */
    bool              trained;    /* on anything */
} run;

static bool is_on(const fa_trainer *trainer, int param)
{
    return trainer->values[param] > 0.0;
}

static fa_status check_validation(const fa_trainer *trainer, const fa_network *net, const fa_dataset *validation)
{
    const bool needed = is_on(trainer, TRAINER_PATIENCE) || is_on(trainer, TRAINER_KEEP_BEST);

    if (needed && !validation)
        return status_set(FA_ERR_ARGUMENT, "fa_trainer_run: %s needs validation data",
                          is_on(trainer, TRAINER_PATIENCE) ? "patience" : "keep_best");
    if (validation && is_on(trainer, TRAINER_MONITOR) && !fa_dataset_has_labels(validation))
        return status_set(FA_ERR_ARGUMENT, "fa_trainer_run: to monitor the error the validation data need labels");
    return validation ? batch_check(net, validation) : FA_OK;
}

/* Everything that could be wrong with the arguments, before an epoch counts as begun. */
static fa_status check(const run *r)
{
    fa_status status = r->trainer->running ? status_set(FA_ERR_STATE, "fa_trainer_run: this trainer is running")
                                           : network_check_fits(r->net, r->trainer->fingerprint, "trainer");

    if (status == FA_OK)
        status = train_check(r->net, r->pass, r->fb, r->opt);
    if (status == FA_OK)
        status = batch_check(r->net, r->training);
    return status == FA_OK ? check_validation(r->trainer, r->net, r->validation) : status;
}

/* Records that are made before the run begins. "Until a callback says stop" may mean 10^9 epochs: others come later. */
enum { RECORDS_AT_ONCE = 4096 };

/* Room for the records of `epochs` epochs, or of as many as it is reasonable to expect now. */
static fa_status make_records(fa_trainer *trainer, uint64_t epochs)
{
    const uint64_t   most = trainer->epochs < RECORDS_AT_ONCE / 2 ? RECORDS_AT_ONCE : 2 * trainer->epochs;
    const uint64_t   wanted = epochs < most ? epochs : most;
    fa_epoch_record *records;

    if (wanted <= trainer->room)
        return FA_OK;
    records = mem_zeroed((size_t)wanted, sizeof *records);
    if (!records)
        return FA_ERR_MEMORY;
    if (trainer->epochs > 0)
        memcpy(records, trainer->records, (size_t)trainer->epochs * sizeof *records);
    mem_free(trainer->records);
    trainer->records = records;
    trainer->room = wanted;
    return FA_OK;
}

static fa_status set_rate(void *owner, uint64_t update)
{
    const run   *r = owner;
    fa_trainer  *trainer = r->trainer;
    const double factor = schedule_factor(&r->schedule, (r->plan.epoch - 1) * r->updates + update, r->updates);
    fa_status    status = fa_optimizer_set_schedule(r->opt, factor);

    if (status == FA_OK)
        trainer->records[trainer->epochs - 1].schedule = factor;
    return status;
}

/* An epoch that is gone on with has to be the one that was begun. */
static fa_status check_progress(const run *r)
{
    const uint64_t done = r->trainer->at.done;

    if (done <= r->updates)
        return FA_OK;
    return status_set(FA_ERR_SHAPE, "training is to go on after batch %llu of an epoch that has %llu",
                      (unsigned long long)done, (unsigned long long)r->updates);
}

static fa_status prepare(run *r)
{
    fa_trainer   *trainer = r->trainer;
    const double *v = trainer->values;
    fa_status     status = check(r);

    r->schedule = (schedule){.kind = (schedule_kind)v[TRAINER_SCHEDULE], .epochs = v[TRAINER_EPOCHS],
                             .step_epochs = v[TRAINER_STEP_EPOCHS], .step_factor = v[TRAINER_STEP_FACTOR],
                             .final_factor = v[TRAINER_FINAL_FACTOR], .warmup = v[TRAINER_WARMUP]};
    r->plan = (epoch_plan){.batch = (size_t)v[TRAINER_BATCH], .shuffle = is_on(trainer, TRAINER_SHUFFLE),
                           .drop_last = is_on(trainer, TRAINER_DROP_LAST), .seed = trainer->seed,
                           .after_deltas = trainer->callbacks[FA_AFTER_DELTAS - 1],
                           .after_update = trainer->callbacks[FA_AFTER_UPDATE - 1],
                           .before_update = set_rate, .owner = r};
    if (status == FA_OK)
        status = epoch_updates(&r->plan, r->pass, r->training, &r->updates);
    if (status == FA_OK)
        status = check_progress(r);
    if (status == FA_OK)
        status = make_records(trainer, (uint64_t)v[TRAINER_EPOCHS]);
    if (status == FA_OK && r->validation)
        status = evaluation_make(&r->validating, r->net, r->validation);
    if (status == FA_OK && is_on(trainer, TRAINER_KEEP_BEST) && !trainer->best_net)
        status = fa_network_copy(&r->best_net, r->net);
    if (status != FA_OK)
        return status;
    trainer->schedule = r->opt->schedule;
    trainer->frozen = mem_zeroed(trainer->depth, sizeof *trainer->frozen);
    if (!trainer->frozen)
        return FA_ERR_MEMORY;
    for (size_t l = 1; l <= trainer->depth; l++)
        trainer->frozen[l - 1] = fa_network_is_frozen(r->net, l);
    trainer->running = true;
    return FA_OK;
}

/* As the caller left the layers. */
static void thaw(const run *r)
{
    for (size_t l = 1; l <= r->trainer->depth; l++)
        (void)fa_network_set_frozen(r->net, l, r->trainer->frozen[l - 1]);
}

static void freeze_for(const run *r, uint64_t epoch)
{
    thaw(r);
    for (size_t s = 0; s < r->trainer->n_spans; s++) {
        const trainer_span *span = &r->trainer->spans[s];

        if (span->first <= epoch && epoch <= span->last)
            (void)fa_network_set_frozen(r->net, span->l, true);
    }
}

/* Weights and biases of one network into another of the same architecture. */
static void copy_parameters(const fa_network *from, const fa_network *to)
{
    for (size_t l = 1; l <= from->depth; l++) {
        matrix_move(&network_layer(from, l)->weights_t, &network_layer(to, l)->weights_t);
        prune_apply(network_layer(to, l), &network_layer(to, l)->weights_t);
        if (network_layer(from, l)->has_bias)
            matrix_move(&network_layer(from, l)->bias, &network_layer(to, l)->bias);
    }
}

/* What has to improve; NaN where it was not measured. */
static double monitored(const fa_trainer *trainer, uint64_t epoch)
{
    const fa_result *r = &trainer->records[epoch - 1].validation;

    return is_on(trainer, TRAINER_MONITOR) ? 1.0 - r->accuracy : r->loss;
}

static bool improved(const fa_trainer *trainer, uint64_t epoch)
{
    const double best = trainer->best > 0 ? monitored(trainer, trainer->best) : (double)NAN;

    return isnan(best) || monitored(trainer, epoch) < best - trainer->values[TRAINER_MIN_IMPROVEMENT];
}

/* Note whether the epoch was the best so far. */
static void compare(run *r, const fa_epoch_record *record)
{
    fa_trainer *trainer = r->trainer;

    if (r->best_net) { /* nobody kept the weights of an earlier one */
        trainer->best_net = r->best_net;
        trainer->best = 0;
        r->best_net = NULL;
    }
    if (!improved(trainer, record->epoch))
        return;
    if (trainer->best_net)
        copy_parameters(r->net, trainer->best_net);
    trainer->best = record->epoch;
}

/* A callback may have given the network another layer. */
static fa_status validate(run *r, fa_epoch_record *record)
{
    fa_status status = network_check_fits(r->net, r->trainer->fingerprint, "trainer");

    if (status == FA_OK)
        status = evaluation_run(&r->validating, r->net, &record->validation, NULL);
    if (status == FA_OK)
        compare(r, record);
    return status;
}

static bool call_after_epoch(const run *r, const fa_epoch_record *record)
{
    const epoch_callback *callback = &r->trainer->callbacks[FA_AFTER_EPOCH - 1];
    const fa_progress     progress = {
            .struct_size = sizeof progress, .point = FA_AFTER_EPOCH, .epoch = record->epoch, .batch = r->updates,
            .batches = r->updates, .training = record->training, .validation = record->validation,
            .net = r->net, .pass = r->pass, .fb = r->fb, .opt = r->opt,
    };

    return !callback->call || callback->call(callback->user_data, &progress);
}

/* The record of a new epoch. */
static fa_status begin_epoch(const run *r)
{
    fa_trainer *trainer = r->trainer;
    fa_status   status = FA_OK;

    if (trainer->epochs == trainer->room)
        status = make_records(trainer, (uint64_t)r->schedule.epochs);
    if (status != FA_OK)
        return status;
    trainer->epochs++;
    trainer->records[trainer->epochs - 1] =
        (fa_epoch_record){.epoch = trainer->epochs, .schedule = 1.0, .training = trainer->at.result,
                          .validation = {.loss = (double)NAN, .accuracy = (double)NAN}};
    return FA_OK;
}

/* The batches of the epoch that was begun last, or those that are left of it. */
static fa_status train_epoch(run *r, fa_epoch_record *record)
{
    fa_trainer       *trainer = r->trainer;
    const epoch_state before = trainer->at;
    bool              stopped = false;
    fa_status         status;

    r->plan.epoch = record->epoch;
    freeze_for(r, record->epoch);
    (void)fa_pass_set_dropout(r->pass, trainer->seed, (record->epoch - 1) * r->updates + trainer->at.done);
    status = epoch_run(&r->plan, r->net, r->pass, r->fb, r->opt, r->training, &trainer->at, &stopped);
    r->trained = r->trained || trainer->at.done > before.done;
    if (status == FA_ERR_MEMORY && trainer->at.done == before.done) { /* it did not begin, or did not go on */
        trainer->at = before;
        trainer->epochs -= before.done == 0;
        return status;
    }
    record->training = trainer->at.result;
    trainer->at = epoch_start();
    if (status == FA_OK && stopped)
        trainer->stop = FA_STOP_CALLBACK;
    return status;
}

static bool patience_is_out(const fa_trainer *trainer)
{
    return is_on(trainer, TRAINER_PATIENCE) &&
           (double)(trainer->epochs - trainer->best) >= trainer->values[TRAINER_PATIENCE];
}

/* The next epoch, or the rest of one, with what follows it. */
static fa_status run_epoch(run *r)
{
    fa_trainer      *trainer = r->trainer;
    fa_epoch_record *record;
    fa_status        status = trainer->at.done > 0 ? FA_OK : begin_epoch(r);

    if (status != FA_OK)
        return status;
    record = &trainer->records[trainer->epochs - 1];
    status = train_epoch(r, record);
    if (status != FA_OK || trainer->stop != FA_STOP_NONE)
        return status;
    if (r->validation)
        status = validate(r, record);
    if (status == FA_OK && !call_after_epoch(r, record))
        trainer->stop = FA_STOP_CALLBACK;
    else if (status == FA_OK && patience_is_out(trainer))
        trainer->stop = FA_STOP_EARLY;
    return status;
}

/* Leave everything as the caller expects it, whatever became of the run; prepare() succeeded. */
static void finish(const run *r, fa_status status)
{
    fa_trainer *trainer = r->trainer;
    const bool  untouched = status == FA_ERR_MEMORY && !r->trained; /* the run will be there another time */

    if (is_on(trainer, TRAINER_KEEP_BEST) && trainer->best_net && !untouched)
        copy_parameters(trainer->best_net, r->net);
    thaw(r);
    r->opt->schedule = trainer->schedule;
    mem_free(trainer->frozen);
    trainer->frozen = NULL;
    trainer->running = false;
}

static void release(run *r)
{
    evaluation_free(&r->validating);
    fa_network_destroy(r->best_net);
}

/* Whether there is nothing left to do: of a run that a checkpoint was made in, the end of patience may have been
 * due. */
static bool is_over(fa_trainer *trainer, double epochs)
{
    if (trainer->resumed && trainer->at.done == 0 && patience_is_out(trainer))
        trainer->stop = FA_STOP_EARLY;
    trainer->resumed = false;
    return trainer->stop != FA_STOP_NONE || (trainer->at.done == 0 && (double)trainer->epochs >= epochs);
}

fa_status fa_trainer_run(fa_trainer *trainer, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                         const fa_dataset *training, const fa_dataset *validation)
{
    run       r = {.trainer = trainer, .net = net, .pass = pass, .fb = fb, .opt = opt, .training = training,
                   .validation = validation};
    fa_status status;

    if (!trainer || !net || !pass || !fb || !opt || !training)
        return status_null(__func__, !trainer ? "trainer" : !net ? "net" : !pass ? "pass" : !fb ? "fb"
                                     : !opt   ? "opt"     : "training");
    if (!trainer->running)
        trainer->stop = FA_STOP_NONE;
    status = prepare(&r);
    if (status != FA_OK) {
        release(&r);
        return status;
    }
    while (status == FA_OK && !is_over(trainer, r.schedule.epochs))
        status = run_epoch(&r);
    if (status == FA_OK && trainer->stop == FA_STOP_NONE)
        trainer->stop = FA_STOP_EPOCHS;
    finish(&r, status);
    release(&r);
    return status;
}
