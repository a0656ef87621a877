/* <fa/train.h>, <fa/trainer.h> */
#include "calls.h"

GIVES(fa_forward, fa_forward(w->net, w->fresh, &w->x))

CALL(fa_error)
{
    double    loss;
    fa_status status = fa_forward(w->net, w->fresh, &w->x);
    if (status == FA_OK)
        MEASURED(w, status, fa_error(w->net, w->fresh, &w->target, &loss));
    return status;
}

CALL(fa_backward)
{
    fa_status status = world_to_error(w, w->fresh);
    if (status == FA_OK)
        MEASURED(w, status, fa_backward(w->net, w->fresh, w->fb));
    return status;
}

CALL(fa_gradient)
{
    fa_status status = world_to_deltas(w, w->fresh);
    if (status == FA_OK)
        MEASURED(w, status, fa_gradient(w->net, w->fresh, w->fb));
    return status;
}

HOLDS(fa_gradient_reset, (fa_gradient_reset(w->pass), fa_pass_gradient_samples(w->pass) == 0))

/* Another feedback than the one that went backward: whatever its `adapt` needs is made here. */
CALL(fa_update)
{
    fa_status status = world_to_error(w, w->fresh);
    if (status == FA_OK)
        status = fa_backward(w->net, w->fresh, w->direct);
    if (status == FA_OK)
        MEASURED(w, status, fa_update(w->net, w->fresh, w->fb, w->opt));
    return status;
}

GIVES(fa_train_step, fa_train_step(w->net, w->fresh, w->fb, w->opt, &w->x, &w->target, NULL))

CALL(fa_train_epoch)
{
    const fa_epoch_options options = {.struct_size = sizeof options, .batch = 2, .shuffle = true};
    fa_result              result;
    return fa_train_epoch(w->net, w->fresh, w->fb, w->opt, w->labelled, &options, &result);
}

CALL(fa_evaluate)
{
    fa_result result;
    uint64_t  confusion[9];
    return fa_evaluate(w->net, w->labelled, &result, confusion);
}

/* --- <fa/trainer.h> --- */

static bool go_on(void *user_data, const fa_progress *progress)
{
    return user_data != NULL && progress != NULL;
}

CALL(fa_trainer_create)
{
    fa_trainer     *trainer;
    const fa_status status = fa_trainer_create(&trainer, w->net, 1);
    if ((trainer != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_trainer_destroy(trainer);
    return status;
}

HOLDS(fa_trainer_destroy, (fa_trainer_destroy(w->spare_trainer), w->spare_trainer = NULL, true))
HOLDS(fa_trainer_params, fa_trainer_params(NULL) != NULL)
GIVES(fa_trainer_set, fa_trainer_set(w->trainer, "patience", 3))
GIVES(fa_trainer_set_choice, fa_trainer_set_choice(w->trainer, "schedule", "cosine"))

CALL(fa_trainer_get)
{
    double value;
    return fa_trainer_get(w->trainer, "epochs", &value);
}

GIVES(fa_trainer_freeze, fa_trainer_freeze(w->trainer, 1, 1, 2))
GIVES(fa_trainer_set_callback, fa_trainer_set_callback(w->trainer, FA_AFTER_EPOCH, 1, go_on, w))

GIVES(fa_trainer_run,
      fa_trainer_run(w->trainer, w->net, w->fresh, w->fb, w->opt, w->labelled, w->labelled))

HOLDS(fa_trainer_stop, fa_trainer_stop(w->trained) == FA_STOP_EPOCHS)
HOLDS(fa_trainer_epochs, fa_trainer_epochs(w->trained) == 1)

CALL(fa_trainer_record)
{
    fa_epoch_record record;
    return fa_trainer_record(w->trained, 1, &record);
}

HOLDS(fa_trainer_best, fa_trainer_best(w->trained) == 1)

static const every_call calls[] = {
    ALLOCATES(fa_forward),
    NEVER(fa_error),
    ALLOCATES(fa_backward),
    NEVER(fa_gradient),
    NEVER(fa_gradient_reset),
    ALLOCATES(fa_update),
    ALLOCATES(fa_train_step),
    ALLOCATES(fa_train_epoch),
    ALLOCATES(fa_evaluate),
    ALLOCATES(fa_trainer_create),
    NEVER(fa_trainer_destroy),
    NEVER(fa_trainer_params),
    NEVER(fa_trainer_set),
    NEVER(fa_trainer_set_choice),
    NEVER(fa_trainer_get),
    ALLOCATES(fa_trainer_freeze),
    NEVER(fa_trainer_set_callback),
    ALLOCATES(fa_trainer_run),
    NEVER(fa_trainer_stop),
    NEVER(fa_trainer_epochs),
    NEVER(fa_trainer_record),
    NEVER(fa_trainer_best),
};

TABLE(calls_of_training, calls);
