#include "settings.h"

#include <math.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"
#include "../common/options.h"
#include "committee.h"

/* What was given, where two options exclude each other. */
typedef struct command_line {
    settings *chosen;
    bool      seed;
} command_line;

static bool set_rules(void *line, const char *name, const char *value)
{
    rule_list *rules = &((command_line *)line)->chosen->rules;

    if (!rule_list_read(rules, name, value))
        return false;
    for (size_t i = 0; i < rules->count; i++) {
        const char *rule = rules->at[i]->name;

        if (strcmp(rule, "bp") == 0 || strcmp(rule, "fa") == 0 || strcmp(rule, "dfa") == 0)
            continue;
        complain("%s: the theory is that of bp, fa and dfa, not of %s", name, rule);
        return false;
    }
    return true;
}

static bool set_size(const char *name, const char *value, uint64_t max, size_t *size)
{
    uint64_t whole = 0;
    bool good = option_whole(name, value, 1, max, &whole);

    *size = (size_t)whole;
    return good;
}

static bool set_inputs(void *line, const char *name, const char *value)
{
    return set_size(name, value, 100000, &((command_line *)line)->chosen->inputs);
}

static bool set_teacher(void *line, const char *name, const char *value)
{
    return set_size(name, value, MAX_UNITS, &((command_line *)line)->chosen->teacher);
}

static bool set_student(void *line, const char *name, const char *value)
{
    return set_size(name, value, MAX_UNITS, &((command_line *)line)->chosen->student);
}

static bool set_output(void *line, const char *name, const char *value)
{
    double *output = &((command_line *)line)->chosen->output;

    *output = NAN;
    return strcmp(value, "normal") == 0 || option_real(name, value, -1e6, 1e6, output);
}

static bool set_init(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((command_line *)line)->chosen->init);
}

static bool set_eta(void *line, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((command_line *)line)->chosen->eta);
}

static bool set_time(void *line, const char *name, const char *value)
{
    return option_real(name, value, 1.0, 1e6, &((command_line *)line)->chosen->time);
}

static bool set_records(void *line, const char *name, const char *value)
{
    return set_size(name, value, MAX_RECORDS - 1, &((command_line *)line)->chosen->records);
}

static bool set_step(void *line, const char *name, const char *value)
{
    return option_real(name, value, 1e-6, 10.0, &((command_line *)line)->chosen->step);
}

static bool set_test(void *line, const char *name, const char *value)
{
    return set_size(name, value, 10000000, &((command_line *)line)->chosen->test);
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
    settings *chosen = ((command_line *)line)->chosen;

    chosen->study = true;
    if (!option_range(name, value, &chosen->first_seed, &chosen->last_seed))
        return false;
    if (chosen->last_seed - chosen->first_seed < 1000)
        return true;
    complain("%s takes a thousand seeds at most", name);
    return false;
}

static bool set_jobs(void *line, const char *name, const char *value)
{
    return set_size(name, value, 1024, &((command_line *)line)->chosen->jobs);
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

static const option table[] = {
    {"--rules", "LIST", "of bp, fa and dfa, separated by commas; default bp,fa", set_rules, NULL},
    {"--inputs", "N", "1 .. 100000; default 500", set_inputs, NULL},
    {"--teacher", "M", "hidden units of the teacher, 1 .. 16; default 4", set_teacher, NULL},
    {"--student", "K", "hidden units of the student, 1 .. 16; default 4", set_student, NULL},
    {"--output", "F|normal", "output weights A of the teacher: all F, or drawn from N(0, 1); default normal",
     set_output, NULL},
    {"--init", "F", "the student's w and v are drawn from N(0, F^2); default 1", set_init, NULL},
    {"--eta", "F", "learning rate: w moves by eta / sqrt N, v by eta / N; default 0.2", set_eta, NULL},
    {"--time", "F", "how long, in units of N samples, 1 .. 1000000; default 1000", set_time, NULL},
    {"--records", "N", "looks at the student after time 0, at times evenly spaced by their logarithm; "
                       "1 .. 399; default 100", set_records, NULL},
    {"--step", "F", "largest step of the integrator in units of time; default 0.05", set_step, NULL},
    {"--test", "N", "test samples; default 10000", set_test, NULL},
    {"--seed", "N", "seed of everything that is drawn, 0 .. 2^64 - 1; default 1", set_seed, NULL},
    {"--seeds", "A-B", "run every seed from A to B and report mean, standard deviation and the 95 % "
                       "confidence interval of the mean (Student's t) over the seeds; errors by their "
                       "decimal logarithm; runs that diverge are counted and left out", set_seeds, NULL},
    {"--jobs", "N", "seeds at once, each in a process of its own; default 1", set_jobs, NULL},
    {"--csv", "FILE", "write seed,rule,time,error,theory_error,angle,theory_angle,deviation, a line for "
                      "each look", set_csv, NULL},
    {"--plot", "FILE", "draw errors and angles with gnuplot into FILE.svg or FILE.png", set_plot, NULL},
    {"--quiet", NULL, "show no progress", set_quiet, NULL},
    {"--help", NULL, "show this text", set_help, NULL},
    {"--version", NULL, "show the version of libfa and what it was built with", set_version, NULL},
};

static const option_group options = {"Options", table, sizeof table / sizeof table[0]};

static const char introduction[] =
    "Usage: align_then_memorise [OPTION]...\n"
    "\n"
    "A student network learns a teacher, y* = sum_m A_m g(w*_m x / sqrt N), from\n"
    "samples that are seen once: y = sum_k v_k g(w_k x / sqrt N), g(z) =\n"
    "erf(z / sqrt 2), x and w* normal. For many inputs the overlaps of the two\n"
    "networks follow ordinary differential equations; they are solved from where the\n"
    "student starts, and laid over what it does. With feedback alignment v first\n"
    "comes into line with the feedback b, then the student learns the teacher:\n"
    "align, then memorize. After Refinetti, d'Ascoli, Ohana, Goldt: Align, then\n"
    "memorise: the dynamics of learning with feedback alignment (arXiv:2011.12428).\n"
    "\n";

static const char conclusion[] =
    "\n"
    "Measured at every look:\n"
    "  error         mean of (y* - y)^2 over the test samples\n"
    "  theory_error  the same, over all inputs, of the solution of the differential\n"
    "                equations\n"
    "  angle         between v and b, degrees, 0 .. 180; bp has the same b, but does\n"
    "                not use it\n"
    "  theory_angle  the same of the solution\n"
    "  deviation     largest difference between student and solution over all\n"
    "                overlaps w w / N, w w* / N and all v. It is of order\n"
    "                1 / sqrt N, so its product with sqrt N is shown too.\n"
    "The tables show the looks nearest to the times 1, 10, 100, ...\n"
    "\n"
    "Exit status:\n"
    "  0  every run is complete\n"
    "  1  something failed; or a rule diverged (the other rules go on); or Ctrl-C\n"
    "     ended the work\n"
    "  2  the command line is wrong\n";

void settings_print_help(FILE *stream)
{
    fputs(introduction, stream);
    options_print(&options, 1, stream);
    fputs(conclusion, stream);
}

static bool consistent(const command_line *given)
{
    const settings *chosen = given->chosen;
    const char *problem = NULL;

    if (given->seed && chosen->study)
        problem = "--seed and --seeds exclude each other";
    else if (chosen->jobs > 1 && !chosen->study)
        problem = "--jobs is for several seeds: it needs --seeds";
    if (problem)
        complain("%s", problem);
    return !problem;
}

bool settings_read(settings *chosen, int argc, char **argv)
{
    command_line given = {.chosen = chosen};

    *chosen = (settings){.inputs = 500, .teacher = 4, .student = 4, .output = NAN, .init = 1.0, .eta = 0.2,
                         .time = 1000.0, .records = 100, .step = 0.05, .test = 10000, .first_seed = 1, .last_seed = 1,
                         .jobs = 1};
    if (!options_parse(&options, 1, argc, argv, &given))
        return false;
    if (chosen->help || chosen->version)
        return true;
    if (chosen->rules.count == 0 && !set_rules(&given, "--rules", "bp,fa"))
        return false;
    return consistent(&given);
}
