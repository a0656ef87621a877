#include "jsonl.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "../common/decimal.h"
#include "environment.h"

/* JSON knows neither NaN nor infinity. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* JSON readers take integers of 63 bits; a larger one becomes text. */
static json_t *whole(uint64_t value)
{
    char text[32];

    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, number(values[i]));
    return array;
}

/* A real number stays one where it is whole. */
static void write_real(FILE *stream, double value)
{
    char text[DECIMAL_SIZE];

    decimal(text, value);
    fprintf(stream, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

/* As jansson does it, but for real numbers, where that only knows a number of digits for all. */
static bool write_value(FILE *stream, json_t *value)
{
    bool object = json_is_object(value), good = true;
    const char *name, *mark = object ? "{" : "[";
    json_t *part;
    size_t i;

    if (json_is_real(value)) {
        write_real(stream, json_real_value(value));
    } else if (object || json_is_array(value)) {
        json_object_foreach(value, name, part) {
            fprintf(stream, "%s\"%s\":", mark, name);
            good = write_value(stream, part) && good;
            mark = ",";
        }
        json_array_foreach(value, i, part) {
            fputs(mark, stream);
            good = write_value(stream, part) && good;
            mark = ",";
        }
        fprintf(stream, "%s%c", *mark == ',' ? "" : mark, object ? '}' : ']');
    } else {
        good = json_dumpf(value, stream, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
    }
    return good;
}

/* Writes an object as a line, and releases it. jansson gives NULL where memory ran out; what cannot be written is told
 * when the file is flushed. */
static void write_line(FILE *stream, json_t *line)
{
    if (!line || (!write_value(stream, line) && !ferror(stream)))
        complain("out of memory for a line of JSON");
    fputc('\n', stream);
    json_decref(line);
}

/* Every parameter as on the command line, so that a replay reads just that; true for a switch. */
static json_t *parameters(const settings *chosen)
{
    json_t *object = json_object();
    const option *known;

    for (size_t i = 0; (known = given_option(&chosen->texts, i)) && settings_is_parameter(i); i++)
        if (chosen->texts.texts[i])
            json_object_set_new(object, known->name + strlen("--"),
                                known->value ? json_string(chosen->texts.texts[i]) : json_true());
    return object;
}

static json_t *dataset(const settings *chosen, const data *samples)
{
    json_t *files = json_array();

    for (size_t i = 0; i < sizeof samples->files / sizeof samples->files[0]; i++)
        json_array_append_new(files, json_string(samples->files[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "files", files, "inputs", whole(samples->n_inputs), "classes",
                     whole(samples->n_classes), "training", whole(data_training_size(samples, chosen)), "validation",
                     whole(chosen->validation), "test", whole(fa_dataset_size(samples->test)));
}

static json_t *environment(void)
{
    json_t *object = json_object();

    for (size_t i = 0; environment_variables[i]; i++) {
        const char *value = getenv(environment_variables[i]);

        json_object_set_new(object, environment_variables[i], value ? json_string(value) : json_null());
    }
    return object;
}

static json_t *seeds(const settings *chosen)
{
    json_t *array = json_array();

    for (uint64_t i = 0; i <= chosen->last_seed - chosen->first_seed; i++)
        json_array_append_new(array, whole(chosen->first_seed + i));
    return array;
}

/* What the grid varies: without it, a value in a line would be taken for a default in a file of another grid. */
static json_t *grid_names(const settings *chosen)
{
    json_t *array = json_array();

    for (size_t axis = 0; axis < chosen->grid.n_axes; axis++)
        if (axis != grid_find(&chosen->grid, "lr"))
            json_array_append_new(array, json_string(chosen->grid.names[axis]));
    return array;
}

/* The first parameter of one that the other has not, or not so; NULL if there is none. */
static const char *find_difference(json_t *one, const json_t *other)
{
    const char *name;
    json_t *value;

    json_object_foreach(one, name, value)
        if (!settings_selects_runs(name) && !json_equal(value, json_object_get(other, name)))
            return name;
    return NULL;
}

bool jsonl_is_header(const char *path, const json_t *header)
{
    static const char before_0_5[] = "classify";
    const char *type = json_string_value(json_object_get(header, "type"));
    const char *program = json_string_value(json_object_get(header, "program"));

    if (type && strcmp(type, "header") == 0 && program &&
        (strcmp(program, program_name) == 0 || strcmp(program, before_0_5) == 0) &&
        json_is_object(json_object_get(header, "parameters")))
        return true;
    complain("%s does not begin with a header that %s --jsonl wrote", path, program_name);
    return false;
}

bool jsonl_agrees(const char *path, const json_t *header, const settings *chosen, const data *samples)
{
    json_t *now = parameters(chosen), *names = grid_names(chosen), *files = dataset(chosen, samples);
    json_t *then = json_object_get(header, "parameters");
    const char *name = NULL;
    bool agree = false;

    if ((name = find_difference(then, now)) || (name = find_difference(now, then)))
        complain("%s was made with another --%s: --resume goes on with the same settings only", path, name);
    else if (!json_equal(names, json_object_get(header, "grid")))
        complain("%s was made with another --grid: --resume goes on with the same names only", path);
    else if (!json_equal(files, json_object_get(header, "dataset")))
        complain("%s was made with other samples", path);
    else
        agree = true;
    json_decref(now);
    json_decref(names);
    json_decref(files);
    return agree;
}

void jsonl_head(FILE *stream, const settings *chosen, const data *samples)
{
    write_line(stream, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "type", "header", "program",
                                 program_name, "version", fa_version(), "build", fa_build_info(), "threads",
                                 whole(chosen->threads), "environment", environment(), "seeds", seeds(chosen), "grid",
                                 grid_names(chosen),
                                 "dataset", dataset(chosen, samples), "parameters", parameters(chosen)));
}

/* Puts the run's place in the grid into its line; lr is there without a grid too. */
static json_t *with_cell(json_t *line, const settings *chosen, const run *result)
{
    for (size_t axis = 0; line && axis < chosen->grid.n_axes; axis++)
        if (axis != grid_find(&chosen->grid, "lr"))
            json_object_set_new(line, chosen->grid.names[axis], number(result->at[axis]));
    return line;
}

void jsonl_epoch(FILE *stream, const settings *chosen, const run *result, size_t i)
{
    const record *seen = &result->trace[i];
    json_t *line = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type", "epoch",
                         "rule", chosen->rules.at[result->rule]->name, "seed", whole(result->seed), "lr",
                         number(result->lr), "epoch", whole(i + 1), "train_loss", number(seen->train_loss),
                         "train_error", number(seen->train_error), "validation_loss", number(seen->validation_loss),
                         "validation_error", number(seen->validation_error), "test_loss", number(seen->test_loss),
                         "test_error", number(seen->test_error), "seconds", number(seen->seconds), "angles",
                         numbers(seen->angle, chosen->n_hidden), "ratios", numbers(seen->ratio, chosen->n_hidden));

    write_line(stream, with_cell(line, chosen, result));
}

static json_t *confusion(const run *result)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < result->n_classes; i++) {
        json_t *row = json_array();

        for (size_t j = 0; j < result->n_classes; j++)
            json_array_append_new(row, whole(result->confusion[i * result->n_classes + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

void jsonl_run(FILE *stream, const settings *chosen, const run *result)
{
    static const char *const outcomes[] = {[RUN_COMPLETE] = "complete", [RUN_DIVERGED] = "diverged",
                                           [RUN_INTERRUPTED] = "interrupted"};
    bool measured = result->outcome != RUN_DIVERGED;
    json_t *line = json_pack("{s:s, s:s, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type", "run",
                         "rule", chosen->rules.at[result->rule]->name, "seed", whole(result->seed), "lr",
                         number(result->lr), "outcome", outcomes[result->outcome], "stopped_early",
                         (int)result->early, "epochs", whole(result->epochs), "best_epoch",
                         result->best ? whole(result->best) : json_null(), "validation_error",
                         number(result->validation_error), "test_loss", number(result->test_loss), "test_error",
                         number(result->test_error), "test_error_at_best", number(run_error_at_best(result)), "seconds",
                         number(result->seconds), "confusion", measured ? confusion(result) : json_null());

    write_line(stream, with_cell(line, chosen, result));
}
