/* The contract that every registered rule keeps: one test function a promise, looped over the registry. */
#include "session.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Test number _i: a rule, one of twelve kinds of network, and an optimizer with or without momentum: without,
 * gradient and update may be one product. */
enum { VARIANTS = 24 };

static const fa_rule *rule_of(int i)
{
    return fa_rule_at((size_t)i / VARIANTS);
}

static net_spec spec_of(int i)
{
    static const size_t depths[] = {1, 2, 4};
    net_spec spec = make_spec(i % 2 ? FA_FLOAT32 : FA_FLOAT64, depths[i / 4 % 3], 9, FA_TANH, i / 2 % 2);
    set_output_pair(&spec, (size_t)(i + i / 2) % output_pair_count());
    return spec;
}

static session start(int i)
{
    net_spec spec = spec_of(i);
    session s = make_session(&spec, rule_of(i), 12, 3);
    if (i / 12 % 2 == 1)
        expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    return s;
}

START_TEST(names_and_tables_are_sound)
{
    const fa_rule *rule = fa_rule_at((size_t)_i);
    ck_assert_ptr_nonnull(rule);
    ck_assert_uint_eq(rule->struct_size, sizeof *rule);
    ck_assert(rule->name != NULL && rule->name[0] != '\0');
    for (const char *c = rule->name; *c != '\0'; c++)
        ck_assert_msg(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_', "%s", rule->name);
    ck_assert(rule->source != NULL && rule->source[0] != '\0' && strchr(rule->source, '\n') == NULL);
    ck_assert(rule->learning_rate >= 0 && rule->learning_rate <= 1);
    ck_assert(rule->summary != NULL && rule->summary[0] != '\0' && strchr(rule->summary, '\n') == NULL);
    ck_assert_ptr_eq(fa_rule_find(rule->name), rule);
    if (_i > 0)
        ck_assert_msg(strcmp(fa_rule_at((size_t)_i - 1)->name, rule->name) < 0, "%s is out of order", rule->name);
    ck_assert((rule->flags & FA_RULE_LOCAL) == 0 || rule->local != NULL);
    ck_assert((rule->n_params == 0) == (rule->params == NULL));
    for (size_t p = 0; p < rule->n_params; p++) {
        const fa_param *param = &rule->params[p];
        ck_assert(param->name != NULL && param->name[0] != '\0' && param->doc != NULL && param->doc[0] != '\0');
        ck_assert(param->type >= FA_PARAM_REAL && param->type <= FA_PARAM_CHOICE);
        ck_assert((param->type == FA_PARAM_CHOICE) == (param->choices != NULL));
        ck_assert(param->min <= param->default_value && param->default_value <= param->max);
        for (size_t q = 0; q < p; q++)
            ck_assert_str_ne(rule->params[q].name, param->name);
    }
}
END_TEST

START_TEST(registry_ends)
{
    ck_assert_uint_ge(fa_rule_count(), 3);
    ck_assert_ptr_null(fa_rule_at(fa_rule_count()));
    ck_assert_ptr_null(fa_rule_at((size_t)-1));
    ck_assert_ptr_null(fa_rule_find("no_such_rule"));
    for (size_t i = 0; i < fa_rule_count(); i++)
        ck_assert_ptr_nonnull(strstr(fa_last_error(), fa_rule_at(i)->name));
    ck_assert_ptr_null(fa_rule_find(NULL));
    ck_assert_ptr_null(fa_rule_find(""));
    ck_assert_ptr_null(fa_rule_find("BP"));
}
END_TEST

/* Any batch up to the largest; the output layer at least learns. */
START_TEST(every_batch_size_runs)
{
    session s = start(_i);
    fa_matrix x = s.x, target = s.target;
    double loss;
    for (size_t n = 1; n <= 12; n++) {
        state_copy before = take_snapshot(&s);
        expect_ok(fa_matrix_rows(&x, 12 - n, n, &s.x));
        expect_ok(fa_matrix_rows(&target, 12 - n, n, &s.target));
        expect_ok(session_step(&s, &loss));
        state_copy after = take_snapshot(&s);
        ck_assert_uint_eq(fa_pass_batch(s.pass), n);
        ck_assert(isfinite(loss) && !same_snapshot(&before, &after));
    }
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 12);
    ck_assert_str_eq(fa_feedback_rule_name(s.fb), rule_of(_i)->name);
}
END_TEST

START_TEST(runs_repeat_bit_for_bit)
{
    session one = start(_i), two = start(_i);
    for (int step = 0; step < 4; step++) {
        double first, second;
        expect_ok(session_step(&one, &first));
        expect_ok(session_step(&two, &second));
        ck_assert_mem_eq(&first, &second, sizeof first);
    }
    state_copy a = take_snapshot(&one), b = take_snapshot(&two);
    ck_assert(same_snapshot(&a, &b));
}
END_TEST

/* |a - b| <= steps * (terms of the longest sum + slack) * u * scale for well-scaled tanh networks, where no weight,
 * activity, delta or rate times gradient exceeds scale = 4 and sums magnify by at most the width. */
static double rounding_bound(const net_spec *spec, size_t n, int steps)
{
    double u = spec->dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
    return steps * (double)(spec->depth * (spec->width[1] + n + 20)) * u * 4 * (double)spec->width[1];
}

static void check_close(const session *a, const session *b, double bound)
{
    state_copy left = take_snapshot(a), right = take_snapshot(b);
    ck_assert_uint_eq(left.count, right.count);
    for (size_t i = 0; i < left.count; i++)
        ck_assert_msg(fabs(left.values[i] - right.values[i]) <= bound, "%zu: %.17g, %.17g, bound %.3g", i,
                      left.values[i], right.values[i], bound);
}

START_TEST(phases_equal_train_step)
{
    net_spec spec = spec_of(_i);
    session whole = start(_i), parts = start(_i);
    for (int step = 0; step < 3; step++) {
        double first, second;
        expect_ok(session_step(&whole, &first));
        expect_ok(session_phases(&parts, &second));
        ck_assert_double_le(fabs(first - second), rounding_bound(&spec, 12, 3));
    }
    check_close(&whole, &parts, rounding_bound(&spec, 12, 3));
}
END_TEST

static bool has_param(const fa_rule *rule, const char *name)
{
    for (size_t p = 0; p < rule->n_params; p++)
        if (strcmp(rule->params[p].name, name) == 0)
            return true;
    return false;
}

/* The mean over 12 samples, in one batch and as 5 + 7. Noise that belongs to samples falls otherwise on two batches. */
START_TEST(two_batches_equal_one)
{
    net_spec spec = spec_of(_i);
    session whole = start(_i), parts = start(_i);
    fa_matrix x = parts.x, target = parts.target;
    expect_ok(session_step(&whole, NULL));
    for (size_t part = 0; part < 2; part++) {
        expect_ok(fa_matrix_rows(&x, part * 5, part ? 7 : 5, &parts.x));
        expect_ok(fa_matrix_rows(&target, part * 5, part ? 7 : 5, &parts.target));
        expect_ok(fa_forward(parts.net, parts.pass, &parts.x));
        expect_ok(fa_error(parts.net, parts.pass, &parts.target, NULL));
        expect_ok(fa_backward(parts.net, parts.pass, parts.fb));
        expect_ok(fa_gradient(parts.net, parts.pass, parts.fb));
    }
    expect_ok(fa_update(parts.net, parts.pass, parts.fb, parts.opt));
    ck_assert_uint_eq(fa_optimizer_steps(parts.opt), 1);
    if (has_param(rule_of(_i), "sigma") && !(rule_of(_i)->flags & FA_RULE_WRITES_GRADIENT))
        return;
    if (rule_of(_i)->adapt && !(rule_of(_i)->flags & FA_RULE_NEEDS_INCREMENT)) /* B learns from the last batch alone */
        whole.fb = parts.fb;
    check_close(&whole, &parts, rounding_bound(&spec, 12, 1));
}
END_TEST

/* Frozen layers keep their bits; the other layers learn as if nothing were frozen in the first step. */
START_TEST(frozen_layers_stay)
{
    net_spec spec = spec_of(_i);
    session s = start(_i), free = start(_i);
    size_t frozen = 1 + (size_t)_i % spec.depth;
    expect_ok(fa_network_set_frozen(s.net, frozen, true));
    const char *decay = rule_of(_i)->flags & FA_RULE_REFUSES_COUPLED_DECAY ? "decoupled_weight_decay" : "weight_decay";
    expect_ok(fa_optimizer_set(s.opt, decay, 0.01));
    expect_ok(fa_optimizer_set(free.opt, decay, 0.01));
    fa_matrix first = weights_of(s.net, frozen), old = make_matrix(spec.dtype, first.rows, first.cols);
    expect_ok(fa_matrix_copy(&first, &old));
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&free, NULL));
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix here = weights_of(s.net, l), there = weights_of(free.net, l);
        ck_assert(l == frozen ? same_bits(&here, &old) : same_bits(&here, &there));
    }
    expect_ok(session_phases(&s, NULL));
    fa_matrix now = weights_of(s.net, frozen);
    ck_assert(same_bits(&now, &old));
    expect_ok(fa_network_set_frozen(s.net, frozen, false));
    expect_ok(session_step(&s, NULL));
    ck_assert(spec.depth > 1 || !same_bits(&now, &old));
}
END_TEST

/* A rule's deltas follow from the weights before the update: changing the rate changes no first delta. */
START_TEST(deltas_ignore_the_update)
{
    net_spec spec = spec_of(_i);
    session slow = start(_i), fast = start(_i);
    expect_ok(fa_optimizer_set(fast.opt, "learning_rate", 0.5));
    expect_ok(session_step(&slow, NULL));
    expect_ok(session_step(&fast, NULL));
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix a, b;
        if (fa_pass_delta(slow.pass, l, &a) != FA_OK || fa_pass_delta(fast.pass, l, &b) != FA_OK)
            continue;
        ck_assert(same_bits(&a, &b));
    }
}
END_TEST

/* Labels of 20 samples are learnt at the rule's own rate: to 0.52 of the first loss by the outputs alone at a rate
 * of 0.1, to less by errors that reach hidden layers too; signs of errors do not fade with them, and small rates
 * lead less far. Whoever has a signal for them moves them all. */
START_TEST(loss_falls)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 4);
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2 + (size_t)_i / 2 % 2, 8, FA_TANH, true);
    set_output_pair(&spec, 6); /* softmax, cross-entropy */
    session s = make_session(&spec, rule, 20, 11 + (uint64_t)_i % 4);
    fa_network *start = make_network(&spec, 11 + (uint64_t)_i % 4);
    ck_assert_msg(rule->learning_rate > 0, "%s has no learning rate", rule->name);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", rule->learning_rate));
    double first, loss = 0;
    expect_ok(session_step(&s, &first));
    for (int step = 1; step < 2000; step++)
        expect_ok(session_step(&s, &loss));
    ck_assert_msg(loss < first * (rule->learning_rate >= 0.1 ? 0.85 : 0.99), "%s: %g, then %g", rule->name, first,
                  loss);
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix w = weights_of(s.net, l), old = weights_of(start, l);
        ck_assert(same_bits(&w, &old) == (l < spec.depth && !rule->backward && !rule->local));
    }
}
END_TEST

int main(void)
{
    int count = (int)fa_rule_count(), all = count * VARIANTS;
    Suite *suite = suite_create("rules");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, names_and_tables_are_sound, 0, count);
    tcase_add_test(tcase, registry_ends);
    tcase_add_loop_test(tcase, every_batch_size_runs, 0, all);
    tcase_add_loop_test(tcase, runs_repeat_bit_for_bit, 0, all);
    tcase_add_loop_test(tcase, phases_equal_train_step, 0, all);
    tcase_add_loop_test(tcase, two_batches_equal_one, 0, all);
    tcase_add_loop_test(tcase, frozen_layers_stay, 0, all);
    tcase_add_loop_test(tcase, deltas_ignore_the_update, 0, all);
    tcase_add_loop_test(tcase, loss_falls, 0, count * 4);
    return support_run(suite, true);
}
