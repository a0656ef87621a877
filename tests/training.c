#include "training.h"

static void release_trainer(void *trainer)
{
    fa_trainer_destroy(trainer);
}

fa_trainer *make_trainer(const fa_network *net, uint64_t seed)
{
    fa_trainer *trainer;
    expect_ok(fa_trainer_create(&trainer, net, seed));
    return keep(trainer, release_trainer);
}

fa_dataset *make_samples(const net_spec *spec, size_t n, uint64_t seed)
{
    fa_matrix x = make_uniform(spec->dtype, n, spec->width[0], LAYOUT_C, 1, &seed);
    size_t classes = spec->width[spec->depth];
    return make_labelled(&x, make_labels(n, classes, &seed), classes);
}

void scene_set(const scene *c, const char *name, double value)
{
    expect_ok(fa_trainer_set(c->trainer, name, value));
}

scene make_scene(fa_dtype dtype, uint64_t seed)
{
    net_spec spec = make_spec(dtype, TRAINING_DEPTH, 7, FA_TANH, true);
    scene c = {.s = make_session(&spec, fa_rule_find("fa"), TRAINING_BATCH, seed)};
    c.trainer = make_trainer(c.s.net, TRAINING_SEED);
    c.training = make_samples(&spec, TRAINING_SAMPLES, seed + 1);
    c.validation = make_samples(&spec, VALIDATION_SAMPLES, seed + 2);
    scene_set(&c, "epochs", 4);
    return c;
}

fa_status scene_run(const scene *c)
{
    return fa_trainer_run(c->trainer, c->s.net, c->s.pass, c->s.fb, c->s.opt, c->training, c->validation);
}

fa_epoch_record record_of(const scene *c, uint64_t epoch)
{
    fa_epoch_record record;
    expect_ok(fa_trainer_record(c->trainer, epoch, &record));
    return record;
}

bool same_weights(const scene *a, const scene *b)
{
    state_copy x = take_snapshot(&a->s), y = take_snapshot(&b->s);
    return same_snapshot(&x, &y);
}
