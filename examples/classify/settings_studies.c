/* Options about seeds and learning rates that are compared. */
#include "settings.h"

#include "../common/complain.h"
#include "../common/options.h"

static bool set_seed(void *data, const char *name, const char *value)
{
    settings *chosen = data;
    bool good = option_whole(name, value, 0, UINT64_MAX, &chosen->first_seed);

    chosen->last_seed = chosen->first_seed;
    return good;
}

static bool read_seeds(const char *name, const char *value, uint64_t *first, uint64_t *last)
{
    if (!option_range(name, value, first, last))
        return false;
    if (*last - *first < 10000)
        return true;
    complain("%s takes ten thousand seeds at most", name);
    return false;
}

static bool set_seeds(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return read_seeds(name, value, &chosen->first_seed, &chosen->last_seed);
}

static bool set_choose_seeds(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return read_seeds(name, value, &chosen->first_trial_seed, &chosen->last_trial_seed);
}

static bool set_grid(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    return grid_read(&chosen->grid, &chosen->rules, &chosen->rule_params, name, value);
}

static const option table[] = {
    {"--seed", "N", "seed of everything that is drawn, 0 .. 2^64 - 1; default 1", set_seed, NULL},
    {"--seeds", "A-B", "run every seed from A to B and report mean, standard deviation and 95 % "
                       "confidence interval (Student's t), of paired differences between rules too; "
                       "runs that diverge are counted and are in no mean", set_seeds, NULL},
    {"--grid", "NAME=F,F,...",
     "run every rule at each of these values of lr (the learning rate), feedback_scale "
     "(a factor of B) or a parameter of rules (of a choice the names; shown are their "
     "numbers in the list of choices, from 0). Several --grid span the product; a name "
     "that a rule has not multiplies nothing there: feedback_scale without a B to set "
     "is one run. RULE.NAME=F,F,... are one rule's own values in the place of those for "
     "all: it is then not tuned on the same grid. Each rule chooses the cell whose "
     "validation error, averaged over the seeds, is least. A cell at which a run "
     "diverged is never chosen, and the exit status is then 1", set_grid, NULL},
    {"--choose-seeds", "A-B", "run the grid with these seeds, and then the cell that each rule has chosen with "
                              "those of --seeds (or --seed); default: all of it with the latter", set_choose_seeds,
     NULL},
};

const option_group settings_studies = {"Studies", table, sizeof table / sizeof table[0]};
