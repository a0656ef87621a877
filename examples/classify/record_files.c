#include "record_files.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/complain.h"
#include "../common/decimal.h"

/* A rule's name, a seed, and names and values of the grid's axes. */
enum { MAX_SUFFIX = 64 + 32 + MAX_AXES * (MAX_WORD + DECIMAL_SIZE + 1) };

static void put_cell(const settings *chosen, const run *wanted, char *text, size_t size)
{
    const grid *tried = &chosen->grid;

    for (size_t axis = 0; axis < tried->n_axes; axis++) {
        size_t length = strlen(text);
        char value[DECIMAL_SIZE];

        if (!isfinite(wanted->at[axis]))
            continue;
        decimal(value, wanted->at[axis]);
        snprintf(text + length, size - length, "-%s%s", tried->names[axis], value);
    }
}

char *record_file(const settings *chosen, const run *wanted)
{
    char suffix[MAX_SUFFIX] = "";
    const char *rule = chosen->rules.at[wanted->rule]->name;

    if (settings_study(chosen)) {
        snprintf(suffix, sizeof suffix, "-%.63s-seed%" PRIu64, rule, wanted->seed);
        put_cell(chosen, wanted, suffix, sizeof suffix);
    } else if (chosen->rules.count > 1) {
        snprintf(suffix, sizeof suffix, "-%.63s", rule);
    }
    return recording_name(chosen->record.path, suffix);
}

static bool clashes(const char *path, const char *other, const char *name)
{
    if (!other || strcmp(path, other) != 0)
        return false;
    complain("--record and %s write the same file, %s", name, path);
    return true;
}

bool record_files_possible(const experiment *all)
{
    const settings *chosen = all->chosen;
    bool good = true;

    for (size_t i = 0; i < all->n_trials && chosen->record.path && good; i++) {
        char *path = record_file(chosen, &all->runs[i]);

        good = path && !clashes(path, chosen->csv, "--csv") && !clashes(path, chosen->jsonl, "--jsonl");
        free(path);
    }
    return good;
}

void record_files_missing(const experiment *all)
{
    size_t missing = 0;

    for (size_t i = 0; i < all->count && all->chosen->record.path; i++) {
        char *path = all->states[i] == RUN_ENDED ? record_file(all->chosen, &all->runs[i]) : NULL;

        missing += path && access(path, F_OK) != 0;
        free(path);
    }
    if (missing)
        complain("note: %zu runs are not repeated and have no file of --record", missing);
}
