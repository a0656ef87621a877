/* The learning rules that a program compares.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_RULE_LIST_H
#define EXAMPLES_COMMON_RULE_LIST_H

#include <fa/fa.h>

enum { MAX_RULES = 64 };

typedef struct rule_list {
    const fa_rule *at[MAX_RULES];
    size_t         count;
} rule_list;

/* The value of an option: names separated by commas, each at most once; false after a complaint. */
bool rule_list_read(rule_list *rules, const char *name, const char *text);

/* Characters of the longest name, or of a longer heading: the width of a table's first column. */
int rule_list_width(const rule_list *rules, const char *heading);

#endif
