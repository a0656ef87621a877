/* How an experiment's runs take place: one after the other here, or several at once in processes of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/jobs.h"
#include "experiment.h"
#include "model.h"
#include "watch.h"

static void tell_divergence(const experiment *all, const run *result)
{
    if (result->outcome == RUN_DIVERGED)
        complain("%s diverged in epoch %zu with seed %" PRIu64 " and learning rate %g",
                 all->chosen->rules.at[result->rule]->name, result->epochs + 1, result->seed, result->lr);
}

bool experiment_possible(const experiment *all)
{
    bool good = true;

    /* The rules' first cells come first. */
    for (size_t i = 0; i < all->n_rules && good; i++) {
        model student;

        good = model_create(&student, all->chosen, all->samples, &all->runs[i]);
        model_free(&student);
    }
    return good;
}

/* Whether a file had it, and now the experiment has. */
static bool restore(experiment *all, size_t place)
{
    bool there = all->states[place] == RUN_WAITING && resume_take(&all->files->restored, &all->runs[place]);

    if (there)
        all->states[place] = RUN_ENDED;
    return there;
}

bool experiment_run_here(experiment *all)
{
    watch observer = {.chosen = all->chosen, .shown = progress_start(all->chosen->quiet), .files = all->files,
                      .runs = all->count, .started = seconds()};

    for (size_t i = 0; i < all->count && !interrupt_came(); i++) {
        if (restore(all, i)) {
            outputs_whole_csv(all->files, &all->runs[i]);
            continue;
        }
        observer.run = i;
        if (!run_learn(&all->runs[i], all->chosen, all->samples, &observer))
            return false;
        all->states[i] = RUN_ENDED;
        outputs_run(all->files, &all->runs[i]);
        tell_divergence(all, &all->runs[i]);
    }
    return true;
}

typedef struct study {
    experiment *all;
    progress    shown;
    double      started;
    size_t     *waiting;        /* places of the runs of this stage */
    size_t      n_waiting, runs; /* and of all stages */
    size_t      restored;
    size_t      done, written;  /* runs that have ended; places whose runs are in the CSV file */
} study;

static bool work(void *user_data, size_t i, int pipe)
{
    const study *studied = user_data;
    watch observer = {.chosen = studied->all->chosen, .shown = progress_start(true), .runs = 1, .started = seconds()};
    run result = studied->all->runs[studied->waiting[i]];
    bool good = run_learn(&result, studied->all->chosen, studied->all->samples, &observer) && run_send(&result, pipe);

    run_free(&result);
    return good;
}

/* The CSV file, in the order of the places, whichever ended first. `to_the_end`: where a run is missing, go on. */
static void write_ended(study *studied, bool to_the_end)
{
    const experiment *all = studied->all;
    size_t end = to_the_end ? all->count : studied->waiting[studied->n_waiting - 1] + 1;

    for (; studied->written < end; studied->written++) {
        if (all->states[studied->written] == RUN_ENDED)
            outputs_whole_csv(all->files, &all->runs[studied->written]);
        else if (all->states[studied->written] == RUN_WAITING && !to_the_end)
            return;
    }
}

static void tell_run(study *studied, const run *result)
{
    const experiment *all = studied->all;
    size_t ended = studied->restored + studied->done;
    double left = (seconds() - studied->started) / (double)studied->done * (double)(studied->runs - ended);
    contender one = {.rule = result->rule, .cell = result->cell};
    char outcome[64], values[200];

    progress_clear(&studied->shown);
    tell_divergence(all, result);
    if (studied->shown.quiet || result->outcome == RUN_INTERRUPTED)
        return;
    snprintf(outcome, sizeof outcome, result->outcome == RUN_DIVERGED ? "diverged" : "test error %.2f %%",
             100.0 * result->test_error);
    experiment_values(all, one, values, sizeof values);
    progress_line(&studied->shown, "%zu of %zu runs done, %.0f s left; %s, %s, seed %" PRIu64 ": %s",
                  ended, studied->runs, left, all->chosen->rules.at[result->rule]->name, values, result->seed, outcome);
}

static bool done(void *user_data, size_t i, const void *bytes, size_t size)
{
    study *studied = user_data;
    size_t place = studied->waiting[i];
    run *result = &studied->all->runs[place];

    if (!run_receive(result, bytes, size))
        return false;
    studied->all->states[place] = RUN_ENDED;
    studied->done++;
    /* At once: a study that is killed loses no more than what is under way. */
    outputs_whole_jsonl(studied->all->files, result);
    tell_run(studied, result);
    write_ended(studied, false);
    return true;
}

/* The runs that wait now and are in no file. */
static void collect(study *studied)
{
    experiment *all = studied->all;

    studied->n_waiting = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (restore(all, i))
            studied->restored++;
        else if (all->states[i] == RUN_WAITING)
            studied->waiting[studied->n_waiting++] = i;
    }
}

static bool run_stage(study *studied)
{
    const experiment *all = studied->all;
    jobs pieces = {.parallel = all->chosen->jobs, .data = studied, .work = work, .done = done};

    pieces.count = studied->n_waiting;
    if (pieces.parallel > pieces.count)
        pieces.parallel = pieces.count;
    return pieces.count == 0 || jobs_run(&pieces);
}

bool experiment_run_in_processes(experiment *all)
{
    study studied = {.all = all, .shown = progress_start(all->chosen->quiet), .started = seconds(),
                     .runs = all->n_trials + experiment_finals(all)};
    size_t parallel = all->chosen->jobs < studied.runs ? all->chosen->jobs : studied.runs;
    bool good;

    studied.waiting = calloc(all->count, sizeof *studied.waiting);
    if (!studied.waiting) {
        complain("out of memory for %zu runs", all->count);
        return false;
    }
    collect(&studied);
    if (!studied.shown.quiet && studied.restored)
        progress_line(&studied.shown, "%zu runs, %zu at once; %zu are in %s", studied.runs, parallel, studied.restored,
                      all->chosen->jsonl);
    else if (!studied.shown.quiet)
        progress_line(&studied.shown, "%zu runs, %zu at once", studied.runs, parallel);
    good = run_stage(&studied);
    if (good && all->two_stages && !interrupt_came()) {
        experiment_plan_finals(all);
        collect(&studied);
        good = run_stage(&studied);
    }
    progress_clear(&studied.shown);
    write_ended(&studied, true);
    free(studied.waiting);
    return good;
}
