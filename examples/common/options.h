/* Command lines: long options from a table, --name value or --name=value.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_OPTIONS_H
#define EXAMPLES_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct option {
    const char *name;  /* with its dashes */
    const char *value; /* what it takes, as --help shows it; NULL for a switch */
    const char *help;  /* lines separated by \n */
    /* Puts the value (NULL for a switch) where it belongs; false after a complaint. */
    bool (*set)(void *settings, const char *name, const char *value);
} option;

/* Reads the whole command line into settings; false after a complaint. */
bool options_parse(const option *table, size_t count, int argc, char **argv, void *settings);

/* The table as a list of options with their help. */
void options_print(const option *table, size_t count, FILE *stream);

/* Values. Each is false after a complaint that begins with the option's name. */
bool option_real(const char *name, const char *text, double min, double max, double *value);
bool option_whole(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *value);
bool option_range(const char *name, const char *text, uint64_t *first, uint64_t *last);

#endif
