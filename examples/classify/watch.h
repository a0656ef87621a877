/* What is shown and written while a run goes on.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_WATCH_H
#define CLASSIFY_WATCH_H

#include "../common/progress.h"
#include "outputs.h"
#include "run.h"

typedef struct watch {
    const settings *chosen;
    progress        shown;
    outputs        *files;     /* NULL: somebody else writes them */
    size_t          run, runs; /* this one, counted from 0, and all of them */
    double          started;   /* seconds() when the first one began */
} watch;

/* A status line, on a terminal. */
void watch_batch(watch *observer, const run *result, const meter *instrument, const fa_progress *seen,
                 double epoch_start);

/* The epoch that has just been completed: into the files, and as a line where stderr is no terminal. */
void watch_epoch(watch *observer, const run *result);

/* The epochs that a run which goes on has behind it: into the files. */
void watch_restored(watch *observer, const run *result);

/* Takes the status line away. */
void watch_clear(watch *observer);

#endif
