#include "settings.h"

#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/options.h"

/* What was given, where the default depends on other options or where two options exclude each other. */
typedef struct command_line {
    settings *chosen;
    bool      seed, seeds, omega, beta;
} command_line;

static bool set_rules(void *line, const char *name, const char *value)
{
    return rule_list_read(&((command_line *)line)->chosen->rules, name, value);
}

static bool set_epochs(void *line, const char *name, const char *value)
{
    uint64_t epochs = 0;
    bool good = option_whole(name, value, 1, 10000000, &epochs);

    ((command_line *)line)->chosen->epochs = (size_t)epochs;
    return good;
}

static bool set_eta(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((command_line *)line)->chosen->eta);
}

static bool set_batch(void *line, const char *name, const char *value)
{
    uint64_t batch = 0;
    bool good = option_whole(name, value, 1, 10000000, &batch);

    ((command_line *)line)->chosen->batch = (size_t)batch;
    return good;
}

static bool set_online(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->online = true;
    return true;
}

static bool set_omega(void *line, const char *name, const char *value)
{
    ((command_line *)line)->omega = true;
    return option_real(name, value, 0.0, 1e6, &((command_line *)line)->chosen->omega);
}

static bool set_beta(void *line, const char *name, const char *value)
{
    ((command_line *)line)->beta = true;
    return option_real(name, value, 0.0, 1e6, &((command_line *)line)->chosen->beta);
}

static bool set_seed(void *line, const char *name, const char *value)
{
    command_line *given = line;

    given->seed = true;
    if (!option_whole(name, value, 0, UINT64_MAX, &given->chosen->first_seed))
        return false;
    given->chosen->last_seed = given->chosen->first_seed;
    return true;
}

static bool set_seeds(void *line, const char *name, const char *value)
{
    command_line *given = line;

    given->seeds = given->chosen->study = true;
    if (!option_range(name, value, &given->chosen->first_seed, &given->chosen->last_seed))
        return false;
    if (given->chosen->last_seed - given->chosen->first_seed >= 1000000) {
        complain("%s takes a million seeds at most", name);
        return false;
    }
    return true;
}

static bool set_dtype(void *line, const char *name, const char *value)
{
    return option_dtype(name, value, &((command_line *)line)->chosen->dtype);
}

static bool set_load(void *line, const char *name, const char *value)
{
    return option_path(name, value, &((command_line *)line)->chosen->load);
}

static bool set_save(void *line, const char *name, const char *value)
{
    return option_path(name, value, &((command_line *)line)->chosen->save);
}

static bool set_csv(void *line, const char *name, const char *value)
{
    return option_path(name, value, &((command_line *)line)->chosen->csv);
}

static bool set_plot(void *line, const char *name, const char *value)
{
    if (!gnuplot_takes(value)) {
        complain("%s takes a file name that ends in .svg or .png, not '%s'", name, value);
        return false;
    }
    return option_path(name, value, &((command_line *)line)->chosen->plot);
}

static bool set_record(void *line, const char *name, const char *value)
{
    return recording_set_path(&((command_line *)line)->chosen->record, name, value);
}

static bool set_record_quantities(void *line, const char *name, const char *value)
{
    return recording_set_quantities(&((command_line *)line)->chosen->record, name, value);
}

static bool set_record_every(void *line, const char *name, const char *value)
{
    return recording_set_every(&((command_line *)line)->chosen->record, name, value);
}

static bool set_quiet(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->quiet = true;
    return true;
}

static bool set_help(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->help = true;
    return true;
}

static bool set_version(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->version = true;
    return true;
}

static bool set_list_rules(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->list_rules = true;
    return true;
}

static bool set_list_rules_markdown(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->list_rules_markdown = true;
    return true;
}

static bool set_list_quantities(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    ((command_line *)line)->chosen->list_quantities = true;
    return true;
}

static const option learning_table[] = {
    {"--rules", "LIST", "learning rules, separated by commas; default bp,fa,shallow; "
                        "--list-rules lists them", set_rules, NULL},
    {"--epochs", "N", "how many epochs, 1 .. 10000000; default 1000", set_epochs, NULL},
    {"--eta", "F", "learning rate: an epoch adds eta times the mean over the samples of "
                   "e h^T to W; default 0.1, with --online 0.001", set_eta, NULL},
    {"--batch", "N", "samples in a mini-batch; an epoch sums its mini-batches and updates once, "
                     "so only rounding and speed depend on N; default: all", set_batch, NULL},
    {"--online", NULL, "update after every sample, and never use a sample twice: an epoch is as "
                       "many fresh samples as there are training samples (75)", set_online, NULL},
    {"--omega", "F", "W0, W are drawn from U[-F, F); default 0.01", set_omega, NULL},
    {"--beta", "F", "B is drawn from U[-F, F); default 0.5", set_beta, NULL},
    {"--dtype", "f32|f64", "element type of the networks; the same numbers are drawn; default f64", set_dtype, NULL},
};

static const option data_table[] = {
    {"--seed", "N", "seed of everything that is drawn, 0 .. 2^64 - 1; default 1", set_seed, NULL},
    {"--seeds", "A-B", "run every seed from A to B and report mean, standard deviation and the 95 % "
                       "confidence interval of the mean (Student's t) over the seeds; losses by "
                       "their decimal logarithm; runs that diverge are counted and left out", set_seeds, NULL},
    {"--load", "DIR", "start from W0 W B x_train y_train x_test y_test .npy, samples in columns; "
                      "any sizes that fit together", set_load, NULL},
    {"--save", "DIR", "write those files (and T.npy, if it was drawn) and the last weights of every "
                      "rule, e.g. fa_W0.npy and fa_W.npy; the directory is made if missing", set_save, NULL},
};

static const option output_table[] = {
    {"--csv", "FILE", "write a line per rule and epoch: rule, epoch, train_loss, test_loss, update_angle, "
                      "weight_angle; with --seeds the seed comes first", set_csv, NULL},
    {"--plot", "FILE", "draw losses and angles with gnuplot into FILE.svg or FILE.png; with --seeds "
                       "the mean over the seeds (of the logarithm for losses and drifts) and one "
                       "standard deviation to both sides; for fa also how well it conserves what "
                       "it has to. With more than eight rules, training losses and update angles only", set_plot, NULL},
    {"--record", "FILE", "write diagnostics of the batches into FILE.csv or FILE.jsonl; several rules "
                         "have a file each, FILE-RULE.csv, with --seeds FILE-RULE-seed1.csv. Changes "
                         "nothing of what is learned", set_record, NULL},
    {"--record-quantities", "LIST", "what is written, separated by commas; default: all whose cost is not svd",
     set_record_quantities, NULL},
    {"--record-every", "N", "a row every N batches, counted through the epochs; default 100", set_record_every, NULL},
    {"--quiet", NULL, "show no progress", set_quiet, NULL},
};

static const option information_table[] = {
    {"--list-rules", NULL, "show the learning rules: formulas, sources, learning rates and parameters",
     set_list_rules, NULL},
    {"--list-rules-markdown", NULL, "the same as tables in Markdown", set_list_rules_markdown, NULL},
    {"--list-quantities", NULL, "show what can be recorded", set_list_quantities, NULL},
    {"--help", NULL, "show this text", set_help, NULL},
    {"--version", NULL, "show the version of libfa and what it was built with", set_version, NULL},
};

static const option_group groups[] = {
    {"Learning", learning_table, sizeof learning_table / sizeof learning_table[0]},
    {"Data", data_table, sizeof data_table / sizeof data_table[0]},
    {"Output", output_table, sizeof output_table / sizeof output_table[0]},
    {"Information", information_table, sizeof information_table / sizeof information_table[0]},
};

enum { N_GROUPS = sizeof groups / sizeof groups[0] };

static const char introduction[] =
    "Usage: fa-linear-function [OPTION]...\n"
    "\n"
    "A network of linear neurons, y = W W0 x with 30-20-10 neurons, learns\n"
    "y* = T x by several learning rules. T is uniform in [-1, 1), x normal; 100\n"
    "samples are split 75 / 25 at random into training and test samples. Every rule\n"
    "starts from the same T, samples, W0, W and feedback matrix B. After Lillicrap,\n"
    "Cownden, Tweed, Akerman: Random feedback weights support learning in deep\n"
    "neural networks (arXiv:1411.0247).\n"
    "\n";

static const char conclusion[] =
    "\n"
    "The table and the CSV file have, for every epoch:\n"
    "  train_loss    1/2 |e|^2 summed over the training samples, e = y* - y\n"
    "  test_loss     the same over the test samples\n"
    "  update_angle  between W^T e and B e for all training samples, in degrees\n"
    "  weight_angle  between W^T and B, in degrees\n"
    "Epochs are measured before their update, the table's last row after the last\n"
    "one. The manual says when a field is empty and what the plot shows.\n"
    "\n"
    "Exit status:\n"
    "  0  every rule has learned all its epochs\n"
    "  1  something failed; or a rule diverged (its loss became infinite or NaN; the\n"
    "     others go on); or Ctrl-C ended the work, and what there was is reported\n"
    "  2  the command line is wrong\n"
    "\n"
    "Full manual: man fa-linear-function\n";

void settings_print_help(FILE *stream)
{
    fputs(introduction, stream);
    options_print(groups, N_GROUPS, stream);
    fputs(conclusion, stream);
}

/* With several rules or seeds --record adds to the name. */
static bool check_files(const settings *chosen)
{
    static const char *const names[] = {"--csv", "--plot", "--record"};
    bool single = chosen->rules.count == 1 && !chosen->study;
    const char *const paths[] = {chosen->csv, chosen->plot, single ? chosen->record.path : NULL};

    return options_files_differ(names, paths, sizeof names / sizeof names[0]);
}

/* Options that contradict each other, and the defaults that depend on others. */
static bool complete(const command_line *given)
{
    settings *chosen = given->chosen;
    const char *problem = NULL;

    if (given->seed && given->seeds)
        problem = "--seed and --seeds exclude each other";
    else if (chosen->load && given->seeds)
        problem = "--load brings one set of data: --seeds does not go with it";
    else if (chosen->load && (given->omega || given->beta))
        problem = "--load brings W0, W and B: --omega and --beta do not go with it";
    else if (chosen->load && chosen->online)
        problem = "--online draws fresh samples: --load does not go with it";
    else if (chosen->save && given->seeds)
        problem = "--save writes one run: --seeds does not go with it";
    else if (chosen->batch && chosen->online)
        problem = "--online updates after every sample: --batch does not go with it";
    if (problem) {
        complain("%s", problem);
        return false;
    }
    if (!recording_check(&chosen->record) || !check_files(chosen))
        return false;
    if (isnan(chosen->eta))
        chosen->eta = chosen->online ? 1e-3 : 0.1;
    return true;
}

bool settings_read(settings *chosen, int argc, char **argv)
{
    command_line given = {.chosen = chosen};

    *chosen = (settings){.epochs = 1000, .eta = NAN, .omega = 0.01, .beta = 0.5, .first_seed = 1, .last_seed = 1,
                         .dtype = FA_FLOAT64};
    if (!options_parse(groups, N_GROUPS, argc, argv, &given))
        return false;
    if (chosen->help || chosen->version || chosen->list_rules || chosen->list_rules_markdown ||
        chosen->list_quantities)
        return true;
    if (chosen->rules.count == 0 && !set_rules(&given, "--rules", "bp,fa,shallow"))
        return false;
    return complete(&given);
}

bool settings_trace(const settings *chosen)
{
    return chosen->csv || chosen->plot;
}
