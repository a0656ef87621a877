/* The samples: files of a directory, and what a seed makes of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_DATA_H
#define CLASSIFY_DATA_H

#include <fa/fa.h>

#include "settings.h"

/* Files as read. */
typedef struct data {
    fa_dataset *training, *test;
    size_t      n_inputs, n_classes;
    bool        standardized; /* the samples are those of one seed now */
    char       *files[4]; /* names of inputs and labels, training then test */
} data;

/* Samples of one seed. */
typedef struct parts {
    fa_dataset *training;
    fa_dataset *validation; /* NULL: none */
    fa_dataset *test;
} parts;

/* Reads the directory; false after a complaint. Calls no BLAS and starts no thread. To be freed either way. */
bool data_read(data *all, const settings *chosen);
void data_free(data *all);

/* Whether there are as many samples as the settings ask for; false after a complaint. */
bool data_suffice(const data *all, const settings *chosen);

/* Samples that a run trains on. */
size_t data_training_size(const data *all, const settings *chosen);

/* Splits for a seed. --standardize changes the samples in place, so with it only one seed can be taken in a process.
 * False after a complaint; to be freed either way. */
bool parts_take(parts *some, data *all, const settings *chosen, uint64_t seed);
void parts_free(parts *some);

#endif
