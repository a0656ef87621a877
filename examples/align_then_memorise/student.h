/* A student network under one rule, and the solution of the differential equations that starts with it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_STUDENT_H
#define ALIGN_THEN_MEMORISE_STUDENT_H

#include "committee.h"
#include "task.h"

typedef struct student {
    fa_network   *net;
    fa_pass      *pass; /* for one sample */
    fa_feedback  *feedback;
    fa_optimizer *optimizer;
    committee     machine;
    order         solution;
} student;

/* What is seen at one look; the fields are those of the CSV file. */
typedef struct record {
    double time;
    double error, solution_error;
    double angle, solution_angle;
    double deviation;
} record;

/* False after a complaint, with nothing left to free. */
bool student_create(student *learner, const fa_rule *rule, const task *problem, const settings *chosen);
void student_free(student *learner);

/* Online learning of the rows first .. first + count - 1 of the present block. FA_ERR_NOT_FINITE is divergence. */
fa_status student_learn(student *learner, const task *problem, size_t first, size_t count);

/* The solution goes on by some time. */
void student_solve(student *learner, double time, double step);

/* FA_ERR_NOT_FINITE where the student or the solution has become infinite or NaN. */
fa_status student_look(const student *learner, const task *problem, record *seen);

#endif
