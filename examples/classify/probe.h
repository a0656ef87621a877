/* What a learning rule has, found out from one that is bound to a small network.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_PROBE_H
#define CLASSIFY_PROBE_H

#include <fa/fa.h>

#include "rule_params.h"

/* The rule's parameter of that name, or the one that every feedback has, if the rule takes it; NULL if neither. */
const fa_param *probe_param(const fa_rule *rule, const char *name);

/* Whether the rule, with these parameters, keeps an array "B" that can be drawn from outside. */
bool probe_keeps_feedback(const rule_list *rules, size_t rule, const rule_params *params);

#endif
