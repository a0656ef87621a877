#include "experiment.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/interrupt.h"
#include "../common/jobs.h"
#include "../common/progress.h"
#include "csv.h"

/* A list of runs in work. */
typedef struct list {
    const settings *chosen;
    run            *runs;
    size_t          count, done, written; /* written to the file, in order */
    output         *csv;                  /* NULL: nowhere */
    progress        shown;
} list;

static bool work(void *data, size_t i, int pipe)
{
    const list *all = data;

    return run_learn(&all->runs[i], all->chosen) && jobs_write(pipe, &all->runs[i], sizeof all->runs[i]);
}

static void tell(list *all, const run *result)
{
    const char *rule = all->chosen->rules.at[contender_rule(result->contender)]->name;

    progress_clear(&all->shown);
    if (result->diverged)
        complain("%s with %zu layers diverged with seed %" PRIu64 " and learning rate %g", rule,
                 contender_layers(result->contender), result->seed, result->lr);
    if (progress_due(&all->shown, all->done, all->count))
        progress_line(&all->shown, "%zu of %zu runs %s done", all->done, all->count,
                      result->kind == FOR_TEST ? "that are reported" : "for learning rates");
}

static bool done(void *data, size_t i, const void *bytes, size_t size)
{
    list *all = data;

    if (size != sizeof all->runs[i]) {
        complain("a process handed over %zu bytes, not %zu", size, sizeof all->runs[i]);
        return false;
    }
    memcpy(&all->runs[i], bytes, size);
    all->done++;
    tell(all, &all->runs[i]);
    for (; all->csv && all->written < all->count && all->runs[all->written].ended; all->written++)
        csv_write(all->csv, all->chosen, &all->runs[all->written]);
    return true;
}

static bool run_list(const settings *chosen, run *runs, size_t count, output *csv)
{
    list all = {.chosen = chosen, .runs = runs, .count = count, .csv = csv, .shown = progress_start(chosen->quiet)};
    jobs pieces = {.count = count, .parallel = chosen->jobs, .data = &all, .work = work, .done = done};
    bool good;

    if (pieces.parallel > count)
        pieces.parallel = count;
    good = jobs_run(&pieces);
    progress_clear(&all.shown);
    for (; csv && all.written < count; all.written++)
        csv_write(csv, chosen, &runs[all.written]);
    return good;
}

static bool tune(experiment *all)
{
    const settings *chosen = all->chosen;
    size_t n = all->n_contenders, rates = chosen->n_rates;

    all->n_tuning = (size_t)(chosen->tuning.last - chosen->tuning.first + 1) * rates * n;
    all->tuning = calloc(all->n_tuning, sizeof *all->tuning);
    if (!all->tuning) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < all->n_tuning; i++)
        all->tuning[i] = (run){.contender = i % n, .lr = chosen->rates[i / n % rates],
                               .seed = chosen->tuning.first + i / n / rates, .kind = FOR_VALIDATION};
    return run_list(chosen, all->tuning, all->n_tuning, NULL);
}

moments experiment_validation(const experiment *all, size_t contender, size_t rate)
{
    size_t n = all->n_contenders, rates = all->chosen->n_rates;
    moments over = {0};

    for (size_t i = rate * n + contender; i < all->n_tuning; i += rates * n)
        if (run_complete(&all->tuning[i], all->chosen))
            moments_add(&over, all->tuning[i].errors[0]);
    return over;
}

/* The rate of the least mean validation error; NaN where no rate has complete runs only. */
static double choose(const experiment *all, size_t contender)
{
    size_t seeds = all->n_tuning / all->chosen->n_rates / all->n_contenders;
    double least = INFINITY, lr = NAN;

    for (size_t rate = 0; rate < all->chosen->n_rates; rate++) {
        moments over = experiment_validation(all, contender, rate);

        if (over.count == seeds && over.mean < least) {
            least = over.mean;
            lr = all->chosen->rates[rate];
        }
    }
    return lr;
}

static bool choose_rates(experiment *all)
{
    if (all->chosen->n_rates && !tune(all))
        return false;
    for (size_t i = 0; i < all->n_contenders; i++) {
        all->lr[i] = all->chosen->n_rates ? choose(all, i) : all->chosen->lr;
        if (interrupt_came() || isfinite(all->lr[i]))
            continue;
        complain("no learning rate of the grid does for %s with %zu layers",
                 all->chosen->rules.at[contender_rule(i)]->name, contender_layers(i));
        return false;
    }
    return true;
}

static bool report_runs(experiment *all, output *csv)
{
    const settings *chosen = all->chosen;
    size_t n = all->n_contenders, count = (size_t)(chosen->seeds.last - chosen->seeds.first + 1) * n;

    all->reported = calloc(count, sizeof *all->reported);
    if (!all->reported) {
        complain("out of memory");
        return false;
    }
    all->n_reported = count;
    for (size_t i = 0; i < count; i++)
        all->reported[i] = (run){.contender = i % n, .lr = all->lr[i % n], .seed = chosen->seeds.first + i / n,
                                 .kind = FOR_TEST};
    return run_list(chosen, all->reported, count, csv);
}

bool experiment_run(experiment *all, const settings *chosen, output *csv)
{
    bool good;

    *all = (experiment){.chosen = chosen, .n_contenders = 2 * chosen->rules.count};
    csv_head(csv);
    good = choose_rates(all);
    if (good && !interrupt_came())
        good = report_runs(all, csv);
    if (interrupt_came())
        complain("interrupted; this is what there is so far");
    return good;
}

void experiment_free(experiment *all)
{
    free(all->tuning);
    free(all->reported);
    *all = (experiment){0};
}

const run *experiment_reported(const experiment *all, size_t k, size_t contender)
{
    return &all->reported[k * all->n_contenders + contender];
}

moments experiment_test(const experiment *all, size_t contender, size_t look, bool logarithm)
{
    moments over = {0};

    for (size_t i = contender; i < all->n_reported; i += all->n_contenders) {
        double error = all->reported[i].errors[look];

        if (run_complete(&all->reported[i], all->chosen))
            moments_add(&over, logarithm ? log10(error) : error);
    }
    return over;
}

size_t experiment_complete(const experiment *all, size_t contender)
{
    return experiment_test(all, contender, 0, false).count;
}

size_t experiment_diverged(const experiment *all, size_t contender)
{
    size_t count = 0;

    for (size_t i = contender; i < all->n_reported; i += all->n_contenders)
        count += all->reported[i].diverged;
    return count;
}

bool experiment_all_complete(const experiment *all)
{
    for (size_t i = 0; i < all->n_tuning; i++)
        if (!run_complete(&all->tuning[i], all->chosen))
            return false;
    for (size_t i = 0; i < all->n_reported; i++)
        if (!run_complete(&all->reported[i], all->chosen))
            return false;
    return all->n_reported > 0;
}
