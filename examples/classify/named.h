/* NAME=VALUE options, checked against the library's own tables of parameters.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_NAMED_H
#define CLASSIFY_NAMED_H

#include <fa/fa.h>

enum { MAX_NAMED = 32 };

typedef struct named_value {
    const char *name; /* the table's own */
    double      value;
} named_value;

typedef struct named_values {
    named_value at[MAX_NAMED];
    size_t      count;
} named_values;

/* Entry of a table; NULL if there is none. */
const fa_param *named_find(const fa_param *table, size_t count, const char *name);

/* The value of a parameter that a text stands for; false after a complaint that begins with the option. */
bool named_value_read(const char *option_name, const fa_param *known, const char *text, double *value);

/* Adds a parameter of this table if the text is a value for it; false after a complaint that begins with the option. */
bool named_add(named_values *all, const char *option_name, const fa_param *table, size_t count, const char *name,
               const char *text);

/* Ends the text at its "=": what comes after it is the value. NULL after a complaint that there is none, which shows
 * the form that the option's values have. */
char *named_split(const char *option_name, const char *form, char *text);

#endif
