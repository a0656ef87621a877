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
} record;

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

/* All but train_loss and update_angle. */
void meter_read_weights(const meter *instrument, const fa_network *net, record *into);

/* Everything, over all training samples. FA_ERR_NOT_FINITE where the training loss is NaN or infinite. */
fa_status meter_read(const meter *instrument, const fa_network *net, record *into);

#endif
