#include "settings.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "replay.h"
#include "status.h"

static bool set_jobs(void *chosen, const char *name, const char *value)
{
    uint64_t jobs = 0;
    bool good = option_whole(name, value, 1, 1024, &jobs);

    ((settings *)chosen)->jobs = (size_t)jobs;
    return good;
}

static bool set_csv(void *chosen, const char *name, const char *value)
{
    return option_path(name, value, &((settings *)chosen)->csv);
}

static bool set_jsonl(void *chosen, const char *name, const char *value)
{
    return option_path(name, value, &((settings *)chosen)->jsonl);
}

static bool set_plot(void *chosen, const char *name, const char *value)
{
    if (gnuplot_takes(value))
        return option_path(name, value, &((settings *)chosen)->plot);
    complain("%s takes a file name that ends in .svg or .png, not '%s'", name, value);
    return false;
}

static bool set_checkpoints(void *chosen, const char *name, const char *value)
{
    return option_path(name, value, &((settings *)chosen)->checkpoints);
}

static bool set_replay(void *chosen, const char *name, const char *value)
{
    return option_path(name, value, &((settings *)chosen)->replay);
}

static bool set_resume(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->resume = true;
    return true;
}

static bool set_baseline(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return rule_params_find_rule(&chosen->rules, name, value, &chosen->baseline);
}

static bool set_quiet(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->quiet = true;
    return true;
}

static bool set_list_rules(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = LIST_RULES;
    return true;
}

static bool set_list_rules_markdown(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = LIST_RULES_MARKDOWN;
    return true;
}

static bool set_list_optimizers(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = LIST_OPTIMIZERS;
    return true;
}

static bool set_version(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = SHOW_VERSION;
    return true;
}

static bool set_help(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = SHOW_HELP;
    return true;
}

/* Goes on under the heading of the studies, but is no parameter: how many run at once changes no result. */
static const option jobs_table[] = {
    {"--jobs", "N", "runs at once with --seeds or --grid, each in a process of its own", set_jobs, "1"},
};

static const option output_table[] = {
    {"--csv", "FILE", "write a line per rule and epoch", set_csv, NULL},
    {"--jsonl", "FILE", "write JSON lines: all that is needed to repeat the run, every epoch, every run",
     set_jsonl, NULL},
    {"--resume", NULL, "do not run again what the --jsonl file holds, if there is one, but complete it: "
                       "every run is in it as soon as it has ended. It has to be of the same settings; "
                       "--rules, --lr, --grid, --seed, --seeds and --choose-seeds may ask for others, "
                       "and runs that nobody asks for any more stay in it", set_resume, NULL},
    {"--checkpoints", "DIR", "after every epoch keep what each run has come to in files of DIR, which is made if it "
                             "is not there; a run whose files are there goes on from them, and ends with the same "
                             "bits. Files of other settings are left alone", set_checkpoints, NULL},
    {"--replay", "FILE", "run again what a --jsonl file tells of; only --data can be chosen anew", set_replay, NULL},
    {"--plot", "FILE", "draw losses, errors and angles with gnuplot into FILE.svg or FILE.png; with "
                       "--seeds means and their 95 % intervals; with more than eight rules the means "
                       "on the test samples alone", set_plot, NULL},
    {"--baseline", "RULE", "with --seeds or --grid, differences between every rule and this one only, and not "
                           "between all pairs", set_baseline, NULL},
    {"--quiet", NULL, "show no progress", set_quiet, NULL},
};

static const option information_table[] = {
    {"--list-rules", NULL, "show the learning rules: formulas, sources, learning rates and parameters",
     set_list_rules, NULL},
    {"--list-rules-markdown", NULL, "the same as tables in Markdown", set_list_rules_markdown, NULL},
    {"--list-optimizers", NULL, "show the optimizers, with their parameters", set_list_optimizers, NULL},
    {"--version", NULL, "show the version of libfa and what it was built with", set_version, NULL},
    {"--help", NULL, "show this text", set_help, NULL},
};

enum { N_PARAMETER_GROUPS = 5, N_GROUPS = 9 };

/* Filled at the start: the tables lie in several files. */
static option_group groups[N_GROUPS];

static void collect_groups(void)
{
    groups[0] = settings_data;
    groups[1] = settings_network;
    groups[2] = settings_learning;
    groups[3] = settings_training;
    groups[4] = settings_studies;
    groups[5] = (option_group){NULL, jobs_table, sizeof jobs_table / sizeof jobs_table[0]};
    groups[6] = (option_group){"Output", output_table, sizeof output_table / sizeof output_table[0]};
    groups[7] = settings_record;
    groups[8] = (option_group){"Information", information_table,
                               sizeof information_table / sizeof information_table[0]};
}

bool settings_is_parameter(size_t option_number)
{
    size_t count = 0;

    for (size_t g = 0; g < N_PARAMETER_GROUPS; g++)
        count += groups[g].count;
    return option_number < count;
}

bool settings_selects_runs(const char *name)
{
    static const char *const names[] = {"rules", "lr", "grid", "seed", "seeds", "choose-seeds"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool settings_study(const settings *chosen)
{
    return given_text(&chosen->texts, "--seeds") || chosen->grid.n_axes > 0;
}

static bool add_text(void *data, const option *known, const char *value)
{
    given *texts = data;

    return given_add(texts, given_number(texts, known->name), value ? value : "yes");
}

static bool add_presets(settings *chosen)
{
    const option *known;

    for (size_t i = 0; (known = given_option(&chosen->texts, i)); i++)
        if (known->preset && !chosen->texts.texts[i] && !given_add(&chosen->texts, i, known->preset))
            return false;
    return true;
}

static bool set_all(settings *chosen)
{
    const option *known;

    for (size_t i = 0; (known = given_option(&chosen->texts, i)); i++)
        if (chosen->texts.texts[i] && !known->set(chosen, known->name, chosen->texts.texts[i]))
            return false;
    return true;
}

/* What a replayed experiment was run with; the samples may lie elsewhere today. */
static int add_replayed(settings *chosen)
{
    const char *path = given_text(&chosen->texts, "--replay");
    const option *known;

    for (size_t i = 0; path && (known = given_option(&chosen->texts, i)); i++) {
        if (settings_is_parameter(i) && chosen->texts.texts[i] && strcmp(known->name, "--data") != 0) {
            complain("--replay brings every parameter: %s does not go with it", known->name);
            return USAGE;
        }
    }
    return path && !replay_read(path, &chosen->texts) ? FAILURE : SUCCESS;
}

int settings_read(settings *chosen, int argc, char **argv)
{
    int status;

    collect_groups();
    *chosen = (settings){.texts = {.groups = groups, .n_groups = N_GROUPS}, .feedback_scale = 1.0, .first_seed = 1,
                         .last_seed = 1, .baseline = EVERY_RULE};
    for (size_t l = 0; l <= MAX_LAYERS; l++)
        chosen->lr_scale[l] = 1.0;
    for (size_t i = 0; i < MAX_RULES; i++)
        chosen->lr[i] = NAN;
    if (!options_scan(groups, N_GROUPS, argc, argv, add_text, &chosen->texts))
        return USAGE;
    status = add_replayed(chosen);
    if (status != SUCCESS)
        return status;
    return add_presets(chosen) && set_all(chosen) && (chosen->action != TRAIN || settings_check(chosen)) ? SUCCESS
                                                                                                        : USAGE;
}

void settings_free(settings *chosen)
{
    given_free(&chosen->texts);
}

static const char introduction[] =
    "Usage: fa-classify [OPTION]...\n"
    "\n"
    "Networks learn to tell classes apart, by several learning rules from the same\n"
    "start: without an option, by back-propagation and by feedback alignment on\n"
    "Fashion-MNIST.\n"
    "\n";

static const char conclusion[] =
    "\n"
    "All rules see, for one seed, the same W, order of the samples, dropout and\n"
    "split; B comes from a stream of its own. The same seed, BLAS and number of\n"
    "threads give the same bits.\n"
    "\n"
    "Exit status:\n"
    "  0  every run is complete\n"
    "  1  something failed; or a run diverged (its loss became infinite or NaN; the\n"
    "     others go on); or Ctrl-C ended the work, and what there was is reported\n"
    "  2  the command line is wrong\n"
    "\n"
    "Full manual, with the columns of the files and the environment: man fa-classify\n";

void settings_print_help(FILE *stream)
{
    fputs(introduction, stream);
    options_print(groups, N_GROUPS, stream);
    fputs(conclusion, stream);
}
