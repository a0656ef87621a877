/* <fa/trainer.h> */
#include "world.h"

#include <string.h>



static fa_status create(world *w, input *in)
{
    fa_trainer **slot = &w->trainer[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    fa_trainer *made = NULL;
    const fa_status status = fa_trainer_create(&made, net, take_byte(in));
    require((status == FA_OK) == (made != NULL));
    if (made == NULL)
        return status;
    fa_trainer_destroy(*slot);
    *slot = made;
    return fa_trainer_set(made, "epochs", 2);
}

static fa_status destroy(world *w, input *in)
{
    fa_trainer **slot = &w->trainer[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_trainer_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

static fa_status set(world *w, input *in)
{
    fa_trainer *trainer = PICK(w, in, trainer);
    size_t n;
    const fa_param *params = fa_trainer_params(&n);
    const char *name = take_name(w, in, params, n);
    double value = take_number(in), before = 0, after = 0;
    if (name != NULL && strcmp(name, "epochs") == 0 && value > 6) /* nobody would wait for them */
        value = 6;
    const fa_status there = fa_trainer_get(trainer, name, &before);
    forget_failure();
    const fa_status status = fa_trainer_set(trainer, name, value);
    if (there == FA_OK) {
        require(fa_trainer_get(trainer, name, &after) == FA_OK);
        require(after == (status == FA_OK ? value : before));
    }
    return status;
}

static fa_status set_choice(world *w, input *in)
{
    fa_trainer *trainer = PICK(w, in, trainer);
    size_t n;
    const fa_param *params = fa_trainer_params(&n);
    const char *name = take_choice_param(w, in, params, n);
    return fa_trainer_set_choice(trainer, name, take_choice(w, in, params, n, name));
}

static fa_status freeze(world *w, input *in)
{
    fa_trainer *trainer = PICK(w, in, trainer);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    return fa_trainer_freeze(trainer, l, take_byte(in) % 4, take_byte(in) % 4);
}

static bool call_back(void *user_data, const fa_progress *progress)
{
    const world *w = user_data;
    require(progress->training.samples <= UINT32_MAX && w != NULL);
    return progress->batch != 7;
}

static fa_status set_callback(world *w, input *in)
{
    fa_trainer *trainer = PICK(w, in, trainer);
    const fa_point point = (fa_point)take_kind(in, 3);
    return fa_trainer_set_callback(trainer, point, take_byte(in) % 4, take_byte(in) % 2 == 0 ? call_back : NULL, w);
}

static fa_status run(world *w, input *in)
{
    fa_trainer *trainer = PICK(w, in, trainer);
    fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    fa_feedback *fb = PICK(w, in, fb);
    fa_optimizer *opt = PICK(w, in, opt);
    const fa_dataset *data = PICK(w, in, data);
    const fa_dataset *validation = take_chance(in, 64) ? NULL : w->data[slot_of(in)];
    bool frozen[LAYERS] = {false};
    for (size_t l = 1; l < LAYERS; l++)
        frozen[l] = fa_network_is_frozen(net, l);
    const fa_status status = fa_trainer_run(trainer, net, pass, fb, opt, data, validation);
    for (size_t l = 1; l < LAYERS; l++)
        require(fa_network_is_frozen(net, l) == frozen[l]);
    require((fa_trainer_stop(trainer) == FA_STOP_NONE) == (status != FA_OK) || status != FA_OK);
    require(fa_trainer_best(trainer) <= fa_trainer_epochs(trainer));
    return status;
}

static fa_status look(world *w, input *in)
{
    const fa_trainer *trainer = PICK(w, in, trainer);
    fa_epoch_record record;
    const uint64_t number = take_byte(in) % 8;
    const fa_status status = fa_trainer_record(trainer, number, &record);
    require(status == FA_OK ? record.epoch == number : record.epoch == 0);
    return status;
}

const operation trainer_operations[] = {
    {create, NOTHING}, {destroy, NOTHING},     {set, NOTHING}, {set, NOTHING}, {set_choice, NOTHING},
    {freeze, NOTHING}, {set_callback, NOTHING}, {run, RUNNING}, {run, RUNNING}, {look, NOTHING},
    {NULL, NOTHING},
};
