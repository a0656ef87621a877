#include "settings.h"

#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/options.h"

/* What was given, where options exclude or need each other. */
typedef struct command_line {
    settings *chosen;
    bool      seed, lr, tuning, validation;
} command_line;

static settings *of(void *line)
{
    return ((command_line *)line)->chosen;
}

static bool set_size(const char *name, const char *value, uint64_t max, size_t *size)
{
    uint64_t whole = 0;
    bool good = option_whole(name, value, 1, max, &whole);

    *size = (size_t)whole;
    return good;
}

static bool set_rules(void *line, const char *name, const char *value)
{
    return rule_list_read(&of(line)->rules, name, value);
}

static bool set_samples(void *line, const char *name, const char *value)
{
    return option_whole(name, value, 1, 1000000000000, &of(line)->samples);
}

static bool set_batch(void *line, const char *name, const char *value)
{
    return set_size(name, value, 1000, &of(line)->batch);
}

static bool set_looks(void *line, const char *name, const char *value)
{
    return set_size(name, value, MAX_LOOKS, &of(line)->looks);
}

static bool set_lr(void *line, const char *name, const char *value)
{
    ((command_line *)line)->lr = true;
    return option_real(name, value, 0.0, 1e6, &of(line)->lr);
}

static bool take_rate(void *data, const char *name, char *item)
{
    settings *chosen = data;

    if (chosen->n_rates == MAX_RATES) {
        complain("%s takes %d learning rates at most", name, MAX_RATES);
        return false;
    }
    return option_real(name, item, 0.0, 1e6, &chosen->rates[chosen->n_rates++]);
}

static bool set_grid(void *line, const char *name, const char *value)
{
    of(line)->n_rates = 0;
    if (strncmp(value, "lr=", 3) == 0)
        return option_each(name, value + 3, take_rate, of(line));
    complain("%s takes learning rates, lr=F,F,..., not '%s'", name, value);
    return false;
}

static bool set_range(const char *name, const char *value, seed_range *range)
{
    if (!option_range(name, value, &range->first, &range->last))
        return false;
    if (range->last - range->first < 1000)
        return true;
    complain("%s takes a thousand seeds at most", name);
    return false;
}

static bool set_tuning(void *line, const char *name, const char *value)
{
    ((command_line *)line)->tuning = true;
    return set_range(name, value, &of(line)->tuning);
}

static bool set_teacher(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &of(line)->teacher);
}

static bool set_teacher_bias(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &of(line)->teacher_bias);
}

static bool set_omega(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &of(line)->omega);
}

static bool set_beta(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &of(line)->beta);
}

static bool set_validation(void *line, const char *name, const char *value)
{
    ((command_line *)line)->validation = true;
    return set_size(name, value, 10000000, &of(line)->validation);
}

static bool set_test(void *line, const char *name, const char *value)
{
    return set_size(name, value, 10000000, &of(line)->test);
}

static bool set_seed(void *line, const char *name, const char *value)
{
    seed_range *seeds = &of(line)->seeds;

    ((command_line *)line)->seed = true;
    if (!option_whole(name, value, 0, UINT64_MAX, &seeds->first))
        return false;
    seeds->last = seeds->first;
    return true;
}

static bool set_seeds(void *line, const char *name, const char *value)
{
    of(line)->study = true;
    return set_range(name, value, &of(line)->seeds);
}

static bool set_jobs(void *line, const char *name, const char *value)
{
    return set_size(name, value, 1024, &of(line)->jobs);
}

static bool set_dtype(void *line, const char *name, const char *value)
{
    return option_dtype(name, value, &of(line)->dtype);
}

static bool set_csv(void *line, const char *name, const char *value)
{
    return option_path(name, value, &of(line)->csv);
}

static bool set_plot(void *line, const char *name, const char *value)
{
    if (!gnuplot_takes(value)) {
        complain("%s takes a file name that ends in .svg or .png, not '%s'", name, value);
        return false;
    }
    return option_path(name, value, &of(line)->plot);
}

static bool set_quiet(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    return of(line)->quiet = true;
}

static bool set_help(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    return of(line)->help = true;
}

static bool set_version(void *line, const char *name, const char *value)
{
    (void)name, (void)value;
    return of(line)->version = true;
}

static const option table[] = {
    {"--rules", "LIST", "learning rules, separated by commas", set_rules, "bp,fa"},
    {"--samples", "N", "fresh training samples in all; none is used twice", set_samples, "500000"},
    {"--batch", "N", "samples in a mini-batch, 1 .. 1000", set_batch, "10"},
    {"--lr", "F", "learning rate of every student, of the mean gradient over a mini-batch", set_lr, "0.05"},
    {"--grid", "lr=LIST", "run every student at each of these rates with the seeds of --tuning first; "
                          "each chooses the one whose validation error, averaged over them, is least, "
                          "and goes on with it. A rate at which a run diverged is never chosen", set_grid, NULL},
    {"--tuning", "A-B", "seeds for --grid: other teachers, students and samples than those that are "
                        "reported", set_tuning, "1001-1005"},
    {"--teacher", "F", "the teacher's weights are drawn from U[-F, F)", set_teacher, "1"},
    {"--teacher-bias", "F", "the teacher's biases are drawn from U[-F, F)", set_teacher_bias, "1"},
    {"--omega", "F", "the students' weights are drawn from U[-F, F); their biases start at 0", set_omega, "0.1"},
    {"--beta", "F", "every B is drawn from U[-F, F)", set_beta, "0.5"},
    {"--validation", "N", "validation samples of a seed of --tuning", set_validation, "5000"},
    {"--test", "N", "test samples", set_test, "5000"},
    {"--looks", "N", "test errors on the way, at evenly spaced numbers of samples, 1 .. 200", set_looks, "50"},
    {"--seed", "N", "seed of everything that is drawn, 0 .. 2^64 - 1", set_seed, "1"},
    {"--seeds", "A-B", "run every seed from A to B; report mean, standard deviation and the 95 % "
                       "confidence interval of the mean, and test whether four layers are better than "
                       "three; runs that diverge are counted and are in no mean", set_seeds, NULL},
    {"--jobs", "N", "runs at once with --seeds or --grid, each in a process of its own", set_jobs, "1"},
    {"--dtype", "f32|f64", "element type of the networks; the same numbers are drawn", set_dtype, "f32"},
    {"--csv", "FILE", "write seed,rule,layers,lr,samples,test_error, a line for each look", set_csv, NULL},
    {"--plot", "FILE", "draw the test errors with gnuplot into FILE.svg or FILE.png", set_plot, NULL},
    {"--quiet", NULL, "show no progress", set_quiet, NULL},
    {"--help", NULL, "show this text", set_help, NULL},
    {"--version", NULL, "show the version of libfa and what it was built with", set_version, NULL},
};

static const option_group options = {"Options", table, sizeof table / sizeof table[0]};

static const char introduction[] =
    "Usage: nonlinear [OPTION]...\n"
    "\n"
    "Networks of three and of four layers, 30-20-10 and 30-20-10-10, learn what a\n"
    "network of four computes: y* = W2 tanh(W1 tanh(W0 x + b0) + b1) + b2, x normal.\n"
    "All have tanh neurons in their hidden layers, linear outputs, and biases. Does\n"
    "a rule make use of the further layer? After Lillicrap, Cownden, Tweed, Akerman:\n"
    "Random feedback weights support learning in deep neural networks\n"
    "(arXiv:1411.0247), Fig. 2d.\n"
    "\n";

static const char conclusion[] =
    "\n"
    "Errors are normalized squared errors, |y* - y|^2 / |y* - mean y*|^2 over the\n"
    "test samples: 1 for a network that knows the mean only. The students of one\n"
    "seed learn the same teacher from the same samples, so that their differences\n"
    "are paired: the table has the paired t test over the seeds, and Welch's, which\n"
    "takes them for independent. p is two-sided.\n"
    "\n"
    "Exit status:\n"
    "  0  every run is complete\n"
    "  1  something failed; or a run diverged (its error became infinite or NaN; the\n"
    "     others go on); or Ctrl-C ended the work\n"
    "  2  the command line is wrong\n";

void settings_print_help(FILE *stream)
{
    fputs(introduction, stream);
    options_print(&options, 1, stream);
    fputs(conclusion, stream);
}

static bool overlap(seed_range a, seed_range b)
{
    return a.first <= b.last && b.first <= a.last;
}

static bool consistent(const command_line *given)
{
    const settings *chosen = given->chosen;
    const char *problem = NULL;

    if (given->seed && chosen->study)
        problem = "--seed and --seeds exclude each other";
    else if (given->lr && chosen->n_rates)
        problem = "--lr and --grid exclude each other";
    else if ((given->tuning || given->validation) && !chosen->n_rates)
        problem = "--tuning and --validation are for --grid";
    else if (chosen->n_rates && overlap(chosen->seeds, chosen->tuning))
        problem = "a seed of --tuning cannot be one that is reported";
    else if (chosen->jobs > 1 && !chosen->study && !chosen->n_rates)
        problem = "--jobs is for several runs: it needs --seeds or --grid";
    else if (chosen->samples / chosen->batch < chosen->looks)
        problem = "there are more --looks than mini-batches";
    if (problem)
        complain("%s", problem);
    return !problem;
}

bool settings_read(settings *chosen, int argc, char **argv)
{
    command_line given = {.chosen = chosen};

    *chosen = (settings){.dtype = FA_FLOAT32};
    for (size_t i = 0; i < options.count; i++)
        if (options.table[i].preset && !options.table[i].set(&given, options.table[i].name, options.table[i].preset))
            return false;
    given = (command_line){.chosen = chosen};
    return options_parse(&options, 1, argc, argv, &given) &&
           (chosen->help || chosen->version || consistent(&given));
}
