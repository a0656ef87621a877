#include "csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/complain.h"

bool csv_open(csv *file, const char *path, bool seeds)
{
    *file = (csv){.path = path, .seeds = seeds};
    if (!path)
        return true;
    file->stream = fopen(path, "w");
    if (!file->stream) {
        complain("cannot write %s: %s", path, strerror(errno));
        return false;
    }
    fprintf(file->stream, "%srule,epoch,train_loss,test_loss,update_angle,weight_angle\n", seeds ? "seed," : "");
    return true;
}

/* 17 digits give every float64 back. */
static void write_field(FILE *stream, double value)
{
    fputc(',', stream);
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
}

void csv_write(csv *file, uint64_t seed, const run *result)
{
    if (!file->stream)
        return;
    for (size_t i = 0; i < result->epochs; i++) {
        const record *seen = &result->trace[i];

        if (file->seeds)
            fprintf(file->stream, "%" PRIu64 ",", seed);
        fprintf(file->stream, "%s,%zu", result->rule->name, i + 1);
        write_field(file->stream, seen->train_loss);
        write_field(file->stream, seen->test_loss);
        write_field(file->stream, seen->update_angle);
        write_field(file->stream, seen->weight_angle);
        fputc('\n', file->stream);
    }
}

bool csv_close(csv *file)
{
    bool failed;

    if (!file->stream)
        return true;
    failed = ferror(file->stream) != 0;
    failed = fclose(file->stream) != 0 || failed;
    file->stream = NULL;
    if (failed)
        complain("cannot write %s: no space, or the device failed", file->path);
    return !failed;
}
