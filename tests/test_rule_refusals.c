/* Rules that are not well-formed, one flaw each: no feedback is made, and the sentence says what is wrong. */
#include "session.h"

#include <math.h>
#include <string.h>

static fa_status nothing(fa_step *step)
{
    (void)step;
    return FA_OK;
}

static fa_status nothing_local(fa_step *step, size_t l)
{
    (void)step;
    (void)l;
    return FA_OK;
}

static fa_status set_up_nothing(fa_setup *setup)
{
    (void)setup;
    return FA_OK;
}

static fa_status start_nothing(fa_setup *setup, void *state)
{
    (void)setup;
    (void)state;
    return FA_OK;
}

static void end_nothing(void *state)
{
    (void)state;
}

/* A sound rule but for one thing. */
static fa_rule sound(void)
{
    return (fa_rule){.struct_size = sizeof(fa_rule), .name = "sound_1", .setup = set_up_nothing, .backward = nothing};
}

static void expect_refusal(const fa_network *net, const fa_rule *rule, fa_status status, const char *words)
{
    fa_feedback *fb = (fa_feedback *)&fb;
    expect_failure(status, fa_feedback_create(&fb, net, rule, NULL, 1));
    ck_assert_ptr_null(fb);
    ck_assert_msg(strstr(fa_last_error(), words) != NULL, "\"%s\" lacks \"%s\"", fa_last_error(), words);
}

static fa_network *some_network(void)
{
    const net_spec spec = make_spec(FA_FLOAT64, 2, 4, FA_TANH, true);
    return make_network(&spec, 1);
}

START_TEST(callbacks_and_flags)
{
    const fa_network *net = some_network();
    fa_feedback *fb;
    fa_rule rule = sound();
    expect_ok(fa_feedback_create(&fb, net, &rule, NULL, 1));
    fa_feedback_destroy(fb);
    rule.local = nothing_local;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "go together");
    rule.flags = FA_RULE_LOCAL;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "backward or local, not both");
    rule.local = NULL;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "go together");
    rule = sound();
    rule.flags = FA_RULE_NEEDS_INCREMENT;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "FA_RULE_NEEDS_INCREMENT without adapt");
    rule.flags = FA_RULE_MIRRORS;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "FA_RULE_MIRRORS without adapt");
    rule = sound();
    rule.init = start_nothing;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "init or fini without state");
    rule = sound();
    rule.fini = end_nothing;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "init or fini without state");
    rule = sound();
    rule.flags = (uint32_t)1 << 31;
    expect_refusal(net, &rule, FA_ERR_UNSUPPORTED, "later version");
    rule = sound();
    rule.struct_size = 3;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "struct_size is 3");
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {NULL, "", "Sound", "a-b", "a b", "\xc3\xa4"};
    const fa_network *net = some_network();
    fa_rule rule = sound();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rule.name = bad[i];
        expect_refusal(net, &rule, FA_ERR_ARGUMENT, "a rule's name is made of a-z, 0-9 and _");
    }
}
END_TEST

/* One parameter each, and what is wrong with it. */
static const struct {
    fa_param param;
    const char *words;
} bad_params[] = {
    {{NULL, FA_PARAM_REAL, 0, 0, 1, NULL, ""}, "a parameter without a name"},
    {{"", FA_PARAM_REAL, 0, 0, 1, NULL, ""}, "a parameter without a name"},
    {{"p", (fa_param_type)0, 0, 0, 1, NULL, ""}, "\"p\" has an unknown type"},
    {{"p", FA_PARAM_REAL, -1, 0, 1, NULL, ""}, "outside min .. max"},
    {{"p", FA_PARAM_REAL, 2, 0, 1, NULL, ""}, "outside min .. max"},
    {{"p", FA_PARAM_REAL, (double)NAN, 0, 1, NULL, ""}, "outside min .. max"},
    {{"p", FA_PARAM_REAL, (double)INFINITY, 0, (double)INFINITY, NULL, ""}, "not finite"},
    {{"p", FA_PARAM_INTEGER, 0.5, 0, 1, NULL, ""}, "default is not whole"},
    {{"p", FA_PARAM_CHOICE, 0, 0, 1, NULL, ""}, "is a choice without choices"},
    {{"p", FA_PARAM_CHOICE, 0, 0, 1, "", ""}, "has a choice without a name"},
    {{"p", FA_PARAM_CHOICE, 0, 0, 1, "a||b", ""}, "has a choice without a name"},
    {{"p", FA_PARAM_CHOICE, 0, 0, 1, "a|", ""}, "has a choice without a name"},
    {{"p", FA_PARAM_CHOICE, 0, 0, 1, "a|b|a", ""}, "has two choices of one name"},
    {{"p", FA_PARAM_CHOICE, -1, 0, 1, "a|b", ""}, "not the index of a choice"},
    {{"p", FA_PARAM_CHOICE, 2, 0, 1, "a|b", ""}, "not the index of a choice"},
    {{"p", FA_PARAM_CHOICE, 0.5, 0, 1, "a|b", ""}, "not the index of a choice"},
    {{"feedback_form", FA_PARAM_REAL, 0, 0, 1, NULL, ""}, "a parameter that every rule has"},
};

START_TEST(parameters)
{
    const fa_network *net = some_network();
    fa_rule rule = sound();
    rule.params = &bad_params[_i].param;
    rule.n_params = 1;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, bad_params[_i].words);
}
END_TEST

START_TEST(tables)
{
    static const fa_param twice[] = {{"p", FA_PARAM_REAL, 0, 0, 1, NULL, ""}, {"q", FA_PARAM_REAL, 0, 0, 1, NULL, ""},
                                     {"p", FA_PARAM_REAL, 0, 0, 1, NULL, ""}};
    const fa_network *net = some_network();
    fa_rule rule = sound();
    rule.n_params = 1;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "n_params without params");
    rule.params = twice;
    rule.n_params = 3;
    expect_refusal(net, &rule, FA_ERR_ARGUMENT, "\"p\" is there twice");
}
END_TEST

/* Sentences of a rule's own, or one for it. */
START_TEST(failures)
{
    expect_failure(FA_ERR_RULE, fa_rule_fail("no good"));
    ck_assert_str_eq(fa_last_error(), "no good");
    expect_failure(FA_ERR_RULE, fa_rule_fail(NULL));
    ck_assert_str_eq(fa_last_error(), "the learning rule failed");
    expect_failure(FA_ERR_RULE, fa_rule_fail(""));
    ck_assert_str_eq(fa_last_error(), "the learning rule failed");
}
END_TEST

/* --- what a rule asks of no step, or of no setup --- */

START_TEST(no_step)
{
    double x = 0;
    fa_matrix view = {0};
    ck_assert(fa_step_depth(NULL) == 0 && fa_step_width(NULL, 1) == 0 && fa_step_batch(NULL) == 0);
    ck_assert(fa_step_dtype(NULL) == 0 && fa_step_number(NULL) == 0 && isnan(fa_step_learning_rate(NULL)));
    ck_assert(fa_step_user_data(NULL) == NULL && fa_step_state(NULL) == NULL);
    ck_assert(fa_step_weights_operand(NULL, 1) == NULL && fa_step_array_operand(NULL, "B", 1) == NULL);
    expect_failure(FA_ERR_ARGUMENT, fa_step_param(NULL, "p", &x));
    expect_failure(FA_ERR_ARGUMENT, fa_step_shrink_weights(NULL, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_step_set_presynaptic(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_step_set_postsynaptic(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_step_loss(NULL, 0, &x));
    expect_failure(FA_ERR_ARGUMENT, fa_step_error(NULL, 0, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_step_transport(NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_step_inject(NULL, 1));
    ck_assert(fa_setup_depth(NULL) == 0 && fa_setup_width(NULL, 1) == 0 && fa_setup_user_data(NULL) == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_refusals");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, callbacks_and_flags);
    tcase_add_test(tcase, names);
    tcase_add_loop_test(tcase, parameters, 0, (int)(sizeof bad_params / sizeof *bad_params));
    tcase_add_test(tcase, tables);
    tcase_add_test(tcase, failures);
    tcase_add_test(tcase, no_step);
    return support_run(suite, true);
}
