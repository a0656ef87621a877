/* What a trainer makes of validation data: the best epoch, early stopping, the best weights; and its parameters. */
#include "training.h"

#include <math.h>
#include <string.h>

/* --- the rule, from the records alone --- */

typedef struct verdict {
    uint64_t best, stop; /* epochs; stop: the one after which patience is out, or 0 */
} verdict;

static double monitored(const scene *c, uint64_t epoch, bool error)
{
    fa_result v = record_of(c, epoch).validation;
    return error ? 1 - v.accuracy : v.loss;
}

static verdict judge(const scene *c, bool error, double min_improvement, uint64_t patience)
{
    verdict v = {0};
    for (uint64_t epoch = 1; epoch <= fa_trainer_epochs(c->trainer); epoch++) {
        if (v.best == 0 || monitored(c, epoch, error) < monitored(c, v.best, error) - min_improvement)
            v.best = epoch;
        if (v.stop == 0 && patience > 0 && epoch - v.best >= patience)
            v.stop = epoch;
    }
    return v;
}

typedef struct history {
    const session *s;
    state_copy after[41];
} history;

static bool remember(void *user_data, const fa_progress *p)
{
    history *h = user_data;
    h->after[p->epoch] = take_snapshot(h->s);
    return true;
}

/* A rate that is too large, so that validation goes up and down. */
static scene make_restless(uint64_t seed)
{
    scene c = make_scene(FA_FLOAT64, seed);
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 0.4));
    expect_ok(fa_optimizer_set(c.s.opt, "momentum", 0));
    scene_set(&c, "epochs", 40);
    return c;
}

static const double improvements[] = {0, 0.01};

/* The run ends when the records say so, with the weights of the best epoch if those are wanted, else of the last. */
START_TEST(early_stopping_follows_the_records)
{
    scene c = make_restless((uint64_t)_i / 8 + 1);
    history h = {.s = &c.s};
    bool error = _i % 2, best = _i / 2 % 2;
    double min_improvement = improvements[_i / 4 % 2];
    uint64_t patience = (uint64_t)_i / 8 % 4;
    scene_set(&c, "patience", (double)patience);
    scene_set(&c, "min_improvement", min_improvement);
    expect_ok(fa_trainer_set_choice(c.trainer, "monitor", error ? "error" : "loss"));
    expect_ok(fa_trainer_set_choice(c.trainer, "keep_best", best ? "yes" : "no"));
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, remember, &h));
    expect_ok(scene_run(&c));
    uint64_t last = fa_trainer_epochs(c.trainer);
    verdict v = judge(&c, error, min_improvement, patience);
    ck_assert_uint_eq(fa_trainer_best(c.trainer), v.best);
    ck_assert_uint_eq(last, v.stop ? v.stop : 40);
    ck_assert_int_eq(fa_trainer_stop(c.trainer), v.stop ? FA_STOP_EARLY : FA_STOP_EPOCHS);
    state_copy now = take_snapshot(&c.s);
    ck_assert(same_snapshot(&now, &h.after[best ? v.best : last]));
    fa_result again;
    expect_ok(fa_evaluate(c.s.net, c.validation, &again, NULL));
    ck_assert(again.loss == record_of(&c, best ? v.best : last).validation.loss);
}
END_TEST

/* Nothing changes, so nothing improves after the first epoch; each later run tries one epoch more. */
START_TEST(patience_counts_epochs)
{
    scene c = make_scene(FA_FLOAT32, 1);
    uint64_t patience = (uint64_t)_i;
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 0));
    scene_set(&c, "epochs", 20);
    scene_set(&c, "patience", (double)patience);
    for (uint64_t more = 0; more < 3; more++) {
        expect_ok(scene_run(&c));
        ck_assert_uint_eq(fa_trainer_best(c.trainer), 1);
        ck_assert_uint_eq(fa_trainer_epochs(c.trainer), patience ? 1 + patience + more : 20);
        ck_assert_int_eq(fa_trainer_stop(c.trainer), patience ? FA_STOP_EARLY : FA_STOP_EPOCHS);
    }
}
END_TEST

/* A later run that watches the other number compares that one with that one. */
START_TEST(the_monitor_may_change)
{
    scene c = make_restless(3);
    scene_set(&c, "epochs", 6);
    expect_ok(scene_run(&c));
    uint64_t best = fa_trainer_best(c.trainer);
    ck_assert_uint_eq(best, judge(&c, false, 0, 0).best);
    expect_ok(fa_trainer_set_choice(c.trainer, "monitor", "error"));
    scene_set(&c, "epochs", 40);
    expect_ok(scene_run(&c));
    for (uint64_t epoch = 7; epoch <= 40; epoch++)
        if (monitored(&c, epoch, true) < monitored(&c, best, true))
            best = epoch;
    ck_assert_uint_eq(fa_trainer_best(c.trainer), best);
}
END_TEST

/* Connections that a callback removes stay away when the weights of an earlier epoch come back. */
static bool prune_late(void *user_data, const fa_progress *p)
{
    if (p->epoch == 3)
        expect_ok(fa_network_prune(user_data, 1, 1, 1));
    return true;
}

START_TEST(the_best_weights_stay_pruned)
{
    scene c = make_scene(FA_FLOAT64, 1);
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 0));
    scene_set(&c, "keep_best", 1);
    scene_set(&c, "min_improvement", 1e9);
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, prune_late, c.s.net));
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_best(c.trainer), 1);
    fa_matrix w = weights_of(c.s.net, 1);
    ck_assert_double_eq(norm(&w), 0);
}
END_TEST

/* Validation that is not finite ends the run after the epoch. */
START_TEST(validation_can_fail)
{
    scene c = make_scene(FA_FLOAT64, 1);
    uint64_t state = 1;
    size_t classes = c.s.spec.width[TRAINING_DEPTH];
    fa_matrix x = make_uniform(FA_FLOAT64, 4, c.s.spec.width[0], LAYOUT_C, 1, &state);
    set_element(&x, 2, 0, (double)NAN);
    c.validation = make_labelled(&x, make_labels(4, classes, &state), classes);
    expect_failure(FA_ERR_NOT_FINITE, scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 1);
    ck_assert_uint_eq(record_of(&c, 1).training.samples, TRAINING_SAMPLES);
    ck_assert_uint_eq(fa_trainer_best(c.trainer), 0);
}
END_TEST

static void check_refused(const scene *c, const char *sentence)
{
    expect_failure(FA_ERR_ARGUMENT, scene_run(c));
    ck_assert_msg(strstr(fa_last_error(), sentence) != NULL, "%s", fa_last_error());
    ck_assert_uint_eq(fa_trainer_epochs(c->trainer), 0);
}

START_TEST(what_validation_must_have)
{
    uint64_t state = 1;
    scene c = make_scene(FA_FLOAT64, 1), none = c, unlabelled = c;
    fa_matrix x = make_uniform(FA_FLOAT64, 4, c.s.spec.width[0], LAYOUT_C, 1, &state);
    fa_matrix target = make_target(&c.s.spec, 4, LAYOUT_C, &state);
    none.validation = NULL;
    unlabelled.validation = make_dataset(&x, &target);
    scene_set(&c, "patience", 1);
    check_refused(&none, "patience");
    scene_set(&c, "patience", 0);
    scene_set(&c, "keep_best", 1);
    check_refused(&none, "keep_best");
    scene_set(&c, "monitor", 1);
    check_refused(&unlabelled, "labels");
    scene_set(&c, "monitor", 0);
    expect_ok(scene_run(&unlabelled));
    ck_assert(isnan(record_of(&c, 4).validation.accuracy) && fa_trainer_best(c.trainer) >= 1);
}
END_TEST

/* --- parameters --- */

static const struct {
    const char *name;
    double value, below, above;
} defaults[] = {
    {"epochs", 10, 0, 2e9},           {"batch", 0, -1, 1e10},        {"shuffle", 1, -1, 2},
    {"drop_last", 0, -1, 2},          {"schedule", 0, -1, 3},        {"step_epochs", 10, 0, 1e10},
    {"step_factor", 0.1, -1, 1e10},   {"final_factor", 0, -1, 1e10}, {"warmup", 0, -1, 1e10},
    {"patience", 0, -1, 1e10},        {"monitor", 0, -1, 2},         {"min_improvement", 0, -1, 1e301},
    {"keep_best", 0, -1, 2},
};

START_TEST(parameters)
{
    scene c = make_scene(FA_FLOAT32, 1);
    fa_trainer *fresh = make_trainer(c.s.net, 1);
    size_t n;
    const fa_param *table = fa_trainer_params(&n);
    ck_assert_uint_eq(n, sizeof defaults / sizeof defaults[0]);
    ck_assert_ptr_eq(fa_trainer_params(NULL), table);
    for (size_t i = 0; i < n; i++) {
        double value = -7;
        ck_assert_str_eq(table[i].name, defaults[i].name);
        expect_ok(fa_trainer_get(fresh, table[i].name, &value));
        ck_assert_double_eq(value, defaults[i].value);
        expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(fresh, table[i].name, defaults[i].below));
        expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(fresh, table[i].name, defaults[i].above));
        expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(fresh, table[i].name, (double)NAN));
        expect_ok(fa_trainer_get(fresh, table[i].name, &value));
        ck_assert_double_eq(value, defaults[i].value);
    }
    expect_ok(fa_trainer_set_choice(fresh, "schedule", "cosine"));
    double value;
    expect_ok(fa_trainer_get(fresh, "schedule", &value));
    ck_assert_double_eq(value, 2);
}
END_TEST

START_TEST(bad_arguments)
{
    scene c = make_scene(FA_FLOAT32, 1);
    fa_trainer *t = c.trainer, *none = t;
    fa_network *empty;
    fa_epoch_record record;
    double value;
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_create(NULL, c.s.net, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_create(&none, NULL, 1));
    ck_assert_ptr_null(none);
    expect_ok(fa_network_create(&empty, FA_FLOAT32, 3));
    expect_failure(FA_ERR_STATE, fa_trainer_create(&none, empty, 1));
    fa_network_destroy(empty);
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(t, "epoch", 3));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(NULL, "epochs", 3));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set(t, NULL, 3));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_choice(t, "schedule", "linear"));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_choice(t, "epochs", "linear"));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_choice(t, "schedule", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_get(t, "epoch", &value));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_get(t, "epochs", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_freeze(NULL, 1, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_freeze(t, 0, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_freeze(t, TRAINING_DEPTH + 1, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_freeze(t, 1, 0, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_freeze(t, 1, 3, 2));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_callback(NULL, FA_AFTER_EPOCH, 1, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_callback(t, (fa_point)0, 1, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_set_callback(t, (fa_point)4, 1, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_record(t, 1, &record));
    ck_assert(record.epoch == 0 && record.training.samples == 0 && record.schedule == 0);
    expect_ok(scene_run(&c));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_record(t, 0, &record));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_record(t, 5, &record));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_record(NULL, 1, &record));
    expect_failure(FA_ERR_ARGUMENT, fa_trainer_record(t, 1, NULL));
    ck_assert(fa_trainer_stop(NULL) == FA_STOP_NONE && fa_trainer_epochs(NULL) == 0 && fa_trainer_best(NULL) == 0);
    fa_trainer_destroy(NULL);
}
END_TEST

/* Lets the run diverge after the third epoch. */
static bool explode(void *user_data, const fa_progress *p)
{
    history *h = user_data;
    (void)remember(h, p);
    return p->epoch < 3 || fa_optimizer_set(h->s->opt, "learning_rate", 1e30) == FA_OK;
}

START_TEST(the_best_weights_survive_a_divergence)
{
    scene c = make_restless(3);
    history h = {.s = &c.s};
    expect_ok(fa_trainer_set_choice(c.trainer, "keep_best", "yes"));
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, explode, &h));
    expect_failure(FA_ERR_NOT_FINITE, scene_run(&c));
    const uint64_t best = fa_trainer_best(c.trainer);
    state_copy now = take_snapshot(&c.s);
    ck_assert(best >= 1 && best <= 3);
    ck_assert(same_snapshot(&now, &h.after[best]));
}
END_TEST

/* Switched on between runs: of the epochs before, nobody kept the weights. */
START_TEST(keep_best_counts_from_when_it_is_switched_on)
{
    scene c = make_restless(4);
    history h = {.s = &c.s};
    scene_set(&c, "epochs", 3);
    expect_ok(scene_run(&c));
    scene_set(&c, "epochs", 6);
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 30)); /* nothing improves */
    expect_ok(fa_trainer_set_choice(c.trainer, "keep_best", "yes"));
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, remember, &h));
    expect_ok(scene_run(&c));
    const uint64_t best = fa_trainer_best(c.trainer);
    state_copy now = take_snapshot(&c.s);
    ck_assert(best >= 4 && best <= 6);
    ck_assert(same_snapshot(&now, &h.after[best]));
}
END_TEST

/* The factor of a schedule is gone after the run, the caller's own is back. */
START_TEST(a_schedule_ends_with_its_run)
{
    scene c = make_scene(FA_FLOAT64, 5), twin = make_scene(FA_FLOAT64, 5);
    fa_result result;
    scene_set(&c, "step_factor", 0);
    scene_set(&c, "step_epochs", 1);
    expect_ok(fa_trainer_set_choice(c.trainer, "schedule", "step"));
    expect_ok(scene_run(&c));
    state_copy before = take_snapshot(&c.s);
    expect_ok(fa_train_epoch(c.s.net, c.s.pass, c.s.fb, c.s.opt, c.training, NULL, &result));
    state_copy after = take_snapshot(&c.s);
    ck_assert(!same_snapshot(&before, &after));
    expect_ok(fa_optimizer_set_schedule(twin.s.opt, 0));
    expect_ok(scene_run(&twin));
    before = take_snapshot(&twin.s);
    expect_ok(fa_train_epoch(twin.s.net, twin.s.pass, twin.s.fb, twin.s.opt, twin.training, NULL, &result));
    after = take_snapshot(&twin.s);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("early stopping");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, early_stopping_follows_the_records, 0, 8 * 12);
    tcase_add_loop_test(tcase, patience_counts_epochs, 0, 4);
    tcase_add_test(tcase, the_monitor_may_change);
    tcase_add_test(tcase, the_best_weights_stay_pruned);
    tcase_add_test(tcase, the_best_weights_survive_a_divergence);
    tcase_add_test(tcase, keep_best_counts_from_when_it_is_switched_on);
    tcase_add_test(tcase, a_schedule_ends_with_its_run);
    tcase_add_test(tcase, validation_can_fail);
    tcase_add_test(tcase, what_validation_must_have);
    tcase_add_test(tcase, parameters);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
