#include "record_table.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "record_files.h"

/* Points of a curve at most, and characters of a name like delta_angle_1. */
enum { MAX_POINTS = 200, MAX_COLUMN = 96 };

/* Shown where nobody says what to record. */
static const char usual[] = "delta_angle,delta_ratio,update_angle,weight_angle,alignment_angle,weight_norm,saturation";

/* First and last layer of a quantity: the table says "1..L-1". */
static size_t first_layer(const fa_quantity *told)
{
    return (size_t)strtoul(told->layers, NULL, 10);
}

static size_t last_layer(const fa_quantity *told, size_t depth)
{
    const char *last = strchr(told->layers, 'L');

    return last && strcmp(last, "L-1") == 0 ? depth - 1 : depth;
}

/* Those of a quantity; all layers together come last. */
static void add_layers(record_curves *all, size_t number, size_t depth)
{
    const fa_quantity *told = fa_quantity_at(number);

    if (!told)
        return;
    for (size_t l = first_layer(told) ? first_layer(told) : 1; l <= last_layer(told, depth); l++)
        all->at[all->count++] = (record_curve){.quantity = number, .layer = l};
    if (first_layer(told) == 0)
        all->at[all->count++] = (record_curve){.quantity = number, .layer = 0};
}

bool record_curves_choose(record_curves *all, const settings *chosen)
{
    const char *names = chosen->record.quantities ? chosen->record.quantities : usual;
    size_t depth = chosen->n_hidden + 1;

    *all = (record_curves){.at = calloc(fa_quantity_count() * (depth + 1), sizeof *all->at)};
    if (!all->at) {
        complain("out of memory");
        return false;
    }
    while (*names) {
        size_t length = strcspn(names, ",");

        add_layers(all, recording_find(names, length), depth);
        names += length + (names[length] == ',');
    }
    return true;
}

void record_curves_free(record_curves *all)
{
    free(all->at);
    *all = (record_curves){0};
}

static void name_column(record_curve curve, char name[MAX_COLUMN])
{
    snprintf(name, MAX_COLUMN, "%.60s_%zu", fa_quantity_at(curve.quantity)->name, curve.layer);
}

/* A file that is read line by line. */
typedef struct reading {
    const record_curves *curves;
    size_t              *columns; /* CSV: columns[i] - 1 is the curve of column i; 0 for none */
    size_t               n_columns;
    double              *values;  /* [curves] of the present line, NaN where there is none */
    uint64_t             batch;
} reading;

/* The line of names. */
static bool read_names(reading *from, const char *line)
{
    size_t count = 1, column = 0;

    for (const char *rest = line; *rest; rest++)
        count += *rest == ',';
    from->columns = calloc(count, sizeof *from->columns);
    if (!from->columns)
        return false;
    from->n_columns = count;
    for (const char *rest = line; column < count; column++) {
        size_t length = strcspn(rest, ",\n");

        for (size_t i = 0; i < from->curves->count; i++) {
            char name[MAX_COLUMN];

            name_column(from->curves->at[i], name);
            if (strlen(name) == length && strncmp(name, rest, length) == 0)
                from->columns[column] = i + 1;
        }
        rest += length + (rest[length] == ',');
    }
    return true;
}

/* Columns 0 and 1 are epoch and batch. */
static void read_csv_line(reading *from, const char *line)
{
    for (size_t column = 0; column < from->n_columns; column++) {
        char *end;
        double value = strtod(line, &end);

        if (column == 1)
            from->batch = (uint64_t)value;
        if (from->columns[column])
            from->values[from->columns[column] - 1] = value;
        line = end + (*end == ',');
    }
}

static void read_json_line(reading *from, const char *line)
{
    json_t *object = json_loads(line, 0, NULL);

    from->batch = (uint64_t)json_integer_value(json_object_get(object, "batch"));
    for (size_t i = 0; i < from->curves->count; i++) {
        char name[MAX_COLUMN];
        const json_t *value;

        name_column(from->curves->at[i], name);
        value = json_object_get(object, name);
        if (json_is_number(value))
            from->values[i] = json_number_value(value);
    }
    json_decref(object);
}

/* Hands every row of a run's file to `take`, if there is one; false after a complaint. */
static bool read_file(const experiment *all, const run *result, const record_curves *curves,
                      void (*take)(void *user_data, const reading *row), void *user_data)
{
    char *path = record_file(all->chosen, result), *line = NULL;
    FILE *file = path ? fopen(path, "r") : NULL;
    reading from = {.curves = curves, .values = calloc(curves->count + 1, sizeof *from.values)};
    bool csv = !recording_is_jsonl(all->chosen->record.path), good = path && from.values;
    size_t capacity = 0;

    if (good && file && csv && getline(&line, &capacity, file) > 0)
        good = read_names(&from, line);
    while (good && file && getline(&line, &capacity, file) > 0) {
        for (size_t i = 0; i < curves->count; i++)
            from.values[i] = NAN;
        if (csv)
            read_csv_line(&from, line);
        else
            read_json_line(&from, line);
        take(user_data, &from);
    }
    if (!good)
        complain("out of memory");
    if (file)
        fclose(file);
    free(from.columns);
    free(from.values);
    free(line);
    free(path);
    return good;
}

/* Every run of a contender that is in its means: alone, one that diverged is too. */
static bool read_runs(const experiment *all, contender one, const record_curves *curves,
                      void (*take)(void *user_data, const reading *row), void *user_data)
{
    size_t n_seeds = experiment_seeds(all, one).count;
    bool good = true;

    for (size_t i = 0; i < n_seeds && good; i++) {
        const run *result = experiment_at(all, one, i);

        if (result && (result->outcome != RUN_DIVERGED || n_seeds == 1))
            good = read_file(all, result, curves, take, user_data);
    }
    return good;
}

static void take_end(void *user_data, const reading *row)
{
    uint64_t *end = user_data;

    *end = row->batch > *end ? row->batch : *end;
}

uint64_t record_table_end(const experiment *all, contender one)
{
    const record_curves none = {0};
    uint64_t end = 0;

    return read_runs(all, one, &none, take_end, &end) ? end : 0;
}

/* A table that grows by rows. */
typedef struct filling {
    record_table        *table;
    const record_curves *curves;
} filling;

static void take_row(void *user_data, const reading *row)
{
    filling *running = user_data;
    uint64_t step = running->table->step, place = row->batch / step;

    if (row->batch % step != 0 || place == 0 || place > running->table->points)
        return;
    for (size_t i = 0; i < running->curves->count; i++)
        moments_add(&running->table->at[(place - 1) * running->curves->count + i], row->values[i]);
}

bool record_table_read(record_table *table, const experiment *all, contender one, const record_curves *curves,
                       uint64_t end)
{
    uint64_t every = recording_every(&all->chosen->record), rows = end / every;
    filling running = {.table = table, .curves = curves};

    *table = (record_table){.step = every * ((rows + MAX_POINTS - 1) / MAX_POINTS + (rows == 0))};
    table->points = (size_t)(end / table->step);
    table->at = calloc(table->points * curves->count + 1, sizeof *table->at);
    if (!table->at) {
        complain("out of memory");
        return false;
    }
    return read_runs(all, one, curves, take_row, &running);
}

void record_table_free(record_table *table)
{
    free(table->at);
    *table = (record_table){0};
}

double record_table_value(const record_table *table, const record_curves *curves, size_t point, size_t curve)
{
    const moments *over = &table->at[point * curves->count + curve];

    return over->count ? over->mean : (double)NAN;
}
