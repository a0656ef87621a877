/* Losses and angles of a network that learns.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_METER_H
#define LINEAR_FUNCTION_METER_H

#include "task.h"

/* What is known of one epoch; NaN where it does not exist. */
typedef struct record {
    double train_loss, test_loss; /* summed over the samples */
    double update_angle, weight_angle;
    /* Of epochs that the plot shows. */
    double pseudo_angle;            /* between B e and W^+ e */
    double flow_drift, exact_drift; /* of what fa conserves, over its scale */
} record;

/* Nothing is known yet. */
record record_unknown(void);

/* An instrument for one network; it never changes the network. */
typedef struct meter {
    const task  *problem;
    fa_feedback *alignment; /* rule "fa" with the task's B, whatever the network itself learns by */
    fa_pass     *pass;      /* for all training samples */
    double       y_norm;    /* |y*|, training samples */
    double       rounding;  /* |e| / |y*| below which e may be rounding errors only */
} meter;

/* The network must be set up. False after a complaint, with nothing left to free. */
bool meter_create(meter *instrument, const task *problem, const fa_network *net);
void meter_free(meter *instrument);

/* Angle between W^T e and B e for the batch in a pass after fa_error(), flattened; NaN where it does not exist. What
 * the rule under test puts into the pass comes afterwards. loss is the batch's sum, y_norm the |y*| of the batch. */
double meter_update_angle(const meter *instrument, const fa_network *net, fa_pass *pass, double loss, double y_norm);

/* test_loss and weight_angle. */
void meter_read_weights(const meter *instrument, const fa_network *net, record *into);

/* pseudo_angle, over all training samples. */
void meter_read_pseudo(const meter *instrument, const fa_network *net, record *into);

/* Losses, update_angle and weight_angle, over all training samples. FA_ERR_NOT_FINITE where the training loss is NaN or
 * infinite. */
fa_status meter_read(const meter *instrument, const fa_network *net, record *into);

#endif
