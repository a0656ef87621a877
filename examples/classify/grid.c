#include "grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"
#include "named.h"
#include "probe.h"

/* What reads a text. */
typedef struct reading {
    grid              *all;
    const rule_list   *rules;
    const rule_params *params;
    axis_values       *list; /* that the next number belongs to */
} reading;

size_t grid_find(const grid *all, const char *name)
{
    size_t axis = 0;

    while (axis < all->n_axes && strcmp(all->names[axis], name) != 0)
        axis++;
    return axis;
}

static const axis_values *find_list(const grid *all, size_t axis, size_t rule)
{
    for (size_t i = 0; i < all->n_lists; i++)
        if (all->lists[i].axis == axis && all->lists[i].rule == rule)
            return &all->lists[i];
    return NULL;
}

/* Whether a name is this program's: feedback_scale multiplies what --feedback-init draws too, which the parameter that
 * feedbacks have by this name does not. */
static bool own_name(const char *name)
{
    return strcmp(name, "lr") == 0 || strcmp(name, "feedback_scale") == 0;
}

/* Whether a rule has what an axis varies. */
static bool has(const reading *running, const char *name, size_t rule)
{
    if (strcmp(name, "lr") == 0)
        return true;
    if (own_name(name))
        return probe_keeps_feedback(running->rules, rule, running->params);
    return probe_param(running->rules->at[rule], name) != NULL;
}

static bool known(const reading *running, const char *option_name, const char *name)
{
    if (own_name(name))
        return true;
    for (size_t i = 0; i < running->rules->count; i++)
        if (probe_param(running->rules->at[i], name))
            return true;
    complain("%s takes learning rates, lr=F,F,..., or values of feedback_scale or of a rule's parameter, not '%s'",
             option_name, name);
    return false;
}

/* The axis of that name, made if it is new; false after a complaint. */
static bool take_axis(const reading *running, const char *option_name, const char *name, size_t *axis)
{
    grid *all = running->all;

    *axis = grid_find(all, name);
    if (*axis < all->n_axes)
        return true;
    if (!known(running, option_name, name))
        return false;
    if (all->n_axes == MAX_AXES || strlen(name) >= MAX_WORD) {
        complain("%s takes %d names at most, of %d characters", option_name, MAX_AXES, MAX_WORD - 1);
        return false;
    }
    memcpy(all->names[*axis], name, strlen(name) + 1);
    for (size_t i = 0; i < running->rules->count; i++)
        all->applies[*axis][i] = has(running, name, i);
    all->n_axes++;
    return true;
}

/* [RULE.]NAME begins a list. */
static bool begin_list(reading *running, const char *option_name, char *text)
{
    grid *all = running->all;
    char *dot = strchr(text, '.'), *name = dot ? dot + 1 : text;
    size_t axis, rule = EVERY_RULE;

    if (dot)
        *dot = '\0';
    if ((dot && !rule_params_find_rule(running->rules, option_name, text, &rule)) ||
        !take_axis(running, option_name, name, &axis))
        return false;
    if (find_list(all, axis, rule) || all->n_lists == MAX_LISTS) {
        complain("%s brings %s twice, or more than %d lists", option_name, name, MAX_LISTS);
        return false;
    }
    if (dot && !all->applies[axis][rule]) {
        complain("%s: rule %s has no %s", option_name, text, name);
        return false;
    }
    running->list = &all->lists[all->n_lists++];
    *running->list = (axis_values){.axis = axis, .rule = rule};
    return true;
}

/* A parameter that the library's tables know has the limits that they name; a choice is its number in the table. */
static bool read_number(const reading *running, const char *option_name, const char *text, double *value)
{
    const char *name = running->all->names[running->list->axis];
    bool any = false;

    for (size_t i = 0; i < running->rules->count; i++) {
        const fa_param *table = own_name(name) ? NULL : probe_param(running->rules->at[i], name);

        if (!table || (running->list->rule != EVERY_RULE && running->list->rule != i))
            continue;
        if (!named_value_read(option_name, table, text, value))
            return false;
        any = true;
    }
    return any || option_real(option_name, text, 0.0, 1e6, value);
}

static bool take(void *data, const char *option_name, char *item)
{
    reading *running = data;
    char *sign = strchr(item, '=');
    axis_values *list;

    if (sign)
        *sign = '\0';
    if (sign && !begin_list(running, option_name, item))
        return false;
    list = running->list;
    if (!list) {
        complain("%s takes learning rates, lr=F,F,..., or other names and their values, not '%s'", option_name, item);
        return false;
    }
    if (list->count == MAX_VALUES) {
        complain("%s takes %d values of a name at most", option_name, MAX_VALUES);
        return false;
    }
    return read_number(running, option_name, sign ? sign + 1 : item, &list->at[list->count++]);
}

bool grid_read(grid *all, const rule_list *rules, const rule_params *params, const char *option_name, const char *text)
{
    reading running = {.all = all, .rules = rules, .params = params};

    return option_each(option_name, text, take, &running);
}

const axis_values *grid_values(const grid *all, size_t axis, size_t rule)
{
    const axis_values *own;

    if (axis >= all->n_axes || !all->applies[axis][rule])
        return NULL;
    own = find_list(all, axis, rule);
    return own ? own : find_list(all, axis, EVERY_RULE);
}

bool grid_is_common(const grid *all, const char *name)
{
    return find_list(all, grid_find(all, name), EVERY_RULE) != NULL;
}

size_t grid_cells(const grid *all, size_t rule)
{
    size_t count = 1;

    for (size_t axis = 0; axis < all->n_axes; axis++) {
        const axis_values *list = grid_values(all, axis, rule);

        count *= list ? list->count : 1;
    }
    return count;
}

void grid_point(const grid *all, size_t rule, size_t cell, double at[MAX_AXES])
{
    for (size_t axis = MAX_AXES; axis-- > 0;) {
        const axis_values *list = grid_values(all, axis, rule);

        at[axis] = list ? list->at[cell % list->count] : (double)NAN;
        cell /= list ? list->count : 1;
    }
}
