/* Which masks dropout draws when, and that everything goes through them: rules of one's own, further forward passes,
 * diagnostics. */
#include "model.h"

#include <math.h>

enum { SEED = 77, SAMPLES = 9, DEPTH = 3 };

/* --- which masks --- */

/* A session with dropout of 1/2 on every layer but the output; tanh, so that no activity is 0 by itself. */
static session make_dropped(const fa_rule *rule, void *user_data)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 8, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), SAMPLES, 2);
    s.fb = make_feedback(s.net, rule, user_data, 2);
    for (size_t l = 0; l < DEPTH; l++)
        expect_ok(fa_network_set_dropout(s.net, l, 0.5));
    expect_ok(fa_pass_set_dropout(s.pass, SEED, 0));
    return s;
}

/* The zeros of a view are those of the mask of layer l in that step. */
static bool shows_mask(const fa_matrix *view, size_t l, uint64_t step)
{
    double mask[MODEL_ACTIVITIES];
    draw_mask(0.5, SEED, step, l, view->rows * view->cols, mask);
    for (size_t at = 0; at < view->rows * view->cols; at++)
        if ((element(view, at / view->cols, at % view->cols) == 0) != (mask[at] == 0))
            return false;
    return true;
}

static bool drew_step(const session *s, uint64_t step)
{
    fa_matrix view;
    bool all = true;
    for (size_t l = 1; l < DEPTH; l++) {
        expect_ok(fa_pass_activity(s->pass, l, &view));
        all = all && shows_mask(&view, l, step);
    }
    return all;
}

/* A step counts when its gradient is taken, and only then. */
START_TEST(a_retried_step_draws_the_same_mask)
{
    session s = make_dropped(fa_rule_find("fa"), NULL);
    fa_matrix bad = make_matrix(FA_FLOAT64, SAMPLES, s.spec.width[DEPTH]);
    set_element(&bad, 0, 0, (double)NAN);
    for (int again = 0; again < 2; again++) {
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        ck_assert(drew_step(&s, 0));
        expect_failure(FA_ERR_NOT_FINITE, fa_train_step(s.net, s.pass, s.fb, s.opt, &s.x, &bad, NULL));
    }
    expect_ok(session_step(&s, NULL));
    ck_assert(drew_step(&s, 0) && !drew_step(&s, 1));
    expect_ok(session_phases(&s, NULL));
    ck_assert(drew_step(&s, 1));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    ck_assert(drew_step(&s, 2));
    expect_ok(fa_gradient(s.net, s.pass, s.fb));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    ck_assert(drew_step(&s, 3));
    expect_ok(fa_pass_set_dropout(s.pass, SEED, UINT64_MAX));
    expect_ok(session_step(&s, NULL));
    ck_assert(drew_step(&s, UINT64_MAX));
}
END_TEST

/* Also by steps that are fused with the update, which plain descent is. */
START_TEST(fused_updates_count_too)
{
    session s = make_dropped(fa_rule_find("fa"), NULL);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0));
    for (uint64_t step = 0; step < 3; step++) {
        expect_ok(session_step(&s, NULL));
        ck_assert(drew_step(&s, step));
    }
}
END_TEST

/* --- rules of one's own --- */

typedef enum how { INJECT, TRANSPORT, WRITE } how;

static fa_status declare(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status bring_back(fa_step *step)
{
    const how *way = fa_step_user_data(step);
    fa_status status = FA_OK;
    for (size_t l = DEPTH - 1; l >= 1 && status == FA_OK; l--) {
        fa_matrix delta;
        if (*way == INJECT) {
            status = fa_step_inject(step, l);
        } else if (*way == TRANSPORT) {
            status = fa_step_transport_with(step, l, fa_step_weights_operand(step, l));
        } else {
            status = fa_step_delta(step, l, &delta);
            for (size_t i = 0; i < delta.rows && status == FA_OK; i++)
                for (size_t j = 0; j < delta.cols; j++)
                    set_element(&delta, i, j, 1);
            status = status == FA_OK ? fa_step_apply_slope(step, l) : status;
        }
    }
    return status;
}

/* What delta_l is before f' and the mask. */
static double signal_by_hand(const session *s, how way, size_t l, size_t i, size_t j)
{
    fa_matrix above = delta_of(s->pass, way == INJECT ? DEPTH : l + 1), operand;
    double sum = 0;
    if (way == WRITE)
        return 1;
    if (way == INJECT)
        expect_ok(fa_feedback_get(s->fb, "B", l, &operand));
    else
        operand = fa_matrix_transpose(weights_of(s->net, l + 1));
    for (size_t k = 0; k < above.cols; k++)
        sum += element(&above, i, k) * element(&operand, j, k);
    return sum;
}

/* Every way to write a delta goes through the mask: (what comes back) (1 - h^2) mask, h from before the mask. Sums of
 * at most nine products of numbers below 10 in float64. */
START_TEST(deltas_pass_through_the_mask)
{
    how way = (how)_i;
    fa_rule rule = {.struct_size = sizeof rule, .name = "own", .setup = declare, .backward = bring_back};
    session s = make_dropped(&rule, &way);
    double mask[MODEL_ACTIVITIES];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    model *m = make_model(&s.spec, s.net, NULL);
    for (size_t l = 0; l < DEPTH; l++) {
        m->layer[l].masked = true;
        draw_mask(0.5, SEED, 0, l, SAMPLES * s.spec.width[l], m->layer[l].mask);
    }
    model_forward(m, &s.x);
    for (size_t l = 1; l < DEPTH; l++) {
        fa_matrix delta = delta_of(s.pass, l);
        draw_mask(0.5, SEED, 0, l, delta.rows * delta.cols, mask);
        for (size_t at = 0; at < delta.rows * delta.cols; at++) {
            double h = m->layer[l].h[at].v, got = element(&delta, at / delta.cols, at % delta.cols);
            double expected = signal_by_hand(&s, way, l, at / delta.cols, at % delta.cols) * (1 - h * h) * mask[at];
            ck_assert_double_le(fabs(got - expected), 1000 * 0x1p-53 * 10);
        }
    }
}
END_TEST

typedef struct second_pass {
    fa_matrix own, input, h[DEPTH + 1]; /* own: an input of the rule's; the others are copies of what a slot held */
    size_t from;                        /* local rules: the layer that runs it */
} second_pass;

static fa_status two_slots(fa_setup *setup)
{
    return fa_setup_slots(setup, 2);
}

static fa_status run_again(fa_step *step)
{
    second_pass *p = fa_step_user_data(step);
    fa_matrix view;
    fa_status status = fa_step_forward(step, 1, NULL, 0);
    for (size_t l = 1; l <= DEPTH && status == FA_OK; l++) {
        status = fa_step_activity(step, 1, l, &view);
        if (status == FA_OK)
            status = fa_matrix_copy(&view, &p->h[l]);
    }
    if (status == FA_OK)
        status = fa_step_forward(step, 2, &p->own, 0);
    if (status == FA_OK)
        status = fa_step_activity(step, 2, 0, &view);
    return status == FA_OK ? fa_matrix_copy(&view, &p->input) : status;
}

static fa_status run_again_early(fa_step *step, size_t l)
{
    second_pass *p = fa_step_user_data(step);
    return l == p->from ? run_again(step) : FA_OK;
}

/* A second forward pass has the masks of the batch, whether it runs after the first or, by a local rule, in its middle;
 * an input of the rule's own loses what x lost, and is not scaled. */
START_TEST(further_forward_passes_reuse_the_mask)
{
    second_pass p = {.from = (size_t)_i};
    fa_rule late = {.struct_size = sizeof late, .name = "late", .setup = two_slots, .backward = run_again};
    fa_rule early = {.struct_size = sizeof early, .name = "early", .flags = FA_RULE_LOCAL, .setup = two_slots,
                     .local = run_again_early};
    session s = make_dropped(_i == 0 ? &late : &early, &p);
    uint64_t state = 8;
    p.own = make_uniform(FA_FLOAT64, SAMPLES, s.spec.width[0], LAYOUT_FORTRAN, 1, &state);
    p.input = make_matrix(FA_FLOAT64, SAMPLES, s.spec.width[0]);
    for (size_t l = 1; l <= DEPTH; l++)
        p.h[l] = make_matrix(FA_FLOAT64, SAMPLES, s.spec.width[l]);
    for (uint64_t step = 0; step < 3; step++) {
        expect_ok(session_step(&s, NULL));
        for (size_t l = 1; l <= DEPTH; l++) {
            fa_matrix view;
            expect_ok(fa_pass_activity(s.pass, l, &view));
            ck_assert_msg(same_bits(&view, &p.h[l]), "layer %zu in step %d", l, (int)step);
        }
        ck_assert(shows_mask(&p.input, 0, step));
        for (size_t i = 0; i < SAMPLES; i++)
            for (size_t j = 0; j < p.own.cols; j++)
                ck_assert(element(&p.input, i, j) == 0 || element(&p.input, i, j) == element(&p.own, i, j));
    }
}
END_TEST

/* Back-propagation does not differ from itself, masks and all; an angle of 0 may come out as arccos(1 - 2^-53). */
START_TEST(comparing_deltas_knows_the_mask)
{
    fa_delta_report reports[DEPTH - 1];
    session s = make_dropped(fa_rule_find("bp"), NULL);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_compare_deltas(s.net, s.pass, reports));
    for (size_t l = 1; l < DEPTH; l++) {
        ck_assert_double_le(reports[l - 1].angle, 2e-6);
        ck_assert_double_eq(reports[l - 1].ratio, 1);
    }
}
END_TEST

/* --- only in training, and only where it was asked for --- */

START_TEST(prediction_has_no_dropout)
{
    session s = make_dropped(fa_rule_find("fa"), NULL), plain = make_session(&s.spec, fa_rule_find("fa"), SAMPLES, 2);
    fa_network *copy;
    fa_matrix a = make_matrix(FA_FLOAT64, SAMPLES, s.spec.width[DEPTH]), b = make_matrix(FA_FLOAT64, SAMPLES, a.cols);
    expect_ok(fa_network_predict(s.net, &s.x, &a));
    expect_ok(fa_network_predict(plain.net, &s.x, &b));
    ck_assert(same_bits(&a, &b));
    expect_ok(fa_network_copy(&copy, s.net));
    for (size_t l = 0; l < DEPTH; l++) {
        ck_assert_double_eq(fa_network_dropout(copy, l), 0.5);
        expect_ok(fa_network_set_dropout(s.net, l, 0));
    }
    fa_network_destroy(copy);
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&plain, NULL));
    state_copy trained = take_snapshot(&s), expected = take_snapshot(&plain);
    ck_assert(same_snapshot(&trained, &expected));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dropout masks");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, a_retried_step_draws_the_same_mask);
    tcase_add_test(tcase, fused_updates_count_too);
    tcase_add_loop_test(tcase, deltas_pass_through_the_mask, INJECT, WRITE + 1);
    tcase_add_loop_test(tcase, further_forward_passes_reuse_the_mask, 0, DEPTH);
    tcase_add_test(tcase, comparing_deltas_knows_the_mask);
    tcase_add_test(tcase, prediction_has_no_dropout);
    return support_run(suite, true);
}
