/* Mini-batches of a data set, put together where they do not lie ready. */
#ifndef LIBFA_BATCH_H
#define LIBFA_BATCH_H

#include <fa/data.h>
#include <fa/random.h>

#include "network.h"

/* Room to put mini-batches together; starts as {0}, and what is there once stays. */
typedef struct batch_staging {
    fa_matrix x;      /* [rows x n_0], inner */
    fa_matrix target; /* [rows x n_L], inner */
    size_t   *order;
    size_t    order_room;
} batch_staging;

/* Where the mini-batches of an epoch come from. */
typedef struct batch_source {
    const fa_dataset *data;
    const size_t     *order; /* of the samples; NULL: that of the data, which lie one after the other */
    fa_matrix         x;
    fa_matrix         target;
} batch_source;

/* The data fits net, else FA_ERR_SHAPE or FA_ERR_DTYPE. */
fa_status batch_check(const fa_network *net, const fa_dataset *data);

/* Make the room that mini-batches of up to `rows` samples need, in the order of the data. */
fa_status batch_prepare(batch_source *from, batch_staging *staging, size_t rows, const fa_dataset *data);

/* The same in the order that a stream gives. */
fa_status batch_prepare_shuffled(batch_source *from, batch_staging *staging, size_t rows, const fa_dataset *data,
                                 const fa_stream *stream);

void batch_staging_free(batch_staging *staging);

/* Samples first .. first + count - 1 in that order; count is at most `rows`. The views are read only, and stay until
 * the next call. */
void batch_get(const batch_source *from, size_t first, size_t count, fa_matrix *x, fa_matrix *target);

/* Rows of y, outputs for a mini-batch that began with `first`, whose largest element is that of the label. Counts them
 * by label and largest element in confusion [n_L x n_L] unless it is NULL. The data have labels. */
uint64_t batch_correct(const batch_source *from, size_t first, const fa_matrix *y, uint64_t *confusion);

#endif
