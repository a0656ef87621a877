/* Streaming passes against ordinary ones: the same bits, less memory. */
#include "local_rule.h"
#include "training.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* --- the library's allocations, counted in bytes (lib/alloc.c calls calloc only) --- */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static size_t allocated, allocations;

void *__wrap_calloc(size_t count, size_t size)
{
    allocated += count * size;
    allocations++;
    return __real_calloc(count, size);
}

/* --- the same bits --- */

/* A rule that leaves every second delta alone. */
static fa_status half(fa_step *step, size_t l)
{
    return l % 2 ? local_delta(step, l) : FA_OK;
}

/* Random networks, every activation and loss among them; frozen, pruned and held layers; every kind of optimizer; whole
 * and smaller batches. */
START_TEST(steps_end_with_the_same_bits)
{
    uint64_t state = (uint64_t)_i + 1;
    net_spec spec = random_spec(dtypes[_i % 2], &state);
    fa_rule rule = make_local_rule();
    pair p = {.guest = {0}};
    if (_i % 5 == 4)
        rule.local = half;
    start_pair(&p, &spec, &rule, &recipes[(size_t)_i % recipe_count]);
    session *both[] = {&p.ordinary, &p.streaming};
    size_t frozen = 1 + draw_index(&state, spec.depth), special = 1 + draw_index(&state, spec.depth);
    for (size_t i = 0; i < 2; i++) {
        expect_ok(fa_network_set_frozen(both[i]->net, frozen, _i % 3 == 1));
        if (_i % 4 == 1)
            expect_ok(fa_network_prune(both[i]->net, special, 0.5, 7));
        if (_i % 4 == 2)
            expect_ok(fa_network_hold_norm(both[i]->net, 0, true));
    }
    for (int step = 0; step < 5; step++) {
        double loss[2];
        for (size_t i = 0; i < 2; i++) {
            both[i]->x.rows = both[i]->target.rows = step % 2 ? LOCAL_SAMPLES : LOCAL_SAMPLES - 3;
            expect_ok(session_step(both[i], &loss[i]));
        }
        ck_assert(memcmp(&loss[0], &loss[1], sizeof loss[0]) == 0);
        expect_equal(&p);
    }
}
END_TEST

/* Layer 1 sees numbers whose squares overflow, so that its update is not one product; those of the others are. */
START_TEST(so_do_mixed_updates)
{
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_IDENTITY, true);
    fa_rule rule = make_local_rule();
    recipe plain = {"sgd", {{"learning_rate", 0.05}}};
    pair p = {.guest = {0}};
    start_pair(&p, &spec, &rule, &plain);
    session *both[] = {&p.ordinary, &p.streaming};
    for (size_t i = 0; i < 2; i++) {
        fa_matrix w = weights_of(both[i]->net, 1), small = make_matrix(FA_FLOAT32, w.rows, w.cols);
        for (size_t at = 0; at < w.rows * w.cols; at++)
            set_element(&small, at / w.cols, at % w.cols, 1e-20 * element(&w, at / w.cols, at % w.cols));
        for (size_t at = 0; at < both[i]->x.rows * both[i]->x.cols; at++)
            ((float *)both[i]->x.data)[at] *= 1e20f;
        expect_ok(fa_network_set_weights(both[i]->net, 1, &small));
        expect_ok(fa_optimizer_set_rate_factor(both[i]->opt, 1, FA_WEIGHTS, 1e-37));
        fa_matrix before = make_matrix(FA_FLOAT32, w.rows, w.cols);
        expect_ok(fa_matrix_copy(&w, &before));
        for (int step = 0; step < 3; step++)
            expect_ok(session_step(both[i], NULL));
        ck_assert(!same_bits(&w, &before));
    }
    expect_equal(&p);
}
END_TEST

START_TEST(so_do_threads)
{
    net_spec spec = make_spec(dtypes[_i], 4, 32, FA_TANH, true);
    fa_rule rule = make_local_rule();
    pair p = {.guest = {0}};
    start_pair(&p, &spec, &rule, NULL);
    expect_ok(fa_pass_set_threads(p.ordinary.pass, 2));
    expect_ok(fa_pass_set_threads(p.streaming.pass, 2));
    for (int step = 0; step < 5; step++) {
        expect_ok(session_step(&p.ordinary, NULL));
        expect_ok(session_step(&p.streaming, NULL));
    }
    expect_equal(&p);
}
END_TEST

static bool count_call(void *user_data, const fa_progress *progress)
{
    size_t *calls = user_data;
    (void)progress;
    (*calls)++;
    return true;
}

/* Epochs with labels, shuffled, the last batch smaller; schedules, callbacks, validation. */
START_TEST(so_do_epochs_and_runs)
{
    fa_rule rule = make_local_rule();
    size_t calls[2] = {0, 0};
    scene scenes[2];
    for (size_t i = 0; i < 2; i++) {
        scene *c = &scenes[i];
        *c = make_scene(dtypes[_i], 3);
        c->s.fb = make_feedback(c->s.net, &rule, NULL, 9);
        if (i)
            c->s.pass = make_streaming(c->s.net, TRAINING_BATCH);
        expect_ok(fa_trainer_set_choice(c->trainer, "schedule", "cosine"));
        expect_ok(fa_trainer_set_callback(c->trainer, FA_AFTER_UPDATE, 2, count_call, &calls[i]));
        expect_ok(scene_run(c));
        const fa_epoch_options options = {.struct_size = sizeof options, .shuffle = true, .seed = 4, .batch = 1};
        fa_result result;
        expect_ok(fa_train_epoch(c->s.net, c->s.pass, c->s.fb, c->s.opt, c->training, &options, &result));
        ck_assert_uint_eq(result.samples, TRAINING_SAMPLES);
    }
    ck_assert(same_weights(&scenes[0], &scenes[1]));
    ck_assert(calls[0] == calls[1] && calls[0] > 0);
    for (uint64_t e = 1; e <= 4; e++) {
        fa_epoch_record a = record_of(&scenes[0], e), b = record_of(&scenes[1], e);
        ck_assert(a.training.correct == b.training.correct && a.training.loss == b.training.loss &&
                  a.validation.loss == b.validation.loss && a.schedule == b.schedule);
    }
}
END_TEST

/* --- memory --- */

enum { DEEP = 20, DEEP_WIDTH = 64, DEEP_BATCH = 100 };

static fa_network *make_deep(fa_dtype dtype)
{
    fa_network *net;
    expect_ok(fa_network_create(&net, dtype, DEEP_WIDTH));
    for (int l = 1; l <= DEEP; l++)
        expect_ok(fa_network_add_dense(net, DEEP_WIDTH, l == DEEP ? FA_SOFTMAX : FA_TANH, true));
    expect_ok(fa_network_set_loss(net, FA_CROSS_ENTROPY));
    expect_ok(fa_network_init_weights(net, 0, FA_INIT_GLOROT_UNIFORM, 1, 1));
    return net;
}

/* Two activities, a delta, z_L for the cross-entropy, W and b of one layer: DEEP_WIDTH numbers are a whole number of
 * cache lines. Beside it views of each layer and what calloc() gives for alignment. */
START_TEST(memory_does_not_grow_with_the_depth)
{
    const fa_dtype dtype = dtypes[_i];
    const size_t size = fa_dtype_size(dtype), activity = size * DEEP_BATCH * DEEP_WIDTH;
    const size_t gradient = size * (DEEP_WIDTH + 1) * DEEP_WIDTH, views = 512 * DEEP + 4096;
    fa_network *net = make_deep(dtype);
    fa_pass *pass;
    size_t bytes, whole;
    expect_ok(fa_pass_streaming_bytes(net, DEEP_BATCH, &bytes));
    expect_ok(fa_pass_bytes(net, DEEP_BATCH, &whole));
    ck_assert_uint_ge(bytes, 4 * activity + gradient);
    ck_assert_uint_le(bytes, 4 * activity + gradient + views);
    ck_assert_uint_ge(whole, (2 * DEEP + 1) * activity + DEEP * gradient);
    allocated = 0;
    expect_ok(fa_pass_create_streaming(&pass, net, DEEP_BATCH));
    ck_assert_uint_ge(allocated, bytes - 4096);
    ck_assert_uint_le(allocated, bytes + 4096);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
}
END_TEST

/* Nor does a step allocate anything. */
START_TEST(steps_allocate_nothing)
{
    fa_rule rule = make_local_rule();
    fa_network *net = make_deep(FA_FLOAT32);
    uint64_t state = 3;
    fa_matrix x = make_uniform(FA_FLOAT32, DEEP_BATCH, DEEP_WIDTH, LAYOUT_C, 1, &state);
    fa_matrix target = make_matrix(FA_FLOAT32, DEEP_BATCH, DEEP_WIDTH);
    fa_feedback *fb = make_feedback(net, &rule, NULL, 1);
    fa_optimizer *opt = make_optimizer(net, 0.01);
    fa_pass *pass = make_streaming(net, DEEP_BATCH);
    double loss;
    for (size_t i = 0; i < DEEP_BATCH; i++)
        set_element(&target, i, draw_index(&state, DEEP_WIDTH), 1);
    allocations = 0;
    for (int step = 0; step < 3; step++)
        expect_ok(fa_train_step(net, pass, fb, opt, &x, &target, &loss));
    ck_assert_uint_eq(allocations, 0);
    ck_assert(isfinite(loss));
    fa_network_destroy(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streaming");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, steps_end_with_the_same_bits, 0, 240);
    tcase_add_test(tcase, so_do_mixed_updates);
    tcase_add_loop_test(tcase, so_do_threads, 0, 2);
    tcase_add_loop_test(tcase, so_do_epochs_and_runs, 0, 2);
    tcase_add_loop_test(tcase, memory_does_not_grow_with_the_depth, 0, 2);
    tcase_add_test(tcase, steps_allocate_nothing);
    return support_run(suite, true);
}
