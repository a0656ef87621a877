/* What a rule may declare while it is bound: feedback layer by layer and drawn in every way, arrays that it computes
 * itself, and parameters that decide which arrays there are. */
#include "call_script.h"
#include "session.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { DEPTH = 3 };

static net_spec uneven(fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, DEPTH, 5, FA_TANH, true);
    const size_t widths[] = {5, 7, 4, 3};
    memcpy(spec.width, widths, sizeof widths);
    return spec;
}

static fa_rule make_rule(fa_status (*setup)(fa_setup *))
{
    fa_rule rule = {.struct_size = sizeof rule, .name = "mine", .setup = setup};
    return rule;
}

/* --- ways to draw --- */

typedef struct wanted {
    fa_topology topology;
    fa_feedback_draw draw;
} wanted;

static fa_status draw_layers(fa_setup *setup)
{
    const wanted *w = fa_setup_user_data(setup);
    fa_status status = FA_OK;
    for (size_t l = 1; l < fa_setup_depth(setup) && status == FA_OK; l++)
        status = fa_setup_feedback_layer(setup, w->topology, l, w->draw);
    return status;
}

/* Each author's formula, for B [n x m] and the widest hidden layer; negative: a standard deviation. */
static double scale_of(fa_feedback_draw draw, double n, double m, double widest)
{
    switch (draw) {
    case FA_DRAW_NOKLAND:
        return pow(n, -0.5);
    case FA_DRAW_BIOTORCH:
        return sqrt(6) / sqrt(n + m);
    case FA_DRAW_LAUNAY:
        return 1 / sqrt(widest);
    case FA_DRAW_LILLICRAP:
        return 0.5;
    case FA_DRAW_FRENKEL:
        return sqrt(2) * sqrt(3 / n); /* Kaiming's bound with the gain of a relu */
    case FA_DRAW_AKROUT:
        return -1 / sqrt(n + m);
    default:
        return -1 / sqrt(widest);
    }
}

/* The numbers of the documented stream, scaled; scales computed in another order differ in their last bits. */
START_TEST(feedback_is_drawn_as_its_authors_do)
{
    wanted w = {_i / 2 % 2 ? FA_DIRECT : FA_LAYERWISE, (fa_feedback_draw)(1 + _i / 4)};
    net_spec spec = uneven(dtypes[_i % 2]);
    fa_rule rule = make_rule(draw_layers);
    fa_feedback *fb = make_feedback(make_network(&spec, 1), &rule, &w, 9);
    for (size_t l = 1; l < DEPTH; l++) {
        fa_stream stream = {.seed = 9, .purpose = FA_PURPOSE_FEEDBACK, .layer = (uint32_t)l};
        size_t m = spec.width[w.topology == FA_DIRECT ? DEPTH : l + 1];
        double scale = scale_of(w.draw, (double)spec.width[l], (double)m, 7);
        fa_matrix b, expected = make_matrix(spec.dtype, spec.width[l], m);
        expect_ok(fa_feedback_get(fb, "B", l, &b));
        ck_assert(b.rows == spec.width[l] && b.cols == m);
        expect_ok(scale < 0 ? fa_random_normal(&stream, 0, -scale, &expected)
                            : fa_random_uniform(&stream, -scale, scale, &expected));
        ck_assert_double_le(distance(&b, &expected), 8 * (_i % 2 ? 0x1p-53 : 0x1p-24) * norm(&expected));
        ck_assert_double_gt(norm(&b), 0);
    }
}
END_TEST

/* fa_setup_feedback() is every layer in Nokland's way. */
static fa_status all_layers(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

START_TEST(all_layers_are_noklands)
{
    wanted w = {FA_DIRECT, FA_DRAW_NOKLAND};
    net_spec spec = uneven(FA_FLOAT32);
    fa_network *net = make_network(&spec, 1);
    fa_rule single = make_rule(draw_layers), all = make_rule(all_layers);
    fa_feedback *a = make_feedback(net, &single, &w, 3), *b = make_feedback(net, &all, NULL, 3);
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix left, right;
        expect_ok(fa_feedback_get(a, "B", l, &left));
        expect_ok(fa_feedback_get(b, "B", l, &right));
        ck_assert(same_bits(&left, &right));
    }
}
END_TEST

/* --- refusals --- */

static fa_status refuse_feedback(fa_setup *setup)
{
    call_script *script = fa_setup_user_data(setup);
    double value;
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(NULL, FA_DIRECT, 1, FA_DRAW_NOKLAND));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, (fa_topology)0, 1, FA_DRAW_NOKLAND));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, (fa_topology)3, 1, FA_DRAW_NOKLAND));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_DIRECT, 0, FA_DRAW_NOKLAND));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_DIRECT, DEPTH, FA_DRAW_NOKLAND));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_DIRECT, 1, (fa_feedback_draw)0));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_DIRECT, 1, (fa_feedback_draw)99));
    RECORD(FA_OK, fa_setup_feedback_layer(setup, FA_DIRECT, 2, FA_DRAW_AKROUT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_DIRECT, 2, FA_DRAW_AKROUT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback_layer(setup, FA_LAYERWISE, 1, FA_DRAW_AKROUT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_feedback(setup, FA_DIRECT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_derived_feedback(setup, FA_DIRECT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_derived_feedback(NULL, FA_DIRECT));
    RECORD(FA_ERR_ARGUMENT, fa_setup_derived_feedback(setup, (fa_topology)9));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(NULL, "S", 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(setup, NULL, 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(setup, "a.b", 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(setup, "abcdefghijklmnop", 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(setup, "S", DEPTH + 1, 2, 2));
    RECORD(FA_ERR_SHAPE, fa_setup_scratch(setup, "S", 1, 0, 2));
    RECORD(FA_ERR_SHAPE, fa_setup_scratch(setup, "S", 1, 2, (size_t)1 << 31));
    RECORD(FA_OK, fa_setup_scratch(setup, "S", 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_scratch(setup, "S", 1, 2, 2));
    RECORD(FA_ERR_ARGUMENT, fa_setup_array(setup, "S", 1, 2, 2, FA_INIT_ZERO, 1));
    RECORD(FA_ERR_ARGUMENT, fa_setup_param(NULL, "a", &value));
    RECORD(FA_ERR_ARGUMENT, fa_setup_param(setup, NULL, &value));
    RECORD(FA_ERR_ARGUMENT, fa_setup_param(setup, "a", NULL));
    RECORD(FA_ERR_ARGUMENT, fa_setup_param(setup, "a", &value));
    return FA_OK;
}

/* Nothing that was refused is there; a layer without feedback of its own cannot be transported to. */
START_TEST(setup_refuses)
{
    call_script script = {0};
    net_spec spec = uneven(FA_FLOAT32);
    fa_rule rule = make_rule(refuse_feedback);
    fa_feedback *fb = make_feedback(make_network(&spec, 1), &rule, &script, 1);
    fa_matrix view;
    check_script(&script, 28);
    expect_ok(fa_feedback_get(fb, "B", 2, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_get(fb, "B", 1, &view));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_use_weights(fb, 1, true));
    expect_ok(fa_feedback_use_weights(fb, 2, true));
}
END_TEST

/* --- arrays that the rule computes --- */

static fa_status derive(fa_setup *setup)
{
    fa_status status = fa_setup_derived_feedback(setup, FA_LAYERWISE);
    return status == FA_OK ? fa_setup_scratch(setup, "S", 0, 3, 4) : status;
}

static fa_status fill(fa_step *step)
{
    fa_matrix b, s;
    fa_status status = fa_step_array(step, "S", 0, &s);
    for (size_t l = DEPTH - 1; l >= 1 && status == FA_OK; l--) {
        status = fa_step_array(step, "B", l, &b);
        for (size_t at = 0; status == FA_OK && at < b.rows * b.cols; at++)
            set_element(&b, at / b.cols, at % b.cols, (double)(l + at));
        if (status == FA_OK)
            status = fa_step_transport(step, l);
    }
    set_element(&s, 2, 3, 5);
    return status;
}

START_TEST(derived_arrays_are_the_rules_own)
{
    net_spec spec = uneven(dtypes[_i]);
    fa_rule rule = make_rule(derive);
    rule.backward = fill;
    session s = make_session(&spec, &rule, 4, 1), fa = make_session(&spec, fa_rule_find("fa"), 4, 1);
    fa_matrix b, scratch, zeros = make_matrix(spec.dtype, 3, 4);
    expect_ok(fa_feedback_get(s.fb, "S", 0, &scratch));
    ck_assert(norm(&scratch) == 0 && scratch.rows == 3 && scratch.cols == 4 && scratch.col_stride == 1);
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set(s.fb, "S", 0, &zeros));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_init(s.fb, "S", 0, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_init(s.fb, "B", 1, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_init(s.fb, "B", 0, FA_INIT_ZERO, 1, 1));
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix mine = make_matrix(spec.dtype, spec.width[l], spec.width[l + 1]);
        expect_ok(fa_feedback_get(s.fb, "B", l, &b));
        ck_assert(norm(&b) == 0 && b.col_stride == 1);
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_set(s.fb, "B", l, &mine));
        for (size_t at = 0; at < mine.rows * mine.cols; at++)
            set_element(&mine, at / mine.cols, at % mine.cols, (double)(l + at));
        expect_ok(fa_feedback_set(fa.fb, "B", l, &mine));
    }
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&fa, NULL));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix left = weights_of(s.net, l), right = weights_of(fa.net, l);
        ck_assert(same_bits(&left, &right));
    }
    ck_assert_double_eq(element(&scratch, 2, 3), 5);
}
END_TEST

/* --- parameters that decide which arrays there are --- */

typedef struct life {
    bool fails;
    int setups, inits, finis;
} life;

static const fa_param structural[] = {
    {"columns", FA_PARAM_INTEGER, 2, 1, 9, NULL, "columns of A"},
    {"rate", FA_PARAM_REAL, 1, 0, 2, NULL, "decides nothing"},
    {"kind", FA_PARAM_CHOICE, 0, 0, 1, "narrow|wide", "rows of A"},
};

static fa_status declare(fa_setup *setup)
{
    life *l = fa_setup_user_data(setup);
    double columns, kind;
    fa_status status = fa_setup_param(setup, "columns", &columns);
    l->setups++;
    if (status == FA_OK)
        status = fa_setup_param(setup, "kind", &kind);
    if (status == FA_OK)
        status = fa_setup_feedback(setup, FA_LAYERWISE);
    if (status == FA_OK)
        status = fa_setup_array(setup, "A", 1, kind > 0 ? 8 : 3, (size_t)columns, FA_INIT_UNIFORM, 1);
    return status == FA_OK && l->fails ? fa_rule_fail("not this time") : status;
}

static fa_status begin_life(fa_setup *setup, void *state)
{
    life *l = fa_setup_user_data(setup);
    *(life **)state = l;
    l->inits++;
    return FA_OK;
}

static void end_life(void *state)
{
    (*(life **)state)->finis++;
}

static void check_drawn(const fa_feedback *fb, size_t rows, size_t columns)
{
    fa_stream stream = {.seed = 9, .step = 1, .purpose = FA_PURPOSE_FEEDBACK, .layer = 1};
    fa_matrix a, expected = make_matrix(FA_FLOAT64, rows, columns);
    expect_ok(fa_random_uniform(&stream, -1, 1, &expected));
    expect_ok(fa_feedback_get(fb, "A", 1, &a));
    ck_assert(same_bits(&a, &expected));
}

START_TEST(structural_parameters_draw_anew)
{
    life *l = make_memory(1, sizeof *l); /* outlives the feedback */
    net_spec spec = uneven(FA_FLOAT64);
    fa_rule rule = make_rule(declare);
    rule.params = structural;
    rule.n_params = 3;
    rule.state_size = sizeof(life *);
    rule.init = begin_life;
    rule.fini = end_life;
    session s = make_session(&spec, fa_rule_find("bp"), 4, 1);
    double value;
    s.fb = make_feedback(s.net, &rule, l, 9);
    check_drawn(s.fb, 3, 2);
    expect_ok(fa_feedback_use_weights(s.fb, 2, true));
    expect_ok(fa_feedback_init(s.fb, "A", 1, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_feedback_set_param(s.fb, "columns", 2)); /* nothing changes */
    expect_ok(fa_feedback_set_param(s.fb, "rate", 0.5));
    ck_assert(l->setups == 1);
    expect_ok(fa_feedback_set_param(s.fb, "columns", 5));
    check_drawn(s.fb, 3, 5);
    expect_ok(fa_feedback_set_choice(s.fb, "kind", "wide"));
    check_drawn(s.fb, 8, 5);
    ck_assert(l->setups == 3 && l->inits == 3 && l->finis == 2 && fa_feedback_uses_weights(s.fb, 2));
    expect_ok(fa_feedback_param(s.fb, "rate", &value));
    ck_assert_double_eq(value, 0.5);
    l->fails = true;
    expect_failure(FA_ERR_RULE, fa_feedback_set_param(s.fb, "columns", 7));
    check_drawn(s.fb, 8, 5);
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_set_param(s.fb, "columns", 10));
    l->fails = false;
    expect_ok(session_step(&s, NULL));
    expect_failure(FA_ERR_STATE, fa_feedback_set_param(s.fb, "columns", 7));
    expect_failure(FA_ERR_STATE, fa_feedback_set_choice(s.fb, "kind", "narrow"));
    expect_ok(fa_feedback_set_param(s.fb, "columns", 5));
    expect_ok(fa_feedback_set_param(s.fb, "rate", 1.5));
    expect_ok(fa_feedback_param(s.fb, "columns", &value));
    ck_assert(value == 5 && l->inits == l->finis + 1);
    check_drawn(s.fb, 8, 5);
}
END_TEST

/* --- structs of other versions --- */

static void adapt_nothing(fa_step *step)
{
    (void)step;
}

/* A struct that ends where that of 0.1 or of 0.3 did: nothing behind is read. Sizes between versions are no
 * version's. */
START_TEST(rules_of_older_versions_are_taken)
{
    const size_t ends[] = {offsetof(fa_rule, learning_rate), offsetof(fa_rule, save)};
    net_spec spec = uneven(FA_FLOAT32);
    fa_rule rule = make_rule(all_layers);
    fa_feedback *fb;
    session s = make_session(&spec, fa_rule_find("fa"), 4, 1);
    for (int i = 0; i < 2; i++) {
        fa_rule *old = make_memory(1, ends[i]);
        rule.struct_size = ends[i];
        memcpy(old, &rule, ends[i]);
        s.fb = make_feedback(s.net, old, NULL, 1);
        expect_ok(session_step(&s, NULL));
    }
    for (size_t size = ends[0] + 1; size < sizeof rule; size++) {
        rule.struct_size = size;
        if (size != ends[1])
            expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, s.net, &rule, NULL, 1));
    }
    rule.struct_size = sizeof rule;
    rule.flags = FA_RULE_MIRRORS;
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_create(&fb, s.net, &rule, NULL, 1));
    rule.adapt = adapt_nothing;
    make_feedback(s.net, &rule, NULL, 1);
    rule.flags = 1u << 31;
    expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_create(&fb, s.net, &rule, NULL, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_setup");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, feedback_is_drawn_as_its_authors_do, 0, 28);
    tcase_add_test(tcase, all_layers_are_noklands);
    tcase_add_test(tcase, setup_refuses);
    tcase_add_loop_test(tcase, derived_arrays_are_the_rules_own, 0, 2);
    tcase_add_test(tcase, structural_parameters_draw_anew);
    tcase_add_test(tcase, rules_of_older_versions_are_taken);
    return support_run(suite, true);
}
