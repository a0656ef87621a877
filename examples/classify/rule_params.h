/* --rule-param: values for parameters of learning rules, by name.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RULE_PARAMS_H
#define CLASSIFY_RULE_PARAMS_H

#include <fa/fa.h>

#include "../common/rule_list.h"

enum { MAX_RULE_PARAMS = 128, MAX_WORD = 64, EVERY_RULE = 1000 };

typedef struct rule_param {
    char   name[MAX_WORD], value[MAX_WORD]; /* the name of a choice, or a number */
    size_t rule;                            /* which one of the list, or EVERY_RULE that knows the name */
} rule_param;

typedef struct rule_params {
    rule_param at[MAX_RULE_PARAMS];
    size_t     count;
} rule_params;

/* Adds [RULE.]NAME=V, which is written into; false after a complaint that begins with the option. */
bool rule_params_add(rule_params *all, const rule_list *rules, const char *option_name, char *item);

/* Place in the list; false after a complaint. */
bool rule_params_find_rule(const rule_list *rules, const char *option_name, const char *rule, size_t *found);

/* Sets them in a feedback of the rule at that place, in their order. */
fa_status rule_params_apply(const rule_params *all, size_t rule, fa_feedback *feedback);

#endif
