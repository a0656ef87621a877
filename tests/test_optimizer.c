/* Tables of parameters and their values, rate factors and the schedule; "sgd" against its equations where gradient and
 * update may be one product. The kinds' equations: test_optimizer_kinds.c; whole steps: test_optimizer_steps.c. */
#include "descent.h"

#include <math.h>
#include <string.h>

START_TEST(table_is_sound)
{
    size_t count = 0, none = 7;
    ck_assert_uint_ge(fa_optimizer_count(), 1);
    ck_assert_ptr_null(fa_optimizer_name_at(fa_optimizer_count()));
    ck_assert_ptr_null(fa_optimizer_params("none", &none));
    ck_assert_uint_eq(none, 0);
    ck_assert_ptr_null(fa_optimizer_params(NULL, NULL));
    for (size_t i = 0; i < fa_optimizer_count(); i++) {
        const fa_param *table = fa_optimizer_params(fa_optimizer_name_at(i), &count);
        ck_assert(table != NULL && count > 0);
        ck_assert_ptr_eq(fa_optimizer_params(fa_optimizer_name_at(i), NULL), table);
        for (size_t p = 0; p < count; p++) {
            ck_assert(table[p].min <= table[p].default_value && table[p].default_value <= table[p].max);
            ck_assert(table[p].doc != NULL && table[p].doc[0] != '\0');
            for (size_t q = 0; q < p; q++)
                ck_assert_str_ne(table[q].name, table[p].name);
        }
    }
}
END_TEST

static const char *const common[] = {"learning_rate", "gradient_scale", "clip_norm", "unscaled_weight_decay"};

enum { COMMON = sizeof common / sizeof common[0] };

START_TEST(every_table_begins_with_the_common_parameters)
{
    for (size_t i = 0; i < fa_optimizer_count(); i++) {
        size_t count;
        const fa_param *table = fa_optimizer_params(fa_optimizer_name_at(i), &count);
        ck_assert_uint_gt(count, COMMON);
        for (size_t p = 0; p < COMMON; p++)
            ck_assert_str_eq(table[p].name, common[p]);
        if (i > 0)
            ck_assert_str_lt(fa_optimizer_name_at(i - 1), fa_optimizer_name_at(i));
    }
}
END_TEST

/* What <fa/optimizer.h> names; the defaults are PyTorch's, where it has the kind. */
static const struct {
    const char *kind;
    const char *names[8];
} documented[] = {
    {"adagrad", {"learning_rate_decay", "initial_accumulator", "eps", "weight_decay"}},
    {"adam", {"beta1", "beta2", "eps", "amsgrad", "weight_decay"}},
    {"adamw", {"beta1", "beta2", "eps", "amsgrad", "weight_decay"}},
    {"manhattan", {"momentum", "decoupled_weight_decay"}},
    {"rmsprop", {"alpha", "eps", "momentum", "centered", "weight_decay"}},
    {"sgd", {"momentum", "nesterov", "weight_decay", "decoupled_weight_decay"}},
};

START_TEST(defaults_are_those_of_torch)
{
    const recipe r = {documented[_i].kind, {{"gradient_scale", 1}}};
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_optimizer *opt = make_recipe_optimizer(make_network(&spec, 1), &r);
    size_t count, own = 0;
    double value;
    const fa_param *table = fa_optimizer_params(r.kind, &count);
    ck_assert_uint_eq(fa_optimizer_count(), sizeof documented / sizeof documented[0]);
    for (size_t p = 0; p < count; p++) {
        expect_ok(fa_optimizer_get(opt, table[p].name, &value));
        ck_assert_msg(value == table[p].default_value && value == recipe_value(&r, table[p].name), "%s of %s is %g",
                      table[p].name, r.kind, value);
    }
    for (; documented[_i].names[own] != NULL; own++)
        expect_ok(fa_optimizer_get(opt, documented[_i].names[own], &value));
    ck_assert_uint_eq(count, COMMON + own);
    ck_assert_uint_eq(fa_optimizer_steps(opt), 0);
    ck_assert_uint_eq(fa_optimizer_steps(NULL), 0);
    fa_optimizer_destroy(NULL);
}
END_TEST

/* Every number of every kind refuses what is below its least or above its largest value and keeps what it had. */
START_TEST(ranges_are_kept)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    const recipe r = {documented[_i].kind, {{NULL, 0}}};
    fa_optimizer *opt = make_recipe_optimizer(make_network(&spec, 1), &r);
    size_t count;
    const fa_param *table = fa_optimizer_params(r.kind, &count);
    for (size_t p = 0; p < count; p++) {
        const double wrong[] = {NAN, INFINITY, -INFINITY, table[p].min - 1, nextafter(table[p].max, INFINITY)};
        double value;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
            expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, table[p].name, wrong[i]));
        expect_ok(fa_optimizer_get(opt, table[p].name, &value));
        ck_assert(value == table[p].default_value);
        expect_ok(fa_optimizer_set(opt, table[p].name, table[p].min));
        expect_ok(fa_optimizer_set(opt, table[p].name, table[p].max));
    }
}
END_TEST

START_TEST(schedule_is_checked)
{
    const double wrong[] = {-0.1, NAN, INFINITY, -INFINITY};
    net_spec spec = make_spec(FA_FLOAT64, 1, 3, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 4, 1), t = make_session(&spec, fa_rule_find("bp"), 4, 1);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_schedule(NULL, 1));
    expect_ok(fa_optimizer_set_schedule(s.opt, 0));
    for (size_t i = 0; i < 4; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_schedule(s.opt, wrong[i]));
    expect_ok(session_step(&s, NULL));
    fa_matrix w = weights_of(s.net, 1), start = weights_of(t.net, 1);
    ck_assert(same_bits(&w, &start)); /* the factor is still 0 */
    expect_ok(fa_optimizer_set_schedule(s.opt, 1));
    expect_ok(session_step(&s, NULL));
    ck_assert(!same_bits(&w, &start));
}
END_TEST

START_TEST(wrong_values_are_refused)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_optimizer *opt = make_optimizer(make_network(&spec, 1), 0.25);
    const double wrong[] = {-0.1, NAN, INFINITY, -INFINITY};
    double value;
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "nesterov", 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "none", 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(opt, "none", "x"));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(opt, "learning_rate", "x"));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_get(opt, "none", &value));
    expect_ok(fa_optimizer_get(opt, "learning_rate", &value));
    ck_assert(value == 0.25);
    expect_ok(fa_optimizer_set_choice(opt, "nesterov", "yes"));
    expect_ok(fa_optimizer_get(opt, "nesterov", &value));
    ck_assert(value == 1);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(opt, "nesterov", "maybe"));
    expect_ok(fa_optimizer_get(opt, "nesterov", &value));
    ck_assert(value == 1);
    const unsigned both = FA_WEIGHTS | FA_BIASES;
    for (size_t i = 0; i < 4; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(opt, 0, both, wrong[i]));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(opt, 3, both, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(opt, (size_t)-1, both, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(opt, 1, 0, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_rate_factor(opt, 1, 4, 1));
}
END_TEST

/* --- one weight and one bias, followed through the documented equations --- */

typedef struct descent_case {
    double rate, momentum, nesterov, coupled, decoupled, w_factor, b_factor;
} descent_case;

static const descent_case cases[] = {
    {0.1, 0, 0, 0, 0, 1, 1},       {0.1, 0.9, 0, 0, 0, 1, 1},     {0.1, 0.9, 1, 0, 0, 1, 1},
    {0.1, 0, 0, 0.3, 0, 1, 1},     {0.1, 0, 0, 0, 0.3, 1, 1},     {0.1, 0.8, 1, 0.2, 0.3, 1, 1},
    {0.1, 0, 0, 0, 0, 0.5, 2},     {0.1, 0.8, 0, 0.2, 0.3, 2, 0}, {0.1, 0.8, 1, 0, 0.3, 0, 3},
    {0, 0.8, 1, 0.2, 0.3, 1, 1},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static void follow(const descent_case *r, double factor, double g, double *w, double *v)
{
    g += r->coupled * *w;
    *v = r->momentum * *v + g;
    double d = r->nesterov > 0 ? g + r->momentum * *v : *v;
    *w = (1 - r->rate * factor * r->decoupled) * *w - r->rate * factor * d;
}

static void set_case(fa_optimizer *opt, const descent_case *r)
{
    expect_ok(fa_optimizer_set(opt, "learning_rate", r->rate));
    expect_ok(fa_optimizer_set(opt, "momentum", r->momentum));
    expect_ok(fa_optimizer_set(opt, "nesterov", r->nesterov));
    expect_ok(fa_optimizer_set(opt, "weight_decay", r->coupled));
    expect_ok(fa_optimizer_set(opt, "decoupled_weight_decay", r->decoupled));
    expect_ok(fa_optimizer_set_rate_factor(opt, 0, FA_WEIGHTS, r->w_factor));
    expect_ok(fa_optimizer_set_rate_factor(opt, 1, FA_BIASES, r->b_factor));
}

/* Errors of a contraction: some 12 roundings of numbers below 4 in each of 10 steps, at most doubled by momentum. */
START_TEST(sgd_follows_its_equations)
{
    const descent_case *r = &cases[_i % CASES];
    net_spec spec = {.dtype = _i < CASES ? FA_FLOAT32 : FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 1,
                     .width = {1, 1}, .activation = {0, FA_IDENTITY}, .bias = {false, true}};
    session s = make_session(&spec, fa_rule_find("bp"), 1, 8);
    fa_matrix w_view = weights_of(s.net, 1), b_view = bias_of(s.net, 1);
    double w = element(&w_view, 0, 0), b = element(&b_view, 0, 0), w_velocity = 0, b_velocity = 0;
    double bound = 2 * 10 * 12 * 4 * (_i < CASES ? 0x1p-24 : 0x1p-53);
    set_case(s.opt, r);
    for (int step = 0; step < 10; step++) {
        double x = element(&s.x, 0, 0), e = w * x + b - element(&s.target, 0, 0), loss;
        expect_ok(step % 2 ? session_step(&s, &loss) : session_phases(&s, &loss));
        ck_assert_double_le(fabs(loss - e * e / 2), bound);
        follow(r, r->w_factor, e * x, &w, &w_velocity);
        follow(r, r->b_factor, e, &b, &b_velocity);
        ck_assert_double_le(fabs(element(&w_view, 0, 0) - w), bound);
        ck_assert_double_le(fabs(element(&b_view, 0, 0) - b), bound);
    }
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 10);
}
END_TEST

/* A rate factor of 0 keeps the layer's bits, without decay as well as with it. */
START_TEST(factor_zero_stops_a_layer)
{
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 1), t = make_session(&spec, fa_rule_find("fa"), 4, 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", _i / 2 ? 0.9 : 0));
    expect_ok(fa_optimizer_set_rate_factor(s.opt, 1, FA_WEIGHTS, 0));
    for (int step = 0; step < 3; step++)
        expect_ok(session_step(&s, NULL));
    fa_matrix still = weights_of(s.net, 1), start = weights_of(t.net, 1);
    fa_matrix moved = bias_of(s.net, 1), bias = bias_of(t.net, 1);
    ck_assert(same_bits(&still, &start) && !same_bits(&moved, &bias));
}
END_TEST

/* Momentum switched on in the middle starts from a velocity of 0. */
START_TEST(momentum_may_come_later)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(session_step(&s, NULL));
    fa_matrix w = weights_of(s.net, 1), before = make_matrix(FA_FLOAT64, w.rows, w.cols);
    expect_ok(fa_matrix_copy(&w, &before));
    session plain = s;
    expect_ok(fa_network_copy(&plain.net, s.net));
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0.9));
    expect_ok(session_step(&s, NULL));
    plain.opt = make_optimizer(plain.net, 0.05);
    expect_ok(session_step(&plain, NULL));
    fa_matrix w_plain = weights_of(plain.net, 1);
    ck_assert_double_gt(distance(&w, &before), 0);
    /* one gradient of at most 16 terms, applied in two ways */
    ck_assert_double_le(distance(&w, &w_plain), 32 * 0x1p-53 * fmax(1, norm(&w)));
    fa_network_destroy(plain.net);
}
END_TEST

/* Options that need a further array may be switched on in the middle: the arrays there are go on, the new one starts at
 * 0, and the naive optimizer does the same. */
static const struct {
    const char *kind, *option;
    double value;
} late[] = {
    {"sgd", "momentum", 0.5},
    {"rmsprop", "momentum", 0.5},
    {"rmsprop", "centered", 1},
    {"adam", "amsgrad", 1},
    {"adamw", "amsgrad", 1},
};

enum { LATE = sizeof late / sizeof late[0] };

START_TEST(options_may_come_later)
{
    const recipe plain = {late[_i].kind, {{"learning_rate", 0.01}}};
    const recipe with = {late[_i].kind, {{"learning_rate", 0.01}, {late[_i].option, late[_i].value}}};
    net_spec spec = {.dtype = FA_FLOAT64, .loss = FA_SQUARED_ERROR, .depth = 1, .width = {1, 1},
                     .activation = {0, FA_IDENTITY}};
    session s = make_session(&spec, fa_rule_find("bp"), 1, 8);
    fa_matrix w = weights_of(s.net, 1);
    parameter p = {.w = {element(&w, 0, 0), 0}};
    set_element(&s.x, 0, 0, 1);
    s.opt = make_recipe_optimizer(s.net, &plain);
    for (int step = 0; step < 6; step++) {
        const recipe *now = step < 3 ? &plain : &with;
        double gradient = step % 2 ? -0.5 : 0.75, before = element(&w, 0, 0);
        if (step == 3) {
            expect_ok(fa_optimizer_set(s.opt, late[_i].option, late[_i].value));
            p.b = p.largest = (num){0, 0};
            p.m = strncmp(late[_i].kind, "adam", 4) == 0 ? p.m : (num){0, 0};
        }
        set_element(&s.target, 0, 0, before - gradient);
        expect_ok(session_step(&s, NULL));
        descend(now, 0x1p-53, 1, (num){gradient, 0x1p-51}, &p);
        ck_assert_double_le(misfit_number(p.w, element(&w, 0, 0)), 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, table_is_sound);
    tcase_add_test(tcase, every_table_begins_with_the_common_parameters);
    tcase_add_loop_test(tcase, defaults_are_those_of_torch, 0, sizeof documented / sizeof documented[0]);
    tcase_add_loop_test(tcase, ranges_are_kept, 0, sizeof documented / sizeof documented[0]);
    tcase_add_test(tcase, schedule_is_checked);
    tcase_add_test(tcase, wrong_values_are_refused);
    tcase_add_loop_test(tcase, sgd_follows_its_equations, 0, 2 * CASES);
    tcase_add_loop_test(tcase, factor_zero_stops_a_layer, 0, 4);
    tcase_add_test(tcase, momentum_may_come_later);
    tcase_add_loop_test(tcase, options_may_come_later, 0, LATE);
    return support_run(suite, true);
}
