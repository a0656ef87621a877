/* --grid: what is varied, and the values that are tried.
 *
 * An axis is a name: lr, feedback_scale, or a parameter of learning rules. Every rule has a list of values on an axis
 * (common to all rules, or its own), or none, where it has no such thing or nobody named values for it. Its cells are
 * the product of its lists, the last axis fastest.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_GRID_H
#define CLASSIFY_GRID_H

#include "rule_params.h"

enum { MAX_AXES = 4, MAX_VALUES = 64, MAX_LISTS = 128 };

typedef struct axis_values {
    size_t axis, rule; /* rule: EVERY_RULE that has no list of its own */
    double at[MAX_VALUES];
    size_t count;
} axis_values;

typedef struct grid {
    char        names[MAX_AXES][MAX_WORD];
    size_t      n_axes; /* 0 without --grid */
    axis_values lists[MAX_LISTS];
    size_t      n_lists;
    bool        applies[MAX_AXES][MAX_RULES];
} grid;

/* Reads [RULE.]NAME=F,F,... with further axes after it; false after a complaint. */
bool grid_read(grid *all, const rule_list *rules, const rule_params *params, const char *option_name, const char *text);

/* Place of an axis; n_axes if it is not there. */
size_t grid_find(const grid *all, const char *name);

/* Values of a rule on an axis; NULL if there are none. */
const axis_values *grid_values(const grid *all, size_t axis, size_t rule);

/* Whether the axis has values for every rule that has none of its own. */
bool grid_is_common(const grid *all, const char *name);

/* Cells of a rule, at least 1. */
size_t grid_cells(const grid *all, size_t rule);

/* The values of a cell; NaN on an axis on which the rule has none. */
void grid_point(const grid *all, size_t rule, size_t cell, double at[MAX_AXES]);

#endif
