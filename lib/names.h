/* Tables of named numbers: activations, losses, initializations. */
#ifndef LIBFA_NAMES_H
#define LIBFA_NAMES_H

#include <fa/base.h>

typedef struct named {
    const char *name;
    int         value;
} named;

/* Name of a value, "unknown" if the table lacks it. */
const char *names_of(const named *table, size_t n, int value);

/* Value of a name; FA_ERR_ARGUMENT, with the known names, if there is none. `what` says what is looked for. */
fa_status names_find(const named *table, size_t n, const char *what, const char *name, int *value);

#endif
