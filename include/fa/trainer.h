/* libfa -- whole training runs: epochs, validation, schedules, early stopping, callbacks.
 *
 *     fa_trainer *trainer = NULL;
 *     fa_trainer_create(&trainer, net, 1);
 *     fa_trainer_set(trainer, "epochs", 20);
 *     fa_trainer_set_choice(trainer, "schedule", "cosine");
 *     fa_trainer_run(trainer, net, pass, fb, opt, training, validation);
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_TRAINER_H
#define LIBFA_TRAINER_H

#include <fa/train.h>

FA_BEGIN_DECLS

/** How a network is trained, how far that has come, and what came of each epoch; opaque. */
typedef struct fa_trainer fa_trainer;

/** Why fa_trainer_run() returned. Numbers are only ever added. */
typedef enum fa_stop {
    FA_STOP_NONE = 0,     /**< it has not run, or it failed */
    FA_STOP_EPOCHS = 1,   /**< all epochs are done */
    FA_STOP_EARLY = 2,    /**< no better for `patience` epochs */
    FA_STOP_CALLBACK = 3  /**< a callback returned false */
} fa_stop;

/** One epoch. This layout is frozen. */
typedef struct fa_epoch_record {
    uint64_t  epoch;      /**< counted from 1 */
    fa_result training;   /**< each batch before its update; of the batches done, if the run stopped inside */
    fa_result validation; /**< after the epoch; samples is 0 where there was none */
    double    schedule;   /**< factor of the learning rate at the last update */
} fa_epoch_record;

/**
 * New trainer with the default parameters (fa_trainer_params() lists them):
 *
 *     epochs            10        epochs in all; a later run with more goes on from where the last one ended
 *     batch             0         samples in a mini-batch; 0 for the pass's largest
 *     shuffle           yes       another order every epoch, stream {seed, FA_PURPOSE_ORDER, step = epoch}
 *     drop_last         no        leave out a last batch that is smaller than the others
 *     schedule          constant  factor of the learning rate at update u = 0, 1, ..., with t = u / updates an epoch:
 *                                 constant  1
 *                                 step      step_factor ^ floor(t / step_epochs)               (torch's StepLR)
 *                                 cosine    final_factor + (1 - final_factor) (1 + cos(pi t' / T)) / 2,
 *                                           t' = t - warmup, 0 at least; T = epochs - warmup
 *                                           (torch's CosineAnnealingLR)
 *     step_epochs       10
 *     step_factor       0.1
 *     final_factor      0
 *     warmup            0         epochs, need not be whole; while t < warmup the factor is that of the schedule times
 *                                 (u + 1) / (warmup updates an epoch), 1 at most
 *     patience          0         stop after so many epochs without improvement on the validation data; 0 never
 *     monitor           loss      loss|error: what has to improve
 *     min_improvement   0         by more than this
 *     keep_best         no        at the end of a run, also of one that failed, give net the weights and biases of the
 *                                 epoch that was best on the validation data since this was switched on; a later
 *                                 run goes on from those
 *
 * @param[in]  net   the network to train: the trainer fits its architecture only
 * @param[in]  seed  of the order and of dropout
 * @retval FA_ERR_ARGUMENT  a NULL
 * @retval FA_ERR_STATE     the network has no layer
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.2.
 */
FA_API fa_status fa_trainer_create(fa_trainer **out, const fa_network *net, uint64_t seed);

/** Release a trainer. NULL is fine. Since 0.2. */
FA_API void fa_trainer_destroy(fa_trainer *trainer);

/** Table of a trainer's parameters. n_params may be NULL. Since 0.2. */
FA_API const fa_param *fa_trainer_params(size_t *n_params);

/** Set a parameter by name. FA_ERR_ARGUMENT: a NULL, no such parameter, or a value out of its range. Since 0.2. */
FA_API fa_status fa_trainer_set(fa_trainer *trainer, const char *name, double value);

/** Set a parameter that is a choice by the choice's name. Errors as above. Since 0.2. */
FA_API fa_status fa_trainer_set_choice(fa_trainer *trainer, const char *name, const char *choice);

/** Read a parameter. FA_ERR_ARGUMENT if there is none of that name. Since 0.2. */
FA_API fa_status fa_trainer_get(const fa_trainer *trainer, const char *name, double *value);

/**
 * Freeze a layer in the epochs first .. last (counted from 1) of the runs to come; outside them it is as
 * fa_network_set_frozen() left it. Several spans for one layer add up.
 *
 * @retval FA_ERR_ARGUMENT  trainer is NULL, l out of range, first is 0, or last < first
 * @retval FA_ERR_MEMORY    out of memory
 * Since 0.2.
 */
FA_API fa_status fa_trainer_freeze(fa_trainer *trainer, size_t l, uint64_t first, uint64_t last);

/**
 * Set the callback of a point; NULL for none. At FA_AFTER_DELTAS and FA_AFTER_UPDATE it is called for every `every`-th
 * batch of an epoch and for the last one; 0 counts as 1. FA_AFTER_EPOCH ignores every.
 *
 * @retval FA_ERR_ARGUMENT  trainer is NULL, or point unknown
 * Since 0.2.
 */
FA_API fa_status fa_trainer_set_callback(fa_trainer *trainer, fa_point point, uint64_t every, fa_callback callback,
                                         void *user_data);

/**
 * Train until all epochs are done, a callback says stop, or nothing improves any more. A run that ended inside an
 * epoch (callback or failure) goes on with the next epoch when called again. After fa_checkpoint_load() it goes on
 * where the run was that saved, in the middle of an epoch too; FA_ERR_SHAPE, with nothing changed, if the epoch has
 * fewer batches now.
 *
 * @param[in,out] net, pass, fb, opt  as for fa_train_step()
 * @param[in]     training    not changed
 * @param[in]     validation  evaluated after every epoch; NULL for none
 * @retval FA_ERR_ARGUMENT    a NULL; patience or keep_best without validation data; monitor = error without labels
 * @retval FA_ERR_SHAPE       something does not fit
 * @retval FA_ERR_STATE       this trainer is running already: a callback called it
 * @retval FA_ERR_UNSUPPORTED a streaming pass with a rule, optimizer or callback that it does not take
 * @retval FA_ERR_NOT_FINITE  a loss or gradient is NaN or infinite; what was done before stands (but see keep_best),
 *                            and the record of the epoch tells how far it came
 * @retval FA_ERR_MEMORY      out of memory: before anything is trained, or, beyond 4096 epochs, between two epochs
 * and the other errors of fa_train_epoch() and fa_evaluate(). Layers are frozen or not, and the
 * schedule's factor of opt is, as before the run. Threads: nothing
 * else may use trainer, net, pass, fb or opt during the call. Since 0.2.
 */
FA_API fa_status fa_trainer_run(fa_trainer *trainer, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                                const fa_dataset *training, const fa_dataset *validation);

/** Why the latest run returned; FA_STOP_NONE for NULL. Since 0.2. */
FA_API fa_stop fa_trainer_stop(const fa_trainer *trainer);

/** Epochs begun so far, which is the number of records; 0 for NULL. Since 0.2. */
FA_API uint64_t fa_trainer_epochs(const fa_trainer *trainer);

/**
 * Record of an epoch, counted from 1.
 *
 * @param[out] record  {0} on failure
 * @retval FA_ERR_ARGUMENT  a NULL, or no such epoch
 * Since 0.2.
 */
FA_API fa_status fa_trainer_record(const fa_trainer *trainer, uint64_t epoch, fa_epoch_record *record);

/** The epoch that was best on the validation data by `monitor`; 0 if there is none. Since 0.2. */
FA_API uint64_t fa_trainer_best(const fa_trainer *trainer);

FA_END_DECLS

#endif
