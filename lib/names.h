/* Names: tables of named numbers (activations, losses, initializations), and lists of what is known for sentences. */
#ifndef LIBFA_NAMES_H
#define LIBFA_NAMES_H

#include <fa/base.h>

/* Names separated by commas, cut where they do not fit; starts as {0}. */
typedef struct names_list {
    char   text[432]; /* all names of any table; a sentence has room for so many and 80 more */
    size_t length;
} names_list;

/* Add the first `length` characters of a name. */
void names_list_add(names_list *list, const char *name, size_t length);

typedef struct named {
    const char *name;
    int         value;
} named;

/* Name of a value, "unknown" if the table lacks it. */
const char *names_of(const named *table, size_t n, int value);

/* Value of a name; FA_ERR_ARGUMENT, with the known names, if there is none. `what` says what is looked for. */
fa_status names_find(const named *table, size_t n, const char *what, const char *name, int *value);

#endif
