#include "run.h"

#include <inttypes.h>
#include <math.h>

#include "../common/complain.h"
#include "../common/interrupt.h"

/* The students of one task. */
typedef struct group {
    const settings *chosen;
    task            problem;
    student         learners[MAX_TRACES];
    size_t          n_learners;
    run            *result;
} group;

static bool group_create(group *all, const settings *chosen, uint64_t seed, run *result)
{
    *all = (group){.chosen = chosen, .result = result};
    if (!task_draw(&all->problem, chosen, seed))
        return false;
    for (; all->n_learners < chosen->rules.count; all->n_learners++)
        if (!student_create(&all->learners[all->n_learners], chosen->rules.at[all->n_learners], &all->problem, chosen))
            return false;
    return true;
}

static void group_free(group *all)
{
    for (size_t i = 0; i < all->n_learners; i++)
        student_free(&all->learners[i]);
    task_free(&all->problem);
}

/* Divergence ends one rule only. */
static bool note(trace *seen, fa_status status)
{
    if (status != FA_ERR_NOT_FINITE)
        return succeeded(status);
    seen->diverged = true;
    return true;
}

static bool learn_rows(group *all, size_t first, size_t count)
{
    for (size_t i = 0; i < all->n_learners; i++) {
        trace *seen = &all->result->rules[i];
        double start = seconds();

        if (seen->diverged)
            continue;
        if (!note(seen, student_learn(&all->learners[i], &all->problem, first, count)))
            return false;
        seen->seconds += seconds() - start;
    }
    return true;
}

/* The samples from number `from` up to `to`, block by block. */
static bool learn_until(group *all, size_t from, size_t to)
{
    while (from < to && !interrupt_came()) {
        size_t first = from % BLOCK, count = to - from < BLOCK - first ? to - from : BLOCK - first;

        if (first == 0 && !succeeded(task_fresh(&all->problem, from / BLOCK)))
            return false;
        if (!learn_rows(all, first, count))
            return false;
        from += count;
    }
    return true;
}

static bool look(group *all, size_t samples, size_t since)
{
    double N = (double)all->chosen->inputs;

    for (size_t i = 0; i < all->n_learners; i++) {
        trace *seen = &all->result->rules[i];
        record *next = &seen->records[seen->count];

        if (seen->diverged)
            continue;
        next->time = (double)samples / N;
        student_solve(&all->learners[i], (double)(samples - since) / N, all->chosen->step);
        if (!note(seen, student_look(&all->learners[i], &all->problem, next)))
            return false;
        if (!seen->diverged)
            seen->count++;
    }
    return true;
}

/* Samples seen at look number r > 0: evenly spaced by the logarithm of the time, from 0.1 on as in the authors'
 * program, but at least one after the look before. */
static size_t look_at(const settings *chosen, size_t r, size_t before)
{
    double first = chosen->records == 1 ? chosen->time : 0.1, last = (double)chosen->records - 1.0;
    double time = first * pow(chosen->time / first, last > 0.0 ? ((double)r - 1.0) / last : 0.0);
    size_t samples = (size_t)floor(time * (double)chosen->inputs + 0.5);

    return samples > before ? samples : before + 1;
}

static bool learn(group *all, progress *shown)
{
    const settings *chosen = all->chosen;
    size_t total = look_at(chosen, chosen->records, 0), before = 0;

    if (!look(all, 0, 0))
        return false;
    for (size_t r = 1; r <= chosen->records; r++) {
        size_t samples = look_at(chosen, r, before);

        if (!learn_until(all, before, samples))
            return false;
        if (interrupt_came())
            return true;
        if (!look(all, samples, before))
            return false;
        before = samples;
        if (progress_due(shown, before, total))
            progress_line(shown, "seed %" PRIu64 ": time %.4g of %.4g", all->problem.seed,
                          (double)before / (double)chosen->inputs, chosen->time);
    }
    return true;
}

bool run_learn(run *result, const settings *chosen, uint64_t seed, progress *shown)
{
    group all;
    bool good;

    *result = (run){.seed = seed};
    progress_restart(shown);
    good = group_create(&all, chosen, seed, result) && learn(&all, shown);
    group_free(&all);
    progress_clear(shown);
    result->ended = good;
    return good;
}

bool trace_complete(const trace *seen, const settings *chosen)
{
    return !seen->diverged && seen->count == chosen->records + 1;
}

double trace_deviation(const trace *seen)
{
    double largest = 0.0;

    for (size_t r = 0; r < seen->count; r++)
        largest = fmax(largest, seen->records[r].deviation);
    return largest;
}
