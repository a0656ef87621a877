/* A training run against steps taken by hand: order, schedule, frozen layers, dropout, validation, records. */
#include "training.h"

#include <math.h>
#include <string.h>

enum {
    SAMPLES = TRAINING_SAMPLES,
    VALIDATION = VALIDATION_SAMPLES,
    BATCH = TRAINING_BATCH,
    DEPTH = TRAINING_DEPTH,
    SEED = TRAINING_SEED
};

/* --- by hand --- */

/* How a run is done by hand, update by update, beside the one that is watched. */
typedef struct by_hand {
    scene hand;
    bool shuffle, drop_last;
    double (*factor)(uint64_t update, uint64_t updates); /* of the learning rate */
    uint64_t frozen_from, frozen_to;                     /* epochs in which layer 2 is frozen */
    uint64_t updates;                                    /* in an epoch */
    double tolerance;
} by_hand;

static void step_by_hand(by_hand *h, uint64_t epoch, uint64_t batch)
{
    session *s = &h->hand.s;
    size_t order[SAMPLES], first = (size_t)(batch - 1) * BATCH,
           count = SAMPLES - first < BATCH ? SAMPLES - first : BATCH;
    fa_stream stream = {.seed = SEED, .step = epoch, .purpose = FA_PURPOSE_ORDER};
    fa_matrix x = make_matrix(s->spec.dtype, count, s->spec.width[0]);
    fa_matrix target = make_matrix(s->spec.dtype, count, s->spec.width[DEPTH]);
    for (size_t i = 0; i < SAMPLES; i++)
        order[i] = i;
    if (h->shuffle)
        expect_ok(fa_random_permutation(&stream, SAMPLES, order));
    expect_ok(fa_dataset_gather(h->hand.training, order + first, count, &x, &target));
    expect_ok(fa_network_set_frozen(s->net, 2, h->frozen_from <= epoch && epoch <= h->frozen_to));
    expect_ok(fa_optimizer_set_schedule(s->opt, h->factor((epoch - 1) * h->updates + batch - 1, h->updates)));
    expect_ok(fa_train_step(s->net, s->pass, s->fb, s->opt, &x, &target, NULL));
}

static bool follow(void *user_data, const fa_progress *p)
{
    by_hand *h = user_data;
    ck_assert_uint_eq(p->batches, h->updates);
    step_by_hand(h, p->epoch, p->batch);
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix got = weights_of(p->net, l), expected = weights_of(h->hand.s.net, l);
        ck_assert_msg(distance(&got, &expected) <= h->tolerance, "epoch %d, batch %d, layer %zu", (int)p->epoch,
                      (int)p->batch, l);
    }
    return true;
}

static double constant(uint64_t update, uint64_t updates)
{
    (void)update, (void)updates;
    return 1;
}

static double stepwise(uint64_t update, uint64_t updates)
{
    return update / updates / 2 == 0 ? 1 : 0.25;
}

static double warm_cosine(uint64_t update, uint64_t updates)
{
    double t = (double)update / (double)updates;
    return t < 1 ? (double)(update + 1) / (double)updates : 0.1 + 0.9 * (1 + cos(acos(-1) * (t - 1) / 3)) / 2;
}

static void choose_schedule(const scene *c, by_hand *h, int which)
{
    h->factor = which == 0 ? constant : which == 1 ? stepwise : warm_cosine;
    expect_ok(fa_trainer_set_choice(c->trainer, "schedule", which == 0 ? "constant" : which == 1 ? "step" : "cosine"));
    scene_set(c, "step_epochs", 2);
    scene_set(c, "step_factor", 0.25);
    scene_set(c, "final_factor", 0.1);
    scene_set(c, "warmup", which == 2 ? 1 : 0);
}

/* Every update is the one by hand: bit for bit where factors are exact; a cosine may be rounded elsewhere, and a rate
 * that is off by some 1e-16 moves weights by as much in each of 20 updates. */
START_TEST(a_run_is_its_steps)
{
    scene c = make_scene(FA_FLOAT64, 3);
    by_hand h = {.hand = make_scene(FA_FLOAT64, 3), .shuffle = _i / 3 % 2, .drop_last = _i / 6 % 2,
                 .frozen_from = 2, .frozen_to = 3};
    h.tolerance = _i % 3 == 2 ? 1e-13 : 0;
    h.updates = h.drop_last ? SAMPLES / BATCH : SAMPLES / BATCH + 1;
    choose_schedule(&c, &h, _i % 3);
    scene_set(&c, "shuffle", h.shuffle);
    scene_set(&c, "drop_last", h.drop_last);
    expect_ok(fa_trainer_freeze(c.trainer, 2, 2, 2));
    expect_ok(fa_trainer_freeze(c.trainer, 2, 3, 3));
    for (size_t l = 0; l < DEPTH; l++) {
        expect_ok(fa_network_set_dropout(c.s.net, l, 0.2));
        expect_ok(fa_network_set_dropout(h.hand.s.net, l, 0.2));
    }
    expect_ok(fa_pass_set_dropout(h.hand.s.pass, SEED, 0));
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_UPDATE, 0, follow, &h));
    expect_ok(scene_run(&c));
    ck_assert(!fa_network_is_frozen(c.s.net, 2));
    ck_assert_uint_eq(fa_optimizer_steps(h.hand.s.opt), 4 * h.updates);
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 4);
    ck_assert_int_eq(fa_trainer_stop(c.trainer), FA_STOP_EPOCHS);
    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        fa_epoch_record r = record_of(&c, epoch);
        ck_assert(r.epoch == epoch && r.training.samples == (h.drop_last ? SAMPLES / BATCH * BATCH : SAMPLES));
        ck_assert_double_le(fabs(r.schedule - h.factor(epoch * h.updates - 1, h.updates)), 1e-15);
        ck_assert_uint_eq(r.validation.samples, VALIDATION);
    }
}
END_TEST

/* --- epochs --- */

typedef struct log {
    scene *c;
    unsigned calls[FA_AFTER_EPOCH + 1];
    fa_point stop_at;
    uint64_t stop_epoch, stop_batch;
    fa_result evaluated[32]; /* by epoch */
} log_book;

/* Notes what a callback sees after an epoch, and evaluates again. */
static bool write_log(void *user_data, const fa_progress *p)
{
    log_book *b = user_data;
    b->calls[p->point]++;
    ck_assert(p->struct_size == sizeof *p && p->net == b->c->s.net && p->opt == b->c->s.opt);
    if (p->point == FA_AFTER_EPOCH) {
        fa_epoch_record record = record_of(b->c, p->epoch);
        ck_assert(memcmp(&record.training, &p->training, sizeof p->training) == 0);
        ck_assert(memcmp(&record.validation, &p->validation, sizeof p->validation) == 0);
        ck_assert_uint_eq(p->batch, p->batches);
        if (b->c->validation)
            expect_ok(fa_evaluate(p->net, b->c->validation, &b->evaluated[p->epoch], NULL));
    }
    return p->point != b->stop_at || p->epoch != b->stop_epoch || (b->stop_batch && p->batch != b->stop_batch);
}

static void set_callbacks(const scene *c, log_book *b)
{
    for (int point = FA_AFTER_DELTAS; point <= FA_AFTER_EPOCH; point++)
        expect_ok(fa_trainer_set_callback(c->trainer, (fa_point)point, 2, write_log, b));
}

/* Batches 2, 4 and 5 of each epoch, and the epochs; records are what fa_evaluate() says of those weights. */
START_TEST(callbacks_and_records)
{
    scene c = make_scene(FA_FLOAT32, 3);
    log_book b = {.c = &c};
    if (_i)
        c.validation = NULL;
    set_callbacks(&c, &b);
    expect_ok(scene_run(&c));
    ck_assert(b.calls[FA_AFTER_DELTAS] == 12 && b.calls[FA_AFTER_UPDATE] == 12 && b.calls[FA_AFTER_EPOCH] == 4);
    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        fa_result v = record_of(&c, epoch).validation;
        ck_assert(c.validation ? memcmp(&v, &b.evaluated[epoch], sizeof v) == 0 : v.samples == 0 && isnan(v.loss));
    }
    ck_assert_uint_eq(fa_trainer_best(c.trainer) > 0, c.validation != NULL);
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_UPDATE, 2, NULL, NULL));
    scene_set(&c, "epochs", 5);
    expect_ok(scene_run(&c));
    ck_assert(b.calls[FA_AFTER_DELTAS] == 15 && b.calls[FA_AFTER_UPDATE] == 12 && b.calls[FA_AFTER_EPOCH] == 5);
}
END_TEST

/* Two epochs and then two more, or one after the other, are four: shuffled, with dropout and momentum. */
START_TEST(a_run_goes_on)
{
    scene whole = make_scene(FA_FLOAT32, 3), parts = make_scene(FA_FLOAT32, 3);
    expect_ok(fa_network_set_dropout(whole.s.net, 1, 0.3));
    expect_ok(fa_network_set_dropout(parts.s.net, 1, 0.3));
    expect_ok(scene_run(&whole));
    for (int epochs = _i + 1; epochs <= 4; epochs += _i + 1) {
        scene_set(&parts, "epochs", epochs);
        expect_ok(scene_run(&parts));
        ck_assert_uint_eq(fa_trainer_epochs(parts.trainer), (uint64_t)epochs);
    }
    ck_assert(same_weights(&whole, &parts));
    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        fa_epoch_record a = record_of(&whole, epoch), b = record_of(&parts, epoch);
        ck_assert(memcmp(&a, &b, sizeof a) == 0);
    }
    expect_ok(scene_run(&parts));
    ck_assert(same_weights(&whole, &parts) && fa_trainer_stop(parts.trainer) == FA_STOP_EPOCHS);
}
END_TEST

/* At any point. Inside an epoch the batch is still done, and the next run begins the next epoch. */
START_TEST(a_callback_stops_the_run)
{
    scene c = make_scene(FA_FLOAT64, 3);
    log_book b = {.c = &c, .stop_at = (fa_point)_i, .stop_epoch = 2, .stop_batch = _i == FA_AFTER_EPOCH ? 0 : 4};
    set_callbacks(&c, &b);
    expect_ok(scene_run(&c));
    ck_assert_int_eq(fa_trainer_stop(c.trainer), FA_STOP_CALLBACK);
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 2);
    ck_assert_uint_eq(record_of(&c, 2).training.samples, _i == FA_AFTER_EPOCH ? SAMPLES : 4 * BATCH);
    ck_assert_uint_eq(record_of(&c, 2).validation.samples, _i == FA_AFTER_EPOCH ? VALIDATION : 0);
    ck_assert_uint_eq(fa_optimizer_steps(c.s.opt), _i == FA_AFTER_EPOCH ? 10 : 9);
    expect_ok(scene_run(&c));
    ck_assert_int_eq(fa_trainer_stop(c.trainer), FA_STOP_EPOCHS);
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 4);
    ck_assert_uint_eq(record_of(&c, 3).training.samples, SAMPLES);
}
END_TEST

static bool raise_epochs(void *user_data, const fa_progress *p)
{
    (void)p;
    expect_ok(fa_trainer_set(user_data, "epochs", 1000));
    return true;
}

/* What a callback sets counts from the next run on. */
START_TEST(a_run_keeps_its_length)
{
    scene c = make_scene(FA_FLOAT32, 3);
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, raise_epochs, c.trainer));
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 4);
}
END_TEST

static bool until_epoch(void *user_data, const fa_progress *p)
{
    return p->epoch < *(uint64_t *)user_data;
}

/* "Until the callback says stop": a billion epochs are no reason to run out of memory; records of many are kept. */
START_TEST(any_number_of_epochs)
{
    scene c = make_scene(FA_FLOAT32, 1);
    uint64_t last = 2;
    scene_set(&c, "epochs", 1e9);
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_EPOCH, 0, until_epoch, &last));
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 2);
    last = 9000;
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 9000);
    for (uint64_t epoch = 1; epoch <= 9000; epoch++) {
        ck_assert_uint_eq(record_of(&c, epoch).epoch, epoch);
        ck_assert_uint_eq(record_of(&c, epoch).training.samples, SAMPLES);
    }
}
END_TEST

/* The same seed gives the same bits, 20 runs of 20; another one others. */
START_TEST(repeatable)
{
    scene first = make_scene(FA_FLOAT32, 3);
    for (int again = 0; again <= 20; again++) {
        scene c = again == 0 ? first : make_scene(FA_FLOAT32, 3);
        if (again == 20)
            c.trainer = make_trainer(c.s.net, SEED + 1);
        scene_set(&c, "epochs", 2);
        expect_ok(fa_network_set_dropout(c.s.net, 0, 0.1));
        expect_ok(fa_trainer_set_choice(c.trainer, "schedule", "cosine"));
        expect_ok(scene_run(&c));
        ck_assert(same_weights(&first, &c) == (again < 20));
    }
}
END_TEST

/* --- failures --- */

static bool spoil(void *user_data, const fa_progress *p)
{
    fa_network *net = user_data;
    fa_matrix b = make_matrix(FA_FLOAT32, 1, fa_network_width(net, DEPTH));
    for (size_t j = 0; j < b.cols; j++)
        set_element(&b, 0, j, 3e38);
    if (p->epoch == 2 && p->batch == 3)
        expect_ok(fa_network_set_bias(net, DEPTH, &b));
    return true;
}

/* The epoch that diverged has a record of how far it came; layers are as they were; the next run goes on behind it. */
START_TEST(divergence_leaves_a_record)
{
    scene c = make_scene(FA_FLOAT32, 3);
    expect_ok(fa_trainer_freeze(c.trainer, 1, 1, 100));
    expect_ok(fa_network_set_frozen(c.s.net, 2, true));
    expect_ok(fa_trainer_set_callback(c.trainer, FA_AFTER_UPDATE, 1, spoil, c.s.net));
    expect_failure(FA_ERR_NOT_FINITE, scene_run(&c));
    ck_assert_int_eq(fa_trainer_stop(c.trainer), FA_STOP_NONE);
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 2);
    ck_assert_uint_eq(record_of(&c, 2).training.samples, 3 * BATCH);
    ck_assert_uint_eq(record_of(&c, 2).validation.samples, 0);
    ck_assert(!fa_network_is_frozen(c.s.net, 1) && fa_network_is_frozen(c.s.net, 2));
    expect_ok(fa_network_init_bias(c.s.net, DEPTH, FA_INIT_ZERO, 1, 0));
    expect_ok(scene_run(&c));
    ck_assert_uint_eq(fa_trainer_epochs(c.trainer), 4);
}
END_TEST

/* A factor beyond all numbers is refused at the update that would need it. */
START_TEST(a_schedule_can_overflow)
{
    scene c = make_scene(FA_FLOAT64, 3);
    expect_ok(fa_optimizer_set(c.s.opt, "learning_rate", 0));
    expect_ok(fa_trainer_set_choice(c.trainer, "schedule", "step"));
    scene_set(&c, "step_epochs", 0.02);
    scene_set(&c, "step_factor", 1e9);
    expect_failure(FA_ERR_ARGUMENT, scene_run(&c));
    ck_assert_uint_eq(record_of(&c, 1).training.samples, 4 * BATCH);
    ck_assert_double_le(record_of(&c, 1).schedule, 1e300);
}
END_TEST

static void check_refused(const scene *c, fa_status status)
{
    expect_failure(status, scene_run(c));
    ck_assert_uint_eq(fa_trainer_epochs(c->trainer), 0);
    ck_assert_uint_eq(fa_optimizer_steps(c->s.opt), 0);
}

/* What does not fit is found before anything is done. */
START_TEST(bad_runs)
{
    scene c = make_scene(FA_FLOAT32, 3), bad = c;
    net_spec wider = make_spec(FA_FLOAT32, DEPTH, 8, FA_TANH, true);
    net_spec wide = make_spec(FA_FLOAT64, DEPTH, 7, FA_TANH, true);
    session other = make_session(&wider, fa_rule_find("fa"), BATCH, 3);
    bad.trainer = make_trainer(other.net, SEED), check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.s.pass = other.pass, check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.s.fb = other.fb, check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.s.opt = other.opt, check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.training = make_samples(&wider, 3, 1), check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.validation = make_samples(&wider, 3, 1), check_refused(&bad, FA_ERR_SHAPE);
    bad = c, bad.training = make_samples(&wide, 3, 1), check_refused(&bad, FA_ERR_DTYPE);
    bad = c, bad.validation = make_samples(&wide, 3, 1), check_refused(&bad, FA_ERR_DTYPE);
    bad = c, bad.s.net = NULL, check_refused(&bad, FA_ERR_ARGUMENT);
    bad = c, bad.s.pass = NULL, check_refused(&bad, FA_ERR_ARGUMENT);
    bad = c, bad.s.fb = NULL, check_refused(&bad, FA_ERR_ARGUMENT);
    bad = c, bad.training = NULL, check_refused(&bad, FA_ERR_ARGUMENT);
    bad = c, bad.s.opt = NULL;
    expect_failure(FA_ERR_ARGUMENT, scene_run(&bad));
    bad = c, bad.trainer = NULL;
    expect_failure(FA_ERR_ARGUMENT, scene_run(&bad));
    scene_set(&c, "batch", BATCH + 1);
    check_refused(&c, FA_ERR_SHAPE);
    scene_set(&c, "batch", BATCH);
    scene_set(&c, "drop_last", 1);
    bad = c, bad.training = make_samples(&c.s.spec, BATCH - 1, 1), check_refused(&bad, FA_ERR_SHAPE);
    expect_ok(scene_run(&c));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, a_run_is_its_steps, 0, 12);
    tcase_add_loop_test(tcase, callbacks_and_records, 0, 2);
    tcase_add_loop_test(tcase, a_run_goes_on, 0, 2);
    tcase_add_loop_test(tcase, a_callback_stops_the_run, FA_AFTER_DELTAS, FA_AFTER_EPOCH + 1);
    tcase_add_test(tcase, a_run_keeps_its_length);
    tcase_add_test(tcase, any_number_of_epochs);
    tcase_add_test(tcase, repeatable);
    tcase_add_test(tcase, divergence_leaves_a_record);
    tcase_add_test(tcase, a_schedule_can_overflow);
    tcase_add_test(tcase, bad_runs);
    return support_run(suite, true);
}
