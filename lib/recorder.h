/* The recorder from inside. */
#ifndef LIBFA_RECORDER_PRIVATE_H
#define LIBFA_RECORDER_PRIVATE_H

#include <fa/recorder.h>

#include "arena.h"
#include "io/rows.h"

/* What is computed at once. Each has an array of reports, one for every layer 0 .. L. */
typedef enum recorder_group {
    GROUP_DELTAS,
    GROUP_PSEUDO,
    GROUP_UPDATES,
    GROUP_WEIGHT_ANGLE,
    GROUP_ALIGNMENT_ANGLE,
    GROUP_NORMS,
    GROUP_SATURATION,
    GROUP_WEIGHT_SPECTRUM,
    GROUP_FEEDBACK_SPECTRUM,
    GROUP_ALIGNMENT_SPECTRUM,
    GROUPS
} recorder_group;

/* Rank as the number that goes into the table. */
typedef struct recorder_spectrum {
    double rank;
    double condition;
} recorder_spectrum;

/* A line of the table. */
typedef struct recorder_quantity {
    fa_quantity    told;
    recorder_group group;
    size_t         offset;  /* of the double in a report */
    size_t         lowest;  /* first layer */
    size_t         missing; /* layers at the top that do not have it */
} recorder_quantity;

struct fa_recorder {
    uint64_t                  fingerprint;
    size_t                    depth;
    uint64_t                  every;
    double                    threshold;
    const recorder_quantity **chosen;  /* [n_chosen] */
    size_t                    n_chosen;
    void                     *reports[GROUPS]; /* [depth + 1] of recorder_report_size(); NULL where nobody asks */
    uint64_t                  count;
    fa_status                 status;
    arena                     descent; /* of back-propagation, which the rest goes along with */
    arena                     arena;   /* for what is done at once */
    fa_record_format          format;
    rows_file                *file; /* NULL: none */
    char                     *row;
};

/* Bytes of a report of a group. */
size_t recorder_report_size(recorder_group group);

/* A quantity by the first `length` characters of a name; NULL, with a sentence, if there is none. */
const recorder_quantity *recorder_find(const char *name, size_t length);

/* Last layer that has a quantity; less than the first if none has. */
size_t recorder_last(const recorder_quantity *q, size_t depth);

/* Last value. */
double recorder_value(const fa_recorder *rec, const recorder_quantity *q, size_t l);

/* All quantities chosen NaN. */
void recorder_clear(const fa_recorder *rec);

/* Fill the reports from a batch; handles have been checked. */
fa_status recorder_fill(fa_recorder *rec, const fa_network *net, const fa_pass *pass, const fa_feedback *fb);

/* Append the reports to the file, if there is one. */
fa_status recorder_write(fa_recorder *rec, uint64_t epoch, uint64_t batch);

#endif
