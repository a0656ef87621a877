/* Epochs by hand: mini-batches of fa_train_step(), and what an epoch should report of them. */
#ifndef LIBFA_TESTS_CORPUS_H
#define LIBFA_TESTS_CORPUS_H

#include "session.h"

/* Samples, and whether they carry labels; the mini-batches in which they are expected. */
typedef struct corpus {
    fa_dataset *data;
    size_t n, batch, samples; /* samples: that an epoch trains on */
    fa_epoch_options options;
} corpus;

/* What an epoch should report, counted by hand. */
typedef struct tally {
    uint64_t samples, correct, batches;
    double sum;
} tally;

fa_epoch_options make_options(size_t batch);

/* The samples in the order of the epoch. */
const size_t *order_of(const corpus *c);

/* The mini-batch that begins with order[first], by fa_train_step(). */
fa_status step_by_hand(session *s, const corpus *c, const size_t *order, size_t first, tally *t);

/* All of them, or until one fails. */
tally epoch_by_hand(session *s, const corpus *c, fa_status *status);

/* Both sum losses in double: each addition and product rounds once. */
void check_result(const corpus *c, const tally *t, const fa_result *r);

#endif
