/* Every parameter with its default and limits, and the rules' learning rates: they are part of the interface, and a
 * program that sets nothing trains by them. A new parameter is a new line here. */
#include "support.h"

#include <limits.h>
#include <string.h>

static const struct {
    const char *owner; /* NULL: every optimizer */
    const char *name;
    int type;
    double default_value, min, max;
} expected[] = {
    {"brsf", "scale", FA_PARAM_CHOICE, 0, 0, 2},
    {"brsf", "low", FA_PARAM_REAL, 0, 0, 1000000},
    {"brsf", "high", FA_PARAM_REAL, 1, 0, 1000000},
    {"dkp", "rate_factor", FA_PARAM_REAL, 1, 0, 1000000},
    {"dkp", "decay", FA_PARAM_REAL, 0, 0, 1},
    {"drtp", "sign", FA_PARAM_REAL, 1, -1, 1},
    {"frsf", "scale", FA_PARAM_CHOICE, 0, 0, 2},
    {"kolen_pollack", "decay", FA_PARAM_REAL, 0, 0, 1},
    {"node_perturbation", "sigma", FA_PARAM_REAL, 0.01, 1e-8, 1000000},
    {"pepita", "output_error", FA_PARAM_CHOICE, 0, 0, 1},
    {"pfa", "expansion", FA_PARAM_INTEGER, 2, 1, 1000},
    {"pfa", "decay", FA_PARAM_REAL, 0, 0, 1},
    {"pseudo_backprop", "every", FA_PARAM_INTEGER, 1, 1, 1e09},
    {"usf", "scale", FA_PARAM_CHOICE, 0, 0, 2},
    {"weight_mirror", "rate", FA_PARAM_REAL, 1.28, 0, 1000000},
    {"weight_mirror", "noise", FA_PARAM_REAL, 0.05, 0, 1000000},
    {"weight_mirror", "decay", FA_PARAM_REAL, 0, 0, 1},
    {"weight_mirror", "every", FA_PARAM_INTEGER, 1, 0, 1e09},
    {"weight_mirror", "response", FA_PARAM_CHOICE, 0, 0, 1},
    {"weight_perturbation", "sigma", FA_PARAM_REAL, 0.001, 1e-8, 1000000},
    {"adagrad", "learning_rate", FA_PARAM_REAL, 0.01, 0, 1e30},
    {NULL, "gradient_scale", FA_PARAM_REAL, 1, 0, 1e30},
    {NULL, "clip_norm", FA_PARAM_REAL, 0, 0, 1e30},
    {NULL, "unscaled_weight_decay", FA_PARAM_REAL, 0, 0, 1},
    {"adagrad", "learning_rate_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"adagrad", "initial_accumulator", FA_PARAM_REAL, 0, 0, 1e30},
    {"adagrad", "eps", FA_PARAM_REAL, 1e-10, 1e-30, 1e30},
    {"adagrad", "weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"adam", "learning_rate", FA_PARAM_REAL, 0.001, 0, 1e30},
    {"adam", "beta1", FA_PARAM_REAL, 0.9, 0, 0.999999999},
    {"adam", "beta2", FA_PARAM_REAL, 0.999, 0, 0.999999999},
    {"adam", "eps", FA_PARAM_REAL, 1e-8, 1e-30, 1e30},
    {"adam", "amsgrad", FA_PARAM_CHOICE, 0, 0, 1},
    {"adam", "weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"adamw", "learning_rate", FA_PARAM_REAL, 0.001, 0, 1e30},
    {"adamw", "beta1", FA_PARAM_REAL, 0.9, 0, 0.999999999},
    {"adamw", "beta2", FA_PARAM_REAL, 0.999, 0, 0.999999999},
    {"adamw", "eps", FA_PARAM_REAL, 1e-8, 1e-30, 1e30},
    {"adamw", "amsgrad", FA_PARAM_CHOICE, 0, 0, 1},
    {"adamw", "weight_decay", FA_PARAM_REAL, 0.01, 0, 1e30},
    {"manhattan", "learning_rate", FA_PARAM_REAL, 0.001, 0, 1e30},
    {"manhattan", "momentum", FA_PARAM_REAL, 0, 0, 1},
    {"manhattan", "decoupled_weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"rmsprop", "learning_rate", FA_PARAM_REAL, 0.01, 0, 1e30},
    {"rmsprop", "alpha", FA_PARAM_REAL, 0.99, 0, 1},
    {"rmsprop", "eps", FA_PARAM_REAL, 1e-8, 1e-30, 1e30},
    {"rmsprop", "momentum", FA_PARAM_REAL, 0, 0, 1},
    {"rmsprop", "centered", FA_PARAM_CHOICE, 0, 0, 1},
    {"rmsprop", "weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"sgd", "learning_rate", FA_PARAM_REAL, 0.01, 0, 1e30},
    {"sgd", "momentum", FA_PARAM_REAL, 0, 0, 1},
    {"sgd", "nesterov", FA_PARAM_CHOICE, 0, 0, 1},
    {"sgd", "weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"sgd", "decoupled_weight_decay", FA_PARAM_REAL, 0, 0, 1e30},
    {"trainer", "epochs", FA_PARAM_INTEGER, 10, 1, 1e09},
    {"trainer", "batch", FA_PARAM_INTEGER, 0, 0, INT_MAX},
    {"trainer", "shuffle", FA_PARAM_CHOICE, 1, 0, 1},
    {"trainer", "drop_last", FA_PARAM_CHOICE, 0, 0, 1},
    {"trainer", "schedule", FA_PARAM_CHOICE, 0, 0, 2},
    {"trainer", "step_epochs", FA_PARAM_REAL, 10, 1e-9, 1e09},
    {"trainer", "step_factor", FA_PARAM_REAL, 0.1, 0, 1e09},
    {"trainer", "final_factor", FA_PARAM_REAL, 0, 0, 1e09},
    {"trainer", "warmup", FA_PARAM_REAL, 0, 0, 1e09},
    {"trainer", "patience", FA_PARAM_INTEGER, 0, 0, 1e09},
    {"trainer", "monitor", FA_PARAM_CHOICE, 0, 0, 1},
    {"trainer", "min_improvement", FA_PARAM_REAL, 0, 0, 1e300},
    {"trainer", "keep_best", FA_PARAM_CHOICE, 0, 0, 1},
    {"feedback", "feedback_form", FA_PARAM_CHOICE, 0, 0, 4},
    {"feedback", "feedback_density", FA_PARAM_REAL, 0.1, 1e-9, 1},
    {"feedback", "feedback_rank", FA_PARAM_INTEGER, 10, 1, INT_MAX},
    {"feedback", "feedback_draw", FA_PARAM_CHOICE, 0, 0, 8},
    {"feedback", "feedback_scale", FA_PARAM_REAL, 1, 1e-9, 1e09},
};

enum { COUNT = sizeof expected / sizeof expected[0] };

static bool met[COUNT];

static void check_table(const char *owner, bool optimizer, const fa_param *params, size_t count)
{
    for (size_t p = 0; p < count; p++) {
        size_t i = 0;
        while (i < COUNT && (strcmp(expected[i].name, params[p].name) != 0 ||
                             (expected[i].owner ? strcmp(expected[i].owner, owner) != 0 : !optimizer)))
            i++;
        ck_assert_msg(i < COUNT, "%s has a new parameter %s", owner, params[p].name);
        met[i] = true;
        ck_assert_msg((int)params[p].type == expected[i].type && params[p].default_value == expected[i].default_value &&
                          params[p].min == expected[i].min && params[p].max == expected[i].max,
                      "%s: %s is type %d, %.17g in [%.17g, %.17g]", owner, params[p].name, (int)params[p].type,
                      params[p].default_value, params[p].min, params[p].max);
    }
}

START_TEST(defaults_and_limits)
{
    const fa_param *params;
    size_t count;
    memset(met, 0, sizeof met);
    for (size_t i = 0; i < fa_rule_count(); i++)
        check_table(fa_rule_at(i)->name, false, fa_rule_at(i)->params, fa_rule_at(i)->n_params);
    for (size_t i = 0; i < fa_optimizer_count(); i++) {
        params = fa_optimizer_params(fa_optimizer_name_at(i), &count);
        check_table(fa_optimizer_name_at(i), true, params, count);
    }
    params = fa_trainer_params(&count);
    check_table("trainer", false, params, count);
    params = fa_feedback_params(&count);
    check_table("feedback", false, params, count);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_msg(met[i], "no %s any more", expected[i].name);
}
END_TEST

/* 0.1, but for errors that are estimated from noise and PEPITA's. */
START_TEST(learning_rates_of_rules)
{
    static const struct {
        const char *name;
        double rate;
    } others[] = {{"node_perturbation", 0.03}, {"pepita", 0.3}, {"weight_perturbation", 0.002}};
    for (size_t i = 0; i < fa_rule_count(); i++) {
        const fa_rule *rule = fa_rule_at(i);
        double rate = 0.1;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            if (strcmp(others[k].name, rule->name) == 0)
                rate = others[k].rate;
        ck_assert_msg(rule->learning_rate == rate, "%s: %g", rule->name, rule->learning_rate);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parameters");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, defaults_and_limits);
    tcase_add_test(tcase, learning_rates_of_rules);
    return support_run(suite, true);
}
