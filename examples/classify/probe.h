/* What a learning rule has, found out from one that is bound to a small network.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_PROBE_H
#define CLASSIFY_PROBE_H

#include <fa/fa.h>

#include "rule_params.h"

/* Whether the rule, or every feedback, has a parameter of that name. */
bool probe_knows(const fa_rule *rule, const char *name);

/* Whether the rule, with these parameters, keeps an array "B" that can be drawn from outside. */
bool probe_keeps_feedback(const rule_list *rules, size_t rule, const rule_params *params);

#endif
