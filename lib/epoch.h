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

/* Updates in an epoch; FA_ERR_SHAPE if the pass is too small for the batch, or drop_last leaves nothing. */
fa_status epoch_updates(const epoch_plan *plan, const fa_pass *pass, const fa_dataset *data, uint64_t *updates);

/* fa_train_epoch() without checks for NULL; *stopped is whether a callback said so. *result is always set. */
fa_status epoch_run(const epoch_plan *plan, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                    const fa_dataset *data, fa_result *result, bool *stopped);

#endif
