/* What brings a rule's error signals: arrays by their names, weights in the place of feedback, the wrong kind. */
#include "session.h"

#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* --- arrays handed over as operands --- */

static fa_status inject_arrays(fa_step *step)
{
    fa_status status = FA_OK;
    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_inject_with(step, l, fa_step_array_operand(step, "B", l));
    return status;
}

static fa_status transport_arrays(fa_step *step)
{
    fa_status status = FA_OK;
    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_transport_with(step, l, fa_step_array_operand(step, "B", l));
    return status;
}

/* B by its name is what B is as feedback. */
START_TEST(arrays_are_operands)
{
    fa_rule rule = *fa_rule_find(_i ? "fa" : "dfa");
    net_spec spec = make_spec(dtypes[_i], 4, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find(rule.name), 6, 3);
    rule.name = "by_name";
    rule.backward = _i ? transport_arrays : inject_arrays;
    session t = make_session(&spec, &rule, 6, 3);
    expect_ok(session_phases(&s, NULL));
    expect_ok(session_phases(&t, NULL));
    state_copy one = take_snapshot(&s), two = take_snapshot(&t);
    ck_assert(same_snapshot(&one, &two));
}
END_TEST

/* --- what is refused --- */

static fa_status inject_upwards(fa_step *step)
{
    fa_status status = FA_OK;
    for (size_t l = 1; l < fa_step_depth(step) && status == FA_OK; l++)
        status = fa_step_inject(step, l);
    return status;
}

static fa_status transport_instead(fa_step *step)
{
    return fa_step_transport(step, 1);
}

/* What a layer's weights bring has to be there above it; feedback of one kind is not used as the other. */
START_TEST(sentences_name_the_layers)
{
    fa_rule rule = *fa_rule_find("dfa");
    net_spec spec = make_spec(FA_FLOAT64, 4, 5, FA_TANH, true);
    rule.name = "upwards";
    rule.backward = _i ? transport_instead : inject_upwards;
    session s = make_session(&spec, &rule, 3, 1);
    expect_ok(fa_feedback_use_weights(s.fb, 2, true));
    expect_failure(FA_ERR_STATE, session_phases(&s, NULL));
    ck_assert_msg(strstr(fa_last_error(), _i ? "upwards declared no layerwise feedback"
                                             : "layer 2 is reached through W_3, but layer 3 has no error signal") !=
                      NULL,
                  "%s", fa_last_error());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule operands");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, arrays_are_operands, 0, 2);
    tcase_add_loop_test(tcase, sentences_name_the_layers, 0, 2);
    return support_run(suite, true);
}
