#include "resume.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "jsonl.h"
#include "replay.h"

/* A file that is read line by line, and the one that takes its place. */
typedef struct copy {
    resumed        *all;
    const settings *chosen;
    const data     *samples;
    const char     *path;
    FILE           *from, *to;
    char           *line; /* with its line break */
    size_t          capacity, number;
    char           *held; /* lines of a run that has not ended yet */
    size_t          held_size;
    run             growing; /* and what they say */
    bool            begun;
} copy;

static bool malformed(const copy *running, const char *what)
{
    complain("%s, line %zu: %s", running->path, running->number, what);
    return false;
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Numbers of more than 63 bits are text. */
static uint64_t whole(const json_t *value)
{
    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10) : (uint64_t)json_integer_value(value);
}

static void read_numbers(const json_t *array, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);

        values[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
}

static bool same(double a, double b)
{
    return isnan(a) ? isnan(b) : !(a < b || a > b || isnan(b));
}

/* A learning rate has to be the same whether a grid or --lr brought it. */
static bool same_run(const settings *chosen, const run *a, const run *b)
{
    const grid *tried = &chosen->grid;
    bool equal = a->rule == b->rule && a->seed == b->seed && same(a->lr, b->lr);

    for (size_t axis = 0; axis < tried->n_axes; axis++)
        equal = equal && (axis == grid_find(tried, "lr") || same(a->at[axis], b->at[axis]));
    return equal;
}

/* Rule, seed and cell of a line; the rule's place is beyond the list if it is not run now. */
static run identity(const settings *chosen, const json_t *line)
{
    const char *rule = json_string_value(json_object_get(line, "rule"));
    run found = {.seed = whole(json_object_get(line, "seed")), .lr = number(line, "lr")};

    while (found.rule < chosen->rules.count && rule && strcmp(chosen->rules.at[found.rule]->name, rule) != 0)
        found.rule++;
    for (size_t axis = 0; axis < chosen->grid.n_axes; axis++)
        found.at[axis] = number(line, chosen->grid.names[axis]);
    return found;
}

static bool hold(copy *running)
{
    size_t size = strlen(running->line);
    char *grown = realloc(running->held, running->held_size + size + 1);

    if (!grown) {
        complain("out of memory");
        return false;
    }
    memcpy(grown + running->held_size, running->line, size + 1);
    running->held = grown;
    running->held_size += size;
    return true;
}

static void drop(copy *running)
{
    run_free(&running->growing);
    running->held_size = 0;
    running->begun = false;
}

/* The run that a line belongs to: the one before, or a new one. */
static bool begin(copy *running, const json_t *line)
{
    run found = identity(running->chosen, line);

    if (running->begun && !same_run(running->chosen, &found, &running->growing))
        drop(running);
    if (running->begun)
        return true;
    running->growing = found;
    running->begun = true;
    return run_prepare(&running->growing, running->chosen, running->samples);
}

static bool read_epoch(copy *running, const json_t *line)
{
    run *result = &running->growing;
    record *seen = &result->trace[result->epochs];
    size_t n_hidden = running->chosen->n_hidden;

    if (result->epochs == running->chosen->epochs || whole(json_object_get(line, "epoch")) != result->epochs + 1)
        return malformed(running, "an epoch that does not follow the one before");
    *seen = (record){.train_loss = number(line, "train_loss"), .train_error = number(line, "train_error"),
                     .validation_loss = number(line, "validation_loss"),
                     .validation_error = number(line, "validation_error"), .test_loss = number(line, "test_loss"),
                     .test_error = number(line, "test_error"), .seconds = number(line, "seconds")};
    read_numbers(json_object_get(line, "angles"), seen->angle, n_hidden);
    read_numbers(json_object_get(line, "ratios"), seen->ratio, n_hidden);
    result->epochs++;
    return true;
}

static bool add_run(resumed *all, run *result)
{
    if (all->count == all->capacity) {
        size_t capacity = 2 * all->capacity + 64;
        run *grown = realloc(all->runs, capacity * sizeof *grown);

        if (!grown) {
            complain("out of memory");
            return false;
        }
        all->runs = grown;
        all->capacity = capacity;
    }
    all->runs[all->count++] = *result;
    *result = (run){0};
    return true;
}

static void read_result(run *result, const settings *chosen, const json_t *line)
{
    const json_t *rows = json_object_get(line, "confusion");

    result->early = json_is_true(json_object_get(line, "stopped_early"));
    result->best = (size_t)whole(json_object_get(line, "best_epoch"));
    result->seconds = number(line, "seconds");
    result->validation_error = number(line, "validation_error");
    result->test_loss = number(line, "test_loss");
    result->test_error = number(line, "test_error");
    result->kept = run_kept(result, chosen);
    for (size_t i = 0; i < result->n_classes; i++)
        for (size_t j = 0; j < result->n_classes; j++)
            result->confusion[i * result->n_classes + j] = whole(json_array_get(json_array_get(rows, i), j));
}

/* A run that was interrupted is run again; what this experiment does not know of stays in the file. */
static bool read_run(copy *running, const json_t *line)
{
    const char *outcome = json_string_value(json_object_get(line, "outcome"));
    bool complete = outcome && strcmp(outcome, "complete") == 0, diverged = outcome && strcmp(outcome, "diverged") == 0;
    bool good = true;

    if (complete || diverged) {
        if (running->growing.epochs != whole(json_object_get(line, "epochs")))
            return malformed(running, "a run with other epochs than those above");
        running->growing.outcome = complete ? RUN_COMPLETE : RUN_DIVERGED;
        read_result(&running->growing, running->chosen, line);
        fwrite(running->held, 1, running->held_size, running->to);
        if (running->growing.rule < running->chosen->rules.count)
            good = add_run(running->all, &running->growing);
    }
    drop(running);
    return good;
}

static bool read_line(copy *running, const json_t *line)
{
    const char *type = json_string_value(json_object_get(line, "type"));
    bool epoch = type && strcmp(type, "epoch") == 0;

    if (!epoch && (!type || strcmp(type, "run") != 0))
        return malformed(running, "neither an epoch nor a run");
    return begin(running, line) && hold(running) && (epoch ? read_epoch(running, line) : read_run(running, line));
}

/* The next line that is whole, as JSON; NULL at the end, or after a complaint. */
static json_t *next_line(copy *running, bool *good)
{
    ssize_t length = getline(&running->line, &running->capacity, running->from);
    json_error_t error = {.text = ""};
    json_t *line;

    running->number++;
    if (length <= 0 || running->line[length - 1] != '\n')
        return NULL;
    line = json_loads(running->line, 0, &error);
    if (!line)
        *good = malformed(running, error.text);
    return line;
}

/* The header's settings have to be the present ones. */
static bool check_header(copy *running)
{
    bool good = true;
    json_t *header = next_line(running, &good);

    /* Killed before its first line was written: there is nothing in it. */
    if (!header && good)
        return true;
    good = good && jsonl_is_header(running->path, header) &&
           jsonl_agrees(running->path, header, running->chosen, running->samples);
    if (good)
        replay_compare(header);
    json_decref(header);
    return good;
}

static bool copy_runs(copy *running)
{
    bool good = true;
    json_t *line;

    while (good && (line = next_line(running, &good)) != NULL) {
        good = read_line(running, line);
        json_decref(line);
    }
    if (good && ferror(running->from)) {
        complain("cannot read %s: %s", running->path, strerror(errno));
        good = false;
    }
    return good;
}

/* The new file, which takes the old one's place when it holds all that is kept. */
static bool replace(copy *running, output *file)
{
    char *part = malloc(strlen(running->path) + sizeof ".part");
    bool good = false;

    if (!part) {
        complain("out of memory");
        return false;
    }
    strcat(strcpy(part, running->path), ".part");
    if (output_open(file, part)) {
        running->to = file->stream;
        jsonl_head(file->stream, running->chosen, running->samples);
        good = copy_runs(running) && output_flush(file);
        if (good && rename(part, running->path) != 0) {
            complain("cannot write %s: %s", running->path, strerror(errno));
            good = false;
        }
        if (!good)
            remove(part);
    }
    file->path = running->path;
    free(part);
    return good;
}

bool resume_open(resumed *all, output *file, const settings *chosen, const data *samples)
{
    copy running = {.all = all, .chosen = chosen, .samples = samples, .path = chosen->jsonl,
                    .from = fopen(chosen->jsonl, "r")};
    bool good;

    all->chosen = chosen;
    if (!running.from && errno == ENOENT) {
        good = output_open(file, chosen->jsonl);
        if (good)
            jsonl_head(file->stream, chosen, samples);
        return good;
    }
    if (!running.from) {
        complain("cannot read %s: %s", chosen->jsonl, strerror(errno));
        return false;
    }
    good = check_header(&running) && replace(&running, file);
    fclose(running.from);
    drop(&running);
    free(running.line);
    free(running.held);
    return good;
}

bool resume_take(resumed *all, run *wanted)
{
    for (size_t i = 0; i < all->count; i++) {
        run planned = *wanted;

        if (!same_run(all->chosen, &all->runs[i], wanted))
            continue;
        *wanted = all->runs[i];
        wanted->cell = planned.cell;
        memcpy(wanted->at, planned.at, sizeof wanted->at);
        all->runs[i] = all->runs[--all->count];
        return true;
    }
    return false;
}

void resume_free(resumed *all)
{
    for (size_t i = 0; i < all->count; i++)
        run_free(&all->runs[i]);
    free(all->runs);
    *all = (resumed){0};
}
