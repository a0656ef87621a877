/* All runs: those that choose learning rates, then those that are reported.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_EXPERIMENT_H
#define NONLINEAR_EXPERIMENT_H

#include "../common/output.h"
#include "../common/statistics.h"
#include "run.h"

typedef struct experiment {
    const settings *chosen;
    size_t          n_contenders;
    size_t          n_tuning, n_reported;
    run            *tuning;   /* [n_tuning]: by seed, then rate, then contender; NULL without --grid */
    run            *reported; /* [n_reported]: by seed, then contender */
    double          lr[2 * MAX_RULES]; /* of every contender; NaN where no rate of the grid will do */
} experiment;

/* False after a complaint; *all has to be freed either way. Reported runs are written in the order of seeds. */
bool experiment_run(experiment *all, const settings *chosen, output *csv);
void experiment_free(experiment *all);

/* Validation errors of a contender at rate number i of the grid, over complete runs. */
moments experiment_validation(const experiment *all, size_t contender, size_t rate);

/* Test errors of a contender at a look, over complete runs; or their decimal logarithms. */
moments experiment_test(const experiment *all, size_t contender, size_t look, bool logarithm);

/* How many of a contender's reported runs are complete, and how many diverged. */
size_t experiment_complete(const experiment *all, size_t contender);
size_t experiment_diverged(const experiment *all, size_t contender);

/* The reported run of seed number k. */
const run *experiment_reported(const experiment *all, size_t k, size_t contender);

/* Whether every reported run, and every one that was to choose a rate, is complete. */
bool experiment_all_complete(const experiment *all);

#endif
