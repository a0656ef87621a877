/* Feedback matrices made larger, and with holes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_SPARSE_H
#define CLASSIFY_SPARSE_H

#include <fa/fa.h>

/* Multiplies B_l by a factor and sets a share of its elements to 0 at random: those whose number in the stream {seed,
 * FA_PURPOSE_USER, l} is below the fraction. A rule that adapts B may fill the holes again. */
fa_status sparse_feedback(fa_feedback *feedback, size_t l, double factor, double fraction, uint64_t seed);

#endif
