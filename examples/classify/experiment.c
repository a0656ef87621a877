#include "experiment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/complain.h"

static seed_range seeds_from(uint64_t first, uint64_t last)
{
    return (seed_range){.first = first, .count = (size_t)(last - first + 1)};
}

static bool holds(seed_range seeds, uint64_t seed)
{
    return seed >= seeds.first && seed - seeds.first < seeds.count;
}

static run plan(const experiment *all, size_t rule, size_t cell, uint64_t seed)
{
    run planned = {.rule = rule, .cell = cell, .seed = seed,
                   .lr = experiment_lr(all, (contender){.rule = rule, .cell = cell})};

    grid_point(&all->chosen->grid, rule, cell, planned.at);
    return planned;
}

/* The rules' first cells come first, then their second ones. */
static void place_cells(experiment *all)
{
    size_t place = 0;

    for (size_t cell = 0; place < all->per_seed; cell++)
        for (size_t rule = 0; rule < all->n_rules; rule++)
            if (cell < all->n_cells[rule])
                all->places[all->first_cell[rule] + cell] = place++;
}

static void plan_trials(experiment *all)
{
    for (size_t i = 0; i < all->trials.count; i++) {
        for (size_t rule = 0; rule < all->n_rules; rule++) {
            for (size_t cell = 0; cell < all->n_cells[rule]; cell++) {
                size_t place = i * all->per_seed + all->places[all->first_cell[rule] + cell];

                all->runs[place] = plan(all, rule, cell, all->trials.first + i);
                all->states[place] = RUN_WAITING;
            }
        }
    }
}

bool experiment_create(experiment *all, const settings *chosen, data *samples, outputs *files)
{
    *all = (experiment){.chosen = chosen, .samples = samples, .files = files, .n_rules = chosen->rules.count,
                        .two_stages = given_text(&chosen->texts, "--choose-seeds") != NULL,
                        .trials = seeds_from(chosen->first_trial_seed, chosen->last_trial_seed),
                        .finals = seeds_from(chosen->first_seed, chosen->last_seed)};
    for (size_t rule = 0; rule < all->n_rules; rule++) {
        all->n_cells[rule] = grid_cells(&chosen->grid, rule);
        all->first_cell[rule] = all->per_seed;
        all->per_seed += all->n_cells[rule];
    }
    all->n_trials = all->trials.count * all->per_seed;
    all->count = all->n_trials + (all->two_stages ? all->finals.count * all->n_rules : 0);
    all->places = calloc(all->per_seed, sizeof *all->places);
    all->runs = calloc(all->count, sizeof *all->runs);
    all->states = calloc(all->count, sizeof *all->states);
    if (!all->places || !all->runs || !all->states) {
        complain("out of memory for %zu runs", all->count);
        return false;
    }
    place_cells(all);
    plan_trials(all);
    return true;
}

void experiment_free(experiment *all)
{
    for (size_t i = 0; all->runs && i < all->count; i++)
        run_free(&all->runs[i]);
    free(all->runs);
    free(all->states);
    free(all->places);
    *all = (experiment){0};
}

static size_t final_place(const experiment *all, size_t rule, size_t i)
{
    return all->n_trials + i * all->n_rules + rule;
}

void experiment_plan_finals(experiment *all)
{
    for (size_t rule = 0; rule < all->n_rules && all->two_stages; rule++) {
        contender best = experiment_choose(all, rule);

        for (size_t i = 0; i < all->finals.count && experiment_has(all, best); i++) {
            size_t place = final_place(all, rule, i);
            uint64_t seed = all->finals.first + i;

            if (holds(all->trials, seed))
                continue;
            all->runs[place] = plan(all, rule, best.cell, seed);
            all->states[place] = RUN_WAITING;
        }
    }
}

size_t experiment_finals(const experiment *all)
{
    size_t count = 0;

    for (size_t i = 0; i < all->finals.count && all->two_stages; i++)
        count += holds(all->trials, all->finals.first + i) ? 0 : all->n_rules;
    return count;
}

bool experiment_has(const experiment *all, contender one)
{
    return one.cell < all->n_cells[one.rule];
}

seed_range experiment_seeds(const experiment *all, contender one)
{
    return one.final ? all->finals : all->trials;
}

const run *experiment_at(const experiment *all, contender one, size_t i)
{
    uint64_t seed = experiment_seeds(all, one).first + i;
    size_t place;

    if (holds(all->trials, seed))
        place = (size_t)(seed - all->trials.first) * all->per_seed + all->places[all->first_cell[one.rule] + one.cell];
    else
        place = final_place(all, one.rule, i);
    return all->states[place] == RUN_ENDED ? &all->runs[place] : NULL;
}

double experiment_lr(const experiment *all, contender one)
{
    const grid *tried = &all->chosen->grid;
    size_t axis = grid_find(tried, "lr");
    double at[MAX_AXES];

    if (!grid_values(tried, axis, one.rule))
        return all->chosen->lr[one.rule];
    grid_point(tried, one.rule, one.cell, at);
    return at[axis];
}

void experiment_values(const experiment *all, contender one, char *text, size_t size)
{
    const grid *tried = &all->chosen->grid;
    int length = snprintf(text, size, "lr %g", experiment_lr(all, one));
    double at[MAX_AXES];

    grid_point(tried, one.rule, one.cell, at);
    for (size_t axis = 0; axis < tried->n_axes && length < (int)size; axis++)
        if (axis != grid_find(tried, "lr") && isfinite(at[axis]))
            length += snprintf(text + length, size - (size_t)length, ", %s %g", tried->names[axis], at[axis]);
}

/* acos() near 1 makes up to about 1e-6 degrees of a rounding error: back-propagation's angle to itself is 0. */
static double without_rounding(double angle)
{
    return angle < 1e-5 ? 0.0 : angle;
}

static double value(const run *result, size_t what)
{
    const record *last = result->epochs ? &result->trace[result->epochs - 1] : NULL;

    if (what >= RATIO)
        return last ? last->ratio[what - RATIO] : (double)NAN;
    if (what >= ANGLE)
        return last ? without_rounding(last->angle[what - ANGLE]) : (double)NAN;
    switch ((quantity)what) {
    case TRAIN_LOSS:
        return last ? last->train_loss : (double)NAN;
    case TRAIN_ERROR:
        return last ? last->train_error : (double)NAN;
    case VALIDATION_ERROR:
        return result->validation_error;
    case TEST_ERROR:
        return result->test_error;
    case ERROR_AT_BEST:
        return run_error_at_best(result);
    case BEST_EPOCH:
        return result->best ? (double)result->best : (double)NAN;
    case EPOCHS:
        return (double)result->epochs;
    case SECONDS:
        return result->seconds;
    default:
        return (double)NAN;
    }
}

static const run *complete_run(const experiment *all, contender one, size_t i)
{
    const run *result = experiment_at(all, one, i);

    return result && result->outcome == RUN_COMPLETE ? result : NULL;
}

moments experiment_moments(const experiment *all, contender one, size_t what)
{
    moments over = {0};

    for (size_t i = 0; i < experiment_seeds(all, one).count; i++) {
        const run *result = complete_run(all, one, i);

        if (result)
            moments_add(&over, value(result, what));
    }
    return over;
}

moments experiment_difference(const experiment *all, contender one, contender other, size_t what)
{
    moments over = {0};

    for (size_t i = 0; i < experiment_seeds(all, one).count; i++) {
        const run *a = complete_run(all, one, i), *b = complete_run(all, other, i);

        if (a && b)
            moments_add(&over, value(a, what) - value(b, what));
    }
    return over;
}

size_t experiment_count(const experiment *all, contender one, run_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < experiment_seeds(all, one).count; i++) {
        const run *result = experiment_at(all, one, i);

        count += result && result->outcome == outcome;
    }
    return count;
}

contender experiment_choose(const experiment *all, size_t rule)
{
    contender best = {.rule = rule, .cell = all->n_cells[rule]};
    double least = INFINITY;

    for (size_t cell = 0; cell < all->n_cells[rule]; cell++) {
        contender one = {.rule = rule, .cell = cell};
        moments over = experiment_moments(all, one, VALIDATION_ERROR);

        if (over.count == all->trials.count && over.mean < least) {
            least = over.mean;
            best = one;
        }
    }
    best.final = all->two_stages;
    return best;
}
