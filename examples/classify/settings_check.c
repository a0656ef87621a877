/* Defaults that depend on other options, and options that do not go together. */
#include "settings.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/decimal.h"

/* Also into the texts, so that a replay does not depend on what the default will be then. */
static bool set_default(settings *chosen, const char *name, const char *text)
{
    return given_text(&chosen->texts, name) || given_add(&chosen->texts, given_number(&chosen->texts, name), text);
}

static bool check_outputs(settings *chosen)
{
    fa_activation usual = chosen->loss == FA_CROSS_ENTROPY ? FA_SOFTMAX : FA_LOGISTIC;

    if (!given_text(&chosen->texts, "--output-activation"))
        chosen->output_activation = usual;
    if (chosen->loss != FA_SQUARED_ERROR && chosen->output_activation != usual) {
        complain("--loss %s needs %s outputs", fa_loss_name(chosen->loss), fa_activation_name(usual));
        return false;
    }
    return set_default(chosen, "--output-activation", fa_activation_name(chosen->output_activation));
}

/* Every rule that the grid brings none has a rate of its own, and the text names them all. */
static bool set_rates(settings *chosen)
{
    size_t count, number = given_number(&chosen->texts, "--lr");
    const fa_param *table = fa_optimizer_params(chosen->optimizer, &count);
    bool plain = strcmp(chosen->optimizer, "sgd") == 0;
    double usual = plain ? 0.1 : named_find(table, count, "learning_rate")->default_value;

    given_remove(&chosen->texts, number);
    for (size_t i = 0; i < chosen->rules.count; i++) {
        char rate[DECIMAL_SIZE], text[128];

        if (grid_values(&chosen->grid, grid_find(&chosen->grid, "lr"), i))
            continue;
        if (isnan(chosen->lr[i]))
            chosen->lr[i] = plain && chosen->rules.at[i]->learning_rate > 0.0 ? chosen->rules.at[i]->learning_rate
                                                                              : usual;
        decimal(rate, chosen->lr[i]);
        snprintf(text, sizeof text, "%.64s=%s", chosen->rules.at[i]->name, rate);
        if (!given_add(&chosen->texts, number, text))
            return false;
    }
    return true;
}

/* --grid and an option that say the same of every rule. */
static bool check_grid(const settings *chosen)
{
    static const char *const rivals[][2] = {{"lr", "--lr"}, {"feedback_scale", "--feedback-scale"}};

    for (size_t i = 0; i < sizeof rivals / sizeof rivals[0]; i++) {
        if (grid_is_common(&chosen->grid, rivals[i][0]) && given_text(&chosen->texts, rivals[i][1])) {
            complain("--grid brings %s: %s does not go with it", rivals[i][0], rivals[i][1]);
            return false;
        }
    }
    return true;
}

/* Runs of one seed. */
static size_t count_cells(const settings *chosen)
{
    size_t count = 0;

    for (size_t i = 0; i < chosen->rules.count; i++)
        count += grid_cells(&chosen->grid, i);
    return count;
}

/* Whether there are not too many of them. Without seeds to choose by, those of the study choose. */
static bool check_runs(settings *chosen)
{
    uint64_t trials, finals = 0;

    if (!given_text(&chosen->texts, "--choose-seeds")) {
        chosen->first_trial_seed = chosen->first_seed;
        chosen->last_trial_seed = chosen->last_seed;
    } else {
        finals = (chosen->last_seed - chosen->first_seed + 1) * chosen->rules.count;
    }
    trials = (chosen->last_trial_seed - chosen->first_trial_seed + 1) * count_cells(chosen);
    if (trials + finals <= MAX_RUNS)
        return true;
    complain("--rules, --seeds and --grid ask for more than %d runs", MAX_RUNS);
    return false;
}

static bool check_studies(settings *chosen)
{
    const char *problem = NULL;
    char text[32];

    if (given_text(&chosen->texts, "--seed") && given_text(&chosen->texts, "--seeds"))
        problem = "--seed and --seeds exclude each other";
    else if (chosen->jobs > 1 && !settings_study(chosen))
        problem = "--jobs is for several seeds or learning rates: it needs --seeds or --grid";
    else if (given_text(&chosen->texts, "--choose-seeds") && chosen->grid.n_axes == 0)
        problem = "--choose-seeds chooses from a grid: it needs --grid";
    if (problem) {
        complain("%s", problem);
        return false;
    }
    if (!check_runs(chosen))
        return false;
    snprintf(text, sizeof text, "%" PRIu64, chosen->first_seed);
    return given_text(&chosen->texts, "--seeds") || set_default(chosen, "--seed", text);
}

/* What --record writes has names that depend on the runs: record_files.c. */
static bool check_files(const settings *chosen)
{
    static const char *const names[] = {"--csv", "--jsonl", "--plot", "--record-plot", "--replay"};
    const char *const paths[] = {chosen->csv, chosen->jsonl, chosen->plot, chosen->record_plot,
                                 chosen->resume ? NULL : chosen->replay};

    return options_files_differ(names, paths, sizeof names / sizeof names[0]);
}

bool settings_check(settings *chosen)
{
    const char *chooser = chosen->patience            ? "--patience"
                          : chosen->keep_best         ? "--keep-best"
                          : chosen->grid.n_axes > 0 ? "--grid"
                                                    : NULL;

    if (chooser && chosen->validation == 0) {
        complain("%s chooses by validation samples: it needs --validation N", chooser);
        return false;
    }
    if (chosen->resume && !chosen->jsonl) {
        complain("--resume goes on with a file of JSON lines: it needs --jsonl FILE");
        return false;
    }
    if (chosen->checkpoints && chosen->record.path) {
        complain("--record writes rows between the epochs that --checkpoints goes on from: they exclude each other");
        return false;
    }
    return check_files(chosen) && check_outputs(chosen) && check_grid(chosen) && settings_check_record(chosen) &&
           check_studies(chosen) && set_rates(chosen) &&
           (grid_is_common(&chosen->grid, "feedback_scale") || set_default(chosen, "--feedback-scale", "1"));
}
