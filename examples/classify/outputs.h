/* The files that a program writes while it works: CSV and JSON lines.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_OUTPUTS_H
#define CLASSIFY_OUTPUTS_H

#include "../common/output.h"
#include "resume.h"
#include "run.h"

typedef struct outputs {
    const settings *chosen;
    output          csv, jsonl;
    resumed         restored; /* what the JSON lines held already */
} outputs;

/* Opens what is asked for and writes the heads; false after a complaint. To be closed either way. */
bool outputs_open(outputs *files, const settings *chosen, const data *samples);

/* Epoch i, counted from 0, of a run that goes on; the system has it when the call returns. */
void outputs_epoch(outputs *files, const run *result, size_t i);

/* A run that has ended, of which the epochs are there. */
void outputs_run(outputs *files, const run *result);

/* All of a run that has ended, in one of the files. */
void outputs_whole_csv(outputs *files, const run *result);
void outputs_whole_jsonl(outputs *files, const run *result);

/* False, after a complaint, if anything could not be written. */
bool outputs_close(outputs *files);

#endif
