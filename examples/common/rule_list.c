#include "rule_list.h"

#include <string.h>

#include "complain.h"
#include "options.h"

static bool add(void *list, const char *option_name, char *name)
{
    rule_list *rules = list;
    const fa_rule *rule = fa_rule_find(name);

    if (!rule) {
        complain("%s: %s", option_name, fa_last_error());
        return false;
    }
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->at[i] == rule) {
            complain("%s names %s twice", option_name, name);
            return false;
        }
    }
    if (rules->count == MAX_RULES) {
        complain("%s takes %d rules at most", option_name, MAX_RULES);
        return false;
    }
    rules->at[rules->count++] = rule;
    return true;
}

bool rule_list_read(rule_list *rules, const char *name, const char *text)
{
    rules->count = 0;
    return option_each(name, text, add, rules);
}

int rule_list_width(const rule_list *rules, const char *heading)
{
    size_t width = strlen(heading);

    for (size_t i = 0; i < rules->count; i++)
        if (strlen(rules->at[i]->name) > width)
            width = strlen(rules->at[i]->name);
    return (int)width;
}
