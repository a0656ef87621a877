/* Forms of feedback when memory runs out, and what a step asks for. */
#include "session.h"
#include "watch.h"

typedef struct change {
    const char *name, *choice;
} change;

static const change changes[] = {{"feedback_form", "sparse"},     {"feedback_form", "low_rank"},
                                 {"feedback_form", "shared"},     {"feedback_form", "regenerated"},
                                 {"feedback_draw", "orthogonal"}, {"feedback_draw", "launay"}};

enum { CHANGES = sizeof changes / sizeof changes[0], MOST = 100 };

static session start(fa_dtype dtype, const char *rule)
{
    net_spec spec = make_spec(dtype, 3, 12, FA_TANH, true);
    return make_session(&spec, fa_rule_find(rule), 16, 3);
}

/* Fail allocation 0, 1, ... until the call succeeds. A failure leaves B and the parameter as they were. */
START_TEST(a_form_that_cannot_be_made_changes_nothing)
{
    const change *c = &changes[_i / 4];
    session s = start(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, _i / 2 % 2 ? "fa" : "dfa");
    state_copy before = take_snapshot(&s);
    fa_status status;
    for (long fail = 0;; fail++) {
        double value = 1;
        support_forget();
        watch(fail, false);
        status = fa_feedback_set_choice(s.fb, c->name, c->choice);
        unwatch();
        if (status == FA_OK) {
            ck_assert_int_le(allocations, fail); /* else one failed, and nobody was told */
            break;
        }
        support_failed(FA_ERR_MEMORY, status, c->choice, __LINE__);
        ck_assert_int_eq(live, 0);
        ck_assert_int_lt(fail, MOST);
        expect_ok(fa_feedback_param(s.fb, c->name, &value));
        ck_assert(value == 0);
        state_copy after = take_snapshot(&s);
        ck_assert(same_snapshot(&before, &after));
    }
    ck_assert_int_gt(allocations, 3);
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* The first step may ask for scratch, and fail, and be tried again; later ones ask for nothing. */
START_TEST(only_the_first_step_allocates)
{
    const change *c = &changes[_i / 4];
    session s = start(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, _i / 2 % 2 ? "fa" : "dfa");
    fa_status status = FA_ERR_MEMORY;
    expect_ok(fa_feedback_set_choice(s.fb, c->name, c->choice));
    state_copy before = take_snapshot(&s);
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, false);
        status = session_step(&s, NULL);
        unwatch();
        if (status != FA_OK) {
            support_failed(FA_ERR_MEMORY, status, c->choice, __LINE__);
            ck_assert_int_lt(fail, MOST);
            state_copy after = take_snapshot(&s);
            ck_assert(same_snapshot(&before, &after));
        }
    }
    watch(-1, false);
    for (int step = 0; step < 5 && status == FA_OK; step++)
        status = session_step(&s, NULL);
    unwatch();
    expect_ok(status);
    ck_assert_int_eq(allocations, 0);
}
END_TEST

/* Diagnostics make a dense copy and release it. */
START_TEST(angles_leak_nothing)
{
    session s = start(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, "fa");
    fa_status status = FA_ERR_MEMORY;
    double angle;
    expect_ok(fa_feedback_set_choice(s.fb, changes[_i / 2].name, changes[_i / 2].choice));
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, false);
        status = fa_weight_angle(s.net, s.fb, 1, &angle);
        unwatch();
        ck_assert_int_eq(live, 0);
        if (status != FA_OK)
            support_failed(FA_ERR_MEMORY, status, "fa_weight_angle", __LINE__);
        ck_assert_int_lt(fail, MOST);
    }
    ck_assert(angle > 0 && angle < 180);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback memory");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, a_form_that_cannot_be_made_changes_nothing, 0, 4 * CHANGES);
    tcase_add_loop_test(tcase, only_the_first_step_allocates, 0, 4 * CHANGES);
    tcase_add_loop_test(tcase, angles_leak_nothing, 0, 2 * CHANGES);
    return support_run(suite, false);
}
