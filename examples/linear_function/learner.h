/* What trains a network for an epoch: all samples at once, mini-batches that are summed, or fresh samples one by one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_LEARNER_H
#define LINEAR_FUNCTION_LEARNER_H

#include "meter.h"
#include "run.h"

typedef struct learner {
    run            *result;
    const task     *problem;
    const settings *chosen;
    fa_pass        *pass; /* for one mini-batch */
    fa_feedback    *feedback;
    fa_optimizer   *optimizer;
    meter           instrument;
    fa_recorder    *recorder;  /* NULL: nothing is recorded */
    uint64_t        batches;   /* that went backward */
    bool            unrecorded;
    fa_invariant   *invariant; /* NULL: nothing is conserved that a plot could show */
    fa_matrix       x_fresh, y_fresh; /* online: the samples of one epoch */
} learner;

/* For the network of a run. False after a complaint, with nothing left to free. */
bool learner_create(learner *student, run *result, const task *problem, const settings *chosen);
void learner_free(learner *student);

/* Ends the file of --record; false if it could not be written to its end, which was told. */
bool learner_end_record(learner *student);

/* One epoch, counted from 0. Fills train_loss, and the rest of the record if every epoch is to be measured. */
fa_status learner_epoch(learner *student, size_t epoch, record *seen);

#endif
