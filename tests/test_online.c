/* Epochs of single samples, whose updates may wait for the next sample: against the model, which takes every step by
 * itself. Callbacks look in from time to time; between two looks the model's error bounds grow from step to step. */
#include "model.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};
static const char *const modelled_rules[] = {"bp", "fa", "shallow"};

enum { SAMPLES = 14, SEED = 9 };

typedef struct watcher {
    session s;
    model *m;
    const char *rule;
    fa_dataset *data;
    fa_matrix x, target;
    size_t order[SAMPLES];
    size_t done; /* samples that the model went through */
    fa_point point;
    uint64_t stop_at;
    bool kinked;
    fa_epoch_options options;
} watcher;

/* --- the model's way --- */

static void draw_masks(watcher *w)
{
    for (size_t l = 0; l < w->m->spec.depth; l++) {
        double probability = fa_network_dropout(w->s.net, l);
        w->m->layer[l].masked = probability > 0;
        draw_mask(probability, SEED, w->done, l, w->m->spec.width[l], w->m->layer[l].mask);
    }
}

static void model_to_deltas(watcher *w)
{
    fa_matrix x, target;
    expect_ok(fa_matrix_rows(&w->x, w->order[w->done], 1, &x));
    expect_ok(fa_matrix_rows(&w->target, w->order[w->done], 1, &target));
    draw_masks(w);
    model_forward(w->m, &x);
    model_error(w->m, &target);
    model_backward(w->m, w->rule);
}

static void model_step(watcher *w)
{
    model_to_deltas(w);
    model_gradient(w->m);
    model_update(w->m);
    w->done++;
}

static void check_agrees(const watcher *w, const char *what, size_t l, const num *expected, const fa_matrix *got)
{
    double worst = misfit(expected, got);
    ck_assert_msg(worst <= 1, "%s of layer %zu is off by %.3g times its bound after %zu samples", what, l, worst,
                  w->done);
    if (got->dtype == FA_FLOAT64 && !w->kinked) /* an update that is missing is some 1e-3 of the weights */
        ck_assert_double_le(relative_bound(expected, got->rows * got->cols), 1e-5);
}

/* All weights are those after w->done samples, and the model goes on from there. */
static void check_weights(watcher *w)
{
    for (size_t l = 1; l <= w->m->spec.depth; l++) {
        fa_matrix view = weights_of(w->s.net, l);
        check_agrees(w, "W", l, w->m->layer[l].w, &view);
        if (w->m->spec.bias[l]) {
            view = bias_of(w->s.net, l);
            check_agrees(w, "b", l, w->m->layer[l].b, &view);
        }
    }
    model_read_weights(w->m, w->s.net);
}

/* After the deltas of a sample: those belong to the weights that are to be seen. */
static bool look(void *user_data, const fa_progress *p)
{
    watcher *w = user_data;
    fa_matrix view;
    uint64_t updates = p->point == FA_AFTER_DELTAS ? p->batch - 1 : p->batch;
    while (w->done < updates)
        model_step(w);
    check_weights(w);
    if (p->point == FA_AFTER_DELTAS) {
        model_to_deltas(w);
        for (size_t l = 1; l <= w->m->spec.depth; l++) {
            view = delta_of(p->pass, l);
            check_agrees(w, "delta", l, w->m->layer[l].delta, &view);
        }
    }
    return p->batch != w->stop_at;
}

/* --- trials --- */

/* A third of the inputs count: the others are 0, and the rows of W_1 that they meet are not touched. */
static void make_samples(watcher *w, uint64_t *state)
{
    const net_spec *spec = &w->s.spec;
    fa_stream stream = {.seed = SEED, .step = 5, .purpose = FA_PURPOSE_ORDER};
    w->x = make_uniform(spec->dtype, SAMPLES, spec->width[0], (view_layout)draw_index(state, LAYOUTS), 2, state);
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t j = 0; j < spec->width[0]; j++)
            if (draw_index(state, 3))
                set_element(&w->x, i, j, 0);
    w->target = make_target(spec, SAMPLES, (view_layout)draw_index(state, LAYOUTS), state);
    w->data = make_dataset(&w->x, &w->target);
    w->options = (fa_epoch_options){.struct_size = sizeof w->options, .batch = 1, .seed = SEED, .epoch = 5};
    w->options.shuffle = draw_index(state, 2) == 0;
    for (size_t i = 0; i < SAMPLES; i++)
        w->order[i] = i;
    if (w->options.shuffle)
        expect_ok(fa_random_permutation(&stream, SAMPLES, w->order));
}

static void set_option(watcher *w, const char *name, double *copy, double value)
{
    expect_ok(fa_optimizer_set(w->s.opt, name, value));
    *copy = value;
}

static watcher make_watcher(const net_spec *spec, const char *rule, uint64_t *state)
{
    watcher w = {.rule = rule, .s = make_session(spec, fa_rule_find(rule), 4, *state)};
    w.m = make_model(spec, w.s.net, w.s.fb);
    for (size_t l = 1; l <= spec->depth; l++)
        w.kinked = w.kinked || spec->activation[l] == FA_RELU;
    set_option(&w, "learning_rate", &w.m->learning_rate, draw_uniform(state, 0.01, 0.1));
    set_option(&w, "momentum", &w.m->momentum, 0);
    make_samples(&w, state);
    expect_ok(fa_pass_set_dropout(w.s.pass, SEED, 0));
    return w;
}

static void random_decay(watcher *w, uint64_t *state)
{
    if (draw_index(state, 2))
        set_option(w, "weight_decay", &w->m->weight_decay, draw_uniform(state, 0, 0.1));
    if (draw_index(state, 2))
        set_option(w, "decoupled_weight_decay", &w->m->decoupled_weight_decay, draw_uniform(state, 0, 0.1));
    for (size_t l = 1; l <= w->m->spec.depth && draw_index(state, 2); l++) {
        w->m->layer[l].w_factor = draw_uniform(state, 0, 2);
        w->m->layer[l].b_factor = draw_uniform(state, 0, 2);
        expect_ok(fa_optimizer_set_rate_factor(w->s.opt, l, FA_WEIGHTS, w->m->layer[l].w_factor));
        expect_ok(fa_optimizer_set_rate_factor(w->s.opt, l, FA_BIASES, w->m->layer[l].b_factor));
    }
}

/* Frozen and pruned layers, dropout. */
static void random_layers(watcher *w, uint64_t *state)
{
    for (size_t l = 1; l <= w->m->spec.depth; l++) {
        size_t count = w->m->spec.width[l] * w->m->spec.width[l - 1];
        fa_matrix view = weights_of(w->s.net, l);
        w->m->layer[l].frozen = draw_index(state, 5) == 0;
        expect_ok(fa_network_set_frozen(w->s.net, l, w->m->layer[l].frozen));
        if (draw_index(state, 4) == 0)
            expect_ok(fa_network_prune(w->s.net, l, 0.4, SEED));
        for (size_t at = 0; at < count; at++)
            w->m->layer[l].removed[at] = element(&view, at / view.cols, at % view.cols) == 0;
        if (draw_index(state, 4) == 0)
            expect_ok(fa_network_set_dropout(w->s.net, l - 1, 0.4));
    }
    model_read_weights(w->m, w->s.net);
}

static fa_status run(const watcher *w, const fa_epoch_options *options, fa_result *result)
{
    return fa_train_epoch(w->s.net, w->s.pass, w->s.fb, w->s.opt, w->data, options, result);
}

enum { TRIALS = 40 };

/* Any architecture, optimizer without momentum, layers of every kind; looks after every sample, or every few. */
START_TEST(single_samples_are_steps_of_the_model)
{
    uint64_t state = (uint64_t)_i + 1;
    net_spec spec = random_spec(dtypes[_i % 2], &state);
    watcher w = make_watcher(&spec, modelled_rules[_i / 2 % 3], &state);
    fa_result result;
    random_decay(&w, &state);
    random_layers(&w, &state);
    w.point = w.options.point = draw_index(&state, 2) ? FA_AFTER_DELTAS : FA_AFTER_UPDATE;
    w.options.every = 1 + draw_index(&state, 3);
    w.options.callback = look;
    w.options.user_data = &w;
    expect_ok(run(&w, &w.options, &result));
    ck_assert_uint_eq(result.samples, SAMPLES);
    while (w.done < SAMPLES)
        model_step(&w);
    check_weights(&w);
}
END_TEST

/* Nobody looks: everything is there when the function returns, also where a pass for one sample is all there is. */
START_TEST(nothing_waits_at_the_end)
{
    uint64_t state = 3;
    net_spec spec = make_spec(dtypes[_i % 2], 3, 20, FA_TANH, true);
    watcher w = make_watcher(&spec, "fa", &state);
    w.s.pass = make_pass(w.s.net, 1);
    w.options.shuffle = false;
    for (size_t i = 0; i < SAMPLES; i++)
        w.order[i] = i;
    expect_ok(run(&w, _i / 2 ? &w.options : NULL, NULL));
    while (w.done < SAMPLES)
        model_step(&w);
    check_weights(&w);
}
END_TEST

START_TEST(nothing_waits_when_stopped)
{
    uint64_t state = 3;
    net_spec spec = make_spec(FA_FLOAT64, 3, 12, FA_TANH, true);
    watcher w = make_watcher(&spec, "fa", &state);
    fa_result result;
    w.stop_at = 5;
    w.point = w.options.point = _i ? FA_AFTER_DELTAS : FA_AFTER_UPDATE;
    w.options.callback = look;
    w.options.user_data = &w;
    expect_ok(run(&w, &w.options, &result));
    ck_assert_uint_eq(result.samples, 5);
    while (w.done < 5)
        model_step(&w);
    check_weights(&w);
}
END_TEST

/* A sample without a finite loss: the steps before it stand, whole, and training can go on. */
START_TEST(nothing_waits_after_a_failure)
{
    uint64_t state = 3;
    net_spec spec = make_spec(dtypes[_i % 2], 3, 12, FA_TANH, true);
    watcher w = make_watcher(&spec, "fa", &state);
    size_t bad = (size_t)_i / 2;
    fa_result result;
    set_element(&w.x, w.order[bad], 2, (double)NAN);
    expect_failure(FA_ERR_NOT_FINITE, run(&w, &w.options, &result));
    ck_assert_uint_eq(result.samples, bad);
    while (w.done < bad)
        model_step(&w);
    check_weights(&w);
    set_element(&w.x, w.order[bad], 2, 0.5);
    w.done = 0;
    w.options.point = FA_AFTER_UPDATE;
    w.options.callback = look;
    w.options.user_data = &w;
    expect_ok(run(&w, &w.options, &result));
}
END_TEST

/* A product that might overflow is not left waiting: the last sample's input meets weights of 0, and its gradient is
 * near the largest float, or, with a target far off, beyond. */
START_TEST(enormous_gradients)
{
    uint64_t state = 3;
    net_spec spec = make_spec(FA_FLOAT32, 2, 12, FA_TANH, true);
    watcher w = make_watcher(&spec, "bp", &state);
    fa_matrix weights = make_uniform(FA_FLOAT32, spec.width[1], spec.width[0], LAYOUT_C, 0.3, &state);
    for (size_t i = 0; i < weights.rows; i++)
        set_element(&weights, i, 0, 0);
    expect_ok(fa_network_set_weights(w.s.net, 1, &weights));
    model_read_weights(w.m, w.s.net);
    for (size_t i = 0; i < SAMPLES; i++)
        set_element(&w.x, w.order[i], 0, i == SAMPLES - 1 ? 1e35 : 0);
    if (_i)
        set_element(&w.target, w.order[SAMPLES - 1], 0, 1e5);
    fa_status status = run(&w, &w.options, NULL);
    ck_assert_int_eq(status, _i ? FA_ERR_NOT_FINITE : FA_OK);
    while (w.done < (_i ? SAMPLES - 1 : SAMPLES))
        model_step(&w);
    check_weights(&w);
}
END_TEST

/* --- where steps are taken one by one --- */

static fa_status bp_backward(fa_step *step)
{
    fa_status status = FA_OK;
    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_transport_with(step, l, fa_step_weights_operand(step, l));
    return status;
}

static fa_status local(fa_step *step, size_t l)
{
    fa_matrix delta;
    fa_status status = fa_step_delta(step, l, &delta);
    for (size_t j = 0; j < delta.cols && status == FA_OK; j++)
        set_element(&delta, 0, j, 0.01 * (double)(j + 1));
    return status == FA_OK ? fa_step_apply_slope(step, l) : status;
}

static fa_status write_gradient(fa_step *step)
{
    fa_matrix g;
    fa_status status = fa_step_gradient(step, 1, &g, NULL);
    for (size_t i = 0; i < g.rows && status == FA_OK; i++)
        set_element(&g, i, 0, 0.125 * (double)i);
    return status;
}

/* Counts the steps at which W_1 was what it had been: adapt must see the update. */
static void adapt(fa_step *step)
{
    static double last;
    fa_matrix w;
    size_t *unmoved = fa_step_user_data(step);
    if (fa_step_weights(step, 1, &w) != FA_OK)
        return;
    *unmoved += fa_step_number(step) > 0 && element(&w, 0, 1) == last;
    last = element(&w, 0, 1);
}

static const fa_rule own_rules[] = {
    {.struct_size = sizeof(fa_rule), .name = "adapts", .backward = bp_backward, .adapt = adapt},
    {.struct_size = sizeof(fa_rule), .name = "increments", .flags = FA_RULE_NEEDS_INCREMENT, .backward = bp_backward,
     .adapt = adapt},
    {.struct_size = sizeof(fa_rule), .name = "writes", .flags = FA_RULE_WRITES_GRADIENT, .backward = write_gradient},
    {.struct_size = sizeof(fa_rule), .name = "local", .flags = FA_RULE_LOCAL, .local = local},
    {.struct_size = sizeof(fa_rule), .name = "plain", .backward = bp_backward},
};

enum { OWN_RULES = sizeof own_rules / sizeof own_rules[0] };

/* The last rule is plain: there the optimizer forbids waiting. */
static void forbid(fa_optimizer *opt, int which)
{
    expect_ok(fa_optimizer_set(opt, "momentum", which == 0 ? 0.5 : 0));
    expect_ok(fa_optimizer_set(opt, "clip_norm", which == 1 ? 0.5 : 0));
}

static void release_network(void *net)
{
    fa_network_destroy(net);
}

/* A rule or an optimizer that could tell gets steps, bit for bit. */
START_TEST(who_could_tell_gets_steps)
{
    uint64_t state = 3;
    size_t which = (size_t)_i / 2 < OWN_RULES ? (size_t)_i / 2 : OWN_RULES - 1, unmoved = 0;
    net_spec spec = make_spec(dtypes[_i % 2], 3, 10, FA_TANH, true);
    watcher w = make_watcher(&spec, "bp", &state);
    session hand = {.spec = spec};
    expect_ok(fa_network_copy(&hand.net, w.s.net));
    keep(hand.net, release_network);
    hand.pass = make_pass(hand.net, 1);
    hand.fb = make_feedback(hand.net, &own_rules[which], &unmoved, 1);
    w.s.fb = make_feedback(w.s.net, &own_rules[which], &unmoved, 1);
    w.s.opt = make_optimizer(w.s.net, 0.05);
    hand.opt = make_optimizer(hand.net, 0.05);
    forbid(w.s.opt, which < OWN_RULES - 1 ? 2 : _i / 2 - (OWN_RULES - 1));
    forbid(hand.opt, which < OWN_RULES - 1 ? 2 : _i / 2 - (OWN_RULES - 1));
    expect_ok(run(&w, &w.options, NULL));
    size_t unmoved_in_epoch = unmoved;
    for (size_t i = 0; i < SAMPLES; i++) {
        fa_matrix x, target;
        expect_ok(fa_matrix_rows(&w.x, w.order[i], 1, &x));
        expect_ok(fa_matrix_rows(&w.target, w.order[i], 1, &target));
        expect_ok(fa_train_step(hand.net, hand.pass, hand.fb, hand.opt, &x, &target, NULL));
    }
    state_copy a = take_snapshot(&hand), b = take_snapshot(&w.s);
    ck_assert(same_snapshot(&a, &b));
    ck_assert_uint_eq(unmoved, 2 * unmoved_in_epoch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("online");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, single_samples_are_steps_of_the_model, 0, 6 * TRIALS);
    tcase_add_loop_test(tcase, nothing_waits_at_the_end, 0, 4);
    tcase_add_loop_test(tcase, nothing_waits_when_stopped, 0, 2);
    tcase_add_loop_test(tcase, nothing_waits_after_a_failure, 0, 2 * 6);
    tcase_add_loop_test(tcase, enormous_gradients, 0, 2);
    tcase_add_loop_test(tcase, who_could_tell_gets_steps, 0, 2 * (OWN_RULES + 1));
    return support_run(suite, true);
}
