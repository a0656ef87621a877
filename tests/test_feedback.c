/* A rule bound to a network: its arrays, its parameters, its seed. */
#include "session.h"

#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static fa_stream feedback_stream(uint64_t seed, size_t l)
{
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_FEEDBACK, .layer = (uint32_t)l};
    return stream;
}

/* B_l [n_l x n_{l+1}] from U[-1/sqrt(n_l), 1/sqrt(n_l)), for hidden layers only. */
START_TEST(fa_draws_B)
{
    net_spec spec = make_spec(dtypes[_i], 3, 7, FA_TANH, true);
    fa_feedback *fb = make_feedback(make_network(&spec, 1), fa_rule_find("fa"), NULL, 31);
    fa_matrix view;
    size_t elements = 0;
    for (size_t l = 1; l <= 2; l++) {
        double bound = 1 / sqrt((double)spec.width[l]);
        fa_stream stream = feedback_stream(31, l);
        fa_matrix expected = make_matrix(spec.dtype, spec.width[l], spec.width[l + 1]);
        expect_ok(fa_random_uniform(&stream, -bound, bound, &expected));
        expect_ok(fa_feedback_get(fb, "B", l, &view));
        ck_assert(same_bits(&view, &expected) && norm(&view) > 0);
        elements += view.rows * view.cols;
    }
    ck_assert_uint_ge(fa_feedback_bytes(fb), elements * fa_dtype_size(spec.dtype));
    const size_t none[] = {0, 3, 4, (size_t)-1};
    for (int i = 0; i < 4; i++) {
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "B", none[i], &view));
        ck_assert(is_zeroed(&view));
    }
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "b", 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "", 1, &view));
}
END_TEST

START_TEST(rules_without_feedback_keep_nothing)
{
    static const char *const names[] = {"bp", "shallow"};
    net_spec spec = make_spec(dtypes[_i], 3, 7, FA_TANH, true);
    fa_matrix view;
    for (int i = 0; i < 2; i++) {
        fa_feedback *fb = make_feedback(make_network(&spec, 1), fa_rule_find(names[i]), NULL, 1);
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "B", 1, &view));
        ck_assert_uint_eq(fa_feedback_bytes(fb), 0);
        ck_assert_str_eq(fa_feedback_rule_name(fb), names[i]);
    }
    ck_assert_str_eq(fa_feedback_rule_name(NULL), "");
    ck_assert_uint_eq(fa_feedback_bytes(NULL), 0);
    fa_feedback_destroy(NULL);
}
END_TEST

START_TEST(seeds_decide)
{
    net_spec spec = make_spec(dtypes[_i], 3, 7, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    const fa_rule *rule = fa_rule_find("fa");
    fa_feedback *one = make_feedback(net, rule, NULL, 1), *same = make_feedback(net, rule, NULL, 1);
    fa_feedback *other = make_feedback(net, rule, NULL, 2);
    fa_matrix a, b, c;
    expect_ok(fa_feedback_get(one, "B", 1, &a));
    expect_ok(fa_feedback_get(same, "B", 1, &b));
    expect_ok(fa_feedback_get(other, "B", 1, &c));
    ck_assert(same_bits(&a, &b) && !same_bits(&a, &c));
    double bound = 1 / sqrt((double)spec.width[1]);
    expect_ok(fa_feedback_init(other, "B", 1, FA_INIT_UNIFORM, bound, 1));
    ck_assert(same_bits(&a, &c));
    expect_ok(fa_feedback_get(one, "B", 2, &a));
    expect_ok(fa_feedback_get(other, "B", 2, &c));
    ck_assert(!same_bits(&a, &c));
    expect_ok(fa_feedback_init(other, "B", 0, FA_INIT_UNIFORM, bound, 1));
    expect_ok(fa_feedback_get(same, "B", 1, &a));
    expect_ok(fa_feedback_get(other, "B", 1, &c));
    ck_assert(same_bits(&a, &c));
    expect_ok(fa_feedback_init(other, "B", 0, FA_INIT_ZERO, 1, 1));
    ck_assert(norm(&c) == 0);
}
END_TEST

START_TEST(arrays_are_set_from_any_layout)
{
    uint64_t state = 5;
    net_spec spec = make_spec(dtypes[_i % 2], 2, 6, FA_TANH, true);
    fa_feedback *fb = make_feedback(make_network(&spec, 1), fa_rule_find("fa"), NULL, 1);
    fa_matrix b = make_uniform(spec.dtype, 7, 6, (view_layout)(_i / 2), 1, &state), view;
    expect_ok(fa_feedback_set(fb, "B", 1, &b));
    expect_ok(fa_feedback_get(fb, "B", 1, &view));
    ck_assert(same_bits(&b, &view));
    fa_matrix wide = make_matrix(spec.dtype, 7, 7), other = make_matrix(dtypes[1 - _i % 2], 7, 6);
    fa_matrix turned = fa_matrix_transpose(b);
    expect_failure(FA_ERR_SHAPE, fa_feedback_set(fb, "B", 1, &wide));
    expect_failure(FA_ERR_SHAPE, fa_feedback_set(fb, "B", 1, &turned));
    expect_failure(FA_ERR_DTYPE, fa_feedback_set(fb, "B", 1, &other));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set(fb, "B", 2, &b));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set(fb, "C", 1, &b));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "C", 1, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "C", 0, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "B", 2, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "B", 1, (fa_init)0, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "B", 1, FA_INIT_UNIFORM, -1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_init(fb, "B", 1, FA_INIT_UNIFORM, NAN, 1));
    ck_assert(same_bits(&b, &view));
}
END_TEST

/* --- parameters --- */

static const fa_param params[] = {
    {"rate", FA_PARAM_REAL, 0.5, 0, 2, NULL, "a number"},
    {"count", FA_PARAM_INTEGER, 3, -1, 10, NULL, "a whole number"},
    {"mode", FA_PARAM_CHOICE, 1, 0, 2, "low|middle|high", "one of three"},
};

static fa_status read_params(fa_step *step)
{
    double *seen = fa_step_user_data(step);
    for (size_t i = 0; i < 3; i++) {
        fa_status status = fa_step_param(step, params[i].name, &seen[i]);
        if (status != FA_OK)
            return status;
    }
    return fa_step_param(step, "none", &seen[3]) == FA_ERR_ARGUMENT ? FA_OK : fa_rule_fail("found what is not there");
}

static fa_rule parameter_rule(void)
{
    fa_rule rule = {.struct_size = sizeof rule, .name = "params", .summary = "reads its parameters", .params = params,
                    .n_params = 3, .backward = read_params};
    return rule;
}

START_TEST(parameters_reach_the_rule)
{
    double seen[4] = {0}, value;
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_rule rule = parameter_rule();
    session s = make_session(&spec, fa_rule_find("bp"), 2, 1);
    s.fb = make_feedback(s.net, &rule, seen, 1);
    expect_ok(session_step(&s, NULL));
    ck_assert(seen[0] == 0.5 && seen[1] == 3 && seen[2] == 1);
    expect_ok(fa_feedback_set_param(s.fb, "rate", 2));
    expect_ok(fa_feedback_set_param(s.fb, "count", -1));
    expect_ok(fa_feedback_set_choice(s.fb, "mode", "high"));
    expect_ok(session_step(&s, NULL));
    ck_assert(seen[0] == 2 && seen[1] == -1 && seen[2] == 2);
    expect_ok(fa_feedback_set_param(s.fb, "mode", 0));
    expect_ok(fa_feedback_param(s.fb, "mode", &value));
    ck_assert(value == 0);
}
END_TEST

START_TEST(wrong_parameters_are_refused)
{
    static const struct {
        const char *name;
        double value;
    } wrong[] = {{"rate", -0.1}, {"rate", 2.1},   {"rate", NAN}, {"rate", INFINITY}, {"count", 1.5}, {"count", -2},
                 {"count", 11},  {"count", NAN},  {"mode", 3},   {"mode", 0.5},      {"mode", -1},   {"none", 0},
                 {"", 0},        {"Rate", 1},     {"rat", 1},    {"ratee", 1},       {NULL, 1}};
    double seen[4], value = 7;
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_rule rule = parameter_rule();
    fa_feedback *fb = make_feedback(make_network(&spec, 1), &rule, seen, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_param(fb, wrong[i].name, wrong[i].value));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "mode", "mid"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "mode", "low|middle"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "mode", ""));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "mode", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "rate", "low"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "none", "low"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_param(fb, "none", &value));
    for (size_t i = 0; i < 3; i++) {
        expect_ok(fa_feedback_param(fb, params[i].name, &value));
        ck_assert(value == params[i].default_value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, fa_draws_B, 0, 2);
    tcase_add_loop_test(tcase, rules_without_feedback_keep_nothing, 0, 2);
    tcase_add_loop_test(tcase, seeds_decide, 0, 2);
    tcase_add_loop_test(tcase, arrays_are_set_from_any_layout, 0, 2 * LAYOUTS);
    tcase_add_test(tcase, parameters_reach_the_rule);
    tcase_add_test(tcase, wrong_parameters_are_refused);
    return support_run(suite, true);
}
