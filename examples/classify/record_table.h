/* What --record has written, read again: means over the seeds of what the plot shows.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_RECORD_TABLE_H
#define CLASSIFY_RECORD_TABLE_H

#include "experiment.h"

/* A quantity of a layer, by its number in the library's table. */
typedef struct record_curve {
    size_t quantity, layer;
} record_curve;

typedef struct record_curves {
    record_curve *at;
    size_t        count;
} record_curves;

/* The curves that the settings ask for, by quantities and then layers. False after a complaint; to be freed. */
bool record_curves_choose(record_curves *all, const settings *chosen);
void record_curves_free(record_curves *all);

/* Points of a contender's curves: batches step, 2 step, ..., as many as the plot needs. */
typedef struct record_table {
    uint64_t step;
    size_t   points;
    moments *at; /* [points x curves] */
} record_table;

/* Number of the last batch that is in the files of a contender; 0 for nothing. */
uint64_t record_table_end(const experiment *all, contender one);

/* Reads the files of a contender, up to a batch. Files that are not there are passed over; false after a complaint. To
 * be freed either way. */
bool record_table_read(record_table *table, const experiment *all, contender one, const record_curves *curves,
                       uint64_t end);
void record_table_free(record_table *table);

/* Mean of a curve at a point; NaN for nothing. */
double record_table_value(const record_table *table, const record_curves *curves, size_t point, size_t curve);

#endif
