/* Tables on stdout.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_REPORT_H
#define NONLINEAR_REPORT_H

#include "experiment.h"

void report(const experiment *all);

#endif
