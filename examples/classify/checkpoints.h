/* --checkpoints: what each run has come to, after every epoch, in a file of its own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_CHECKPOINTS_H
#define CLASSIFY_CHECKPOINTS_H

#include "model.h"
#include "run.h"

/* The two files of a run: the library's checkpoint, and the numbers of its epochs. Zeroed, there are none. */
typedef struct checkpoint {
    char *state, *trace;
} checkpoint;

/* Makes the directory if it is asked for and not there; false after a complaint, also where no file can be made in
 * it. */
bool checkpoints_possible(const settings *chosen);

/* Makes the names. They hold all that the run depends on, so that no other one is taken for it.
 * False after a complaint; to be freed either way. */
bool checkpoint_prepare(checkpoint *kept, const settings *chosen, const run *wanted);
void checkpoint_free(checkpoint *kept);

/* Has the model and the run's trace go on where the files say, if they are there. False after a complaint. */
bool checkpoint_restore(const checkpoint *kept, const settings *chosen, const model *student, run *result);

/* Keeps what the run has come to. False after a complaint. */
bool checkpoint_keep(const checkpoint *kept, const model *student, const run *result);

#endif
