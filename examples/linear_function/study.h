/* The same experiment for many seeds.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_STUDY_H
#define LINEAR_FUNCTION_STUDY_H

#include "../common/statistics.h"
#include "csv.h"
#include "run.h"

/* What the statistics are about, at the end of a run and (the middle four) at every epoch of it. Losses and expected
 * errors by their decimal logarithm: they differ by orders of magnitude between seeds. */
enum {
    STUDY_FIRST_LOSS, /* not the logarithm */
    STUDY_TRAIN_LOSS,
    STUDY_TEST_LOSS,
    STUDY_UPDATE_ANGLE,
    STUDY_WEIGHT_ANGLE,
    STUDY_EXPECTED_ERROR, /* the first of N_CHECKPOINTS */
    STUDY_QUANTITIES = STUDY_EXPECTED_ERROR + N_CHECKPOINTS
};

/* One epoch over the seeds. */
typedef struct study_epoch {
    moments train_loss, test_loss, update_angle, weight_angle, pseudo_angle, flow_drift, exact_drift;
} study_epoch;

/* One rule over the seeds. */
typedef struct study_rule {
    const fa_rule *rule;
    size_t         complete, diverged, unrecorded;
    moments        end[STUDY_QUANTITIES];
    study_epoch   *epochs; /* NULL if no plot is asked for */
} study_rule;

typedef struct study {
    study_rule rules[MAX_RULES];
    size_t     n_rules;
    char       description[200];
} study;

/* Runs every rule for every seed, writing each run into the file as it ends. False after a complaint; *all has to be
 * freed either way. What diverges is counted and told on stderr, and is in no statistic. */
bool study_run(study *all, const settings *chosen, csv *file, progress *shown);
void study_free(study *all);

#endif
