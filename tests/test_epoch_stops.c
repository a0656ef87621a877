/* Callbacks in an epoch, and what ends one early: a callback, a bad sample, a failing rule, wrong arguments. */
#include "corpus.h"

#include <math.h>
#include <string.h>

/* --- callbacks --- */

enum { BATCHES = 5, CALLBACK_BATCH = 4, CALLBACK_SAMPLES = 18 }; /* the last batch has 2 */

typedef struct watcher {
    session *s;
    state_copy after[BATCHES + 1]; /* weights after so many steps, taken by hand */
    tally so_far[BATCHES + 1];
    fa_point point;
    uint64_t epoch, calls, seen[BATCHES], stop_at;
} watcher;

static bool observe(void *user_data, const fa_progress *p)
{
    watcher *w = user_data;
    state_copy now = take_snapshot(w->s);
    fa_matrix view;
    uint64_t updates = p->point == FA_AFTER_DELTAS ? p->batch - 1 : p->batch;
    ck_assert(p->struct_size == sizeof *p && p->point == w->point && p->epoch == w->epoch && p->batches == BATCHES);
    ck_assert(p->batch >= 1 && p->batch <= BATCHES);
    ck_assert(p->net == w->s->net && p->pass == w->s->pass && p->fb == w->s->fb && p->opt == w->s->opt);
    ck_assert_msg(same_snapshot(&now, &w->after[updates]), "batch %d sees other weights", (int)p->batch);
    ck_assert_uint_eq(fa_optimizer_steps(p->opt), updates);
    ck_assert_uint_eq(p->training.samples, w->so_far[p->batch].samples);
    ck_assert_uint_eq(p->training.correct, w->so_far[p->batch].correct);
    ck_assert(p->validation.samples == 0 && isnan(p->validation.loss));
    expect_ok(fa_pass_delta(p->pass, 1, &view));
    ck_assert_uint_eq(view.rows, p->batch < BATCHES ? CALLBACK_BATCH : CALLBACK_SAMPLES % CALLBACK_BATCH);
    w->seen[w->calls++] = p->batch;
    return p->batch != w->stop_at;
}

/* A session to be trained by epochs, and what its weights are after each step. */
static corpus watched(watcher *w, session *s, const fa_rule *rule)
{
    uint64_t state = 7;
    net_spec spec = make_spec(FA_FLOAT64, 3, 6, FA_TANH, true);
    session hand = make_session(&spec, rule, CALLBACK_BATCH, 5);
    corpus c = {.n = CALLBACK_SAMPLES, .batch = CALLBACK_BATCH, .samples = CALLBACK_SAMPLES};
    fa_matrix x = make_uniform(spec.dtype, c.n, spec.width[0], LAYOUT_C, 1, &state);
    *s = make_session(&spec, rule, CALLBACK_BATCH, 5);
    c.data = make_labelled(&x, make_labels(c.n, spec.width[3], &state), spec.width[3]);
    c.options = make_options(CALLBACK_BATCH);
    c.options.epoch = w->epoch = 12;
    c.options.shuffle = true;
    c.options.callback = observe;
    c.options.user_data = w;
    w->s = s;
    const size_t *order = order_of(&c);
    w->after[0] = take_snapshot(&hand);
    for (size_t b = 0; b < BATCHES; b++) {
        w->so_far[b + 1] = w->so_far[b];
        expect_ok(step_by_hand(&hand, &c, order, b * c.batch, &w->so_far[b + 1]));
        w->after[b + 1] = take_snapshot(&hand);
    }
    return c;
}

static const uint64_t intervals[] = {0, 1, 2, 3, 5, 100};

/* Batches every, 2 every, ... and the last one; the weights are those before or after the update. */
START_TEST(callbacks_see_the_weights_of_their_point)
{
    watcher w = {.point = _i % 2 ? FA_AFTER_DELTAS : FA_AFTER_UPDATE};
    session s;
    corpus c = watched(&w, &s, fa_rule_find("fa"));
    fa_result result;
    uint64_t every = intervals[_i / 2], expected = 0;
    c.options.point = w.point;
    c.options.every = every;
    expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, c.data, &c.options, &result));
    for (uint64_t b = 1; b <= BATCHES; b++)
        if (b == BATCHES || b % (every ? every : 1) == 0)
            ck_assert_uint_eq(w.seen[expected++], b);
    ck_assert_uint_eq(w.calls, expected);
    check_result(&c, &w.so_far[BATCHES], &result);
}
END_TEST

/* The current batch is still done; that is no error. */
START_TEST(a_callback_stops_after_its_batch)
{
    watcher w = {.point = _i % 2 ? FA_AFTER_DELTAS : FA_AFTER_UPDATE, .stop_at = (uint64_t)_i / 2 + 1};
    session s;
    corpus c = watched(&w, &s, fa_rule_find("fa"));
    fa_result result;
    c.options.point = w.point;
    expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, c.data, &c.options, &result));
    state_copy now = take_snapshot(&s);
    ck_assert(same_snapshot(&now, &w.after[w.stop_at]));
    ck_assert_uint_eq(w.calls, w.stop_at);
    check_result(&c, &w.so_far[w.stop_at], &result);
}
END_TEST

/* --- failures --- */

/* A sample that cannot be trained on: the steps before stand, and the result counts them. Then the objects are as good
 * as those that took the same steps by hand. */
START_TEST(a_bad_sample_ends_the_epoch)
{
    size_t bad = (size_t)_i % 12, batch = (size_t)_i / 12 + 1;
    uint64_t state = 11;
    net_spec spec = make_spec(FA_FLOAT32, 2, 5, FA_TANH, true);
    session hand = make_session(&spec, fa_rule_find("fa"), 4, 2), epoch = make_session(&spec, fa_rule_find("fa"), 4, 2);
    corpus c = {.n = 12, .batch = batch, .samples = 12, .options = make_options(batch)};
    fa_matrix x = make_uniform(spec.dtype, c.n, spec.width[0], LAYOUT_C, 1, &state);
    fa_status status;
    fa_result result;
    set_element(&x, bad, 1, _i % 2 ? (double)NAN : (double)INFINITY);
    fa_matrix target = make_target(&spec, c.n, LAYOUT_C, &state);
    c.data = make_dataset(&x, &target);
    tally t = epoch_by_hand(&hand, &c, &status);
    expect_failure(status, fa_train_epoch(epoch.net, epoch.pass, epoch.fb, epoch.opt, c.data, &c.options, &result));
    ck_assert_int_eq(status, FA_ERR_NOT_FINITE);
    ck_assert_uint_eq(result.samples, bad / batch * batch);
    check_result(&c, &t, &result);
    state_copy a = take_snapshot(&hand), b = take_snapshot(&epoch);
    ck_assert(same_snapshot(&a, &b));
    expect_ok(session_step(&hand, NULL));
    expect_ok(session_step(&epoch, NULL));
    a = take_snapshot(&hand), b = take_snapshot(&epoch);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

static fa_status fail_third(fa_step *step)
{
    return fa_step_number(step) == 2 ? fa_rule_fail("enough of this") : FA_OK;
}

START_TEST(a_failing_rule_ends_the_epoch)
{
    fa_rule rule = {.struct_size = sizeof rule, .name = "third", .backward = fail_third};
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, &rule, 10, 2);
    fa_epoch_options options = make_options((size_t)_i + 1);
    fa_result result;
    fa_dataset *data = make_dataset(&s.x, &s.target);
    expect_failure(FA_ERR_RULE, fa_train_epoch(s.net, s.pass, s.fb, s.opt, data, &options, &result));
    ck_assert_str_eq(fa_last_error(), "enough of this");
    ck_assert_uint_eq(result.samples, 2 * options.batch);
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 2);
}
END_TEST

static fa_status train(const session *s, const fa_dataset *data, const fa_epoch_options *options)
{
    fa_result result = {.samples = 9, .correct = 9};
    fa_status status = fa_train_epoch(s->net, s->pass, s->fb, s->opt, data, options, &result);
    ck_assert(result.samples == 0 && result.correct == 0 && isnan(result.loss) && isnan(result.accuracy));
    return status;
}

/* A part of a session that belongs to another architecture. */
static void check_misfits(const session *s, const session *other, const fa_dataset *data)
{
    session mixed = *s;
    mixed.pass = other->pass;
    expect_failure(FA_ERR_SHAPE, train(&mixed, data, NULL));
    mixed = *s, mixed.fb = other->fb;
    expect_failure(FA_ERR_SHAPE, train(&mixed, data, NULL));
    mixed = *s, mixed.opt = other->opt;
    expect_failure(FA_ERR_SHAPE, train(&mixed, data, NULL));
    mixed = *s, mixed.net = NULL;
    expect_failure(FA_ERR_ARGUMENT, train(&mixed, data, NULL));
    mixed = *s, mixed.pass = NULL;
    expect_failure(FA_ERR_ARGUMENT, train(&mixed, data, NULL));
    mixed = *s, mixed.fb = NULL;
    expect_failure(FA_ERR_ARGUMENT, train(&mixed, data, NULL));
    mixed = *s, mixed.opt = NULL;
    expect_failure(FA_ERR_ARGUMENT, train(&mixed, data, NULL));
    expect_failure(FA_ERR_ARGUMENT, train(s, NULL, NULL));
}

static void check_bad_data(const session *s)
{
    uint64_t state = 1;
    size_t in = s->spec.width[0], out = s->spec.width[2];
    fa_matrix wide = make_matrix(FA_FLOAT64, 6, in + 1), right = make_matrix(FA_FLOAT64, 6, in);
    fa_matrix narrow = make_matrix(FA_FLOAT64, 6, out - 1), good = make_matrix(FA_FLOAT64, 6, out);
    fa_matrix single = make_matrix(FA_FLOAT32, 6, in), single_target = make_matrix(FA_FLOAT32, 6, out);
    expect_failure(FA_ERR_SHAPE, train(s, make_dataset(&wide, &good), NULL));
    expect_failure(FA_ERR_SHAPE, train(s, make_dataset(&right, &narrow), NULL));
    expect_failure(FA_ERR_SHAPE, train(s, make_labelled(&right, make_labels(6, out, &state), out + 1), NULL));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "classes"));
    expect_failure(FA_ERR_DTYPE, train(s, make_dataset(&single, &single_target), NULL));
}

static void check_bad_options(session *s, const fa_dataset *data)
{
    watcher w = {.s = s};
    fa_epoch_options options = make_options(s->x.rows + 1);
    expect_failure(FA_ERR_SHAPE, train(s, data, &options));
    fa_pass *large = make_pass(s->net, s->x.rows + 1), *small = s->pass;
    s->pass = large;
    options.drop_last = true;
    expect_failure(FA_ERR_SHAPE, train(s, data, &options));
    s->pass = small;
    options = make_options(2);
    options.struct_size--;
    expect_failure(FA_ERR_ARGUMENT, train(s, data, &options));
    options = make_options(2);
    options.callback = observe;
    options.user_data = &w;
    expect_failure(FA_ERR_ARGUMENT, train(s, data, &options));
    options.point = FA_AFTER_EPOCH;
    expect_failure(FA_ERR_ARGUMENT, train(s, data, &options));
}

/* Whatever is refused changes nothing. */
START_TEST(bad_arguments)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true), wider = make_spec(FA_FLOAT64, 2, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 6, 2), other = make_session(&wider, fa_rule_find("fa"), 6, 2);
    fa_dataset *data = make_dataset(&s.x, &s.target);
    state_copy before = take_snapshot(&s);
    check_misfits(&s, &other, data);
    check_bad_data(&s);
    check_bad_options(&s, data);
    expect_ok(fa_network_set_dropout(s.net, 1, 0.5));
    expect_failure(FA_ERR_STATE, train(&s, data, NULL));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 0);
}
END_TEST

/* --- callbacks that do what they should not --- */

typedef enum mischief { TRAIN_AGAIN, STEP_AGAIN, ADD_A_LAYER, SWITCH_ON_DROPOUT, MISCHIEFS } mischief;

typedef struct meddler {
    session *s;
    const fa_dataset *data;
    mischief what;
    fa_status inner;
} meddler;

static bool meddle(void *user_data, const fa_progress *p)
{
    meddler *m = user_data;
    fa_matrix x, target;
    (void)p;
    switch (m->what) {
    case TRAIN_AGAIN:
        m->inner = fa_train_epoch(m->s->net, m->s->pass, m->s->fb, m->s->opt, m->data, NULL, NULL);
        break;
    case STEP_AGAIN:
        expect_ok(fa_dataset_view(m->data, 0, 1, &x, &target));
        m->inner = fa_train_step(m->s->net, m->s->pass, m->s->fb, m->s->opt, &x, &target, NULL);
        break;
    case ADD_A_LAYER:
        m->inner = fa_network_add_dense(m->s->net, 5, FA_IDENTITY, true);
        break;
    default:
        m->inner = fa_network_set_dropout(m->s->net, 1, 0.5);
        break;
    }
    return true;
}

/* Training inside training is refused; a network that no longer fits ends the epoch; dropout begins with the next
 * batch. */
START_TEST(callbacks_that_meddle)
{
    static const fa_status inner[MISCHIEFS] = {FA_ERR_STATE, FA_ERR_STATE, FA_OK, FA_OK};
    static const fa_status outer[MISCHIEFS] = {FA_OK, FA_OK, FA_ERR_SHAPE, FA_OK};
    const size_t batch = _i / 2 % 2 ? 1 : 3;
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 6, 2);
    fa_dataset *data = make_dataset(&s.x, &s.target);
    meddler m = {.s = &s, .data = data, .what = (mischief)(_i / 4)};
    fa_epoch_options options = make_options(batch);
    fa_result result;
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_pass_set_dropout(s.pass, 1, 0));
    options.point = _i % 2 ? FA_AFTER_DELTAS : FA_AFTER_UPDATE;
    options.callback = meddle;
    options.user_data = &m;
    ck_assert_int_eq(fa_train_epoch(s.net, s.pass, s.fb, s.opt, data, &options, &result), outer[m.what]);
    ck_assert_int_eq(m.inner, inner[m.what]);
    if (outer[m.what] == FA_OK)
        ck_assert_uint_eq(result.samples, 6);
    if (m.what != ADD_A_LAYER)
        expect_ok(fa_train_epoch(s.net, s.pass, s.fb, s.opt, data, NULL, NULL)); /* the pass is free again */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("epoch stops");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, callbacks_see_the_weights_of_their_point, 0, 2 * sizeof intervals / sizeof intervals[0]);
    tcase_add_loop_test(tcase, a_callback_stops_after_its_batch, 0, 2 * BATCHES);
    tcase_add_loop_test(tcase, a_bad_sample_ends_the_epoch, 0, 12 * 4);
    tcase_add_loop_test(tcase, a_failing_rule_ends_the_epoch, 0, 3);
    tcase_add_loop_test(tcase, callbacks_that_meddle, 0, 4 * MISCHIEFS);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
