/* The trainer from inside. */
#ifndef LIBFA_TRAINER_PRIVATE_H
#define LIBFA_TRAINER_PRIVATE_H

#include <fa/trainer.h>

#include "epoch.h"

enum {
    TRAINER_EPOCHS,
    TRAINER_BATCH,
    TRAINER_SHUFFLE,
    TRAINER_DROP_LAST,
    TRAINER_SCHEDULE,
    TRAINER_STEP_EPOCHS,
    TRAINER_STEP_FACTOR,
    TRAINER_FINAL_FACTOR,
    TRAINER_WARMUP,
    TRAINER_PATIENCE,
    TRAINER_MONITOR,
    TRAINER_MIN_IMPROVEMENT,
    TRAINER_KEEP_BEST,
    TRAINER_PARAMS
};

/* Layer l is frozen in epochs first .. last. */
typedef struct trainer_span {
    size_t   l;
    uint64_t first;
    uint64_t last;
} trainer_span;

struct fa_trainer {
    uint64_t         fingerprint;
    size_t           depth;
    uint64_t         seed;
    double           values[TRAINER_PARAMS];
    epoch_callback   callbacks[3]; /* by fa_point - 1 */
    trainer_span    *spans;        /* [n_spans] */
    size_t           n_spans;
    fa_epoch_record *records;      /* [room] */
    uint64_t         epochs;       /* begun */
    uint64_t         room;
    fa_network      *best_net;     /* weights of the best epoch; NULL if nobody wants them, or there is none yet */
    uint64_t         best;         /* epoch; 0 for none */
    fa_stop          stop;
    epoch_state      at;       /* in the epoch begun last; before its first batch unless a run is inside it */
    bool             running;
    bool             resumed;  /* it was read from a checkpoint made inside a run, which the next run goes on with */
    bool            *frozen;   /* [depth]: while running, as the caller left the layers; else NULL */
    double           schedule; /* while running, the optimizer's as the caller left it */
};

#endif
