/* All runs, and what they come to together.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_EXPERIMENT_H
#define ALIGN_THEN_MEMORISE_EXPERIMENT_H

#include "../common/output.h"
#include "../common/statistics.h"
#include "run.h"

/* One look over the seeds; errors by their decimal logarithm. */
typedef struct seen_by_all {
    moments error, solution_error, angle, solution_angle;
} seen_by_all;

/* One rule over the seeds. Of a study only complete runs count; a single run may be shorter. */
typedef struct summary {
    size_t      complete, diverged;
    size_t      count; /* looks */
    double      times[MAX_RECORDS];
    seen_by_all looks[MAX_RECORDS];
    moments     deviation;      /* the largest of a run */
    moments     smallest_angle; /* of the student */
    moments     turning;        /* decimal logarithm of the time when the angle was smallest */
    moments     seconds;
} summary;

typedef struct experiment {
    const settings *chosen;
    size_t          count;
    run            *runs; /* [count] */
    summary        *rules; /* [rules of the settings] */
} experiment;

/* Runs every seed, writing each into the file in the order of the seeds. False after a complaint; *all has to be freed
 * either way. */
bool experiment_run(experiment *all, const settings *chosen, output *csv);
void experiment_free(experiment *all);

/* The looks that tables show: time 0, those nearest to powers of ten from 1 on, and the last one. How many. */
enum { MAX_SHOWN = 10 };
size_t experiment_shown(const summary *rule, size_t shown[MAX_SHOWN]);

#endif
