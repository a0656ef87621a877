/* Epochs and runs when memory is out, and that they ask for none after the first time. */
#include "training.h"
#include "watch.h"

#include <string.h>

/* --- the same epoch again allocates nothing --- */

static bool go_on(void *user_data, const fa_progress *p)
{
    (void)user_data, (void)p;
    return true;
}

static fa_status train(const scene *c, size_t batch, uint64_t epoch, bool shuffle)
{
    fa_epoch_options options = {.struct_size = sizeof options, .batch = batch, .shuffle = shuffle, .epoch = epoch,
                                .point = FA_AFTER_UPDATE, .callback = go_on};
    return fa_train_epoch(c->s.net, c->s.pass, c->s.fb, c->s.opt, c->training, &options, NULL);
}

/* Batches and single samples, shuffled, scattered and in order, fused and with momentum, with dropout and without. */
START_TEST(epochs_allocate_nothing)
{
    scene c = make_scene(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 3);
    size_t batch = _i / 2 % 2 ? 1 : 3;
    fa_status status = FA_OK;
    expect_ok(fa_optimizer_set(c.s.opt, "momentum", _i / 4 % 2 ? 0.5 : 0));
    if (_i / 8 % 2)
        c.training = make_scattered(c.training, TRAINING_SAMPLES / 2, 4);
    if (_i / 16 % 2)
        expect_ok(fa_network_set_dropout(c.s.net, 1, 0.5));
    expect_ok(fa_pass_set_dropout(c.s.pass, 1, 0));
    for (int shuffle = 0; shuffle < 2; shuffle++)
        expect_ok(train(&c, batch, 0, shuffle));
    watch(-1, false);
    for (uint64_t epoch = 1; epoch < 6 && status == FA_OK; epoch++)
        status = train(&c, batch, epoch, epoch % 2);
    unwatch();
    expect_ok(status);
    ck_assert_int_eq(allocations, 0);
}
END_TEST

/* --- sweeps: what is wrong besides is FA_ERR_RULE, since Check's own allocations must not be counted --- */

static fa_status first_epoch(scene *c)
{
    return train(c, 3, 0, true);
}

static fa_status first_online_epoch(scene *c)
{
    return train(c, 1, 0, true);
}

static fa_status evaluate(scene *c)
{
    fa_result result;
    return fa_evaluate(c->s.net, c->validation, &result, NULL);
}

static fa_status prune(scene *c)
{
    fa_status status = fa_network_prune(c->s.net, 0, 0.5, 1);
    bool pruned = false;
    for (size_t l = 1; l <= TRAINING_DEPTH; l++)
        pruned = pruned || fa_network_is_pruned(c->s.net, l);
    return pruned == (status == FA_OK) ? status : FA_ERR_RULE;
}

static fa_status copy_pruned(scene *c)
{
    fa_network *copy;
    fa_status status = fa_network_prune(c->s.net, 0, 1, 1);
    if (status == FA_OK)
        status = fa_network_copy(&copy, c->s.net);
    if (status == FA_OK)
        fa_network_destroy(copy);
    return status;
}

static fa_status create_trainer(scene *c)
{
    fa_trainer *trainer;
    fa_status status = fa_trainer_create(&trainer, c->s.net, 1);
    bool made = trainer != NULL;
    fa_trainer_destroy(trainer);
    return made == (status == FA_OK) ? status : FA_ERR_RULE;
}

static fa_status freeze(scene *c)
{
    fa_status status = fa_trainer_freeze(c->trainer, 1, 1, 2);
    return status == FA_OK ? fa_trainer_freeze(c->trainer, 2, 1, 2) : status;
}

/* Room for the records, what an epoch and its validation need, the best weights: all of it before anything is
 * trained. */
static fa_status run(scene *c)
{
    fa_status status = fa_trainer_set(c->trainer, "keep_best", 1);
    if (status == FA_OK)
        status = scene_run(c);
    bool begun = fa_trainer_epochs(c->trainer) > 0;
    return begun == (status == FA_OK) ? status : FA_ERR_RULE;
}

typedef struct sweep {
    const char *name;
    fa_status (*run)(scene *c);
    bool keeps;      /* what it makes stays with the scene */
    bool dropout;
} sweep;

static const sweep sweeps[] = {
    {"fa_train_epoch", first_epoch, true, true},
    {"fa_train_epoch, single samples", first_online_epoch, true, true},
    {"fa_evaluate", evaluate, false, false},
    {"fa_network_prune", prune, true, false},
    {"fa_trainer_create", create_trainer, false, false},
    {"fa_trainer_freeze", freeze, true, false},
    {"fa_trainer_run", run, true, true},
};

static scene make_sweep_scene(const sweep *w)
{
    scene c = make_scene(FA_FLOAT32, 3);
    c.s.opt = make_optimizer(c.s.net, 0.05);
    expect_ok(fa_pass_set_dropout(c.s.pass, 1, 0));
    for (size_t l = 0; w->dropout && l < TRAINING_DEPTH; l++)
        expect_ok(fa_network_set_dropout(c.s.net, l, 0.2));
    if (w->run == evaluate || w->run == run)
        c.validation = make_scattered(c.validation, 4, 1);
    return c;
}

/* Allocation 0, 1, ... fails (once, or from then on) until the call succeeds. Each failure leaves the weights alone,
 * and the call that succeeds, on the same objects, trains as if there had been none. */
START_TEST(failures_are_survived)
{
    const sweep *w = &sweeps[_i / 2];
    scene c = make_sweep_scene(w), untroubled = make_sweep_scene(w);
    state_copy before = take_snapshot(&c.s);
    long failures = 0;
    expect_ok(w->run(&untroubled));
    for (;; failures++) {
        support_forget();
        watch(failures, _i % 2);
        fa_status status = w->run(&c);
        unwatch();
        ck_assert_msg(w->keeps || live == 0, "%s leaks %ld blocks", w->name, live);
        if (status == FA_OK) {
            ck_assert_int_le(allocations, failures); /* else one failed, and nobody was told */
            break;
        }
        support_failed(FA_ERR_MEMORY, status, w->name, __LINE__);
        state_copy after = take_snapshot(&c.s);
        ck_assert_msg(same_snapshot(&before, &after), "%s changed weights", w->name);
        ck_assert_msg(failures < 100, "%s still fails after 100", w->name);
    }
    ck_assert_msg(failures > 0, "%s allocates nothing", w->name);
    ck_assert_msg(same_weights(&c, &untroubled), "%s: other weights after failures", w->name);
}
END_TEST

/* Everything that training makes, destroyed: nothing is left, whichever allocation failed. */
START_TEST(runs_leak_nothing)
{
    scene made = make_scene(FA_FLOAT64, 3);
    made.s.opt = make_optimizer(made.s.net, 0.05);
    bool done = false;
    for (long fail = 0; !done; fail++) {
        scene c = made;
        watch(fail, _i);
        c.trainer = NULL;
        c.s.net = NULL;
        c.s.pass = NULL;
        done = fa_network_copy(&c.s.net, made.s.net) == FA_OK && fa_network_set_dropout(c.s.net, 1, 0.5) == FA_OK &&
               copy_pruned(&c) == FA_OK && fa_pass_create(&c.s.pass, c.s.net, TRAINING_BATCH) == FA_OK &&
               fa_trainer_create(&c.trainer, c.s.net, 1) == FA_OK && freeze(&c) == FA_OK &&
               fa_trainer_set(c.trainer, "keep_best", 1) == FA_OK && scene_run(&c) == FA_OK &&
               fa_trainer_set(c.trainer, "epochs", 20) == FA_OK && scene_run(&c) == FA_OK &&
               fa_trainer_set(c.trainer, "batch", 1) == FA_OK && first_online_epoch(&c) == FA_OK;
        fa_trainer_destroy(c.trainer);
        fa_pass_destroy(c.s.pass);
        fa_network_destroy(c.s.net);
        unwatch();
        ck_assert_int_eq(live, 0);
        ck_assert_int_lt(fail, 400);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc training");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, epochs_allocate_nothing, 0, 32);
    tcase_add_loop_test(tcase, failures_are_survived, 0, 2 * (int)(sizeof sweeps / sizeof sweeps[0]));
    tcase_add_loop_test(tcase, runs_leak_nothing, 0, 2);
    return support_run(suite, false);
}
