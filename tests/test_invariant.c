/* What feedback alignment conserves in a linear network: exactly, and in the limit of small steps. */
#include "session.h"

#include <math.h>

static fa_status setup_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status inject_all(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_status status = fa_step_inject(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

static const fa_rule direct = {.struct_size = sizeof(fa_rule), .name = "direct", .setup = setup_direct,
                               .backward = inject_all};

static void release_invariant(void *invariant)
{
    fa_invariant_destroy(invariant);
}

static fa_invariant *make_invariant(const session *s, size_t max_batch)
{
    fa_invariant *invariant;
    expect_ok(fa_invariant_create(&invariant, s->net, s->fb, max_batch));
    return keep(invariant, release_invariant);
}

static net_spec linear_spec(fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, 2, 8, FA_IDENTITY, false);
    spec.width[0] = 5;
    spec.width[2] = 3;
    return spec;
}

static fa_status observed_step(const session *s, fa_invariant *invariant)
{
    expect_ok(fa_forward(s->net, s->pass, &s->x));
    expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
    expect_ok(fa_backward(s->net, s->pass, s->fb));
    fa_status status = fa_invariant_observe(invariant, s->net, s->pass, s->fb, s->opt);
    expect_ok(fa_update(s->net, s->pass, s->fb, s->opt));
    return status;
}

/* The discrete law holds to rounding, 200 steps of u (|A|^2 + |B| |W|) each; without the sum of squares the drift is
 * that sum: of the order of eta. Rates change from step to step. */
START_TEST(discrete_law_is_exact)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = linear_spec(dtype);
    session s = make_session(&spec, _i / 2 ? &direct : fa_rule_find("fa"), 7, (uint64_t)_i + 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    fa_invariant *invariant = make_invariant(&s, 7);
    fa_invariant_report report;
    for (int step = 0; step < 200; step++) {
        expect_ok(fa_optimizer_set(s.opt, "learning_rate", 0.02 + 0.01 * (step % 3)));
        expect_ok(observed_step(&s, invariant));
        expect_ok(fa_invariant_drift(invariant, s.net, s.fb, &report));
        ck_assert_double_le(report.exact, 200 * 20 * (dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53));
    }
    ck_assert_msg(report.flow > 1e-4 && report.scale > 0.1, "drift %g of %g", report.flow, report.scale);
}
END_TEST

/* Half the rate, half the drift after the same time. */
START_TEST(drift_of_the_flow_is_proportional_to_the_rate)
{
    net_spec spec = linear_spec(FA_FLOAT64);
    double flow[2];
    for (int half = 0; half < 2; half++) {
        session s = make_session(&spec, fa_rule_find("fa"), 7, 5);
        fa_invariant *invariant = make_invariant(&s, 7);
        fa_invariant_report report;
        expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
        expect_ok(fa_optimizer_set(s.opt, "learning_rate", half ? 5e-4 : 1e-3));
        for (int step = 0; step < (half ? 2000 : 1000); step++)
            expect_ok(observed_step(&s, invariant));
        expect_ok(fa_invariant_drift(invariant, s.net, s.fb, &report));
        flow[half] = report.flow;
    }
    ck_assert(flow[0] / flow[1] > 1.98 && flow[0] / flow[1] < 2.02);
}
END_TEST

/* Something that breaks the law is seen: a step that was not observed. */
START_TEST(a_missed_step_shows)
{
    net_spec spec = linear_spec(FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("fa"), 7, 5);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    fa_invariant *invariant = make_invariant(&s, 7);
    fa_invariant_report report;
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_invariant_drift(invariant, s.net, s.fb, &report));
    ck_assert(report.exact > 1e-6 && report.exact == report.flow);
}
END_TEST

START_TEST(where_the_law_does_not_hold)
{
    net_spec spec = linear_spec(FA_FLOAT64), bent = spec, deep = make_spec(FA_FLOAT64, 3, 5, FA_IDENTITY, false);
    net_spec biased = spec;
    bent.activation[1] = FA_TANH;
    biased.bias[2] = true;
    const net_spec *wrong[] = {&bent, &deep, &biased};
    fa_invariant *none = (fa_invariant *)&spec;
    for (int i = 0; i < 3; i++) {
        session s = make_session(wrong[i], fa_rule_find("fa"), 7, 5);
        expect_failure(FA_ERR_UNSUPPORTED, fa_invariant_create(&none, s.net, s.fb, 7));
        ck_assert_ptr_null(none);
    }
    session s = make_session(&spec, fa_rule_find("fa"), 7, 5), other = make_session(&deep, fa_rule_find("fa"), 7, 5);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    fa_invariant *invariant = make_invariant(&s, 6);
    fa_invariant_report report;
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_create(&none, s.net, bp, 7));
    fa_feedback *learning = make_feedback(s.net, fa_rule_find("kolen_pollack"), NULL, 1);
    expect_failure(FA_ERR_UNSUPPORTED, fa_invariant_create(&none, s.net, learning, 7));
    expect_ok(fa_network_hold_norm(s.net, 1, true));
    expect_failure(FA_ERR_UNSUPPORTED, fa_invariant_create(&none, s.net, s.fb, 7));
    expect_failure(FA_ERR_UNSUPPORTED, observed_step(&s, invariant));
    expect_ok(fa_network_hold_norm(s.net, 1, false));
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_create(&none, s.net, s.fb, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_create(NULL, s.net, s.fb, 7));
    expect_failure(FA_ERR_SHAPE, fa_invariant_create(&none, s.net, other.fb, 7));
    expect_failure(FA_ERR_STATE, fa_invariant_observe(invariant, s.net, s.pass, s.fb, s.opt));
    expect_failure(FA_ERR_SHAPE, observed_step(&s, invariant)); /* 7 samples */
    invariant = make_invariant(&s, 7);
    expect_failure(FA_ERR_UNSUPPORTED, observed_step(&s, invariant)); /* momentum */
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    expect_ok(fa_optimizer_set_rate_factor(s.opt, 1, FA_WEIGHTS, 0.5));
    expect_failure(FA_ERR_UNSUPPORTED, observed_step(&s, invariant));
    expect_failure(FA_ERR_SHAPE, fa_invariant_drift(invariant, other.net, s.fb, &report));
    ck_assert(isnan(report.exact));
    expect_failure(FA_ERR_ARGUMENT, fa_invariant_drift(NULL, s.net, s.fb, &report));
    fa_invariant_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invariant");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, discrete_law_is_exact, 0, 4);
    tcase_add_test(tcase, drift_of_the_flow_is_proportional_to_the_rate);
    tcase_add_test(tcase, a_missed_step_shows);
    tcase_add_test(tcase, where_the_law_does_not_hold);
    return support_run(suite, true);
}
