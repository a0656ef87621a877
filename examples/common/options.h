/* Command lines: long options from a table, --name value or --name=value.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_OPTIONS_H
#define EXAMPLES_COMMON_OPTIONS_H

#include <fa/fa.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct option {
    const char *name;  /* with its dashes */
    const char *value; /* what it takes, as --help shows it; NULL for a switch */
    const char *help;  /* words; --help breaks the lines */
    /* Puts the value (NULL for a switch) where it belongs; false after a complaint. */
    bool (*set)(void *settings, const char *name, const char *value);
    const char *preset; /* the value where none is given, for programs that keep it here; shown by --help, or NULL */
} option;

typedef struct option_group {
    const char   *heading; /* in --help; NULL for none */
    const option *table;
    size_t        count;
} option_group;

/* Goes through the command line and hands each option to `found`; false after a complaint, or if `found` says so. */
bool options_scan(const option_group *groups, size_t n_groups, int argc, char **argv,
                  bool (*found)(void *data, const option *option, const char *value), void *data);

/* Reads the whole command line into settings, in its order; false after a complaint. */
bool options_parse(const option_group *groups, size_t n_groups, int argc, char **argv, void *settings);

/* The option of that name (length characters of it); NULL if there is none. */
const option *options_find(const option_group *groups, size_t n_groups, const char *name, size_t length);

/* The groups as lists of options with their help. */
void options_print(const option_group *groups, size_t n_groups, FILE *stream);

/* Values. Each is false after a complaint that begins with the option's name. */
bool option_real(const char *name, const char *text, double min, double max, double *value);
bool option_whole(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *value);
bool option_range(const char *name, const char *text, uint64_t *first, uint64_t *last);
bool option_path(const char *name, const char *text, const char **path);
bool option_dtype(const char *name, const char *text, fa_dtype *dtype);

/* Whether no two of the n options name the same file (NULL: none); false after a complaint. */
bool options_files_differ(const char *const names[], const char *const paths[], size_t n);

/* Hands each of the items that commas separate to `take`, which may write into it; false after a complaint about an
 * empty or very long one, or if `take` says so. */
bool option_each(const char *name, const char *text, bool (*take)(void *data, const char *name, char *item),
                 void *data);

#endif
