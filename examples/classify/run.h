/* One rule learns from the samples of one seed in one cell of the grid.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RUN_H
#define CLASSIFY_RUN_H

#include "data.h"
#include "meter.h"
#include "settings.h"

typedef enum run_outcome {
    RUN_COMPLETE,
    RUN_DIVERGED,   /* a loss became infinite or NaN */
    RUN_INTERRUPTED /* Ctrl-C */
} run_outcome;

/* What is known of one epoch; NaN where it does not exist. Errors are fractions. */
typedef struct record {
    double train_loss, train_error; /* each batch before its update */
    double validation_loss, validation_error;
    double test_loss, test_error;
    double seconds; /* of training */
    double angle[MAX_HIDDEN], ratio[MAX_HIDDEN];
} record;

typedef struct run {
    size_t      rule; /* its place in the list */
    uint64_t    seed;
    size_t      cell; /* of the rule's grid */
    double      lr, at[MAX_AXES]; /* at: the grid's values there */
    run_outcome outcome;
    bool        early;   /* it stopped because nothing improved any more */
    bool        unrecorded; /* its file of --record could not be written to its end, and that was told */
    size_t      epochs;  /* completed */
    size_t      best;    /* epoch, counted from 1, that was best on the validation samples; 0: none */
    size_t      kept;    /* epoch whose weights the final errors belong to; 0: those of a part of an epoch */
    double      seconds; /* in all */
    double      validation_error, test_loss, test_error; /* of the final weights */
    size_t      n_classes;
    uint64_t   *confusion; /* [n_classes x n_classes] on the test samples; row: true class */
    record     *trace;     /* [epochs] */
} run;

struct watch;

/* Makes the arrays of a run of which its rule, seed and cell are known. False after a complaint. */
bool run_prepare(run *result, const settings *chosen, const data *samples);

/* The epoch that the final weights of a run that went to its end come from. */
size_t run_kept(const run *result, const settings *chosen);

/* False after a complaint about anything but divergence. To be freed either way. */
bool run_learn(run *result, const settings *chosen, data *samples, struct watch *observer);
void run_free(run *result);

/* Test error at the epoch that was best on the validation samples; NaN where it was not measured. */
double run_error_at_best(const run *result);

/* Send a run through a pipe, and make it again from the bytes; false after a complaint. */
bool run_send(const run *result, int pipe);
bool run_receive(run *result, const void *bytes, size_t size);

#endif
