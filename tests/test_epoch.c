/* fa_train_epoch() is fa_train_step() on each mini-batch: a second session takes the steps by hand. */
#include "session.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* Samples, and whether they carry labels; the mini-batches in which they are expected. */
typedef struct corpus {
    fa_dataset *data;
    size_t n, batch, samples; /* samples: that an epoch trains on */
    fa_epoch_options options;
} corpus;

/* What an epoch should report, counted by hand. */
typedef struct tally {
    uint64_t samples, correct, batches;
    double sum;
} tally;

static fa_epoch_options make_options(size_t batch)
{
    return (fa_epoch_options){.struct_size = sizeof(fa_epoch_options), .batch = batch};
}

/* --- by hand --- */

/* Samples rows[0 .. count - 1]: where they lie if they do so one after the other and nothing is shuffled, else a copy. */
static void take_batch(const corpus *c, const size_t *rows, size_t count, fa_matrix *x, fa_matrix *target)
{
    fa_dtype dtype = fa_dataset_dtype(c->data);
    fa_matrix copied = make_matrix(dtype, count, fa_dataset_n_inputs(c->data));
    fa_matrix wanted = make_matrix(dtype, count, fa_dataset_n_outputs(c->data));
    expect_ok(fa_dataset_gather(c->data, rows, count, &copied, &wanted));
    if (!c->options.shuffle && fa_dataset_view(c->data, rows[0], count, x, target) == FA_OK) {
        if (!target->data)
            *target = wanted;
        return;
    }
    *x = copied;
    *target = wanted;
}

static uint64_t count_correct(const corpus *c, const size_t *rows, const fa_matrix *y)
{
    uint64_t correct = 0;
    for (size_t i = 0; i < y->rows; i++) {
        int32_t label;
        size_t best = 0;
        expect_ok(fa_dataset_labels(c->data, rows[i], 1, &label));
        for (size_t j = 0; j < y->cols; j++)
            if (element(y, i, j) > element(y, i, best))
                best = j;
        correct += best == (size_t)label;
    }
    return correct;
}

/* One mini-batch by fa_train_step(). */
static fa_status step_by_hand(session *s, const corpus *c, const size_t *order, size_t first, tally *t)
{
    size_t count = c->samples - first < c->batch ? c->samples - first : c->batch;
    fa_matrix x, target, y;
    double loss;
    take_batch(c, order + first, count, &x, &target);
    fa_status status = fa_train_step(s->net, s->pass, s->fb, s->opt, &x, &target, &loss);
    if (status != FA_OK)
        return status;
    expect_ok(fa_pass_activity(s->pass, s->spec.depth, &y));
    t->samples += count;
    t->batches++;
    t->sum += loss * (double)count;
    if (fa_dataset_has_labels(c->data))
        t->correct += count_correct(c, order + first, &y);
    return FA_OK;
}

static const size_t *order_of(const corpus *c)
{
    size_t *order = make_memory(c->n, sizeof *order);
    fa_stream stream = {.seed = c->options.seed, .step = c->options.epoch, .purpose = FA_PURPOSE_ORDER};
    for (size_t i = 0; i < c->n; i++)
        order[i] = i;
    if (c->options.shuffle)
        expect_ok(fa_random_permutation(&stream, c->n, order));
    return order;
}

static tally epoch_by_hand(session *s, const corpus *c, fa_status *status)
{
    const size_t *order = order_of(c);
    tally t = {0};
    *status = FA_OK;
    for (size_t first = 0; first < c->samples && *status == FA_OK; first += c->batch)
        *status = step_by_hand(s, c, order, first, &t);
    return t;
}

/* Both sum losses in double: each addition and product rounds once. */
static void check_result(const corpus *c, const tally *t, const fa_result *r)
{
    ck_assert_uint_eq(r->samples, t->samples);
    ck_assert_uint_eq(r->correct, t->correct);
    if (t->samples == 0) {
        ck_assert(isnan(r->loss) && isnan(r->accuracy));
        return;
    }
    double loss = t->sum / (double)t->samples;
    ck_assert_double_le(fabs(r->loss - loss), 2 * (double)(t->batches + 2) * 0x1p-53 * fabs(loss));
    if (fa_dataset_has_labels(c->data))
        ck_assert_double_eq(r->accuracy, (double)t->correct / (double)t->samples);
    else
        ck_assert(isnan(r->accuracy));
}

/* --- bit for bit --- */

static corpus random_corpus(const net_spec *spec, uint64_t *state)
{
    corpus c = {.batch = 2 + draw_index(state, MAX_BATCH - 1)};
    size_t whole = 1 + draw_index(state, 3 * MAX_BATCH), outputs = spec->width[spec->depth];
    fa_matrix x = make_uniform(spec->dtype, whole, spec->width[0], (view_layout)draw_index(state, LAYOUTS), 2, state);
    if (draw_index(state, 2)) {
        c.data = make_labelled(&x, make_labels(whole, outputs, state), outputs);
    } else {
        fa_matrix target = make_target(spec, whole, (view_layout)draw_index(state, LAYOUTS), state);
        c.data = make_dataset(&x, &target);
    }
    if (draw_index(state, 2))
        c.data = make_scattered(c.data, 1 + draw_index(state, whole), 5);
    c.n = fa_dataset_size(c.data);
    c.options = make_options(c.batch == MAX_BATCH ? 0 : c.batch);
    c.options.shuffle = draw_index(state, 2) == 0;
    c.options.seed = draw_word(state);
    c.options.epoch = draw_index(state, 100);
    c.options.drop_last = draw_index(state, 2) && c.n >= c.batch;
    c.samples = c.options.drop_last ? c.n - c.n % c.batch : c.n;
    return c;
}

/* Dropout, frozen layers, removed connections. */
static void complicate(session *s, uint64_t seed)
{
    uint64_t state = seed;
    for (size_t l = 0; l < s->spec.depth && draw_index(&state, 2); l++)
        expect_ok(fa_network_set_dropout(s->net, l, 0.25));
    expect_ok(fa_pass_set_dropout(s->pass, seed, 3));
    expect_ok(fa_network_set_frozen(s->net, 1 + draw_index(&state, s->spec.depth), draw_index(&state, 3) == 0));
    if (draw_index(&state, 3) == 0)
        expect_ok(fa_network_prune(s->net, 1 + draw_index(&state, s->spec.depth), 0.5, seed));
}

/* Two epochs with any data, options, architecture and optimizer. */
static void check_equal_steps(fa_dtype dtype, const fa_rule *rule, uint64_t seed)
{
    uint64_t state = seed;
    net_spec spec = random_spec(dtype, &state);
    session hand = make_session(&spec, rule, MAX_BATCH, seed), epoch = make_session(&spec, rule, MAX_BATCH, seed);
    corpus c = random_corpus(&spec, &state);
    double momentum = draw_index(&state, 2) ? 0.5 : 0;
    complicate(&hand, seed);
    complicate(&epoch, seed);
    expect_ok(fa_optimizer_set(hand.opt, "momentum", momentum));
    expect_ok(fa_optimizer_set(epoch.opt, "momentum", momentum));
    for (int i = 0; i < 2; i++, c.options.epoch++) {
        fa_result result;
        fa_status status;
        tally t = epoch_by_hand(&hand, &c, &status);
        expect_ok(status);
        expect_ok(fa_train_epoch(epoch.net, epoch.pass, epoch.fb, epoch.opt, c.data, &c.options, &result));
        check_result(&c, &t, &result);
        state_copy a = take_snapshot(&hand), b = take_snapshot(&epoch);
        ck_assert_msg(same_snapshot(&a, &b), "%s, %zu samples, batch %zu, shuffle %d: other weights", rule->name, c.n,
                      c.batch, c.options.shuffle);
    }
    ck_assert_uint_eq(fa_optimizer_steps(hand.opt), fa_optimizer_steps(epoch.opt));
}

enum { TRIALS = 10 };

START_TEST(an_epoch_is_its_steps)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / (2 * TRIALS));
    check_equal_steps(dtypes[_i % 2], rule, (uint64_t)_i + 1);
}
END_TEST

/* Batches of one sample with momentum: there is no shortcut, and the bits are those of steps. */
START_TEST(single_samples_with_momentum_are_steps)
{
    uint64_t state = 3;
    net_spec spec = make_spec(dtypes[_i], 3, 9, FA_TANH, true);
    session hand = make_session(&spec, fa_rule_find("fa"), 4, 3), epoch = make_session(&spec, fa_rule_find("fa"), 4, 3);
    corpus c = {.n = 13, .batch = 1, .samples = 13, .options = make_options(1)};
    fa_matrix x = make_uniform(spec.dtype, c.n, spec.width[0], LAYOUT_C, 1, &state);
    fa_status status;
    fa_result result;
    c.data = make_labelled(&x, make_labels(c.n, spec.width[3], &state), spec.width[3]);
    c.options.shuffle = true;
    tally t = epoch_by_hand(&hand, &c, &status);
    expect_ok(fa_train_epoch(epoch.net, epoch.pass, epoch.fb, epoch.opt, c.data, &c.options, &result));
    check_result(&c, &t, &result);
    state_copy a = take_snapshot(&hand), b = take_snapshot(&epoch);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

/* No options, no result wanted: the data's order, the pass's largest batch. */
START_TEST(defaults)
{
    net_spec spec = make_spec(FA_FLOAT32, 2, 5, FA_RELU, true);
    session hand = make_session(&spec, fa_rule_find("bp"), 7, 1), epoch = make_session(&spec, fa_rule_find("bp"), 7, 1);
    corpus c = {.data = make_dataset(&hand.x, &hand.target), .n = 7, .batch = 7, .samples = 7};
    fa_status status;
    epoch_by_hand(&hand, &c, &status);
    expect_ok(fa_train_epoch(epoch.net, epoch.pass, epoch.fb, epoch.opt, c.data, NULL, NULL));
    state_copy a = take_snapshot(&hand), b = take_snapshot(&epoch);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

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

/* A sample that cannot be trained on: the steps before stand, and the result counts them. Then the objects are as good as
 * those that took the same steps by hand. */
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

int main(void)
{
    Suite *suite = suite_create("epoch");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, an_epoch_is_its_steps, 0, 2 * TRIALS * (int)fa_rule_count());
    tcase_add_loop_test(tcase, single_samples_with_momentum_are_steps, 0, 2);
    tcase_add_test(tcase, defaults);
    tcase_add_loop_test(tcase, callbacks_see_the_weights_of_their_point, 0, 2 * sizeof intervals / sizeof intervals[0]);
    tcase_add_loop_test(tcase, a_callback_stops_after_its_batch, 0, 2 * BATCHES);
    tcase_add_loop_test(tcase, a_bad_sample_ends_the_epoch, 0, 12 * 4);
    tcase_add_loop_test(tcase, a_failing_rule_ends_the_epoch, 0, 3);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
