/* What a trainer knows: parameters, callbacks, frozen spans, records. trainer_run.c trains. */
#include "trainer.h"

#include <string.h>

#include "alloc.h"
#include "network.h"
#include "param.h"
#include "status.h"

static const fa_param params[TRAINER_PARAMS] = {
    [TRAINER_EPOCHS] = {"epochs", FA_PARAM_INTEGER, 10.0, 1.0, 1e9, NULL, "epochs in all"},
    [TRAINER_BATCH] = {"batch", FA_PARAM_INTEGER, 0.0, 0.0, 2147483647.0, NULL,
                       "samples in a mini-batch; 0 for the pass's largest"},
    [TRAINER_SHUFFLE] = {"shuffle", FA_PARAM_CHOICE, 1.0, 0.0, 1.0, "no|yes", "another order every epoch"},
    [TRAINER_DROP_LAST] = {"drop_last", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes",
                           "leave out a last batch that is smaller than the others"},
    [TRAINER_SCHEDULE] = {"schedule", FA_PARAM_CHOICE, 0.0, 0.0, 2.0, "constant|step|cosine",
                          "how the learning rate changes"},
    [TRAINER_STEP_EPOCHS] = {"step_epochs", FA_PARAM_REAL, 10.0, 1e-9, 1e9, NULL, "step: epochs between two steps"},
    [TRAINER_STEP_FACTOR] = {"step_factor", FA_PARAM_REAL, 0.1, 0.0, 1e9, NULL, "step: factor of every step"},
    [TRAINER_FINAL_FACTOR] = {"final_factor", FA_PARAM_REAL, 0.0, 0.0, 1e9, NULL, "cosine: factor at the end"},
    [TRAINER_WARMUP] = {"warmup", FA_PARAM_REAL, 0.0, 0.0, 1e9, NULL, "epochs in which the rate rises from 0"},
    [TRAINER_PATIENCE] = {"patience", FA_PARAM_INTEGER, 0.0, 0.0, 1e9, NULL,
                          "stop after so many epochs without improvement on the validation data; 0 never"},
    [TRAINER_MONITOR] = {"monitor", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "loss|error",
                         "what has to improve on the validation data"},
    [TRAINER_MIN_IMPROVEMENT] = {"min_improvement", FA_PARAM_REAL, 0.0, 0.0, 1e300, NULL,
                                 "smaller improvements do not count"},
    [TRAINER_KEEP_BEST] = {"keep_best", FA_PARAM_CHOICE, 0.0, 0.0, 1.0, "no|yes",
                           "at the end of a run go back to the epoch that was best on the validation data"},
};

fa_status fa_trainer_create(fa_trainer **out, const fa_network *net, uint64_t seed)
{
    fa_trainer *trainer;
    fa_status   status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net)
        return status_null(__func__, "net");
    status = network_check_built(net, __func__);
    if (status != FA_OK)
        return status;
    trainer = mem_zeroed(1, sizeof *trainer);
    if (!trainer)
        return FA_ERR_MEMORY;
    trainer->fingerprint = net->fingerprint;
    trainer->depth = net->depth;
    trainer->seed = seed;
    trainer->at = epoch_start();
    param_defaults(params, TRAINER_PARAMS, trainer->values);
    *out = trainer;
    return FA_OK;
}

void fa_trainer_destroy(fa_trainer *trainer)
{
    if (!trainer)
        return;
    fa_network_destroy(trainer->best_net);
    mem_free(trainer->records);
    mem_free(trainer->spans);
    mem_free(trainer);
}

const fa_param *fa_trainer_params(size_t *n_params)
{
    if (n_params)
        *n_params = TRAINER_PARAMS;
    return params;
}

fa_status fa_trainer_set(fa_trainer *trainer, const char *name, double value)
{
    if (!trainer || !name)
        return status_null(__func__, !trainer ? "trainer" : "name");
    return param_set(params, TRAINER_PARAMS, trainer->values, "trainer", name, value);
}

fa_status fa_trainer_set_choice(fa_trainer *trainer, const char *name, const char *choice)
{
    if (!trainer || !name || !choice)
        return status_null(__func__, !trainer ? "trainer" : !name ? "name" : "choice");
    return param_set_choice(params, TRAINER_PARAMS, trainer->values, "trainer", name, choice);
}

fa_status fa_trainer_get(const fa_trainer *trainer, const char *name, double *value)
{
    if (!trainer || !name || !value)
        return status_null(__func__, !trainer ? "trainer" : !name ? "name" : "value");
    return param_get(params, TRAINER_PARAMS, trainer->values, "trainer", name, value);
}

/* Room for one more span. There is room for a power of two of them: a file may bring many. */
static bool make_span_room(fa_trainer *trainer)
{
    const size_t  n = trainer->n_spans;
    trainer_span *spans;

    if (n & (n - 1))
        return true;
    spans = mem_zeroed(n ? 2 * n : 1, sizeof *spans);
    if (!spans)
        return false;
    if (n > 0)
        memcpy(spans, trainer->spans, n * sizeof *spans);
    mem_free(trainer->spans);
    trainer->spans = spans;
    return true;
}

fa_status fa_trainer_freeze(fa_trainer *trainer, size_t l, uint64_t first, uint64_t last)
{
    if (!trainer)
        return status_null(__func__, "trainer");
    if (l < 1 || l > trainer->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", __func__,
                          l, trainer->depth);
    if (first == 0 || last < first)
        return status_set(FA_ERR_ARGUMENT, "%s: epochs %llu to %llu are no span; they are counted from 1", __func__,
                          (unsigned long long)first, (unsigned long long)last);
    if (!make_span_room(trainer))
        return FA_ERR_MEMORY;
    trainer->spans[trainer->n_spans++] = (trainer_span){.l = l, .first = first, .last = last};
    return FA_OK;
}

fa_status fa_trainer_set_callback(fa_trainer *trainer, fa_point point, uint64_t every, fa_callback callback,
                                  void *user_data)
{
    if (!trainer)
        return status_null(__func__, "trainer");
    if (point < FA_AFTER_DELTAS || point > FA_AFTER_EPOCH)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no point number %d", __func__, (int)point);
    trainer->callbacks[point - 1] =
        (epoch_callback){.every = every ? every : 1, .call = callback, .user_data = user_data};
    return FA_OK;
}

fa_stop fa_trainer_stop(const fa_trainer *trainer)
{
    return trainer ? trainer->stop : FA_STOP_NONE;
}

uint64_t fa_trainer_epochs(const fa_trainer *trainer)
{
    return trainer ? trainer->epochs : 0;
}

fa_status fa_trainer_record(const fa_trainer *trainer, uint64_t epoch, fa_epoch_record *record)
{
    if (!record)
        return status_null(__func__, "record");
    *record = (fa_epoch_record){0};
    if (!trainer)
        return status_null(__func__, "trainer");
    if (epoch < 1 || epoch > trainer->epochs)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no record of epoch %llu; there are %llu, counted from 1",
                          __func__, (unsigned long long)epoch, (unsigned long long)trainer->epochs);
    *record = trainer->records[epoch - 1];
    return FA_OK;
}

uint64_t fa_trainer_best(const fa_trainer *trainer)
{
    return trainer ? trainer->best : 0;
}
