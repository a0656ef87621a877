/* Parameters that every rule with feedback has. */
#include "session.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static fa_feedback *bind(fa_dtype dtype, const char *rule)
{
    net_spec spec = make_spec(dtype, 3, 7, FA_TANH, true);
    return make_feedback(make_network(&spec, 1), fa_rule_find(rule), NULL, 31);
}

static bool has_feedback(const char *rule)
{
    double value;
    return fa_feedback_param(bind(FA_FLOAT64, rule), "feedback_form", &value) == FA_OK;
}

START_TEST(the_table_is_well_formed)
{
    static const char *const names[] = {"feedback_form", "feedback_density", "feedback_rank", "feedback_draw",
                                        "feedback_scale"};
    size_t n = 0;
    const fa_param *table = fa_feedback_params(&n);
    fa_feedback *fb = bind(FA_FLOAT32, "dfa");
    ck_assert_uint_eq(n, 5);
    ck_assert_ptr_eq(table, fa_feedback_params(NULL));
    for (size_t i = 0; i < n; i++) {
        double value;
        ck_assert_str_eq(table[i].name, names[i]);
        ck_assert(table[i].doc && *table[i].doc);
        expect_ok(fa_feedback_param(fb, table[i].name, &value));
        ck_assert_double_eq(value, table[i].default_value);
        expect_ok(fa_feedback_set_param(fb, table[i].name, value));
    }
}
END_TEST

/* Those that keep a B which can be drawn from outside, whatever rules there are; and some by name. */
START_TEST(rules_with_feedback_have_them)
{
    static const char *const with[] = {"fa", "dfa", "ifa", "weight_mirror"};
    static const char *const without[] = {"bp", "brsf", "pfa", "pepita"};
    for (size_t i = 0; i < fa_rule_count(); i++) {
        const char *name = fa_rule_at(i)->name;
        net_spec spec = make_spec(FA_FLOAT64, 3, 7, FA_TANH, true);
        fa_network *net = make_network(&spec, 1);
        fa_feedback *fb = make_feedback(net, fa_rule_at(i), NULL, 31);
        const bool drawn = fa_feedback_init(fb, "B", 1, FA_INIT_UNIFORM, 1, 1) == FA_OK;
        ck_assert_msg(has_feedback(name) == (drawn && keeps_feedback(fb, net, 1)), "%s", name);
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert(has_feedback(with[i]) && !has_feedback(without[i]));
}
END_TEST

/* The default, which changes nothing, is accepted. */
START_TEST(rules_without_feedback_refuse_them)
{
    static const char *const names[] = {"bp", "shallow", "usf", "pepita"};
    size_t n;
    const fa_param *table = fa_feedback_params(&n);
    fa_feedback *fb = bind(dtypes[_i % 2], names[_i / 2]);
    for (size_t i = 0; i < n; i++) {
        double value = 7;
        expect_ok(fa_feedback_set_param(fb, table[i].name, table[i].default_value));
        expect_failure(FA_ERR_UNSUPPORTED,
                       fa_feedback_set_param(fb, table[i].name, table[i].default_value < 1 ? 1 : 2));
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_param(fb, table[i].name, &value));
        ck_assert_double_eq(value, 7);
    }
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set_choice(fb, "feedback_form", "shared"));
}
END_TEST

/* They change B, so it has to be dense; how it is drawn may be chosen. */
START_TEST(rules_that_adapt_are_dense)
{
    static const char *const names[] = {"dkp", "kolen_pollack", "weight_mirror"};
    static const char *const others[] = {"sparse", "low_rank", "shared", "regenerated"};
    fa_feedback *fb = bind(dtypes[_i % 2], names[_i / 2]), *same = bind(dtypes[_i % 2], names[_i / 2]);
    fa_matrix a, b;
    for (size_t i = 0; i < 4; i++)
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set_choice(fb, "feedback_form", others[i]));
    expect_ok(fa_feedback_get(fb, "B", 1, &a));
    expect_ok(fa_feedback_get(same, "B", 1, &b));
    ck_assert(same_bits(&a, &b));
    expect_ok(fa_feedback_set_choice(fb, "feedback_draw", "lillicrap"));
    expect_ok(fa_feedback_set_param(fb, "feedback_scale", 2));
    expect_ok(fa_feedback_get(fb, "B", 1, &a));
    ck_assert(!same_bits(&a, &b));
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.cols; j++)
            ck_assert_double_le(fabs(element(&a, i, j)), 1); /* 2 times 0.5 */
}
END_TEST

START_TEST(wrong_values_change_nothing)
{
    static const struct {
        const char *name;
        double value;
    } wrong[] = {{"feedback_form", 5},     {"feedback_form", 0.5},        {"feedback_form", -1},
                 {"feedback_density", 0},  {"feedback_density", 1.1},     {"feedback_density", NAN},
                 {"feedback_rank", 0},     {"feedback_rank", 1.5},        {"feedback_rank", INFINITY},
                 {"feedback_draw", 9},     {"feedback_draw", -1},         {"feedback_scale", 0},
                 {"feedback_scale", -1},   {"feedback_scale", NAN},       {"feedback_", 1},
                 {"feedback_forms", 1}};
    fa_feedback *fb = bind(dtypes[_i], "fa");
    fa_matrix b = make_matrix(dtypes[_i], 8, 9), view;
    expect_ok(fa_feedback_get(fb, "B", 1, &view));
    fa_matrix before = make_matrix(dtypes[_i], view.rows, view.cols);
    expect_ok(fa_matrix_copy(&view, &before));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_param(fb, wrong[i].name, wrong[i].value));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "feedback_form", "thin"));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_choice(fb, "feedback_scale", "dense"));
    expect_ok(fa_feedback_get(fb, "B", 1, &view));
    ck_assert(same_bits(&view, &before));
    expect_ok(fa_feedback_set_choice(fb, "feedback_form", "sparse"));
    b = make_matrix(dtypes[_i], before.rows, before.cols);
    expect_ok(fa_feedback_dense(fb, 1, &before));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set_choice(fb, "feedback_draw", "orthogonal"));
    expect_ok(fa_feedback_dense(fb, 1, &b));
    ck_assert(same_bits(&b, &before));
}
END_TEST

/* As soon as the rule has been at work its arrays stay. */
START_TEST(arrays_stay_after_the_first_step)
{
    net_spec spec = make_spec(dtypes[_i], 3, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("dfa"), 5, 1);
    expect_ok(fa_feedback_set_choice(s.fb, "feedback_form", "low_rank"));
    expect_ok(session_step(&s, NULL));
    expect_failure(FA_ERR_STATE, fa_feedback_set_choice(s.fb, "feedback_form", "dense"));
    expect_failure(FA_ERR_STATE, fa_feedback_set_param(s.fb, "feedback_scale", 2));
    expect_ok(fa_feedback_set_choice(s.fb, "feedback_form", "low_rank"));
    double value;
    expect_ok(fa_feedback_param(s.fb, "feedback_scale", &value));
    ck_assert_double_eq(value, 1);
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* --- rules of one's own --- */

static fa_status draw_orthogonal(fa_setup *setup)
{
    double value;
    if (fa_setup_param(setup, "feedback_form", &value) != FA_ERR_ARGUMENT)
        return fa_rule_fail("the common parameters are none of the rule's");
    return fa_setup_feedback_layer(setup, FA_DIRECT, 1, FA_DRAW_ORTHOGONAL);
}

START_TEST(a_rule_may_ask_for_orthogonal)
{
    net_spec spec = make_spec(dtypes[_i], 2, 7, FA_TANH, true);
    fa_rule rule = {.struct_size = sizeof rule, .name = "orthogonal", .setup = draw_orthogonal};
    fa_feedback *mine = make_feedback(make_network(&spec, 1), &rule, NULL, 31);
    fa_feedback *dfa = make_feedback(make_network(&spec, 1), fa_rule_find("dfa"), NULL, 31);
    fa_matrix a, b;
    expect_ok(fa_feedback_set_choice(dfa, "feedback_draw", "orthogonal"));
    expect_ok(fa_feedback_get(mine, "B", 1, &a));
    expect_ok(fa_feedback_get(dfa, "B", 1, &b));
    ck_assert(same_bits(&a, &b) && norm(&a) > 0);
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set_choice(mine, "feedback_form", "regenerated"));
    expect_ok(fa_feedback_set_choice(mine, "feedback_draw", "nokland"));
    expect_ok(fa_feedback_set_choice(mine, "feedback_form", "regenerated"));
}
END_TEST

START_TEST(names_do_not_collide)
{
    static const fa_param params[] = {{"feedback_rank", FA_PARAM_REAL, 0, 0, 1, NULL, "taken"}};
    net_spec spec = make_spec(FA_FLOAT32, 2, 7, FA_TANH, true);
    fa_rule rule = {.struct_size = sizeof rule, .name = "mine", .params = params, .n_params = 1};
    fa_feedback *fb = (fa_feedback *)&rule;
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, make_network(&spec, 1), &rule, NULL, 1));
    ck_assert_ptr_null(fb);
}
END_TEST

/* Without hidden layers there is no B, but nothing to complain about. */
START_TEST(networks_without_hidden_layers_take_every_form)
{
    net_spec spec = make_spec(dtypes[_i], 1, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 5, 1);
    for (double choice = 0; choice < 5; choice++)
        expect_ok(fa_feedback_set_param(s.fb, "feedback_form", choice));
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* What a program needs to know before it holds views, and before it has a matrix of B's shape. */
START_TEST(shapes_and_what_draws_anew)
{
    net_spec spec = make_spec(FA_FLOAT64, 3, 5, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    fa_feedback *fb = make_feedback(net, fa_rule_find("pfa"), NULL, 1);
    size_t rows, cols;
    ck_assert(fa_feedback_redraws(fb, "expansion") && fa_feedback_redraws(fb, "feedback_form"));
    ck_assert(!fa_feedback_redraws(fb, "decay") && !fa_feedback_redraws(fb, "nothing"));
    ck_assert(!fa_feedback_redraws(NULL, "expansion") && !fa_feedback_redraws(fb, NULL));
    expect_ok(fa_feedback_shape(fb, "R", 1, &rows, &cols));
    ck_assert(rows == 2 * spec.width[2] && cols == spec.width[1]);
    expect_ok(fa_feedback_set_param(fb, "expansion", 3));
    expect_ok(fa_feedback_shape(fb, "R", 1, &rows, &cols));
    ck_assert(rows == 3 * spec.width[2] && cols == spec.width[1]);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_shape(fb, "R", 3, &rows, &cols));
    ck_assert(rows == 0 && cols == 0);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_shape(NULL, "R", 1, &rows, &cols));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_shape(fb, NULL, 1, &rows, &cols));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_shape(fb, "R", 1, NULL, &cols));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_shape(fb, "R", 1, &rows, NULL));
    fb = make_feedback(net, fa_rule_find("fa"), NULL, 1);
    expect_ok(fa_feedback_set_choice(fb, "feedback_form", "regenerated"));
    expect_ok(fa_feedback_shape(fb, "B", 1, &rows, &cols));
    ck_assert(rows == spec.width[1] && cols == spec.width[2]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback params");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, the_table_is_well_formed);
    tcase_add_test(tcase, rules_with_feedback_have_them);
    tcase_add_loop_test(tcase, rules_without_feedback_refuse_them, 0, 8);
    tcase_add_loop_test(tcase, rules_that_adapt_are_dense, 0, 6);
    tcase_add_loop_test(tcase, wrong_values_change_nothing, 0, 2);
    tcase_add_loop_test(tcase, arrays_stay_after_the_first_step, 0, 2);
    tcase_add_loop_test(tcase, a_rule_may_ask_for_orthogonal, 0, 2);
    tcase_add_test(tcase, names_do_not_collide);
    tcase_add_loop_test(tcase, networks_without_hidden_layers_take_every_form, 0, 2);
    tcase_add_test(tcase, shapes_and_what_draws_anew);
    return support_run(suite, true);
}
