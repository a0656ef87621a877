/* All runs of the program: every rule at every learning rate for every seed, and what they say together.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_EXPERIMENT_H
#define CLASSIFY_EXPERIMENT_H

#include "../common/statistics.h"
#include "outputs.h"
#include "run.h"

typedef struct experiment {
    const settings *chosen;
    data           *samples;
    outputs        *files;
    size_t          n_rules, n_rates, n_seeds; /* n_rates is 1 without --grid */
    size_t          count;                     /* their product */
    run            *runs;                      /* [count], by seed, then rate, then rule */
    bool           *ended;                     /* [count]: the run is there, whatever its outcome */
} experiment;

/* A number that a run ends with. */
typedef enum quantity {
    TRAIN_LOSS,
    TRAIN_ERROR,
    VALIDATION_ERROR, /* of the final weights */
    TEST_ERROR,       /* of the final weights */
    ERROR_AT_BEST,    /* test error at the epoch that was best on the validation samples */
    BEST_EPOCH,
    EPOCHS,
    SECONDS,
    ANGLE,                      /* + l - 1 */
    RATIO = ANGLE + MAX_HIDDEN, /* + l - 1 */
    N_QUANTITIES = RATIO + MAX_HIDDEN
} quantity;

/* A rule at one of the learning rates. */
typedef struct contender {
    size_t rule, rate;
} contender;

/* False after a complaint; to be freed either way. */
bool experiment_create(experiment *all, const settings *chosen, data *samples, outputs *files);
void experiment_free(experiment *all);

/* Run every one of them: here, with a status line, or in processes of their own. False after a complaint; Ctrl-C and
 * divergence are none. */
bool experiment_run_here(experiment *all);
bool experiment_run_in_processes(experiment *all);

/* The run of a contender for seed number i; NULL if it did not take place. */
const run *experiment_at(const experiment *all, contender one, size_t i);

/* Learning rate of a contender. */
double experiment_lr(const experiment *all, contender one);

/* Over the seeds whose runs are complete. */
moments experiment_moments(const experiment *all, contender one, size_t what);

/* Of one contender minus another, over the seeds for which both are complete. */
moments experiment_difference(const experiment *all, contender one, contender other, size_t what);

/* Runs of a contender with this outcome. */
size_t experiment_count(const experiment *all, contender one, run_outcome outcome);

/* A rule at the rate with the least mean validation error among those at which every run is complete. Its rate is
 * n_rates if there is none. */
contender experiment_choose(const experiment *all, size_t rule);

#endif
