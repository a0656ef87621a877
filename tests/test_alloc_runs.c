/* Whole training runs without memory and without threads: every rule, every optimizer, on two threads, with dropout,
 * validation, the best weights kept, callbacks and a recorder. */
#include "config.h"
#include "descent.h"
#include "files.h"
#include "training.h"
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

static long threads, thread_that_fails = -1; /* counted from 0 */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return threads++ == thread_that_fails ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

enum { MOST = 1000, THREADS = 3 };

/* What is trained with: by a rule, or with a kind of optimizer. */
typedef struct plan {
    const fa_rule *rule;
    const recipe  *recipe;
    bool           by_epochs; /* fa_train_epoch(), else fa_trainer_run() */
} plan;

static int plan_count(void)
{
    return (int)(fa_rule_count() + recipe_count);
}

static plan plan_at(size_t i)
{
    const size_t rules = fa_rule_count();
    if (i < rules)
        return (plan){fa_rule_at(i), &recipes[0], false};
    return (plan){fa_rule_find("fa"), &recipes[i - rules], false};
}

static bool go_on(void *user_data, const fa_progress *progress)
{
    return user_data != NULL && progress != NULL;
}

/* --- everything, made and trained and destroyed --- */

typedef struct life {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_trainer   *trainer;
    fa_recorder  *rec;
    fa_dataset   *training, *validation;
} life;

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        const fa_status status_ = (expression);                                                                        \
        if (status_ != FA_OK)                                                                                          \
            return status_;                                                                                            \
    } while (0)

static fa_status make_trained(life *l, const plan *p, const scene *made)
{
    TRY(fa_network_copy(&l->net, made->s.net));
    TRY(fa_network_set_dropout(l->net, 1, 0.25));
    TRY(fa_pass_create(&l->pass, l->net, TRAINING_BATCH));
    TRY(fa_pass_set_threads(l->pass, THREADS));
    TRY(fa_feedback_create(&l->fb, l->net, p->rule, NULL, 1));
    TRY(fa_optimizer_create(&l->opt, l->net, p->recipe->kind));
    for (size_t i = 0; i < RECIPE_SETTINGS && p->recipe->settings[i].name; i++)
        TRY(fa_optimizer_set(l->opt, p->recipe->settings[i].name, p->recipe->settings[i].value));
    TRY(fa_optimizer_set(l->opt, "learning_rate", 1e-3));
    TRY(fa_dataset_copy(&l->training, made->training));
    return fa_dataset_copy(&l->validation, made->validation);
}

static fa_status set_up(life *l)
{
    TRY(fa_recorder_create(&l->rec, l->net, "delta_angle,update_angle,weight_norm", 2));
    TRY(fa_recorder_open(l->rec, "/dev/null", FA_RECORD_JSONL));
    TRY(fa_trainer_create(&l->trainer, l->net, 1));
    TRY(fa_trainer_freeze(l->trainer, 1, 2, 2));
    TRY(fa_trainer_set(l->trainer, "epochs", 2));
    TRY(fa_trainer_set(l->trainer, "keep_best", 1));
    TRY(fa_trainer_set_callback(l->trainer, FA_AFTER_DELTAS, 1, fa_recorder_callback, l->rec));
    TRY(fa_trainer_set_callback(l->trainer, FA_AFTER_UPDATE, 1, go_on, l));
    return fa_trainer_set_callback(l->trainer, FA_AFTER_EPOCH, 1, go_on, l);
}

static fa_status train(life *l, bool by_epochs)
{
    fa_epoch_options options = {.struct_size = sizeof options, .shuffle = true, .point = FA_AFTER_DELTAS,
                                .callback = fa_recorder_callback, .user_data = l->rec};
    fa_result        result;
    if (!by_epochs) {
        TRY(fa_trainer_run(l->trainer, l->net, l->pass, l->fb, l->opt, l->training, l->validation));
        return fa_recorder_status(l->rec); /* what made its callback end the run */
    }
    TRY(fa_pass_set_dropout(l->pass, 1, 0));
    TRY(fa_train_epoch(l->net, l->pass, l->fb, l->opt, l->training, &options, NULL));
    TRY(fa_recorder_status(l->rec));
    return fa_evaluate(l->net, l->validation, &result, NULL);
}

static fa_status live_and_die(const plan *p, const scene *made)
{
    life      l = {0};
    fa_status status = make_trained(&l, p, made);
    if (status == FA_OK)
        status = set_up(&l);
    if (status == FA_OK)
        status = train(&l, p->by_epochs);
    fa_recorder_destroy(l.rec);
    fa_trainer_destroy(l.trainer);
    fa_dataset_destroy(l.training);
    fa_dataset_destroy(l.validation);
    fa_optimizer_destroy(l.opt);
    fa_feedback_destroy(l.fb);
    fa_pass_destroy(l.pass);
    fa_network_destroy(l.net);
    return status;
}

static long failures;

/* Allocation 0, 1, ... fails, once or from then on, until nothing does. */
START_TEST(lives_leak_nothing)
{
    plan        p = plan_at((size_t)_i / 4);
    const scene made = make_scene(FA_FLOAT32, 3);
    fa_status   status = FA_ERR_MEMORY;
    p.by_epochs = _i / 2 % 2;
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, _i % 2);
        status = live_and_die(&p, &made);
        unwatch();
        ck_assert_msg(live == 0, "%s, %s: %ld blocks are lost", p.rule->name, p.recipe->kind, live);
        if (status != FA_OK)
            support_failed(FA_ERR_MEMORY, status, p.rule->name, __LINE__);
        failures += status != FA_OK;
        ck_assert_int_lt(fail, MOST);
    }
}
END_TEST

START_TEST(threads_that_do_not_start_leak_nothing)
{
    const plan  p = plan_at(0);
    const scene made = make_scene(FA_FLOAT32, 3);
    fa_status   status = FA_ERR_MEMORY;
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        threads = 0;
        thread_that_fails = fail;
        watch(-1, false);
        status = live_and_die(&p, &made);
        unwatch();
        thread_that_fails = -1;
        ck_assert_int_eq(live, 0);
        if (status != FA_OK)
            support_failed(FA_ERR_MEMORY, status, "threads", __LINE__);
        ck_assert_int_lt(fail, THREADS);
    }
    ck_assert_int_eq(threads, THREADS - 1);
}
END_TEST

/* --- a run of objects that stay --- */

static scene make_survivor(const plan *p)
{
    scene c = make_scene(FA_FLOAT64, 3);
    c.s.fb = make_feedback(c.s.net, p->rule, NULL, 1);
    c.s.opt = make_recipe_optimizer(c.s.net, p->recipe);
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 1e-3));
    expect_ok(fa_network_set_dropout(c.s.net, 1, 0.25));
    expect_ok(fa_pass_set_threads(c.s.pass, 2));
    scene_set(&c, "keep_best", 1);
    scene_set(&c, "epochs", 3);
    return c;
}

static bool same_records(const scene *a, const scene *b)
{
    bool same = fa_trainer_epochs(a->trainer) == fa_trainer_epochs(b->trainer) &&
                fa_trainer_best(a->trainer) == fa_trainer_best(b->trainer);
    for (uint64_t epoch = 1; same && epoch <= fa_trainer_epochs(a->trainer); epoch++) {
        const fa_epoch_record x = record_of(a, epoch), y = record_of(b, epoch);
        same = x.training.loss == y.training.loss && x.validation.loss == y.validation.loss &&
               x.validation.correct == y.validation.correct && x.schedule == y.schedule;
    }
    return same;
}

/* A run fails before anything was trained, or not at all; the one that succeeds is the one that there would have
 * been. */
START_TEST(runs_are_survived)
{
    const plan p = plan_at((size_t)_i / 2);
    scene      c = make_survivor(&p), untroubled = make_survivor(&p);
    state_copy before = take_snapshot(&c.s);
    fa_status  status = FA_ERR_MEMORY;
    expect_ok(scene_run(&untroubled));
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, _i % 2);
        status = scene_run(&c);
        unwatch();
        if (status == FA_OK)
            break;
        support_failed(FA_ERR_MEMORY, status, p.rule->name, __LINE__);
        state_copy after = take_snapshot(&c.s);
        ck_assert_msg(same_snapshot(&before, &after), "%s, %s: trained", p.rule->name, p.recipe->kind);
        ck_assert(fa_trainer_epochs(c.trainer) == 0 && fa_optimizer_steps(c.s.opt) == 0);
        failures++;
        ck_assert_int_lt(fail, MOST);
    }
    ck_assert_msg(same_weights(&c, &untroubled) && same_records(&c, &untroubled), "%s, %s: another run after failures",
                  p.rule->name, p.recipe->kind);
}
END_TEST

/* --- more epochs than records at once --- */

enum { AT_ONCE = 4096, MANY_EPOCHS = AT_ONCE + 4 };

static scene make_long(void)
{
    const plan p = plan_at(0);
    scene c = make_survivor(&p);
    c.training = make_samples(&c.s.spec, TRAINING_BATCH, 5);
    c.validation = make_samples(&c.s.spec, TRAINING_BATCH, 6);
    scene_set(&c, "epochs", MANY_EPOCHS);
    scene_set(&c, "keep_best", 0); /* a run that failed goes back to them */
    return c;
}

/* What is allocated at last, between two epochs: they stand, and the run goes on behind them. */
START_TEST(later_records_are_survived)
{
    scene c = make_long(), untroubled = make_long();
    watch(-1, false);
    fa_status status = scene_run(&untroubled);
    unwatch();
    expect_ok(status);
    const long last = allocations - 1;
    support_forget();
    watch(last, false);
    status = scene_run(&c);
    unwatch();
    support_failed(FA_ERR_MEMORY, status, "fa_trainer_run", __LINE__);
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), AT_ONCE);
    expect_ok(scene_run(&c));
    ck_assert(same_records(&c, &untroubled) && same_weights(&c, &untroubled));
}
END_TEST

/* --- a run that goes on from a checkpoint --- */

#if FA_HAVE_JANSSON
enum { SAVED_EPOCH = 2, SAVED_BATCH = 3 };

static bool save_inside(void *user_data, const fa_progress *p)
{
    const scene *c = user_data;
    char         path[PATH_SIZE];
    path_of("inside", path);
    if (p->epoch == SAVED_EPOCH && p->batch == SAVED_BATCH)
        expect_ok(fa_checkpoint_save(path, c->s.net, c->s.fb, c->s.opt, c->s.pass, c->trainer));
    return true;
}

/* In the middle of an epoch: where it was is not forgotten when memory is out. */
START_TEST(resumed_runs_are_survived)
{
    const plan p = plan_at((size_t)_i / 2);
    scene      whole = make_survivor(&p), c = make_survivor(&p);
    char       path[PATH_SIZE];
    fa_status  status = FA_ERR_MEMORY;
    path_of("inside", path);
    expect_ok(fa_trainer_set_callback(whole.trainer, FA_AFTER_UPDATE, 1, save_inside, &whole));
    expect_ok(scene_run(&whole));
    expect_ok(fa_checkpoint_load(path, c.s.net, c.s.fb, c.s.opt, c.s.pass, c.trainer, 0));
    state_copy before = take_snapshot(&c.s);
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, _i % 2);
        status = scene_run(&c);
        unwatch();
        if (status == FA_OK)
            break;
        support_failed(FA_ERR_MEMORY, status, p.rule->name, __LINE__);
        state_copy after = take_snapshot(&c.s);
        ck_assert_msg(same_snapshot(&before, &after), "%s, %s: trained", p.rule->name, p.recipe->kind);
        ck_assert_uint_eq(fa_trainer_epochs(c.trainer), SAVED_EPOCH);
        failures++;
        ck_assert_int_lt(fail, MOST);
    }
    ck_assert_msg(same_weights(&c, &whole) && same_records(&c, &whole), "%s, %s: another run after failures",
                  p.rule->name, p.recipe->kind);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("alloc runs");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, lives_leak_nothing, 0, 4 * plan_count());
    tcase_add_test(tcase, threads_that_do_not_start_leak_nothing);
    tcase_add_loop_test(tcase, runs_are_survived, 0, 2 * plan_count());
    tcase_add_test(tcase, later_records_are_survived);
#if FA_HAVE_JANSSON
    tcase_add_loop_test(tcase, resumed_runs_are_survived, 0, 2 * plan_count());
#endif
    const int failed = support_run(suite, false);
    printf("# %d rules and optimizers, %ld failures survived\n", plan_count(), failures);
    return failed;
}
