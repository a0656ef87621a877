/* Every call of a rule on the library fails, one after the other: the caller gets the status and the sentence, the rule
 * stops there, nothing has changed, and the next step is what it would have been. The linker wraps the public functions
 * that the built-in rules use, but for fa_step_param(), which cannot fail for a parameter in the rule's own table. */
#include "session.h"
#include "status.h"

#include <string.h>

enum { DEPTH = 3, SAMPLES = 6, VARIANTS = 2, MOST_CALLS = 400 };

/* --- calls that fail --- */

static bool armed;
static long calls;
static long fails_at; /* the call that fails; -1: none */

static bool fails(void)
{
    return armed && calls++ == fails_at;
}

static fa_status refuse(const char *function)
{
    return status_set(FA_ERR_UNSUPPORTED, "%s fails by order", function);
}

#define MAY_FAIL(function, parameters, arguments)                                                                      \
    fa_status __real_##function parameters;                                                                            \
    fa_status __wrap_##function parameters;                                                                            \
    fa_status __wrap_##function parameters                                                                             \
    {                                                                                                                  \
        return fails() ? refuse(#function) : __real_##function arguments;                                              \
    }

MAY_FAIL(fa_setup_param, (fa_setup *s, const char *name, double *value), (s, name, value))
MAY_FAIL(fa_setup_feedback, (fa_setup *s, fa_topology topology), (s, topology))
MAY_FAIL(fa_setup_feedback_layer, (fa_setup *s, fa_topology topology, size_t l, fa_feedback_draw draw),
         (s, topology, l, draw))
MAY_FAIL(fa_setup_derived_feedback, (fa_setup *s, fa_topology topology), (s, topology))
MAY_FAIL(fa_setup_array,
         (fa_setup *s, const char *name, size_t l, size_t rows, size_t cols, fa_init init, double scale),
         (s, name, l, rows, cols, init, scale))
MAY_FAIL(fa_setup_increments, (fa_setup *s, size_t first), (s, first))
MAY_FAIL(fa_setup_slots, (fa_setup *s, size_t count), (s, count))
MAY_FAIL(fa_step_activity, (const fa_step *s, size_t slot, size_t l, fa_matrix *view), (s, slot, l, view))
MAY_FAIL(fa_step_target, (const fa_step *s, fa_matrix *view), (s, view))
MAY_FAIL(fa_step_delta, (const fa_step *s, size_t l, fa_matrix *view), (s, l, view))
MAY_FAIL(fa_step_weights, (const fa_step *s, size_t l, fa_matrix *view), (s, l, view))
MAY_FAIL(fa_step_array, (const fa_step *s, const char *name, size_t l, fa_matrix *view), (s, name, l, view))
MAY_FAIL(fa_step_transport, (fa_step *s, size_t l), (s, l))
MAY_FAIL(fa_step_inject, (fa_step *s, size_t l), (s, l))
MAY_FAIL(fa_step_inject_signal, (fa_step *s, size_t l, double scale, const fa_matrix *signal), (s, l, scale, signal))
MAY_FAIL(fa_step_carry, (fa_step *s, size_t l), (s, l))
MAY_FAIL(fa_step_transport_through, (fa_step *s, size_t l, const fa_matrix *left, const fa_matrix *right),
         (s, l, left, right))
MAY_FAIL(fa_step_transport_with, (fa_step *s, size_t l, const fa_operand *operand), (s, l, operand))
MAY_FAIL(fa_step_apply_mask, (fa_step *s, size_t l), (s, l))
MAY_FAIL(fa_step_forward, (fa_step *s, size_t slot, const fa_matrix *input, size_t noise), (s, slot, input, noise))
MAY_FAIL(fa_step_loss, (const fa_step *s, size_t slot, double *losses), (s, slot, losses))
MAY_FAIL(fa_step_error, (fa_step *s, size_t slot, const fa_matrix *e), (s, slot, e))
MAY_FAIL(fa_step_layer, (fa_step *s, size_t l, const fa_matrix *input, size_t noise, size_t slot),
         (s, l, input, noise, slot))
MAY_FAIL(fa_step_uniform, (const fa_step *s, uint32_t purpose, size_t l, double low, double high, const fa_matrix *m),
         (s, purpose, l, low, high, m))
MAY_FAIL(fa_step_normal,
         (const fa_step *s, uint32_t purpose, size_t l, double mean, double deviation, const fa_matrix *m),
         (s, purpose, l, mean, deviation, m))
MAY_FAIL(fa_step_set_presynaptic, (fa_step *s, size_t l, const fa_matrix *view), (s, l, view))
MAY_FAIL(fa_step_set_postsynaptic, (fa_step *s, size_t l, const fa_matrix *view), (s, l, view))
MAY_FAIL(fa_step_gradient, (fa_step *s, size_t l, fa_matrix *weights, fa_matrix *bias), (s, l, weights, bias))
MAY_FAIL(fa_step_increment, (const fa_step *s, size_t l, fa_matrix *weights, fa_matrix *bias), (s, l, weights, bias))
MAY_FAIL(fa_step_shrink_weights, (const fa_step *s, size_t l, double factor), (s, l, factor))
MAY_FAIL(fa_step_product,
         (const fa_step *s, double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c),
         (s, alpha, a, b, beta, c))
MAY_FAIL(fa_step_combine, (const fa_step *s, double alpha, const fa_matrix *a, double beta, const fa_matrix *c),
         (s, alpha, a, beta, c))
MAY_FAIL(fa_step_sign,
         (const fa_step *s, double alpha, const fa_matrix *magnitude, const fa_matrix *a, const fa_matrix *c),
         (s, alpha, magnitude, a, c))
MAY_FAIL(fa_step_pseudo_inverse, (fa_step *s, const fa_matrix *a, const fa_matrix *c), (s, a, c))
MAY_FAIL(fa_step_scale_rows, (const fa_step *s, const double *factors, const fa_matrix *a, const fa_matrix *c),
         (s, factors, a, c))
MAY_FAIL(fa_step_add_row, (const fa_step *s, const fa_matrix *row, const fa_matrix *c), (s, row, c))

static void arm(long failure)
{
    calls = 0;
    fails_at = failure;
    armed = true;
}

static fa_status disarm(fa_status status)
{
    armed = false;
    return status;
}

/* The status of a call during which the call number `failure` of a rule on the library fails. */
#define faulty(failure, call) (arm(failure), disarm(call))

/* Whether that many calls were not reached, or the failure came out as it went in, with nothing called after it. */
static bool got_through(fa_status status, long failure)
{
    if (calls <= failure) {
        expect_ok(status);
        return true;
    }
    ck_assert_msg(status == FA_ERR_UNSUPPORTED && strstr(fa_last_error(), "fails by order") != NULL,
                  "call %ld: %s (%s)", failure, fa_status_string(status), fa_last_error());
    ck_assert_int_eq(calls, failure + 1);
    ck_assert_int_lt(failure, MOST_CALLS);
    return false;
}

/* --- what is trained: test number _i is a rule, with its parameters' defaults, or the last of all choices --- */

static const fa_rule *rule_of(int i)
{
    return fa_rule_at((size_t)i / VARIANTS);
}

static void choose_last(fa_feedback *fb, const fa_rule *rule)
{
    for (size_t p = 0; p < rule->n_params; p++)
        if (rule->params[p].type == FA_PARAM_CHOICE)
            expect_ok(fa_feedback_set_param(fb, rule->params[p].name, rule->params[p].max));
}

static session start(int i)
{
    net_spec spec = make_spec(i % 3 ? FA_FLOAT64 : FA_FLOAT32, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, rule_of(i), SAMPLES, 1);
    if (i % VARIANTS == 1)
        choose_last(s.fb, rule_of(i));
    return s;
}

static bool same_sessions(const session *a, const session *b)
{
    const state_copy left = take_snapshot(a), right = take_snapshot(b);
    return same_snapshot(&left, &right);
}

/* --- setup --- */

START_TEST(a_setup_fails_at_any_call)
{
    const fa_rule *rule = fa_rule_at((size_t)_i);
    const net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    bool through = false;
    for (long failure = 0; !through; failure++) {
        fa_feedback *fb = (fa_feedback *)&fb;
        through = got_through(faulty(failure, fa_feedback_create(&fb, net, rule, NULL, 2)), failure);
        ck_assert(through == (fb != NULL));
        fa_feedback_destroy(fb);
    }
}
END_TEST

/* --- error signals --- */

/* Every step fails at one call later than the one before it, then at none. */
START_TEST(a_step_fails_at_any_call)
{
    session s = start(_i), undisturbed = start(_i);
    bool through = false;
    for (long failure = 0; !through; failure++) {
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        through = got_through(faulty(failure, fa_backward(s.net, s.pass, s.fb)), failure);
        ck_assert(same_sessions(&s, &undisturbed));
        if (!through) {
            expect_failure(FA_ERR_STATE, fa_update(s.net, s.pass, s.fb, s.opt));
            ck_assert(same_sessions(&s, &undisturbed));
        }
    }
    ck_assert_uint_eq(fa_optimizer_steps(s.opt), 0);
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    expect_ok(session_phases(&undisturbed, NULL));
    ck_assert(same_sessions(&s, &undisturbed));
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&undisturbed, NULL));
    ck_assert(same_sessions(&s, &undisturbed));
}
END_TEST

/* The one call that does all. */
START_TEST(a_train_step_fails_at_any_call)
{
    session s = start(_i), undisturbed = start(_i);
    double loss = 0;
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(faulty(-1, fa_backward(s.net, s.pass, s.fb)));
    const long backward_calls = calls;
    for (long failure = 0; failure < backward_calls; failure++) {
        ck_assert(!got_through(faulty(failure, session_step(&s, &loss)), failure));
        ck_assert(same_sessions(&s, &undisturbed));
    }
    expect_ok(session_step(&s, &loss));
    expect_ok(session_step(&undisturbed, &loss));
    ck_assert(same_sessions(&s, &undisturbed));
}
END_TEST

/* --- after the update --- */

/* What a rule does in `adapt` cannot fail a step whose weights have changed: they are what they would be, and each B,
 * or R, is the old one or the new one. */
START_TEST(adapting_fails_at_any_call)
{
    session before = start(_i), after = start(_i);
    bool through = false;
    expect_ok(session_step(&after, NULL));
    const state_copy old = take_snapshot(&before), new = take_snapshot(&after);
    for (long failure = 0; !through; failure++) {
        session s = start(_i);
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        expect_ok(faulty(failure, fa_update(s.net, s.pass, s.fb, s.opt)));
        through = calls <= failure;
        ck_assert_int_lt(failure, MOST_CALLS);
        for (size_t l = 1; l <= DEPTH; l++) {
            const fa_matrix w = weights_of(s.net, l), right = weights_of(after.net, l);
            ck_assert_msg(same_bits(&w, &right), "%s, call %ld: W_%zu", rule_of(_i)->name, failure, l);
        }
        const state_copy now = take_snapshot(&s);
        for (size_t k = 0; k < now.count; k++)
            ck_assert_msg(now.values[k] == new.values[k] || (!through && now.values[k] == old.values[k]),
                          "%s, call %ld: %.17g is neither %.17g nor %.17g", rule_of(_i)->name, failure, now.values[k],
                          old.values[k], new.values[k]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_faults");
    TCase *tcase = support_case(suite);
    const int rules = (int)fa_rule_count();
    tcase_add_loop_test(tcase, a_setup_fails_at_any_call, 0, rules);
    tcase_add_loop_test(tcase, a_step_fails_at_any_call, 0, rules * VARIANTS);
    tcase_add_loop_test(tcase, a_train_step_fails_at_any_call, 0, rules * VARIANTS);
    tcase_add_loop_test(tcase, adapting_fails_at_any_call, 0, rules * VARIANTS);
    return support_run(suite, true);
}
