#include "csv.h"

#include <inttypes.h>
#include <math.h>

#include "../common/decimal.h"

bool csv_open(csv *file, const char *path, bool seeds)
{
    file->seeds = seeds;
    if (!output_open(&file->file, path))
        return false;
    if (path)
        fprintf(file->file.stream, "%srule,epoch,train_loss,test_loss,update_angle,weight_angle\n",
                seeds ? "seed," : "");
    return true;
}

static void write_field(FILE *stream, double value)
{
    char text[DECIMAL_SIZE] = "";

    if (isfinite(value))
        decimal(text, value);
    fprintf(stream, ",%s", text);
}

void csv_write(csv *file, uint64_t seed, const run *result)
{
    FILE *stream = file->file.stream;

    if (!stream)
        return;
    for (size_t i = 0; i < result->epochs; i++) {
        const record *seen = &result->trace[i];

        if (file->seeds)
            fprintf(stream, "%" PRIu64 ",", seed);
        fprintf(stream, "%s,%zu", result->rule->name, i + 1);
        write_field(stream, seen->train_loss);
        write_field(stream, seen->test_loss);
        write_field(stream, seen->update_angle);
        write_field(stream, seen->weight_angle);
        fputc('\n', stream);
    }
}

bool csv_close(csv *file)
{
    return output_close(&file->file);
}
