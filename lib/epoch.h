/* An epoch as fa_trainer_run() needs it: with a hook before every update. */
#ifndef LIBFA_EPOCH_H
#define LIBFA_EPOCH_H

#include <fa/train.h>

/* A callback at one of the points inside an epoch. */
typedef struct epoch_callback {
    uint64_t    every; /* at least 1 */
    fa_callback call;  /* or NULL */
    void       *user_data;
} epoch_callback;

typedef struct epoch_plan {
    size_t         batch; /* 0: the pass's largest */
    bool           shuffle;
    bool           drop_last;
    uint64_t       seed;
    uint64_t       epoch;
    epoch_callback after_deltas;
    epoch_callback after_update;
    /* Called before update number `update` = 0, 1, ... of the epoch, which fails with it; NULL for none. */
    fa_status (*before_update)(void *owner, uint64_t update);
    void          *owner;
} epoch_plan;

/* How far an epoch has come. */
typedef struct epoch_state {
    uint64_t  done;     /* batches */
    double    loss_sum; /* over the samples of result */
    fa_result result;
    bool      in_step;  /* between the deltas of a batch and its update, where a callback may be looking */
} epoch_state;

/* Before the first batch. */
epoch_state epoch_start(void);

/* Updates in an epoch; FA_ERR_SHAPE if the pass is too small for the batch, or drop_last leaves nothing. */
fa_status epoch_updates(const epoch_plan *plan, const fa_pass *pass, const fa_dataset *data, uint64_t *updates);

/* fa_train_epoch() without checks for NULL, from *state on, which is kept up to date and has no more batches done than
 * the epoch has; *stopped is whether a callback said so. */
fa_status epoch_run(const epoch_plan *plan, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                    const fa_dataset *data, epoch_state *state, bool *stopped);

#endif
