/* --record: diagnostics of a run, batch by batch, in a file that the library's recorder writes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_RECORDING_H
#define EXAMPLES_COMMON_RECORDING_H

#include <fa/fa.h>
#include <stdio.h>

enum { RECORD_EVERY = 100 };

/* What is to be recorded. */
typedef struct recording {
    const char *path;       /* NULL: nothing; ends in .csv or .jsonl */
    const char *quantities; /* as for fa_recorder_create() */
    uint64_t    every;      /* batches; 0: RECORD_EVERY */
} recording;

/* Values of the options, with their pointers kept. Each is false after a complaint. */
bool recording_set_path(recording *wanted, const char *name, const char *value);
bool recording_set_quantities(recording *wanted, const char *name, const char *value);
bool recording_set_every(recording *wanted, const char *name, const char *value);

/* Whether nothing is asked for that needs a file without one; false after a complaint. */
bool recording_check(const recording *wanted);

/* Whether a path ends in .jsonl, of those that are accepted. */
bool recording_is_jsonl(const char *path);

/* The path with something before its ending: "run.csv" and "-fa" give "run-fa.csv". To be freed; NULL after a
 * complaint. */
char *recording_name(const char *path, const char *suffix);

/* A recorder that writes to a file, which is begun anew; NULL after a complaint. */
fa_recorder *recording_start(const recording *wanted, const char *path, const fa_network *net);

/* Observes a batch, counted from 1 through all epochs, if its turn has come; what the recorder says of it. */
fa_status recording_observe(const recording *wanted, fa_recorder *recorder, const fa_network *net, const fa_pass *pass,
                            const fa_feedback *feedback, uint64_t epoch, uint64_t batch);

/* Batches from one row to the next. */
uint64_t recording_every(const recording *wanted);

/* Ends the file, if there is a recorder; false after a complaint. */
bool recording_end(fa_recorder *recorder);

/* The table of quantities, for people. */
void recording_list(FILE *stream);

/* Place of a quantity in the library's table, of a name of so many characters; fa_quantity_count() if there is none. */
size_t recording_find(const char *name, size_t length);

#endif
