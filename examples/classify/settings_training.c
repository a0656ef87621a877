/* Options about the course of training. */
#include "settings.h"

#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"

/* A parameter of the library's trainer. */
static bool add_trainer_param(settings *chosen, const char *option_name, const char *name, const char *value)
{
    size_t count;
    const fa_param *table = fa_trainer_params(&count);

    return named_add(&chosen->trainer_params, option_name, table, count, name, value);
}

static bool set_batch(void *data, const char *name, const char *value)
{
    uint64_t batch = 0;
    bool good = option_whole(name, value, 1, 1000000, &batch);

    ((settings *)data)->batch = (size_t)batch;
    return good;
}

static bool set_epochs(void *data, const char *name, const char *value)
{
    uint64_t epochs = 0;
    bool good = option_whole(name, value, 1, 1000000, &epochs);

    ((settings *)data)->epochs = (size_t)epochs;
    return good && add_trainer_param(data, name, "epochs", value);
}

static bool set_no_shuffle(void *chosen, const char *name, const char *value)
{
    (void)value;
    return add_trainer_param(chosen, name, "shuffle", "no");
}

static bool set_drop_last(void *chosen, const char *name, const char *value)
{
    (void)value;
    return add_trainer_param(chosen, name, "drop_last", "yes");
}

static bool set_schedule(void *chosen, const char *name, const char *value)
{
    return add_trainer_param(chosen, name, "schedule", value);
}

static bool set_warmup(void *chosen, const char *name, const char *value)
{
    return add_trainer_param(chosen, name, "warmup", value);
}

static bool set_patience(void *data, const char *name, const char *value)
{
    ((settings *)data)->patience = strcmp(value, "0") != 0;
    return add_trainer_param(data, name, "patience", value);
}

static bool set_monitor(void *chosen, const char *name, const char *value)
{
    return add_trainer_param(chosen, name, "monitor", value);
}

static bool set_keep_best(void *data, const char *name, const char *value)
{
    (void)value;
    ((settings *)data)->keep_best = true;
    return add_trainer_param(data, name, "keep_best", "yes");
}

static bool take_trainer_param(void *chosen, const char *name, char *item)
{
    static const char *const known[] = {"step_epochs", "step_factor", "final_factor", "min_improvement"};
    char *value = named_split(name, "NAME=VALUE", item);

    for (size_t i = 0; value && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(item, known[i]) == 0)
            return add_trainer_param(chosen, name, item, value);
    if (value)
        complain("%s takes step_epochs, step_factor, final_factor and min_improvement, not '%s'", name, item);
    return false;
}

static bool set_trainer_param(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_trainer_param, chosen);
}

static bool set_threads(void *chosen, const char *name, const char *value)
{
    uint64_t threads = 0;
    bool good = option_whole(name, value, 1, 256, &threads);

    ((settings *)chosen)->threads = (size_t)threads;
    return good;
}

static bool set_eval_every(void *chosen, const char *name, const char *value)
{
    uint64_t every = 0;
    bool good = option_whole(name, value, 1, 1000000, &every);

    ((settings *)chosen)->eval_every = (size_t)every;
    return good;
}

static bool set_angle_every(void *chosen, const char *name, const char *value)
{
    uint64_t every = 0;
    bool good = option_whole(name, value, 0, 1000000, &every);

    ((settings *)chosen)->angle_every = (size_t)every;
    return good;
}

static const option table[] = {
    {"--batch", "N", "samples in a mini-batch, whose gradients are averaged", set_batch, "64"},
    {"--epochs", "N", "times that every sample is learned from", set_epochs, "5"},
    {"--no-shuffle", NULL, "every epoch in the order of the data", set_no_shuffle, NULL},
    {"--drop-last", NULL, "leave out a last batch that is smaller than the others", set_drop_last, NULL},
    {"--schedule", "NAME", "of the learning rate: constant, step or cosine, over the epochs", set_schedule, "constant"},
    {"--warmup", "F", "epochs in which the learning rate grows from 0", set_warmup, "0"},
    {"--trainer-param", "NAME=V,...", "of the schedule: step_epochs, step_factor, final_factor; of early stopping: "
                                      "min_improvement", set_trainer_param, NULL},
    {"--patience", "N", "stop a run after N epochs without improvement on the validation samples; 0: never",
     set_patience, "0"},
    {"--monitor", "loss|error", "what has to improve", set_monitor, "error"},
    {"--keep-best", NULL, "at the end of a run go back to the epoch that was best on the validation samples",
     set_keep_best, NULL},
    {"--threads", "N", "threads that share the work of a run; results depend on N in the last bits",
     set_threads, "1"},
    {"--eval-every", "N", "measure the test error every N epochs and after the last one", set_eval_every, "1"},
    {"--angle-every", "N", "measure the angles every N batches and at the last one of an epoch; 0: never",
     set_angle_every, "100"},
};

const option_group settings_training = {"Training", table, sizeof table / sizeof table[0]};
