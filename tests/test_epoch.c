/* fa_train_epoch() is fa_train_step() on each mini-batch: a second session takes the steps by hand. */
#include "corpus.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

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

/* Perturbed losses enter the update by their difference over sigma^2; the last bits of a loss depend on how the
 * target lies. With sigma = 0.5 some roundings of losses below 100 are left, in a learning rate of 0.05. */
static bool close_snapshot(const state_copy *a, const state_copy *b, fa_dtype dtype)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = fabs(a->values[i] - b->values[i]) <= 0.05 * 4 * 100 * 50 * (dtype == FA_FLOAT64 ? 0x1p-53 : 0x1p-24);
    return same;
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
    bool perturbs = fa_feedback_set_param(hand.fb, "sigma", 0.5) == FA_OK;
    ck_assert((fa_feedback_set_param(epoch.fb, "sigma", 0.5) == FA_OK) == perturbs);
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
        ck_assert_msg(perturbs ? close_snapshot(&a, &b, dtype) : same_snapshot(&a, &b),
                      "%s, %zu samples, batch %zu, shuffle %d: other weights", rule->name, c.n,
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

int main(void)
{
    Suite *suite = suite_create("epoch");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, an_epoch_is_its_steps, 0, 2 * TRIALS * (int)fa_rule_count());
    tcase_add_loop_test(tcase, single_samples_with_momentum_are_steps, 0, 2);
    tcase_add_test(tcase, defaults);
    return support_run(suite, true);
}
