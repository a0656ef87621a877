/* What learns: a network, a rule bound to it, an optimizer and a trainer, all as the settings say.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_MODEL_H
#define CLASSIFY_MODEL_H

#include <fa/fa.h>

#include "data.h"
#include "run.h"

typedef struct model {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *feedback;
    fa_optimizer *optimizer;
    fa_trainer   *trainer;
} model;

/* For a run's rule, seed and cell. False after a complaint; to be freed either way. */
bool model_create(model *student, const settings *chosen, const data *samples, const run *wanted);

/* --mirror-steps, where the rule has a mirror phase: once, before training. False after a complaint. */
bool model_mirror(model *student, const settings *chosen, const run *wanted);

void model_free(model *student);

#endif
