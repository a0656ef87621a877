/* One student learns the task of one seed by one rule at one learning rate.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_RUN_H
#define NONLINEAR_RUN_H

#include "task.h"

/* A rule and a number of layers: number 2 i for three and 2 i + 1 for four layers under rule i. */
static inline size_t contender_rule(size_t contender)
{
    return contender / 2;
}

static inline size_t contender_layers(size_t contender)
{
    return 3 + contender % 2;
}

/* Flat: it crosses a pipe as it is. */
typedef struct run {
    size_t   contender;
    uint64_t seed;
    double   lr;
    held_out kind; /* FOR_VALIDATION: one look, at the end */
    bool     ended;    /* it took place, though it may have been interrupted */
    bool     diverged;
    size_t   count;    /* looks */
    double   errors[MAX_LOOKS];
    double   seconds;
} run;

/* contender, seed, lr and kind are given. False after a complaint about anything but divergence. */
bool run_learn(run *result, const settings *chosen);

bool run_complete(const run *result, const settings *chosen);

/* Looks that the run is to have, and fresh samples before look i = 0 .. of it. */
size_t run_looks(const run *result, const settings *chosen);
uint64_t run_look(const run *result, const settings *chosen, size_t i);

#endif
