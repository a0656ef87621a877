/* What a rule sees of a step, and what the step refuses. A rule runs a script of calls and records their statuses. */
#include "session.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 4, DEPTH = 3 };

/* --- views --- */

typedef struct sight {
    size_t depth, batch, width[DEPTH + 2];
    fa_dtype dtype;
    uint64_t number;
    fa_matrix h[DEPTH + 1], w[DEPTH + 1], b[DEPTH + 1], target, e;
    double loss, losses[SAMPLES];
    fa_status status;
    void *state;
} sight;

static void note(sight *s, fa_status status)
{
    if (s->status == FA_OK)
        s->status = status;
}

static fa_matrix copy_of(const fa_matrix *view, double *room)
{
    fa_matrix copy = fa_matrix_view(room, view->rows, view->cols, FA_FLOAT64);
    return fa_matrix_copy(view, &copy) == FA_OK ? copy : (fa_matrix){0};
}

static fa_status look(fa_step *step)
{
    static double room[5 * DEPTH][64];
    size_t next = 0;
    fa_matrix view;
    sight *s = fa_step_user_data(step);
    s->depth = fa_step_depth(step);
    s->batch = fa_step_batch(step);
    s->dtype = fa_step_dtype(step);
    s->number = fa_step_number(step);
    s->state = fa_step_state(step);
    for (size_t l = 0; l <= DEPTH; l++) {
        s->width[l] = fa_step_width(step, l);
        note(s, fa_step_activity(step, 0, l, &view));
        s->h[l] = copy_of(&view, room[next++]);
        if (l == 0)
            continue;
        note(s, fa_step_weights(step, l, &view));
        s->w[l] = copy_of(&view, room[next++]);
        note(s, fa_step_bias(step, l, &view));
        s->b[l] = copy_of(&view, room[next++]);
    }
    note(s, fa_step_target(step, &view));
    s->target = copy_of(&view, room[next++]);
    note(s, fa_step_delta(step, DEPTH, &view));
    s->e = copy_of(&view, room[next++]);
    note(s, fa_step_loss(step, 0, s->losses));
    return FA_OK;
}

/* Everything is what the network and the caller know; weights are those before the update. */
START_TEST(a_step_shows_what_there_is)
{
    sight seen = {.number = 99};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    fa_rule rule = {.struct_size = sizeof rule, .name = "look", .summary = "looks", .backward = look};
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 1);
    fa_network *before = make_network(&spec, 1);
    s.fb = make_feedback(s.net, &rule, &seen, 1);
    double loss, sum = 0;
    expect_ok(session_step(&s, &loss));
    ck_assert_int_eq(seen.status, FA_OK);
    ck_assert(seen.depth == DEPTH && seen.batch == SAMPLES && seen.dtype == FA_FLOAT64 && seen.number == 0);
    ck_assert_ptr_null(seen.state);
    ck_assert(same_bits(&seen.h[0], &s.x) && same_bits(&seen.target, &s.target));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix w = weights_of(before, l), b = bias_of(before, l);
        fa_matrix h = make_matrix(FA_FLOAT64, SAMPLES, spec.width[l]);
        ck_assert(seen.width[l] == spec.width[l] && same_bits(&seen.w[l], &w) && same_bits(&seen.b[l], &b));
        expect_ok(fa_network_activity(before, &s.x, l, &h));
        ck_assert_double_le(distance(&seen.h[l], &h), 100 * 0x1p-53 * 4); /* sums of 6 numbers, three layers deep */
    }
    for (size_t i = 0; i < SAMPLES; i++)
        sum += seen.losses[i] / (double)SAMPLES;
    ck_assert_double_le(fabs(sum - loss), 20 * 0x1p-53 * loss);
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t j = 0; j < spec.width[DEPTH]; j++)
            ck_assert_double_le(fabs(element(&seen.e, i, j) - (element(&seen.h[DEPTH], i, j) -
                                                              element(&s.target, i, j))), 4 * 0x1p-53);
    expect_ok(session_phases(&s, NULL));
    ck_assert_uint_eq(seen.number, 1);
}
END_TEST

/* The step of a retry keeps its number, and with it its random numbers. */
START_TEST(a_failed_step_is_not_counted)
{
    sight seen = {.number = 99};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    fa_rule rule = {.struct_size = sizeof rule, .name = "look", .summary = "looks", .backward = look};
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 1);
    s.fb = make_feedback(s.net, &rule, &seen, 1);
    expect_ok(session_step(&s, NULL));
    session bad = s;
    bad.target = make_matrix(FA_FLOAT64, SAMPLES, spec.width[DEPTH]);
    set_element(&bad.target, 0, 0, NAN);
    expect_failure(FA_ERR_NOT_FINITE, session_step(&bad, NULL));
    expect_ok(session_step(&s, NULL));
    ck_assert_uint_eq(seen.number, 1);
}
END_TEST

/* --- refusals --- */

enum { MAX_CALLS = 80 };

typedef struct call_script {
    int calls;
    fa_status expected[MAX_CALLS], got[MAX_CALLS];
    int line[MAX_CALLS];
    const fa_operand *operands[6];
} call_script;

#define RECORD(status, call) record(script, (status), (call), __LINE__)

static void record(call_script *script, fa_status expected, fa_status got, int line)
{
    script->expected[script->calls] = expected;
    script->got[script->calls] = got;
    script->line[script->calls++] = line;
}

static void refuse_views(fa_step *step, call_script *script)
{
    fa_matrix view;
    double losses[SAMPLES], value;
    RECORD(FA_ERR_ARGUMENT, fa_step_activity(NULL, 0, 0, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_activity(step, 0, 0, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_activity(step, 0, DEPTH + 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_activity(step, 3, 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_target(NULL, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_target(step, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_delta(step, 0, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_delta(step, DEPTH + 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_delta(step, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_delta(NULL, 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_weights(step, 0, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_weights(step, DEPTH + 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_weights(step, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_bias(step, 2, &view)); /* layer 2 has none */
    RECORD(FA_ERR_ARGUMENT, fa_step_bias(step, 0, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_array(step, "none", 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_array(step, "B", DEPTH, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_array(step, NULL, 1, &view));
    RECORD(FA_ERR_ARGUMENT, fa_step_array(step, "B", 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_param(step, "none", &value));
    RECORD(FA_ERR_ARGUMENT, fa_step_param(step, NULL, &value));
    RECORD(FA_ERR_ARGUMENT, fa_step_loss(NULL, 0, losses));
    RECORD(FA_ERR_ARGUMENT, fa_step_loss(step, 0, NULL));
    RECORD(FA_ERR_STATE, fa_step_loss(step, 2, losses)); /* no forward pass there */
}

static void refuse_transport(fa_step *step, call_script *script)
{
    script->operands[0] = fa_step_weights_operand(step, 0);
    script->operands[1] = fa_step_weights_operand(step, DEPTH);
    script->operands[2] = fa_step_array_operand(step, "none", 1);
    script->operands[3] = fa_step_array_operand(step, "B", DEPTH);
    script->operands[4] = fa_step_weights_operand(NULL, 1);
    script->operands[5] = fa_step_array_operand(step, NULL, 1);
    RECORD(FA_ERR_ARGUMENT, fa_step_transport(NULL, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport(step, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport(step, DEPTH));
    RECORD(FA_ERR_STATE, fa_step_inject(step, 1)); /* the feedback is layerwise */
    RECORD(FA_ERR_ARGUMENT, fa_step_inject(step, DEPTH));
    RECORD(FA_ERR_ARGUMENT, fa_step_inject(NULL, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_with(step, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_inject_with(step, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_transport_with(step, 0, fa_step_weights_operand(step, 1)));
    RECORD(FA_ERR_SHAPE, fa_step_transport_with(step, 1, fa_step_weights_operand(step, 2)));
    RECORD(FA_ERR_SHAPE, fa_step_inject_with(step, 2, fa_step_weights_operand(step, 1)));
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_slope(step, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_slope(step, DEPTH));
    RECORD(FA_ERR_ARGUMENT, fa_step_apply_slope(NULL, 1));
}

static void refuse_passes(fa_step *step, call_script *script)
{
    double other[SAMPLES * 5] = {0};
    float narrow[SAMPLES * 5] = {0};
    fa_matrix few = fa_matrix_view(other, SAMPLES - 1, 5, FA_FLOAT64);
    fa_matrix thin = fa_matrix_view(other, SAMPLES, 4, FA_FLOAT64);
    fa_matrix floats = fa_matrix_view(narrow, SAMPLES, 5, FA_FLOAT32);
    fa_matrix good = fa_matrix_view(other, SAMPLES, 5, FA_FLOAT64);
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(NULL, 1, NULL, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(step, 0, NULL, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(step, 3, NULL, 0));
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(step, 1, NULL, 1));
    RECORD(FA_ERR_ARGUMENT, fa_step_forward(step, 1, NULL, 3));
    RECORD(FA_ERR_SHAPE, fa_step_forward(step, 1, &few, 0));
    RECORD(FA_ERR_SHAPE, fa_step_forward(step, 1, &thin, 0));
    RECORD(FA_ERR_DTYPE, fa_step_forward(step, 1, &floats, 0));
    RECORD(FA_ERR_SHAPE, fa_step_set_presynaptic(step, 1, &few));
    RECORD(FA_ERR_SHAPE, fa_step_set_presynaptic(step, 1, &thin));
    RECORD(FA_ERR_DTYPE, fa_step_set_presynaptic(step, 1, &floats));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_presynaptic(step, 0, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_presynaptic(step, DEPTH + 1, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_set_presynaptic(step, 1, NULL));
    RECORD(FA_ERR_ARGUMENT, fa_step_uniform(NULL, FA_PURPOSE_RULE, 1, 0, 1, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_uniform(step, FA_PURPOSE_RULE, 1, 1, 0, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_normal(step, FA_PURPOSE_RULE, 1, 0, -1, &good));
    RECORD(FA_ERR_ARGUMENT, fa_step_normal(step, FA_PURPOSE_RULE, 1, 0, 1, NULL));
}

static fa_status refuse_all(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix weights, bias;
    refuse_views(step, script);
    refuse_transport(step, script);
    refuse_passes(step, script);
    RECORD(FA_ERR_STATE, fa_step_gradient(step, 1, &weights, &bias));  /* the rule does not write gradients */
    RECORD(FA_ERR_STATE, fa_step_increment(step, 1, &weights, &bias)); /* nor is there one */
    return FA_OK;
}

static void refuse_in_adapt(fa_step *step)
{
    call_script *script = fa_step_user_data(step);
    fa_matrix weights, bias;
    RECORD(FA_ERR_STATE, fa_step_gradient(step, 1, &weights, &bias));
    RECORD(FA_ERR_STATE, fa_step_increment(step, 1, &weights, &bias)); /* the rule does not need it */
}

static fa_status setup(fa_setup *setup)
{
    fa_status status = fa_setup_feedback(setup, FA_LAYERWISE);
    return status == FA_OK ? fa_setup_slots(setup, 2) : status;
}

/* None of the refused calls leaves anything behind: the step ends as shallow would. */
START_TEST(a_step_refuses)
{
    call_script script = {0};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    spec.bias[2] = false;
    fa_rule rule = {.struct_size = sizeof rule, .name = "refused", .summary = "asks for too much", .setup = setup,
                    .backward = refuse_all, .adapt = refuse_in_adapt};
    session s = make_session(&spec, fa_rule_find("shallow"), SAMPLES, 1);
    session shallow = make_session(&spec, fa_rule_find("shallow"), SAMPLES, 1);
    fa_feedback *fb = make_feedback(s.net, &rule, &script, 1);
    expect_ok(fa_train_step(s.net, s.pass, fb, s.opt, &s.x, &s.target, NULL));
    for (int i = 0; i < script.calls; i++)
        ck_assert_msg(script.got[i] == script.expected[i], "line %d: expected \"%s\", got \"%s\"", script.line[i],
                      fa_status_string(script.expected[i]), fa_status_string(script.got[i]));
    ck_assert_int_gt(script.calls, 50);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(script.operands[i] == NULL, "operand %d", i);
    expect_ok(session_step(&shallow, NULL));
    state_copy a = take_snapshot(&s), b = take_snapshot(&shallow);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

/* --- gradients of the rule's own --- */

static fa_status write_ones(fa_step *step)
{
    fa_matrix weights, bias;
    fa_status status = fa_step_gradient(step, 2, &weights, &bias);
    if (status != FA_OK)
        return status;
    for (size_t i = 0; i < weights.rows; i++)
        for (size_t j = 0; j < weights.cols; j++) {
            if (element(&weights, i, j) != 0)
                return fa_rule_fail("the gradient does not start at zero");
            set_element(&weights, i, j, 1);
        }
    return bias.data == NULL ? FA_OK : fa_rule_fail("a bias where there is none");
}

/* Written gradients are means over the batch: they are applied as they stand, and weigh by samples when accumulated. */
START_TEST(written_gradients_are_means)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    spec.bias[2] = false;
    fa_rule rule = {.struct_size = sizeof rule, .name = "ones", .summary = "writes ones", .backward = write_ones,
                    .flags = FA_RULE_WRITES_GRADIENT};
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 1);
    fa_network *before = make_network(&spec, 1);
    s.fb = make_feedback(s.net, &rule, NULL, 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    for (int part = 0; part < 3 && _i >= 2; part++) {
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        expect_ok(fa_gradient(s.net, s.pass, s.fb));
    }
    expect_ok(_i < 2 ? session_step(&s, NULL) : fa_update(s.net, s.pass, s.fb, s.opt));
    fa_matrix w = weights_of(s.net, 2), old = weights_of(before, 2);
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++) /* a handful of roundings */
            ck_assert_double_le(fabs(element(&old, i, j) - 0.05 - element(&w, i, j)),
                                8 * (_i % 2 ? 0x1p-24 : 0x1p-53));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_step");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, a_step_shows_what_there_is);
    tcase_add_test(tcase, a_failed_step_is_not_counted);
    tcase_add_test(tcase, a_step_refuses);
    tcase_add_loop_test(tcase, written_gradients_are_means, 0, 4);
    return support_run(suite, true);
}
