/* Options as they were given, as text, before anything is made of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_GIVEN_H
#define CLASSIFY_GIVEN_H

#include "../common/options.h"

enum { MAX_OPTIONS = 80 };

/* Zeroed but for the groups, nothing is given. Options are numbered through all groups. */
typedef struct given {
    const option_group *groups;
    size_t              n_groups;
    char               *texts[MAX_OPTIONS]; /* NULL: not given; "yes" for a switch */
} given;

/* Option number i; NULL after the last one. */
const option *given_option(const given *all, size_t i);

/* Number of the option of that name, which has to exist. */
size_t given_number(const given *all, const char *name);

/* The text of an option; NULL where it is not given. */
const char *given_text(const given *all, const char *name);

/* Gives an option: instead of what it was before, or, if it takes a list (its value ends in ",..."), after it. False
 * after a complaint. */
bool given_add(given *all, size_t number, const char *text);

/* Takes an option back. */
void given_remove(given *all, size_t number);

void given_free(given *all);

#endif
