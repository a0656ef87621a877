#include "experiment.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/jobs.h"
#include "csv.h"

typedef struct study {
    experiment *all;
    output     *csv;
    progress    shown;
    size_t      done, written; /* runs that have ended, and those of them that are in the file */
} study;

static bool work(void *data, size_t i, int pipe)
{
    const study *studied = data;
    run *result = &studied->all->runs[i];
    progress none = progress_start(true);

    return run_learn(result, studied->all->chosen, studied->all->chosen->first_seed + i, &none) &&
           jobs_write(pipe, result, sizeof *result);
}

static void tell_divergence(const settings *chosen, const run *result)
{
    for (size_t i = 0; i < chosen->rules.count; i++)
        if (result->rules[i].diverged)
            complain("%s diverged after time %g with seed %" PRIu64, chosen->rules.at[i]->name,
                     result->rules[i].records[result->rules[i].count - 1].time, result->seed);
}

static bool done(void *data, size_t i, const void *bytes, size_t size)
{
    study *studied = data;
    experiment *all = studied->all;

    if (size != sizeof all->runs[i]) {
        complain("a process handed over %zu bytes, not %zu", size, sizeof all->runs[i]);
        return false;
    }
    memcpy(&all->runs[i], bytes, size);
    for (studied->done++; studied->written < all->count && all->runs[studied->written].ended; studied->written++)
        csv_write(studied->csv, all->chosen, &all->runs[studied->written]);
    progress_clear(&studied->shown);
    tell_divergence(all->chosen, &all->runs[i]);
    if (progress_due(&studied->shown, studied->done, all->count))
        progress_line(&studied->shown, "%zu of %zu seeds done", studied->done, all->count);
    return true;
}

static bool run_in_processes(experiment *all, output *csv)
{
    study studied = {.all = all, .csv = csv, .shown = progress_start(all->chosen->quiet)};
    jobs pieces = {.count = all->count, .parallel = all->chosen->jobs, .data = &studied, .work = work, .done = done};
    bool good;

    if (pieces.parallel > all->count)
        pieces.parallel = all->count;
    good = jobs_run(&pieces);
    progress_clear(&studied.shown);
    for (; studied.written < all->count; studied.written++)
        csv_write(csv, all->chosen, &all->runs[studied.written]);
    return good;
}

static bool run_here(experiment *all, output *csv)
{
    progress shown = progress_start(all->chosen->quiet);

    if (!run_learn(&all->runs[0], all->chosen, all->chosen->first_seed, &shown))
        return false;
    csv_write(csv, all->chosen, &all->runs[0]);
    tell_divergence(all->chosen, &all->runs[0]);
    return true;
}

static void add(summary *rule, const trace *seen)
{
    size_t smallest = 0;

    for (size_t r = 0; r < seen->count; r++) {
        const record *look = &seen->records[r];

        rule->times[r] = look->time;
        moments_add(&rule->looks[r].error, log10(look->error));
        moments_add(&rule->looks[r].solution_error, log10(look->solution_error));
        moments_add(&rule->looks[r].angle, look->angle);
        moments_add(&rule->looks[r].solution_angle, look->solution_angle);
        if (look->angle < seen->records[smallest].angle)
            smallest = r;
    }
    rule->count = seen->count;
    moments_add(&rule->deviation, trace_deviation(seen));
    moments_add(&rule->smallest_angle, seen->records[smallest].angle);
    moments_add(&rule->turning, log10(seen->records[smallest].time));
    moments_add(&rule->seconds, seen->seconds);
}

static void summarize(experiment *all)
{
    for (size_t k = 0; k < all->count; k++) {
        for (size_t i = 0; i < all->chosen->rules.count; i++) {
            const trace *seen = &all->runs[k].rules[i];
            bool complete = trace_complete(seen, all->chosen);

            all->rules[i].complete += complete;
            all->rules[i].diverged += seen->diverged;
            if (complete || (!all->chosen->study && seen->count > 0))
                add(&all->rules[i], seen);
        }
    }
}

bool experiment_run(experiment *all, const settings *chosen, output *csv)
{
    bool good;

    *all = (experiment){.chosen = chosen, .count = (size_t)(chosen->last_seed - chosen->first_seed) + 1};
    all->runs = calloc(all->count, sizeof *all->runs);
    all->rules = calloc(chosen->rules.count, sizeof *all->rules);
    if (!all->runs || !all->rules) {
        complain("out of memory");
        return false;
    }
    csv_head(csv);
    good = chosen->study ? run_in_processes(all, csv) : run_here(all, csv);
    if (interrupt_came())
        complain("interrupted; this is what there is so far");
    summarize(all);
    return good;
}

void experiment_free(experiment *all)
{
    free(all->runs);
    free(all->rules);
    *all = (experiment){0};
}

static size_t nearest(const summary *rule, double time)
{
    size_t found = 1;

    for (size_t r = 2; r < rule->count; r++)
        if (fabs(log(rule->times[r] / time)) < fabs(log(rule->times[found] / time)))
            found = r;
    return found;
}

size_t experiment_shown(const summary *rule, size_t shown[MAX_SHOWN])
{
    size_t n = 0, last = rule->count - 1;

    if (rule->count == 0)
        return 0;
    shown[n++] = 0;
    for (double time = 1.0; n < MAX_SHOWN - 1 && last > 0 && time < rule->times[last]; time *= 10.0) {
        size_t r = nearest(rule, time);

        if (r != shown[n - 1] && r != last)
            shown[n++] = r;
    }
    if (last > 0)
        shown[n++] = last;
    return n;
}
