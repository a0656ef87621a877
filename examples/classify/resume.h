/* --resume: runs that a JSON lines file holds already.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RESUME_H
#define CLASSIFY_RESUME_H

#include "../common/output.h"
#include "run.h"

/* Runs that have been read and not yet asked for. Zeroed, there are none. */
typedef struct resumed {
    const settings *chosen;
    run            *runs;
    size_t          count, capacity;
} resumed;

/* Opens the file for the lines that come, with a new header, and with the lines of the runs it holds that went to their
 * end. Lines of others, and a last one that was cut off, are left out. The file is as before until the new one is
 * whole, and stays so, after a complaint, if it was not made with these settings. */
bool resume_open(resumed *all, output *file, const settings *chosen, const data *samples);

/* Fills a run with the one of its rule, seed and cell; false if there is none. */
bool resume_take(resumed *all, run *wanted);

void resume_free(resumed *all);

#endif
