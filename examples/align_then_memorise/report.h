/* Tables on stdout.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_REPORT_H
#define ALIGN_THEN_MEMORISE_REPORT_H

#include "experiment.h"

void report(const experiment *all);

#endif
