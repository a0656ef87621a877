/* Every rule when memory is out: failures are survived, leak nothing and change nothing, and after the first step
 * none asks for memory. */
#include "session.h"
#include "watch.h"

#include <string.h>

enum { SAMPLES = 6, DEPTH = 3 };

static session start(const fa_rule *rule, fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, rule, SAMPLES, 3);
    s.opt = make_optimizer(s.net, 0.05);
    expect_ok(fa_network_set_dropout(s.net, 1, 0.25));
    expect_ok(fa_pass_set_dropout(s.pass, 1, 0));
    return s;
}

static bool mirrors(const fa_rule *rule)
{
    return rule->flags & FA_RULE_MIRRORS;
}

/* Feedback and pass made, two steps, a mirror phase; everything destroyed. */
static fa_status live_and_die(const session *made, const fa_rule *rule)
{
    session s = *made;
    fa_status status;
    s.fb = NULL;
    s.pass = NULL;
    status = fa_feedback_create(&s.fb, s.net, rule, NULL, 1);
    if (status == FA_OK && strcmp(rule->name, "pfa") == 0)
        status = fa_feedback_set_param(s.fb, "expansion", 3);
    if (status == FA_OK)
        status = fa_pass_create(&s.pass, s.net, SAMPLES);
    if (status == FA_OK)
        status = fa_pass_set_dropout(s.pass, 1, 0);
    if (status == FA_OK)
        status = session_step(&s, NULL);
    if (status == FA_OK && mirrors(rule))
        status = fa_feedback_adapt(s.fb, s.net, s.pass, 1);
    fa_feedback_destroy(s.fb);
    fa_pass_destroy(s.pass);
    return status;
}

/* Allocation 0, 1, ... fails (once, or from then on) until nothing does. */
START_TEST(rules_leak_nothing)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 2);
    session made = start(rule, FA_FLOAT32);
    fa_status status = FA_ERR_MEMORY;
    expect_ok(session_step(&made, NULL)); /* the optimizer has what it needs */
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, _i % 2);
        status = live_and_die(&made, rule);
        unwatch();
        ck_assert_msg(live == 0, "%s leaks %ld blocks", rule->name, live);
        ck_assert_msg(status == FA_OK || status == FA_ERR_MEMORY, "%s: %s", rule->name, fa_last_error());
        ck_assert_msg(status != FA_OK || allocations <= fail, "%s: nobody was told of a failure", rule->name);
        ck_assert_int_lt(fail, 200);
    }
}
END_TEST

/* The first step on a pass, each of its allocations failing in turn: weights and arrays stay, and the step that
 * succeeds is the one that there would have been. */
START_TEST(first_steps_are_survived)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 2);
    session s = start(rule, FA_FLOAT64), untroubled = start(rule, FA_FLOAT64);
    state_copy before = take_snapshot(&s), after;
    fa_status status = FA_ERR_MEMORY;
    expect_ok(session_step(&untroubled, NULL));
    for (long fail = 0; status != FA_OK; fail++) {
        watch(fail, _i % 2);
        status = session_step(&s, NULL);
        unwatch();
        after = take_snapshot(&s);
        ck_assert_msg(status == FA_OK || status == FA_ERR_MEMORY, "%s: %s", rule->name, fa_last_error());
        ck_assert_msg(status != FA_OK || allocations <= fail, "%s: nobody was told of a failure", rule->name);
        ck_assert_msg(status == FA_OK || same_snapshot(&before, &after), "%s changed something", rule->name);
        ck_assert_int_lt(fail, 100);
    }
    before = take_snapshot(&untroubled);
    ck_assert_msg(same_snapshot(&before, &after), "%s: another step after failures", rule->name);
}
END_TEST

START_TEST(later_steps_allocate_nothing)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 4);
    session s = start(rule, _i % 2 ? FA_FLOAT32 : FA_FLOAT64);
    fa_status status = FA_OK;
    expect_ok(fa_optimizer_set(s.opt, "momentum", _i / 2 % 2 ? 0.5 : 0));
    expect_ok(session_step(&s, NULL));
    watch(-1, false);
    for (int step = 0; step < 3 && status == FA_OK; step++)
        status = session_step(&s, NULL);
    if (status == FA_OK)
        status = session_phases(&s, NULL);
    if (status == FA_OK && mirrors(rule))
        status = fa_feedback_adapt(s.fb, s.net, s.pass, 2);
    unwatch();
    expect_ok(status);
    ck_assert_msg(allocations == 0, "%s: %ld allocations", rule->name, allocations);
}
END_TEST

/* A structural parameter whose new arrays cannot be made: the old ones are there, to the bit. */
START_TEST(failed_parameters_change_nothing)
{
    session s = start(fa_rule_find("pfa"), FA_FLOAT32);
    state_copy before = take_snapshot(&s);
    fa_status status = FA_ERR_MEMORY;
    double value;
    for (long fail = 0; status != FA_OK; fail++) {
        watch(fail, _i);
        status = fa_feedback_set_param(s.fb, "expansion", 3);
        unwatch();
        state_copy after = take_snapshot(&s);
        expect_ok(fa_feedback_param(s.fb, "expansion", &value));
        ck_assert(same_snapshot(&before, &after) == (status != FA_OK) && value == (status == FA_OK ? 3 : 2));
        ck_assert_int_lt(fail, 100);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc rules");
    TCase *tcase = support_case(suite);
    int count = (int)fa_rule_count();
    tcase_add_loop_test(tcase, rules_leak_nothing, 0, 2 * count);
    tcase_add_loop_test(tcase, first_steps_are_survived, 0, 2 * count);
    tcase_add_loop_test(tcase, later_steps_allocate_nothing, 0, 4 * count);
    tcase_add_loop_test(tcase, failed_parameters_change_nothing, 0, 2);
    return support_run(suite, false);
}
