/* What the command line asks for.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_SETTINGS_H
#define ALIGN_THEN_MEMORISE_SETTINGS_H

#include <fa/fa.h>
#include <stdio.h>

#include "../common/rule_list.h"

enum { MAX_RECORDS = 400 };

typedef struct settings {
    rule_list   rules;
    size_t      inputs, teacher, student; /* N, M, K */
    double      output;                   /* every A_m; NaN: drawn from N(0, 1) */
    double      init;                     /* standard deviation of w and v at first */
    double      eta;
    double      time;    /* units of N samples */
    size_t      records; /* after time 0 */
    double      step;    /* of the integrator, at most */
    size_t      test;
    uint64_t    first_seed, last_seed; /* equal without --seeds */
    bool        study; /* --seeds, even of a single one */
    size_t      jobs;
    bool        quiet;
    const char *csv, *plot; /* NULL where not asked for */
    bool        help, version;
} settings;

/* The settings of a command line with the defaults in place; false after a complaint. */
bool settings_read(settings *chosen, int argc, char **argv);

void settings_print_help(FILE *stream);

#endif
