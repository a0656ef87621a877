/* What the command line asks for.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_SETTINGS_H
#define NONLINEAR_SETTINGS_H

#include <fa/fa.h>
#include <stdio.h>

#include "../common/rule_list.h"

enum { MAX_RATES = 32, MAX_LOOKS = 200 };

typedef struct seed_range {
    uint64_t first, last;
} seed_range;

typedef struct settings {
    rule_list   rules;
    uint64_t    samples; /* fresh ones, in all */
    size_t      batch;
    size_t      looks;
    double      lr;
    double      rates[MAX_RATES]; /* --grid */
    size_t      n_rates;          /* 0: lr for all */
    double      teacher, teacher_bias, omega, beta;
    size_t      validation, test;
    seed_range  seeds, tuning;
    bool        study; /* --seeds, even of a single one */
    size_t      jobs;
    fa_dtype    dtype;
    bool        quiet;
    const char *csv, *plot; /* NULL where not asked for */
    bool        help, version;
} settings;

/* The settings of a command line with the defaults in place; false after a complaint. */
bool settings_read(settings *chosen, int argc, char **argv);

void settings_print_help(FILE *stream);

#endif
