#include "named.h"

#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"

const fa_param *named_find(const fa_param *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static bool read_choice(const char *option_name, const fa_param *known, const char *text, double *value)
{
    const char *choice = known->choices;

    for (*value = 0.0; *choice; *value += 1.0) {
        size_t length = strcspn(choice, "|");

        if (strlen(text) == length && strncmp(choice, text, length) == 0)
            return true;
        choice += length + (choice[length] == '|');
    }
    complain("%s: %s takes %s, not '%s'", option_name, known->name, known->choices, text);
    return false;
}

bool named_value_read(const char *option_name, const fa_param *known, const char *text, double *value)
{
    char label[128];

    if (known->type == FA_PARAM_CHOICE)
        return read_choice(option_name, known, text, value);
    snprintf(label, sizeof label, "%s: %s", option_name, known->name);
    if (!option_real(label, text, known->min, known->max, value))
        return false;
    if (known->type == FA_PARAM_INTEGER && *value != floor(*value)) {
        complain("%s takes a whole number, not '%s'", label, text);
        return false;
    }
    return true;
}

bool named_add(named_values *all, const char *option_name, const fa_param *table, size_t count, const char *name,
               const char *text)
{
    const fa_param *known = named_find(table, count, name);
    double value;

    if (!known) {
        complain("%s: there is no parameter '%s'", option_name, name);
        return false;
    }
    if (!named_value_read(option_name, known, text, &value))
        return false;
    if (all->count == MAX_NAMED) {
        complain("%s takes %d parameters at most", option_name, MAX_NAMED);
        return false;
    }
    all->at[all->count++] = (named_value){.name = known->name, .value = value};
    return true;
}

char *named_split(const char *option_name, const char *form, char *text)
{
    char *sign = strchr(text, '=');

    if (!sign) {
        complain("%s takes %s, not '%s'", option_name, form, text);
        return NULL;
    }
    *sign = '\0';
    return sign + 1;
}
