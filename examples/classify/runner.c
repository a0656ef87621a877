/* How an experiment's runs take place: one after the other here, or several at once in processes of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/jobs.h"
#include "experiment.h"
#include "watch.h"

static void tell_divergence(const experiment *all, const run *result)
{
    if (result->outcome == RUN_DIVERGED)
        complain("%s diverged in epoch %zu with seed %" PRIu64 " and learning rate %g",
                 all->chosen->rules.at[result->rule]->name, result->epochs + 1, result->seed, result->lr);
}

bool experiment_run_here(experiment *all)
{
    watch observer = {.chosen = all->chosen, .shown = progress_start(all->chosen->quiet), .files = all->files,
                      .runs = all->count, .started = seconds()};

    for (size_t i = 0; i < all->count && !interrupt_came(); i++) {
        observer.run = i;
        if (!run_learn(&all->runs[i], all->chosen, all->samples, &observer))
            return false;
        all->ended[i] = true;
        outputs_run(all->files, &all->runs[i]);
        tell_divergence(all, &all->runs[i]);
    }
    return true;
}

typedef struct study {
    experiment *all;
    progress    shown;
    double      started;
    size_t      done, written; /* runs that have ended, and those of them that are in the files */
} study;

static bool work(void *user_data, size_t i, int pipe)
{
    const study *studied = user_data;
    watch observer = {.chosen = studied->all->chosen, .shown = progress_start(true), .runs = 1, .started = seconds()};
    run result = studied->all->runs[i];
    bool good = run_learn(&result, studied->all->chosen, studied->all->samples, &observer) && run_send(&result, pipe);

    run_free(&result);
    return good;
}

static void write_run(const experiment *all, const run *result)
{
    for (size_t i = 0; i < result->epochs; i++)
        outputs_epoch(all->files, result, i);
    outputs_run(all->files, result);
}

/* In the order of seeds, rates and rules, whichever ended first. `to_the_end`: where a run is missing, go on. */
static void write_ended(study *studied, bool to_the_end)
{
    const experiment *all = studied->all;

    for (; studied->written < all->count; studied->written++) {
        if (all->ended[studied->written])
            write_run(all, &all->runs[studied->written]);
        else if (!to_the_end)
            return;
    }
}

static void tell_run(study *studied, const run *result)
{
    const experiment *all = studied->all;
    double left = (seconds() - studied->started) / (double)studied->done * (double)(all->count - studied->done);
    char outcome[64];

    progress_clear(&studied->shown);
    tell_divergence(all, result);
    if (studied->shown.quiet || result->outcome == RUN_INTERRUPTED)
        return;
    snprintf(outcome, sizeof outcome, result->outcome == RUN_DIVERGED ? "diverged" : "test error %.2f %%",
             100.0 * result->test_error);
    progress_line(&studied->shown, "%zu of %zu runs done, %.0f s left; %s, lr %g, seed %" PRIu64 ": %s", studied->done,
                  all->count, left, all->chosen->rules.at[result->rule]->name, result->lr, result->seed, outcome);
}

static bool done(void *user_data, size_t i, const void *bytes, size_t size)
{
    study *studied = user_data;
    run *result = &studied->all->runs[i];

    if (!run_receive(result, bytes, size))
        return false;
    studied->all->ended[i] = true;
    studied->done++;
    tell_run(studied, result);
    write_ended(studied, false);
    return true;
}

bool experiment_run_in_processes(experiment *all)
{
    study studied = {.all = all, .shown = progress_start(all->chosen->quiet), .started = seconds()};
    jobs pieces = {.count = all->count, .parallel = all->chosen->jobs, .data = &studied, .work = work, .done = done};
    bool good;

    if (pieces.parallel > all->count)
        pieces.parallel = all->count;
    if (!studied.shown.quiet)
        progress_line(&studied.shown, "%zu runs, %zu at once", all->count, pieces.parallel);
    good = jobs_run(&pieces);
    progress_clear(&studied.shown);
    write_ended(&studied, true);
    return good;
}
