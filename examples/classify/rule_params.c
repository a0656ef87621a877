#include "rule_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "named.h"
#include "probe.h"

bool rule_params_find_rule(const rule_list *rules, const char *option_name, const char *rule, size_t *found)
{
    for (*found = 0; *found < rules->count; ++*found)
        if (strcmp(rules->at[*found]->name, rule) == 0)
            return true;
    complain("%s: '%s' is none of the rules that are run", option_name, rule);
    return false;
}

/* Whether any of the rules it is meant for knows it, and none refuses the value; false after a complaint. */
static bool check(const rule_list *rules, const char *option_name, const rule_param *wanted)
{
    size_t knowing = 0;

    for (size_t i = 0; i < rules->count; i++) {
        const fa_param *known = probe_param(rules->at[i], wanted->name);
        double value;

        if ((wanted->rule != EVERY_RULE && wanted->rule != i) || !known)
            continue;
        if (!named_value_read(option_name, known, wanted->value, &value))
            return false;
        knowing++;
    }
    if (knowing == 0)
        complain("%s: no rule that is run has a parameter '%s'", option_name, wanted->name);
    return knowing > 0;
}

bool rule_params_add(rule_params *all, const rule_list *rules, const char *option_name, char *item)
{
    char *value = named_split(option_name, "NAME=VALUE", item), *dot = strchr(item, '.'), *name = dot ? dot + 1 : item;
    rule_param *wanted = &all->at[all->count];

    if (!value)
        return false;
    if (all->count == MAX_RULE_PARAMS || strlen(name) >= MAX_WORD || strlen(value) >= MAX_WORD) {
        complain("%s takes %d parameters at most, their names and values of %d characters", option_name,
                 MAX_RULE_PARAMS, MAX_WORD - 1);
        return false;
    }
    *wanted = (rule_param){.rule = EVERY_RULE};
    if (dot) {
        *dot = '\0';
        if (!rule_params_find_rule(rules, option_name, item, &wanted->rule))
            return false;
    }
    memcpy(wanted->name, name, strlen(name) + 1);
    memcpy(wanted->value, value, strlen(value) + 1);
    all->count++;
    return check(rules, option_name, wanted);
}

/* A choice's name first: it may look like a number. */
static fa_status set(fa_feedback *feedback, const rule_param *wanted)
{
    char *end;
    double number = strtod(wanted->value, &end);
    bool whole = end != wanted->value && !*end;
    fa_status status = fa_feedback_set_choice(feedback, wanted->name, wanted->value);

    return status == FA_ERR_ARGUMENT && whole ? fa_feedback_set_param(feedback, wanted->name, number) : status;
}

fa_status rule_params_apply(const rule_params *all, size_t rule, fa_feedback *feedback)
{
    fa_status status = FA_OK;
    double now;

    for (size_t i = 0; i < all->count && status == FA_OK; i++)
        if (all->at[i].rule == rule ||
            (all->at[i].rule == EVERY_RULE && fa_feedback_param(feedback, all->at[i].name, &now) == FA_OK))
            status = set(feedback, &all->at[i]);
    return status;
}
