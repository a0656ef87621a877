#include "csv.h"

#include <inttypes.h>
#include <math.h>

#include "../common/decimal.h"

void csv_head(output *file)
{
    if (file->stream)
        fputs("seed,rule,time,error,theory_error,angle,theory_angle,deviation\n", file->stream);
}

static void write_field(FILE *stream, double value)
{
    char text[DECIMAL_SIZE] = "";

    if (isfinite(value))
        decimal(text, value);
    fprintf(stream, ",%s", text);
}

void csv_write(output *file, const settings *chosen, const run *result)
{
    if (!file->stream || !result->ended)
        return;
    for (size_t i = 0; i < chosen->rules.count; i++) {
        for (size_t r = 0; r < result->rules[i].count; r++) {
            const record *seen = &result->rules[i].records[r];

            fprintf(file->stream, "%" PRIu64 ",%s", result->seed, chosen->rules.at[i]->name);
            write_field(file->stream, seen->time);
            write_field(file->stream, seen->error);
            write_field(file->stream, seen->solution_error);
            write_field(file->stream, seen->angle);
            write_field(file->stream, seen->solution_angle);
            write_field(file->stream, seen->deviation);
            fputc('\n', file->stream);
        }
    }
}
