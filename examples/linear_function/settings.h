/* What the command line asks for.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_SETTINGS_H
#define LINEAR_FUNCTION_SETTINGS_H

#include <fa/fa.h>
#include <stdio.h>

#include "../common/recording.h"
#include "../common/rule_list.h"

typedef struct settings {
    rule_list      rules;
    size_t         epochs;
    double         eta;
    size_t         batch; /* 0: all training samples */
    bool           online;
    double         omega, beta;
    uint64_t       first_seed, last_seed; /* equal without --seeds */
    bool           study; /* --seeds, even of a single one */
    fa_dtype       dtype;
    bool           quiet;
    const char    *load, *save, *csv, *plot; /* NULL where not asked for */
    recording      record;
    bool           help, version, list_rules, list_rules_markdown, list_quantities;
} settings;

/* The settings of a command line with the defaults in place; false after a complaint. */
bool settings_read(settings *chosen, int argc, char **argv);

void settings_print_help(FILE *stream);

/* Whether every epoch has to be measured in full: losses and angles. */
bool settings_trace(const settings *chosen);

#endif
