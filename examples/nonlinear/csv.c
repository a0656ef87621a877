#include "csv.h"

#include <inttypes.h>

#include "../common/decimal.h"

void csv_head(output *file)
{
    if (file->stream)
        fputs("seed,rule,layers,lr,samples,test_error\n", file->stream);
}

void csv_write(output *file, const settings *chosen, const run *result)
{
    char lr[DECIMAL_SIZE], error[DECIMAL_SIZE];

    if (!file->stream || !result->ended)
        return;
    decimal(lr, result->lr);
    for (size_t i = 0; i < result->count; i++) {
        decimal(error, result->errors[i]);
        fprintf(file->stream, "%" PRIu64 ",%s,%zu,%s,%" PRIu64 ",%s\n", result->seed,
                chosen->rules.at[contender_rule(result->contender)]->name, contender_layers(result->contender), lr,
                run_look(result, chosen, i), error);
    }
}
