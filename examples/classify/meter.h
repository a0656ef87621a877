/* Angles between a rule's error signals and back-propagation's, over an epoch.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_METER_H
#define CLASSIFY_METER_H

#include <fa/fa.h>

#include "../common/statistics.h"
#include "settings.h"

/* Zeroed, nothing is measured yet. */
typedef struct meter {
    moments angle[MAX_HIDDEN]; /* of layers 1 .. n_hidden, degrees */
    moments ratio[MAX_HIDDEN]; /* |delta of the rule| / |delta of back-propagation| */
} meter;

/* Looks at the batch that went backward last: call it after the deltas. */
void meter_read(meter *instrument, const fa_progress *seen);

/* Mean of what was measured; NaN for nothing. */
double meter_mean(const moments *over);

#endif
