/* All runs of the program: every rule in every cell of its grid for every seed, and what they say together.
 *
 * With --choose-seeds there are two stages: trials with those seeds in every cell, and final runs with the seeds of the
 * study in the cell that each rule has chosen. Without it the trials are all there is.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_EXPERIMENT_H
#define CLASSIFY_EXPERIMENT_H

#include "../common/statistics.h"
#include "outputs.h"
#include "run.h"

typedef enum run_state {
    RUN_UNUSED, /* a final run that nobody asks for: it was a trial, or the rule has chosen no cell (yet) */
    RUN_WAITING,
    RUN_ENDED
} run_state;

typedef struct seed_range {
    uint64_t first;
    size_t   count;
} seed_range;

typedef struct experiment {
    const settings *chosen;
    data           *samples;
    outputs        *files;
    size_t          n_rules;
    size_t          n_cells[MAX_RULES]; /* 1 without --grid */
    size_t          first_cell[MAX_RULES]; /* the rule's first place in `places` */
    size_t         *places;                /* of a rule's cells among the trials of one seed */
    size_t          per_seed;              /* trials of one seed */
    bool            two_stages;
    seed_range      trials, finals; /* the same without two stages */
    size_t          n_trials, count; /* runs; without two stages the same */
    run            *runs;   /* [count] trials by seed, then cell, then rule; final runs by seed, then rule */
    run_state      *states; /* [count] */
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

/* A rule in one of its cells, by its trials or by its final runs. */
typedef struct contender {
    size_t rule, cell;
    bool   final;
} contender;

/* False after a complaint; to be freed either way. */
bool experiment_create(experiment *all, const settings *chosen, data *samples, outputs *files);
void experiment_free(experiment *all);

/* Whether every rule can be made with its settings, tried before hours are spent; false after a complaint. */
bool experiment_possible(const experiment *all);

/* Run every one of them: here, with a status line, or in processes of their own. False after a complaint; Ctrl-C and
 * divergence are none. */
bool experiment_run_here(experiment *all);
bool experiment_run_in_processes(experiment *all);

/* After the trials: the final runs of the chosen cells begin to wait. */
void experiment_plan_finals(experiment *all);

/* Final runs there will be at most. */
size_t experiment_finals(const experiment *all);

/* Whether there is such a cell: experiment_choose() may have found none. */
bool experiment_has(const experiment *all, contender one);

/* Seeds of a contender. */
seed_range experiment_seeds(const experiment *all, contender one);

/* The run of a contender for seed number i; NULL if it did not take place. */
const run *experiment_at(const experiment *all, contender one, size_t i);

/* Learning rate of a contender, and its other values in words: "lr 0.1, feedback_scale 2". */
double experiment_lr(const experiment *all, contender one);
void   experiment_values(const experiment *all, contender one, char *text, size_t size);

/* Over the seeds whose runs are complete. */
moments experiment_moments(const experiment *all, contender one, size_t what);

/* Of one contender minus another, over the seeds for which both are complete. */
moments experiment_difference(const experiment *all, contender one, contender other, size_t what);

/* Runs of a contender with this outcome. */
size_t experiment_count(const experiment *all, contender one, run_outcome outcome);

/* A rule in the cell with the least mean validation error among those in which every trial is complete; there is no
 * such cell if there is none. With two stages it is a contender by its final runs. */
contender experiment_choose(const experiment *all, size_t rule);

#endif
