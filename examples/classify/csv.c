#include "csv.h"

#include <inttypes.h>
#include <math.h>

#include "../common/decimal.h"

void csv_head(FILE *stream, const settings *chosen)
{
    fputs(settings_study(chosen) ? "seed," : "", stream);
    for (size_t axis = 0; axis < chosen->grid.n_axes; axis++)
        fprintf(stream, "%s,", chosen->grid.names[axis]);
    fputs("rule,epoch,train_loss,train_error,validation_error,test_error,seconds", stream);
    for (size_t i = 0; i < chosen->n_hidden; i++)
        fprintf(stream, ",angle_%zu", i + 1);
    fputc('\n', stream);
}

/* Nothing for what does not exist. */
static void write_number(FILE *stream, double value)
{
    char text[DECIMAL_SIZE] = "";

    if (isfinite(value))
        decimal(text, value);
    fputs(text, stream);
}

static void write_field(FILE *stream, double value)
{
    fputc(',', stream);
    write_number(stream, value);
}

void csv_epoch(FILE *stream, const settings *chosen, const run *result, size_t i)
{
    const record *seen = &result->trace[i];

    if (settings_study(chosen))
        fprintf(stream, "%" PRIu64 ",", result->seed);
    for (size_t axis = 0; axis < chosen->grid.n_axes; axis++) {
        write_number(stream, result->at[axis]);
        fputc(',', stream);
    }
    fprintf(stream, "%s,%zu", chosen->rules.at[result->rule]->name, i + 1);
    write_field(stream, seen->train_loss);
    write_field(stream, seen->train_error);
    write_field(stream, seen->validation_error);
    write_field(stream, seen->test_error);
    write_field(stream, seen->seconds);
    for (size_t l = 0; l < chosen->n_hidden; l++)
        write_field(stream, seen->angle[l]);
    fputc('\n', stream);
}
