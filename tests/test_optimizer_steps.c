/* Optimizers in whole steps: answers worked out by hand, what both paths share, clipping, increments, every rule. */
#include "descent.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* --- known answers: w = 1, learning rate 0.1, gradients 0.5, -0.25, 1; from the equations in 40-digit decimals --- */

typedef struct answer {
    recipe recipe;
    double w[3];
} answer;

static const answer answers[] = {
    {{"sgd", {{"momentum", 0.5}}}, {0.95, 0.95, 0.85}},
    {{"sgd", {{"momentum", 0.5}, {"nesterov", 1}, {"weight_decay", 0.1}}}, {0.91, 0.91885, 0.75154225}},
    {{"sgd", {{"decoupled_weight_decay", 0.5}}}, {0.9, 0.88, 0.736}},
    {{"sgd", {{"unscaled_weight_decay", 0.05}}}, {0.9, 0.88, 0.736}},
    {{"rmsprop", {{"alpha", 0.9}, {"eps", 0.01}}}, {0.70258256424012256, 0.84181314851423399, 0.56768182711321166}},
    {{"rmsprop", {{"alpha", 0.9}, {"eps", 0.01}, {"centered", 1}, {"momentum", 0.5}}},
     {0.6875, 0.67140449770338705, 0.37315746818255056}},
    {{"adam", {{"beta2", 0.99}, {"eps", 0.01}}}, {0.90196078431372549, 0.87594986563623973, 0.81128344289103066}},
    {{"adam", {{"beta2", 0.5}, {"eps", 0.01}, {"amsgrad", 1}, {"weight_decay", 0.1}}},
     {0.90163934426229508, 0.86161391870200310, 0.80075894489876080}},
    {{"adamw", {{"beta2", 0.99}, {"eps", 0.01}, {"weight_decay", 0.1}}},
     {0.89196078431372549, 0.85703025779310248, 0.78379353246996238}},
    {{"adagrad", {{"eps", 0.01}}}, {0.90196078431372549, 0.94589620319776418, 0.85936435896285409}},
    {{"adagrad", {{"eps", 0.01}, {"learning_rate_decay", 0.5}, {"initial_accumulator", 0.25}}},
     {0.93027537695673659, 0.95220520151814010, 0.91252266183560042}},
    {{"manhattan", {{NULL, 0}}}, {0.9, 1, 0.9}},
    {{"manhattan", {{"momentum", 0.5}}}, {0.9, 0.95, 0.875}},
    {{"manhattan", {{"decoupled_weight_decay", 0.5}, {"clip_norm", 1e-3}}}, {0.85, 0.9075, 0.762125}},
};

enum { ANSWERS = sizeof answers / sizeof answers[0] };

static session start_one_weight(fa_dtype dtype)
{
    net_spec spec = {.dtype = dtype, .loss = FA_SQUARED_ERROR, .depth = 1, .width = {1, 1},
                     .activation = {0, FA_IDENTITY}};
    session s = make_session(&spec, fa_rule_find("bp"), 1, 8);
    fa_matrix one = make_matrix(dtype, 1, 1);
    set_element(&one, 0, 0, 1);
    expect_ok(fa_network_set_weights(s.net, 1, &one));
    set_element(&s.x, 0, 0, 1);
    return s;
}

/* With x = 1 the gradient is w - target. Three steps of some 20 roundings each, none of a number above 4; a quotient by
 * a root of 0.1 or more makes ten of one. */
START_TEST(known_answers)
{
    const answer *a = &answers[_i / 2];
    const double gradients[] = {0.5, -0.25, 1};
    session s = start_one_weight(_i % 2 ? FA_FLOAT32 : FA_FLOAT64);
    fa_matrix w = weights_of(s.net, 1);
    s.opt = make_recipe_optimizer(s.net, &a->recipe);
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0.1));
    for (int t = 0; t < 3; t++) {
        set_element(&s.target, 0, 0, element(&w, 0, 0) - gradients[t]);
        expect_ok(session_step(&s, NULL));
        ck_assert_msg(fabs(element(&w, 0, 0) - a->w[t]) <= 3 * 20 * 10 * (_i % 2 ? 0x1p-24 : 0x1p-53),
                      "%s, update %d: %.17g, expected %.17g", a->recipe.kind, t + 1, element(&w, 0, 0), a->w[t]);
    }
}
END_TEST

/* --- the common parameters where gradient and update may be one product, and where not --- */

/* One step of a single weight: w = (1 - a - eta c d) w - eta c (s g + k w), whatever path runs; a, d, k the decays. */
START_TEST(common_parameters_in_both_paths)
{
    const double a = 0.125, d = 0.5, k = 0.25, eta = 0.5, c = 0.5, schedule = 0.25, s_factor = 3;
    const double u = _i % 2 ? 0x1p-24 : 0x1p-53;
    session s = start_one_weight(_i % 2 ? FA_FLOAT32 : FA_FLOAT64);
    fa_matrix w = weights_of(s.net, 1);
    s.opt = make_optimizer(s.net, eta);
    expect_ok(fa_optimizer_set(s.opt, "unscaled_weight_decay", a));
    expect_ok(fa_optimizer_set(s.opt, "decoupled_weight_decay", d));
    expect_ok(fa_optimizer_set(s.opt, "weight_decay", k));
    expect_ok(fa_optimizer_set(s.opt, "gradient_scale", s_factor));
    expect_ok(fa_optimizer_set_rate_factor(s.opt, 1, FA_WEIGHTS, c));
    expect_ok(fa_optimizer_set_schedule(s.opt, schedule));
    expect_ok(fa_optimizer_set(s.opt, "clip_norm", _i / 2 ? 1e9 : 0)); /* never active, but it has to look */
    set_element(&s.target, 0, 0, 1.5);
    expect_ok(session_step(&s, NULL));
    double rate = eta * c * schedule, g = -0.5;
    ck_assert_double_le(fabs(element(&w, 0, 0) - ((1 - a - rate * d) - rate * (s_factor * g + k))), 8 * u);
}
END_TEST

/* --- clipping --- */

/* Plain descent clipped to norm 1 moves all layers together by the learning rate, however large the gradient: squares
 * that overflow the element type, or even double, do not count. The factor has the roundings of a sum of some 50
 * squares and a root in double; the weights, 0 at first, those of the element type. */
START_TEST(clipped_steps_have_the_norm)
{
    static const double sizes[] = {10, 1e18, 1e30, 1e250};
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    const double size = sizes[_i / 2];
    net_spec spec = make_spec(dtype, 1, 6, FA_IDENTITY, true);
    session s = make_session(&spec, fa_rule_find("bp"), 1, 5);
    if (size > FLT_MAX && dtype == FA_FLOAT32)
        return;
    s.opt = make_optimizer(s.net, 0.5);
    expect_ok(fa_optimizer_set(s.opt, "clip_norm", 1));
    fa_matrix zero = make_matrix(dtype, 7, 6), none = make_matrix(dtype, 1, 7);
    expect_ok(fa_network_set_weights(s.net, 1, &zero));
    expect_ok(fa_network_set_bias(s.net, 1, &none));
    for (size_t j = 0; j < 6; j++)
        set_element(&s.x, 0, j, size * element(&s.x, 0, j));
    expect_ok(session_step(&s, NULL));
    fa_matrix w = weights_of(s.net, 1), b = bias_of(s.net, 1);
    double moved = sqrt(norm(&w) * norm(&w) + norm(&b) * norm(&b));
    /* 1e-6 in the denominator is seen where the gradient is of size 10 or so: more than 1 */
    ck_assert_msg(fabs(moved - 0.5) <= 1e-6 + 8 * (dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53), "%.17g of 0.5", moved);
}
END_TEST

/* A frozen layer's gradient does not count: the other layer moves by the whole norm. */
START_TEST(clipping_leaves_frozen_layers_out)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 5, FA_TANH, false);
    session s = make_session(&spec, fa_rule_find("bp"), 4, 5);
    size_t frozen = 1 + (size_t)_i / 2;
    fa_matrix w = weights_of(s.net, 3 - frozen), old = make_matrix(spec.dtype, w.rows, w.cols);
    s.opt = make_optimizer(s.net, 1);
    expect_ok(fa_optimizer_set(s.opt, "clip_norm", 1e-3));
    expect_ok(fa_network_set_frozen(s.net, frozen, true));
    expect_ok(fa_matrix_copy(&w, &old));
    expect_ok(session_step(&s, NULL));
    double squares = 0;
    for (size_t at = 0; at < w.rows * w.cols; at++) {
        double d = element(&w, at / w.cols, at % w.cols) - element(&old, at / w.cols, at % w.cols);
        squares += d * d;
    }
    /* the gradient is far above 1e-3, so that 1e-6 beside it costs less than a part in 1000; weights round at 1 */
    ck_assert_double_le(fabs(sqrt(squares) - 1e-3), 1e-6 + 30 * (_i % 2 ? 0x1p-24 : 0x1p-53));
}
END_TEST

/* --- what the rule is told: the increment --- */

typedef struct watcher {
    size_t calls;
    fa_matrix before;
    double keep;
    double worst; /* of w - (keep old w + increment) */
} watcher;

static fa_status watch_backward(fa_step *step)
{
    watcher *seen = fa_step_user_data(step);
    fa_matrix w;
    fa_status status = fa_step_weights(step, 1, &w);
    if (status == FA_OK)
        status = fa_matrix_copy(&w, &seen->before);
    return status == FA_OK ? fa_step_transport_with(step, 1, fa_step_weights_operand(step, 1)) : status;
}

static void watch_adapt(fa_step *step)
{
    watcher *seen = fa_step_user_data(step);
    fa_matrix w, increment;
    if (fa_step_weights(step, 1, &w) != FA_OK || fa_step_increment(step, 1, &increment, NULL) != FA_OK)
        return;
    seen->calls++;
    for (size_t at = 0; at < w.rows * w.cols; at++) {
        size_t i = at / w.cols, j = at % w.cols;
        double kept = seen->keep * element(&seen->before, i, j);
        seen->worst = fmax(seen->worst, fabs(element(&w, i, j) - kept - element(&increment, i, j)));
    }
}

/* Decay beside the gradient is not in the increment, everything else is. Weights below 4: five roundings. */
START_TEST(increment_is_for_the_gradient)
{
    const recipe *r = &recipes[_i / 2];
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 5, FA_TANH, true);
    fa_rule rule = {.struct_size = sizeof rule, .name = "watcher", .flags = FA_RULE_NEEDS_INCREMENT,
                    .backward = watch_backward, .adapt = watch_adapt};
    watcher seen = {.before = make_matrix(spec.dtype, spec.width[1], spec.width[0])};
    session s = make_session(&spec, fa_rule_find("bp"), 4, 5);
    double decoupled = recipe_value(r, strcmp(r->kind, "adamw") == 0 ? "weight_decay" : "decoupled_weight_decay");
    s.fb = make_feedback(s.net, &rule, &seen, 1);
    s.opt = make_recipe_optimizer(s.net, r);
    seen.keep = 1 - recipe_value(r, "unscaled_weight_decay") - recipe_value(r, "learning_rate") * decoupled;
    for (int step = 0; step < 5; step++)
        expect_ok(session_step(&s, NULL));
    ck_assert_uint_eq(seen.calls, 5);
    ck_assert_double_le(seen.worst, 5 * 4 * (_i % 2 ? 0x1p-24 : 0x1p-53));
}
END_TEST

/* --- increments of some layers only --- */

static fa_status from_layer_2(fa_setup *setup)
{
    fa_status *found = fa_setup_user_data(setup);
    found[0] = fa_setup_increments(NULL, 1);
    found[1] = fa_setup_increments(setup, 0);
    found[2] = fa_setup_increments(setup, 4);
    return fa_setup_increments(setup, 2);
}

static fa_status transport_both(fa_step *step)
{
    fa_status status = fa_step_transport_with(step, 2, fa_step_weights_operand(step, 2));
    return status == FA_OK ? fa_step_transport_with(step, 1, fa_step_weights_operand(step, 1)) : status;
}

static void ask_for_all(fa_step *step)
{
    fa_status *found = fa_step_user_data(step);
    fa_matrix increment;
    for (size_t l = 1; l <= 3; l++)
        found[l - 1] = fa_step_increment(step, l, &increment, NULL);
}

/* Those below are refused, and their weights change in one product as under bp. */
START_TEST(increments_of_upper_layers)
{
    net_spec spec = make_spec(_i ? FA_FLOAT32 : FA_FLOAT64, 3, 5, FA_TANH, true);
    fa_status found[3] = {FA_OK, FA_OK, FA_OK};
    fa_rule rule = {.struct_size = sizeof rule, .name = "upper", .flags = FA_RULE_NEEDS_INCREMENT,
                    .setup = from_layer_2, .backward = transport_both, .adapt = ask_for_all};
    session bp = make_session(&spec, fa_rule_find("bp"), 4, 5), s = make_session(&spec, fa_rule_find("bp"), 4, 5);
    s.fb = make_feedback(s.net, &rule, found, 1);
    for (int call = 0; call < 3; call++)
        ck_assert_int_eq(found[call], FA_ERR_ARGUMENT);
    expect_ok(session_step(&bp, NULL));
    expect_ok(session_step(&s, NULL));
    ck_assert(found[0] == FA_ERR_STATE && found[1] == FA_OK && found[2] == FA_OK);
    fa_matrix w = weights_of(s.net, 1), expected = weights_of(bp.net, 1);
    ck_assert(same_bits(&w, &expected));
    rule.flags = 0;
    fa_feedback *none = NULL;
    expect_failure(FA_ERR_STATE, fa_feedback_create(&none, s.net, &rule, found, 1));
}
END_TEST

/* --- every rule with every kind --- */

static session start_task(int i, fa_dtype dtype)
{
    size_t kinds = fa_optimizer_count();
    recipe r = {fa_optimizer_name_at((size_t)i % kinds), {{NULL, 0}}};
    net_spec spec = make_spec(dtype, 2, 8, FA_TANH, true);
    session s = make_session(&spec, fa_rule_at((size_t)i / kinds), 20, 11);
    fa_network *teacher = make_network(&spec, 12);
    expect_ok(fa_network_predict(teacher, &s.x, &s.target));
    s.opt = make_recipe_optimizer(s.net, &r);
    expect_ok(fa_optimizer_set(s.opt, "learning_rate",
                               strcmp(r.kind, "sgd") == 0 ? fmin(0.05, fa_rule_at((size_t)i / kinds)->learning_rate)
                                                          : 0.01));
    return s;
}

START_TEST(loss_falls)
{
    session s = start_task(_i / 2, _i % 2 ? FA_FLOAT32 : FA_FLOAT64);
    const char *rule = fa_feedback_rule_name(s.fb), *kind = fa_optimizer_name_at((size_t)_i / 2 % fa_optimizer_count());
    bool learns = strcmp(rule, "bp") == 0 || strcmp(rule, "fa") == 0;
    double first, loss = 0;
    expect_ok(session_step(&s, &first));
    for (int step = 0; step < 300; step++)
        expect_ok(session_step(&s, &loss));
    ck_assert_msg(loss < first * (learns ? 0.5 : 1), "%s with %s: %g, then %g", rule, kind, first, loss);
}
END_TEST

START_TEST(runs_repeat_bit_for_bit)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    session one = start_task(_i / 2, dtype), two = start_task(_i / 2, dtype);
    for (int step = 0; step < 20; step++) {
        expect_ok(session_step(&one, NULL));
        expect_ok(session_step(&two, NULL));
    }
    state_copy a = take_snapshot(&one), b = take_snapshot(&two);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer steps");
    TCase *tcase = support_case(suite);
    int pairs = 2 * (int)(fa_rule_count() * fa_optimizer_count());
    tcase_add_loop_test(tcase, known_answers, 0, 2 * ANSWERS);
    tcase_add_loop_test(tcase, common_parameters_in_both_paths, 0, 4);
    tcase_add_loop_test(tcase, clipped_steps_have_the_norm, 0, 8);
    tcase_add_loop_test(tcase, clipping_leaves_frozen_layers_out, 0, 4);
    tcase_add_loop_test(tcase, increment_is_for_the_gradient, 0, 2 * (int)recipe_count);
    tcase_add_loop_test(tcase, increments_of_upper_layers, 0, 2);
    tcase_add_loop_test(tcase, loss_falls, 0, pairs);
    tcase_add_loop_test(tcase, runs_repeat_bit_for_bit, 0, pairs);
    return support_run(suite, true);
}
