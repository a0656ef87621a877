/* Learning-rate schedules. */
#ifndef LIBFA_SCHEDULE_H
#define LIBFA_SCHEDULE_H

#include <fa/base.h>

typedef enum schedule_kind { SCHEDULE_CONSTANT = 0, SCHEDULE_STEP = 1, SCHEDULE_COSINE = 2 } schedule_kind;

/* See fa_trainer_create() in <fa/trainer.h>. */
typedef struct schedule {
    schedule_kind kind;
    double        epochs;
    double        step_epochs;
    double        step_factor;
    double        final_factor;
    double        warmup;
} schedule;

/* Factor of the learning rate at update u = 0, 1, ... of a run with so many updates an epoch. */
double schedule_factor(const schedule *s, uint64_t update, uint64_t updates_per_epoch);

#endif
