#include "experiment.h"

#include <math.h>
#include <stdlib.h>

#include "../common/complain.h"

bool experiment_create(experiment *all, const settings *chosen, data *samples, outputs *files)
{
    *all = (experiment){.chosen = chosen, .samples = samples, .files = files, .n_rules = chosen->rules.count,
                        .n_rates = chosen->n_rates ? chosen->n_rates : 1,
                        .n_seeds = (size_t)(chosen->last_seed - chosen->first_seed + 1)};
    all->count = all->n_rules * all->n_rates * all->n_seeds;
    all->runs = calloc(all->count, sizeof *all->runs);
    all->ended = calloc(all->count, sizeof *all->ended);
    if (!all->runs || !all->ended) {
        complain("out of memory for %zu runs", all->count);
        return false;
    }
    for (size_t i = 0; i < all->count; i++) {
        contender one = {.rule = i % all->n_rules, .rate = i / all->n_rules % all->n_rates};

        all->runs[i] = (run){.rule = one.rule, .seed = chosen->first_seed + i / (all->n_rules * all->n_rates),
                             .lr = experiment_lr(all, one)};
    }
    return true;
}

void experiment_free(experiment *all)
{
    for (size_t i = 0; all->runs && i < all->count; i++)
        run_free(&all->runs[i]);
    free(all->runs);
    free(all->ended);
    *all = (experiment){0};
}

const run *experiment_at(const experiment *all, contender one, size_t i)
{
    size_t place = (i * all->n_rates + one.rate) * all->n_rules + one.rule;

    return all->ended[place] ? &all->runs[place] : NULL;
}

double experiment_lr(const experiment *all, contender one)
{
    return all->chosen->n_rates ? all->chosen->rates[one.rate] : all->chosen->lr[one.rule];
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

    for (size_t i = 0; i < all->n_seeds; i++) {
        const run *result = complete_run(all, one, i);

        if (result)
            moments_add(&over, value(result, what));
    }
    return over;
}

moments experiment_difference(const experiment *all, contender one, contender other, size_t what)
{
    moments over = {0};

    for (size_t i = 0; i < all->n_seeds; i++) {
        const run *a = complete_run(all, one, i), *b = complete_run(all, other, i);

        if (a && b)
            moments_add(&over, value(a, what) - value(b, what));
    }
    return over;
}

size_t experiment_count(const experiment *all, contender one, run_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < all->n_seeds; i++) {
        const run *result = experiment_at(all, one, i);

        count += result && result->outcome == outcome;
    }
    return count;
}

contender experiment_choose(const experiment *all, size_t rule)
{
    contender best = {.rule = rule, .rate = all->n_rates};
    double least = INFINITY;

    for (size_t rate = 0; rate < all->n_rates; rate++) {
        contender one = {.rule = rule, .rate = rate};
        moments over = experiment_moments(all, one, VALIDATION_ERROR);

        if (over.count == all->n_seeds && over.mean < least) {
            least = over.mean;
            best = one;
        }
    }
    return best;
}
