/* One rule learns one task.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_RUN_H
#define LINEAR_FUNCTION_RUN_H

#include "../common/progress.h"
#include "meter.h"
#include "settings.h"
#include "task.h"

/* Online, the expected error is looked at after so many updates, in ascending order. */
enum { N_CHECKPOINTS = 7 };
extern const size_t checkpoints[N_CHECKPOINTS];

typedef enum run_outcome {
    RUN_COMPLETE,
    RUN_DIVERGED,   /* a loss, or the weights, became infinite or NaN */
    RUN_INTERRUPTED /* Ctrl-C */
} run_outcome;

typedef struct run {
    const fa_rule *rule;
    fa_network    *net; /* with the last weights */
    run_outcome    outcome;
    size_t         epochs;      /* completed */
    size_t         diverged_at; /* epoch, counted from 1 */
    record        *trace;  /* [epochs], before each update; NULL if not asked for */
    double         first_loss;
    record         last; /* after the last update; train_loss is the last epoch's if online */
    double         expected_error[N_CHECKPOINTS]; /* online; NaN where not reached */
    double         seconds;
    bool           unrecorded; /* the file of --record could not be written to its end, and that was told */
} run;

/* False after a complaint about anything but divergence, with nothing left to free. */
bool run_learn(run *result, const fa_rule *rule, const task *problem, const settings *chosen, progress *shown);
void run_free(run *result);

#endif
