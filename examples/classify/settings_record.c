/* Options about diagnostics that are recorded while a run learns. */
#include "settings.h"

#include <string.h>

#include "../common/complain.h"
#include "../common/gnuplot.h"

static bool set_path(void *chosen, const char *name, const char *value)
{
    return recording_set_path(&((settings *)chosen)->record, name, value);
}

static bool set_quantities(void *chosen, const char *name, const char *value)
{
    return recording_set_quantities(&((settings *)chosen)->record, name, value);
}

static bool set_every(void *chosen, const char *name, const char *value)
{
    return recording_set_every(&((settings *)chosen)->record, name, value);
}

static bool set_plot(void *chosen, const char *name, const char *value)
{
    if (gnuplot_takes(value))
        return option_path(name, value, &((settings *)chosen)->record_plot);
    complain("%s takes a file name that ends in .svg or .png, not '%s'", name, value);
    return false;
}

static bool set_list(void *chosen, const char *name, const char *value)
{
    (void)name, (void)value;
    ((settings *)chosen)->action = LIST_QUANTITIES;
    return true;
}

static const option table[] = {
    {"--record", "FILE", "write diagnostics of the batches into FILE.csv or FILE.jsonl: angles, norms and "
                         "more of every layer. Several rules have a file each, FILE-RULE.csv; with --seeds "
                         "or --grid every run has one, as FILE-RULE-seed1-lr0.1.csv. What is learned stays "
                         "the same, bit for bit. With --resume, runs that are not repeated keep their files",
     set_path, NULL},
    {"--record-quantities", "NAME,...", "what is written; default: all whose cost is not svd", set_quantities, NULL},
    {"--record-every", "N", "write a row every N batches, counted through the epochs; default 100", set_every, NULL},
    {"--record-plot", "FILE", "draw what --record has written with gnuplot into FILE.svg or FILE.png: panels of "
                              "every quantity and layer; without --record-quantities those that tell most. With "
                              "--seeds means, with --grid each rule in the cell that it has chosen", set_plot, NULL},
    {"--list-quantities", NULL, "show what can be recorded", set_list, NULL},
};

const option_group settings_record = {"Diagnostics", table, sizeof table / sizeof table[0]};

/* Values of a grid are parts of the files' names. */
static bool check_values(const axis_values *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (list->at[k] >= list->at[i] && list->at[k] <= list->at[i]) {
                complain("--record names files by the values of --grid, which brings %s=%g twice", name, list->at[i]);
                return false;
            }
        }
    }
    return true;
}

bool settings_check_record(const settings *chosen)
{
    if (!recording_check(&chosen->record))
        return false;
    if (chosen->record_plot && !chosen->record.path) {
        complain("--record-plot draws what --record writes: it needs --record FILE");
        return false;
    }
    for (size_t i = 0; i < chosen->grid.n_lists && chosen->record.path; i++)
        if (!check_values(&chosen->grid.lists[i], chosen->grid.names[chosen->grid.lists[i].axis]))
            return false;
    return true;
}
