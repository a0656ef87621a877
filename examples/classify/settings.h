/* What the command line asks for.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_SETTINGS_H
#define CLASSIFY_SETTINGS_H

#include <fa/fa.h>
#include <stdio.h>

#include "../common/recording.h"
#include "../common/rule_list.h"
#include "given.h"
#include "grid.h"
#include "named.h"
#include "rule_params.h"

enum { MAX_HIDDEN = 15, MAX_LAYERS = MAX_HIDDEN + 1, MAX_SPANS = 32, MAX_RUNS = 100000 };

typedef struct initialization {
    fa_init init;
    double  scale;
} initialization;

/* Of all layers, and of those that have one of their own. */
typedef struct initializations {
    initialization all, at[MAX_LAYERS + 1];
    bool           own[MAX_LAYERS + 1];
} initializations;

/* Layer l does not learn in these epochs, counted from 1. */
typedef struct span {
    size_t   l;
    uint64_t first, last;
} span;

typedef enum action {
    TRAIN,
    LIST_RULES,
    LIST_RULES_MARKDOWN,
    LIST_OPTIMIZERS,
    LIST_QUANTITIES,
    SHOW_HELP,
    SHOW_VERSION
} action;

typedef struct settings {
    /* the data */
    const char *data;
    fa_dtype    dtype;
    size_t      train, validation; /* samples; train = 0: all the others */
    bool        standardize;

    /* the network; layers are counted from 1 to n_hidden + 1 */
    size_t         hidden[MAX_HIDDEN], n_hidden;
    fa_activation  activation, output_activation;
    fa_loss        loss;
    initializations weights, biases;
    initialization feedback;
    bool           own_feedback; /* --feedback-init was given */
    double         feedback_scale;
    bool           bp_layers[MAX_LAYERS]; /* hidden layer l is reached through W_{l+1} and not through B_l */
    double         sparsity[MAX_LAYERS]; /* of W_l at l - 1, and of B_{l-1} */
    bool           hold_norm; /* of every W_l */
    double         dropout[MAX_LAYERS]; /* of layers 0 .. n_hidden */

    /* learning */
    rule_list    rules;
    rule_params  rule_params;
    named_values optimizer_params, trainer_params;
    const char  *optimizer;
    double       lr[MAX_RULES]; /* of each rule */
    double       lr_scale[MAX_LAYERS + 1], bias_lr_scale;
    span         frozen[MAX_SPANS];
    size_t       n_frozen;
    uint64_t     mirror_steps;
    size_t       batch, epochs;
    bool         patience, keep_best;
    size_t       threads, eval_every, angle_every;

    /* one run or many */
    uint64_t first_seed, last_seed;
    uint64_t first_trial_seed, last_trial_seed; /* of --choose-seeds; the same two without it */
    grid     grid;
    size_t   jobs;

    /* what comes out */
    const char *csv, *jsonl, *plot, *replay, *record_plot, *checkpoints; /* NULL where not asked for */
    recording   record;
    size_t      baseline; /* rule that the others are compared with, or EVERY_RULE */
    bool        quiet, resume;
    action      action;

    given texts; /* every option as it was given, defaults included */
} settings;

/* The settings of a command line with the defaults in place. Complains, and returns the exit status, if it is wrong (2)
 * or a file to be replayed cannot be read (1); else 0. They have to be freed either way. */
int  settings_read(settings *chosen, int argc, char **argv);
void settings_free(settings *chosen);

/* The last part of settings_read(): false after a complaint. */
bool settings_check(settings *chosen);
bool settings_check_record(const settings *chosen);

void settings_print_help(FILE *stream);

/* Whether it is a study: --seeds, even of a single one, or --grid. */
bool settings_study(const settings *chosen);

/* Whether an option belongs to the experiment and not to what is shown of it: what a JSONL header holds and a replay
 * sets. */
bool settings_is_parameter(size_t option_number);

/* Whether an option ("lr") only says which runs there are: each tells its rule, seed, learning rate and cell. */
bool settings_selects_runs(const char *name);

/* The option groups, one a file: settings_*.c. */
extern const option_group settings_data, settings_network, settings_learning, settings_training,
    settings_studies, settings_record;

#endif
