/* A step that meets NaN or infinity changes nothing, whatever the rule, and the next good one works. */
#include "session.h"

#include <float.h>
#include <math.h>

typedef struct spoiler {
    const char *what;
    bool in_target;    /* else in x */
    bool all;          /* every element, else one */
    bool loss_is_good; /* the gradient alone overflows */
    double value;
} spoiler;

/* The last one: x so large that h is finite, and with output weights of 0 the loss too, but 1000 h is not. */
static const spoiler spoilers[] = {
    {"NaN in x", false, false, false, NAN},
    {"infinity in x", false, false, false, INFINITY},
    {"NaN in the target", true, false, false, NAN},
    {"-infinity in the target", true, false, false, -INFINITY},
    {"a gradient that overflows", false, true, true, 0},
};

enum { SPOILERS = sizeof spoilers / sizeof spoilers[0], VARIANTS = 8 * SPOILERS };

static const fa_rule *rule_of(int i)
{
    return fa_rule_at((size_t)i / VARIANTS);
}

static const spoiler *spoiler_of(int i)
{
    return &spoilers[i % SPOILERS];
}

static session start(int i)
{
    net_spec spec = make_spec(i / SPOILERS % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 7, FA_IDENTITY, true);
    session s = make_session(&spec, rule_of(i), 4, 5);
    for (size_t k = 0; k < s.target.rows; k++)
        for (size_t j = 0; j < s.target.cols; j++)
            set_element(&s.target, k, j, 1000);
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 1e-6));
    expect_ok(fa_optimizer_set(s.opt, "momentum", i / (4 * SPOILERS) % 2 ? 0 : 0.5));
    return s;
}

static fa_matrix copy_of(const fa_matrix *matrix)
{
    fa_matrix copy = make_matrix(matrix->dtype, matrix->rows, matrix->cols);
    expect_ok(fa_matrix_copy(matrix, &copy));
    return copy;
}

/* Output weights of 0 keep the loss finite under the largest inputs. */
static void forget_outputs(session *s)
{
    fa_matrix zero = make_matrix(s->spec.dtype, s->spec.width[2], s->spec.width[1]);
    expect_ok(fa_network_set_weights(s->net, 2, &zero));
}

/* Elements of h are about x; x of 1e-2 of the largest number still fits after the sum over 7 weights below 1. */
static session spoiled(const session *s, const spoiler *how)
{
    session bad = *s;
    fa_matrix *matrix = how->in_target ? &bad.target : &bad.x;
    double value = how->loss_is_good ? (s->spec.dtype == FA_FLOAT32 ? FLT_MAX : DBL_MAX) / 100 : how->value;
    *matrix = copy_of(matrix);
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++)
            if (how->all || (i == 2 && j == 3))
                set_element(matrix, i, j, value);
    return bad;
}

static void fail_step(session *bad, const spoiler *how)
{
    double loss = 0;
    expect_failure(FA_ERR_NOT_FINITE, session_step(bad, &loss));
    ck_assert_msg((isfinite(loss) != 0) == how->loss_is_good, "%s: loss %g", how->what, loss);
}

static void fail_phases(session *bad, const spoiler *how)
{
    double loss = 0;
    expect_ok(fa_forward(bad->net, bad->pass, &bad->x));
    if (!how->loss_is_good) {
        expect_failure(FA_ERR_NOT_FINITE, fa_error(bad->net, bad->pass, &bad->target, &loss));
        ck_assert(!isfinite(loss));
        expect_failure(FA_ERR_STATE, fa_backward(bad->net, bad->pass, bad->fb));
    } else {
        expect_ok(fa_error(bad->net, bad->pass, &bad->target, &loss));
        expect_ok(fa_backward(bad->net, bad->pass, bad->fb));
        expect_failure(FA_ERR_NOT_FINITE, fa_update(bad->net, bad->pass, bad->fb, bad->opt));
    }
    expect_failure(FA_ERR_STATE, fa_update(bad->net, bad->pass, bad->fb, bad->opt));
}

static void check_same(const session *a, const session *b, const char *what)
{
    state_copy left = take_snapshot(a), right = take_snapshot(b);
    ck_assert_msg(same_snapshot(&left, &right), "%s", what);
    ck_assert_uint_eq(fa_optimizer_steps(a->opt), fa_optimizer_steps(b->opt));
}

/* Two runs of good steps, one of them with a failed step in between, end in the same bits: weights, momentum, B. */
START_TEST(failed_step_leaves_no_trace)
{
    bool phases = _i / (2 * SPOILERS) % 2 == 1;
    session good = start(_i), other = start(_i);
    for (int step = 0; step < 5; step++) {
        if (step == 0 || step == 2) {
            if (spoiler_of(_i)->loss_is_good) {
                forget_outputs(&good);
                forget_outputs(&other);
            }
            session bad = spoiled(&other, spoiler_of(_i));
            expect_ok(fa_optimizer_set(other.opt, "learning_rate", 1)); /* what is fused overflows too */
            (phases ? fail_phases : fail_step)(&bad, spoiler_of(_i));
            expect_ok(fa_optimizer_set(other.opt, "learning_rate", 1e-6));
            check_same(&good, &other, spoiler_of(_i)->what);
        }
        expect_ok((phases ? session_phases : session_step)(&good, NULL));
        expect_ok((phases ? session_phases : session_step)(&other, NULL));
    }
    check_same(&good, &other, "after five good steps");
}
END_TEST

/* A gradient that overflows when it is accumulated is discarded whole, with what was there before. */
START_TEST(accumulated_overflow_is_discarded)
{
    session s = start(SPOILERS * (_i % 2) + VARIANTS * (_i / 2)),
            fresh = start(SPOILERS * (_i % 2) + VARIANTS * (_i / 2));
    forget_outputs(&s);
    forget_outputs(&fresh);
    session bad = spoiled(&s, &spoilers[SPOILERS - 1]);
    const session *batches[] = {&s, &bad};
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_forward(s.net, s.pass, &batches[i]->x));
        expect_ok(fa_error(s.net, s.pass, &batches[i]->target, NULL));
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        if (i == 0)
            expect_ok(fa_gradient(s.net, s.pass, s.fb));
        else
            expect_failure(FA_ERR_NOT_FINITE, fa_gradient(s.net, s.pass, s.fb));
    }
    ck_assert_uint_eq(fa_pass_gradient_samples(s.pass), 0);
    expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
    expect_ok(session_phases(&s, NULL));
    expect_ok(session_phases(&fresh, NULL));
    check_same(&s, &fresh, "after the overflow");
}
END_TEST

/* 1e25 squared is no float, yet 1e25 is: large is not infinite. */
START_TEST(large_gradient_is_finite)
{
    net_spec spec = make_spec(FA_FLOAT32, 1, 3, FA_IDENTITY, true);
    session s = make_session(&spec, fa_rule_at((size_t)_i), 2, 5);
    /* What an estimate of the gradient is, the rule says. */
    if (fa_rule_at((size_t)_i)->flags & FA_RULE_WRITES_GRADIENT)
        return;
    fa_matrix zero = make_matrix(FA_FLOAT32, spec.width[1], spec.width[0]);
    expect_ok(fa_network_set_weights(s.net, 1, &zero));
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < spec.width[0]; j++)
            set_element(&s.x, i, j, 1e25);
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 1e-26));
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_network_set_weights(s.net, 1, &zero));
    expect_ok(session_phases(&s, NULL));
}
END_TEST

/* Four errors of 3e38 have no sum in float, their mean is one: the step is refused, or it is done and right. */
START_TEST(sums_that_overflow_never_reach_the_weights)
{
    net_spec spec = make_spec(FA_FLOAT32, 1, 3, FA_IDENTITY, true);
    session s = make_session(&spec, fa_rule_at((size_t)_i / 2), 4, 5);
    if (fa_rule_at((size_t)_i / 2)->flags & FA_RULE_WRITES_GRADIENT)
        return;
    state_copy before = take_snapshot(&s);
    fa_matrix bias = bias_of(s.net, 1);
    s.x = make_matrix(FA_FLOAT32, 4, 3);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < spec.width[1]; j++)
            set_element(&s.target, i, j, -3e38);
    expect_ok(fa_optimizer_set(s.opt, "momentum", _i % 2 ? 0 : 0.5));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0.5));
    fa_status status = session_step(&s, NULL);
    state_copy after = take_snapshot(&s);
    if (status == FA_ERR_NOT_FINITE)
        ck_assert(same_snapshot(&before, &after));
    else
        for (size_t j = 0; j < spec.width[1]; j++) /* half of 3e38 down; some roundings */
            ck_assert_double_le(fabs(element(&bias, 0, j) + 1.5e38), 16 * 0x1p-24 * 3e38);
}
END_TEST

START_TEST(weights_refuse)
{
    const double values[] = {NAN, INFINITY, -INFINITY};
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 5);
    state_copy before = take_snapshot(&s);
    for (int v = 0; v < 3; v++) {
        fa_matrix w = make_layout(spec.dtype, 5, 4, (view_layout)_i), b = make_matrix(spec.dtype, 1, 5);
        fa_matrix back = make_layout(spec.dtype, 5, 4, (view_layout)_i);
        set_element(&w, 4, 3, values[v]);
        set_element(&b, 0, 4, values[v]);
        set_element(&back, 4, 3, values[v]);
        expect_failure(FA_ERR_NOT_FINITE, fa_network_set_weights(s.net, 1, &w));
        expect_failure(FA_ERR_NOT_FINITE, fa_network_set_bias(s.net, 1, &b));
        expect_failure(FA_ERR_NOT_FINITE, fa_feedback_set(s.fb, "B", 1, &back));
    }
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
}
END_TEST

/* NaN goes through every activation, relu included, and is no error in a forward pass. */
START_TEST(nan_goes_forward)
{
    fa_activation f = (fa_activation)(FA_IDENTITY + _i / 2);
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 1, 9, FA_IDENTITY, true);
    spec.activation[1] = f;
    fa_network *net = make_network(&spec, 5);
    uint64_t state = 1;
    fa_matrix x = make_uniform(spec.dtype, 3, 9, LAYOUT_C, 1, &state), y = make_matrix(spec.dtype, 3, spec.width[1]);
    fa_matrix target = make_matrix(spec.dtype, 3, spec.width[1]);
    set_element(&x, 1, 8, NAN);
    expect_ok(fa_network_predict(net, &x, &y));
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < y.cols; j++)
            ck_assert_msg((isnan(element(&y, i, j)) != 0) == (i == 1), "%s", fa_activation_name(f));
    double loss = 0;
    expect_failure(FA_ERR_NOT_FINITE, fa_network_evaluate(net, &x, &target, &loss));
    ck_assert(isnan(loss));
}
END_TEST

int main(void)
{
    int rules = (int)fa_rule_count();
    Suite *suite = suite_create("not_finite");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, failed_step_leaves_no_trace, 0, rules * VARIANTS);
    tcase_add_loop_test(tcase, accumulated_overflow_is_discarded, 0, 2 * rules);
    tcase_add_loop_test(tcase, large_gradient_is_finite, 0, rules);
    tcase_add_loop_test(tcase, sums_that_overflow_never_reach_the_weights, 0, 2 * rules);
    tcase_add_loop_test(tcase, weights_refuse, 0, LAYOUTS);
    tcase_add_loop_test(tcase, nan_goes_forward, 0, 12);
    return support_run(suite, true);
}
