#include "param.h"

#include "names.h"
#include "status.h"

#include <math.h>
#include <string.h>

/* Length of the choice that starts at text; the next one, if any, starts after its '|'. */
static size_t choice_length(const char *text)
{
    return strcspn(text, "|");
}

static const char *next_choice(const char *text)
{
    text += choice_length(text);
    return *text == '|' ? text + 1 : NULL;
}

static size_t count_choices(const char *choices)
{
    size_t count = 0;

    for (const char *choice = choices; choice != NULL; choice = next_choice(choice))
        count++;
    return count;
}

/* Index of a choice of that length, or the number of choices. */
static size_t find_choice(const char *choices, const char *name, size_t length)
{
    size_t index = 0;

    for (const char *choice = choices; choice != NULL; choice = next_choice(choice), index++)
        if (choice_length(choice) == length && memcmp(choice, name, length) == 0)
            break;
    return index;
}

static fa_status malformed(const char *owner, const char *name, const char *how)
{
    return status_set(FA_ERR_ARGUMENT, "%s: the parameter \"%.64s\" %s", owner, name, how);
}

static fa_status check_choices(const fa_param *param, const char *owner)
{
    size_t index = 0;

    if (param->choices == NULL)
        return malformed(owner, param->name, "is a choice without choices");
    for (const char *choice = param->choices; choice != NULL; choice = next_choice(choice), index++) {
        const size_t length = choice_length(choice);

        if (length == 0)
            return malformed(owner, param->name, "has a choice without a name");
        if (find_choice(param->choices, choice, length) != index)
            return malformed(owner, param->name, "has two choices of one name");
    }
    if (!(param->default_value >= 0.0 && param->default_value < (double)index) ||
        param->default_value != floor(param->default_value))
        return malformed(owner, param->name, "has a default that is not the index of a choice");
    return FA_OK;
}

static fa_status check_param(const fa_param *param, const char *owner)
{
    if (param->name == NULL || param->name[0] == '\0')
        return status_set(FA_ERR_ARGUMENT, "%s: a parameter without a name", owner);
    if (param->type == FA_PARAM_CHOICE)
        return check_choices(param, owner);
    if (param->type != FA_PARAM_REAL && param->type != FA_PARAM_INTEGER)
        return malformed(owner, param->name, "has an unknown type");
    if (!(param->min <= param->default_value && param->default_value <= param->max) ||
        !isfinite(param->default_value))
        return malformed(owner, param->name, "has a default outside min .. max, or not finite");
    if (param->type == FA_PARAM_INTEGER && param->default_value != floor(param->default_value))
        return malformed(owner, param->name, "is an integer, but its default is not whole");
    return FA_OK;
}

fa_status param_check_table(const fa_param *params, size_t n, const char *owner)
{
    if (params == NULL && n > 0)
        return status_set(FA_ERR_ARGUMENT, "%s: %zu parameters, but no table of them", owner, n);
    for (size_t i = 0; i < n; i++) {
        const fa_status status = check_param(&params[i], owner);

        if (status != FA_OK)
            return status;
        for (size_t k = 0; k < i; k++)
            if (strcmp(params[k].name, params[i].name) == 0)
                return malformed(owner, params[i].name, "is there twice");
    }
    return FA_OK;
}

void param_defaults(const fa_param *params, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++)
        values[i] = params[i].default_value;
}

size_t param_find(const fa_param *params, size_t n, const char *owner, const char *name)
{
    names_list list = {{0}, 0};

    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return i;
    for (size_t i = 0; i < n; i++)
        names_list_add(&list, params[i].name, strlen(params[i].name));
    if (n == 0)
        status_say("%s has no parameter \"%.64s\"; it has none of its own", owner, name);
    else
        status_say("%s has no parameter \"%.64s\"; it has %s", owner, name, list.text);
    return n;
}

/* The range of a parameter; that of a choice is its indices. */
static bool in_range(const fa_param *param, double value, double *min, double *max)
{
    *min = param->type == FA_PARAM_CHOICE ? 0.0 : param->min;
    *max = param->type == FA_PARAM_CHOICE ? (double)(count_choices(param->choices) - 1) : param->max;
    return value >= *min && value <= *max; /* false for NaN */
}

fa_status param_set(const fa_param *params, size_t n, double *values, const char *owner, const char *name, double value)
{
    const size_t i = param_find(params, n, owner, name);
    double min, max;

    if (i == n)
        return FA_ERR_ARGUMENT;

    const bool whole = params[i].type != FA_PARAM_REAL;
    if (!in_range(&params[i], value, &min, &max) || (whole && value != floor(value)))
        return status_set(FA_ERR_ARGUMENT, "%s: %s = %.9g has to be a %s in %.9g .. %.9g", owner, name, value,
                          whole ? "whole number" : "number", min, max);
    values[i] = value;
    return FA_OK;
}

fa_status param_set_choice(const fa_param *params, size_t n, double *values, const char *owner, const char *name,
                           const char *choice)
{
    const size_t i = param_find(params, n, owner, name);
    names_list list = {{0}, 0};

    if (i == n)
        return FA_ERR_ARGUMENT;
    if (params[i].type != FA_PARAM_CHOICE)
        return status_set(FA_ERR_ARGUMENT, "%s: %s is a number, not a choice", owner, name);

    const size_t index = find_choice(params[i].choices, choice, strlen(choice));
    if (index == count_choices(params[i].choices)) {
        for (const char *known = params[i].choices; known != NULL; known = next_choice(known))
            names_list_add(&list, known, choice_length(known));
        return status_set(FA_ERR_ARGUMENT, "%s: %s = \"%.64s\" has to be one of %s", owner, name, choice, list.text);
    }
    values[i] = (double)index;
    return FA_OK;
}

const char *param_choice(const fa_param *param, size_t index, size_t *length)
{
    const char *choice = param->choices;

    for (const char *next; index > 0 && (next = next_choice(choice)) != NULL; index--)
        choice = next;
    *length = choice_length(choice);
    return choice;
}

fa_status param_get(const fa_param *params, size_t n, const double *values, const char *owner, const char *name,
                    double *value)
{
    const size_t i = param_find(params, n, owner, name);

    if (i == n)
        return FA_ERR_ARGUMENT;
    *value = values[i];
    return FA_OK;
}
