/* The registry of rules, and what makes a rule well-formed. */
#include <fa/rule.h>

#include <string.h>

#include "feedback.h"
#include "names.h"
#include "param.h"
#include "rule_table.h"
#include "status.h"

#define N_RULES    (sizeof rule_table / sizeof rule_table[0])
#define KNOWN_FLAGS                                                                                                    \
    ((uint32_t)(FA_RULE_NEEDS_INCREMENT | FA_RULE_WRITES_GRADIENT | FA_RULE_LOCAL | FA_RULE_MIRRORS |                  \
                FA_RULE_REFUSES_COUPLED_DECAY))

/* Rules compiled for 0.1 and 0.2, and those compiled for 0.3, end before these members. */
static const size_t older_sizes[] = {offsetof(fa_rule, learning_rate), offsetof(fa_rule, save)};

size_t fa_rule_count(void)
{
    return N_RULES;
}

const fa_rule *fa_rule_at(size_t i)
{
    return i < N_RULES ? rule_table[i] : NULL;
}

const fa_rule *fa_rule_find(const char *name)
{
    names_list known = {0};

    if (!name) {
        (void)status_null(__func__, "name");
        return NULL;
    }
    for (size_t i = 0; i < N_RULES; i++) {
        if (strcmp(rule_table[i]->name, name) == 0)
            return rule_table[i];
        names_list_add(&known, rule_table[i]->name, strlen(rule_table[i]->name));
    }
    status_say("there is no rule \"%.40s\"; known: %s", name, known.text);
    return NULL;
}

fa_status fa_rule_fail(const char *sentence)
{
    return status_set(FA_ERR_RULE, "%.255s", sentence && *sentence ? sentence : "the learning rule failed");
}

/* Whether the bytes of a later version's struct that this one does not know are all 0. */
static bool tail_is_zero(const fa_rule *rule)
{
    const unsigned char *bytes = (const unsigned char *)rule;

    for (size_t i = sizeof *rule; i < rule->struct_size; i++)
        if (bytes[i])
            return false;
    return true;
}

/* None of the rule's parameters has the name of one that every rule with feedback has. */
static fa_status check_common(const fa_rule *rule)
{
    size_t          n;
    const fa_param *common = fa_feedback_params(&n);

    for (size_t i = 0; i < rule->n_params; i++)
        for (size_t k = 0; k < n; k++)
            if (strcmp(rule->params[i].name, common[k].name) == 0)
                return status_set(FA_ERR_ARGUMENT, "rule %.40s: %s is a parameter that every rule has", rule->name,
                                  common[k].name);
    return FA_OK;
}

/* As many bytes of a rule as both sides know; 0 for a size that fa_rule never had. */
static size_t known_size(const fa_rule *rule)
{
    for (size_t i = 0; i < sizeof older_sizes / sizeof older_sizes[0]; i++)
        if (rule->struct_size == older_sizes[i])
            return older_sizes[i];
    return rule->struct_size >= sizeof *rule ? sizeof *rule : 0;
}

fa_status rule_check(const fa_rule *rule, fa_rule *copy)
{
    const size_t known = known_size(rule);
    fa_status    status;

    if (known == 0)
        return status_set(FA_ERR_ARGUMENT, "the rule's struct_size is %zu; sizeof(fa_rule) is %zu", rule->struct_size,
                          sizeof *rule);
    if (!tail_is_zero(rule) || (rule->flags & ~KNOWN_FLAGS))
        return status_set(FA_ERR_UNSUPPORTED, "the rule asks for what only a later version of libfa offers");
    if (!rule->name || !*rule->name || rule->name[strspn(rule->name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return status_set(FA_ERR_ARGUMENT, "a rule's name is made of a-z, 0-9 and _; \"%.40s\" is not",
                          rule->name ? rule->name : "");
    if (!(rule->flags & FA_RULE_LOCAL) != !rule->local)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: the function local and FA_RULE_LOCAL go together", rule->name);
    if (rule->local && rule->backward)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: it has backward or local, not both", rule->name);
    if ((rule->flags & FA_RULE_NEEDS_INCREMENT) && !rule->adapt)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: FA_RULE_NEEDS_INCREMENT without adapt", rule->name);
    if ((rule->flags & FA_RULE_MIRRORS) && !rule->adapt)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: FA_RULE_MIRRORS without adapt", rule->name);
    if ((rule->init || rule->fini) && rule->state_size == 0)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: init or fini without state", rule->name);
    if (rule->n_params > 0 && !rule->params)
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: n_params without params", rule->name);
    status = param_check_table(rule->params, rule->n_params, rule->name);
    if (status == FA_OK)
        status = check_common(rule);
    if (status != FA_OK)
        return status;
    memset(copy, 0, sizeof *copy);
    memcpy(copy, rule, known);
    copy->struct_size = sizeof *copy;
    if (!copy->save != !copy->load || (copy->save && copy->state_size == 0))
        return status_set(FA_ERR_ARGUMENT, "rule %.40s: save and load go together, and with state", rule->name);
    return FA_OK;
}
