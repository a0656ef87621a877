#include "outputs.h"

#include "csv.h"
#include "jsonl.h"

bool outputs_open(outputs *files, const settings *chosen, const data *samples)
{
    *files = (outputs){.chosen = chosen};
    if (chosen->resume) {
        if (!resume_open(&files->restored, &files->jsonl, chosen, samples))
            return false;
    } else if (!output_open(&files->jsonl, chosen->jsonl)) {
        return false;
    } else if (files->jsonl.stream) {
        jsonl_head(files->jsonl.stream, chosen, samples);
    }
    if (!output_open(&files->csv, chosen->csv))
        return false;
    if (files->csv.stream)
        csv_head(files->csv.stream, chosen);
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

void outputs_whole_csv(outputs *files, const run *result)
{
    for (size_t i = 0; i < result->epochs && files->csv.stream; i++)
        csv_epoch(files->csv.stream, files->chosen, result, i);
    output_flush(&files->csv);
}

void outputs_whole_jsonl(outputs *files, const run *result)
{
    for (size_t i = 0; i < result->epochs && files->jsonl.stream; i++)
        jsonl_epoch(files->jsonl.stream, files->chosen, result, i);
    outputs_run(files, result);
}

bool outputs_close(outputs *files)
{
    bool csv_good = output_close(&files->csv);

    resume_free(&files->restored);
    return output_close(&files->jsonl) && csv_good;
}
