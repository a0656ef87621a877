#include "outputs.h"

#include "csv.h"
#include "jsonl.h"

bool outputs_open(outputs *files, const settings *chosen, const data *samples)
{
    *files = (outputs){.chosen = chosen};
    if (!output_open(&files->csv, chosen->csv) || !output_open(&files->jsonl, chosen->jsonl))
        return false;
    if (files->csv.stream)
        csv_head(files->csv.stream, chosen);
    if (files->jsonl.stream)
        jsonl_head(files->jsonl.stream, chosen, samples);
    /* A full disk is told of now, not after hours. */
    return output_flush(&files->csv) && output_flush(&files->jsonl);
}

void outputs_epoch(outputs *files, const run *result, size_t i)
{
    if (files->csv.stream)
        csv_epoch(files->csv.stream, files->chosen, result, i);
    if (files->jsonl.stream)
        jsonl_epoch(files->jsonl.stream, files->chosen, result, i);
    output_flush(&files->csv);
    output_flush(&files->jsonl);
}

void outputs_run(outputs *files, const run *result)
{
    if (files->jsonl.stream)
        jsonl_run(files->jsonl.stream, files->chosen, result);
    output_flush(&files->jsonl);
}

bool outputs_close(outputs *files)
{
    bool csv_good = output_close(&files->csv);

    return output_close(&files->jsonl) && csv_good;
}
