/* All rules learn one task, from the same start and from the same samples.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_RUN_H
#define ALIGN_THEN_MEMORISE_RUN_H

#include "../common/progress.h"
#include "student.h"

enum { MAX_TRACES = 3 }; /* rules that there are equations for */

typedef struct trace {
    size_t count;    /* looks, the one at time 0 among them */
    bool   diverged; /* after the last look */
    double seconds;  /* learning: without samples, looks and solution */
    record records[MAX_RECORDS];
} trace;

/* Flat: it crosses a pipe as it is. */
typedef struct run {
    uint64_t seed;
    bool     ended; /* it took place, though it may have been interrupted */
    trace    rules[MAX_TRACES];
} run;

/* False after a complaint about anything but divergence. Ctrl-C leaves the looks so far. */
bool run_learn(run *result, const settings *chosen, uint64_t seed, progress *shown);

/* Whether that rule came to the end. */
bool trace_complete(const trace *seen, const settings *chosen);

/* Largest deviation of student from solution. */
double trace_deviation(const trace *seen);

#endif
