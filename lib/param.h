/* Parameters by name: one table (fa_param) and one array of values, for rules and optimizers alike.
 *
 * `owner` names the rule or the optimizer and opens the sentences. The tables given to everything but
 * param_check_table() have passed it. */
#ifndef LIBFA_PARAM_H
#define LIBFA_PARAM_H

#include <fa/base.h>

/* A well-formed table: names non-empty and unique, known types, min <= default <= max, integers whole, choices with
 * distinct names and a default among them. n = 0 is fine, with params NULL too. Else FA_ERR_ARGUMENT. */
fa_status param_check_table(const fa_param *params, size_t n, const char *owner);

/* values[i] = default value of params[i]. */
void param_defaults(const fa_param *params, size_t n, double *values);

/* Place of a name in the table; n, with a sentence that lists the names there are, if it is not there. */
size_t param_find(const fa_param *params, size_t n, const char *owner, const char *name);

/* Set a value; FA_ERR_ARGUMENT, and nothing changed, if there is no such name or the value is NaN, out of range, or not
 * whole where it has to be. A choice is set by its index. */
fa_status param_set(const fa_param *params, size_t n, double *values, const char *owner, const char *name,
                    double value);

/* Set a parameter that is a choice by the choice's name; FA_ERR_ARGUMENT as above. */
fa_status param_set_choice(const fa_param *params, size_t n, double *values, const char *owner, const char *name,
                           const char *choice);

/* The name of a choice of a parameter that is one (of the last, if there are fewer), up to the next '|' or the end;
 * *length of it. */
const char *param_choice(const fa_param *param, size_t index, size_t *length);

/* Read a value; FA_ERR_ARGUMENT, and *value unchanged, if there is no such name. */
fa_status param_get(const fa_param *params, size_t n, const double *values, const char *owner, const char *name,
                    double *value);

#endif
