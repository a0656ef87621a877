/* Options about seeds and learning rates that are compared. */
#include "settings.h"

#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"

static bool set_seed(void *data, const char *name, const char *value)
{
    settings *chosen = data;
    bool good = option_whole(name, value, 0, UINT64_MAX, &chosen->first_seed);

    chosen->last_seed = chosen->first_seed;
    return good;
}

static bool set_seeds(void *data, const char *name, const char *value)
{
    settings *chosen = data;

    if (!option_range(name, value, &chosen->first_seed, &chosen->last_seed))
        return false;
    if (chosen->last_seed - chosen->first_seed < 10000)
        return true;
    complain("%s takes ten thousand seeds at most", name);
    return false;
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

static bool set_grid(void *chosen, const char *name, const char *value)
{
    if (strncmp(value, "lr=", 3) == 0)
        return option_each(name, value + 3, take_rate, chosen);
    complain("%s takes learning rates, lr=F,F,..., not '%s'", name, value);
    return false;
}

static const option table[] = {
    {"--seed", "N", "of everything that is drawn, 0 .. 2^64 - 1; default 1", set_seed, NULL},
    {"--seeds", "A-B", "run every seed from A to B and report mean, standard deviation and 95 %\n"
                       "confidence interval (Student's t), of paired differences between rules too;\n"
                       "runs that diverge are counted and are in no mean", set_seeds, NULL},
    {"--grid", "lr=LIST", "run every rule at each of these learning rates; each chooses the one whose\n"
                             "validation error, averaged over the seeds, is least. A rate at which a run\n"
                             "diverged is never chosen, and the exit status is then 1", set_grid, NULL},
};

const option_group settings_studies = {"Studies", table, sizeof table / sizeof table[0]};
