/* Feedback that learns, and what theory says of it and of the weights after many steps: Kolen and Pollack's law,
 * product feedback, direct Kolen-Pollack. */
#include "session.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static double unit_of(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

static void release_optimizer(void *opt)
{
    fa_optimizer_destroy(opt);
}

static fa_optimizer *make_kind(const fa_network *net, const char *kind)
{
    fa_optimizer *opt;
    expect_ok(fa_optimizer_create(&opt, net, kind));
    keep(opt, release_optimizer);
    expect_ok(fa_optimizer_set(opt, "learning_rate", 0.01));
    return opt;
}

static bool has_option(const fa_optimizer *opt, const char *name)
{
    double value;
    return fa_optimizer_get(opt, name, &value) == FA_OK;
}

/* "weight_decay" inside the gradient. */
static bool couples(const char *kind, const fa_optimizer *opt)
{
    return strcmp(kind, "adamw") != 0 && has_option(opt, "weight_decay");
}

/* W_{l+1} - B_l^T. */
static fa_matrix difference(const session *s, size_t l)
{
    fa_matrix w = weights_of(s->net, l + 1), b, d = make_matrix(FA_FLOAT64, w.rows, w.cols);
    expect_ok(fa_feedback_get(s->fb, "B", l, &b));
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            set_element(&d, i, j, element(&w, i, j) - element(&b, j, i));
    return d;
}

static void two_batches(session *s)
{
    for (int part = 0; part < 2; part++) {
        expect_ok(fa_forward(s->net, s->pass, &s->x));
        expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
        expect_ok(fa_backward(s->net, s->pass, s->fb));
        expect_ok(fa_gradient(s->net, s->pass, s->fb));
    }
    expect_ok(fa_update(s->net, s->pass, s->fb, s->opt));
}

/* max |d - factor start|. */
static double off_law(const fa_matrix *d, const fa_matrix *start, double factor)
{
    double worst = 0;
    for (size_t i = 0; i < d->rows; i++)
        for (size_t j = 0; j < d->cols; j++)
            worst = fmax(worst, fabs(element(d, i, j) - factor * element(start, i, j)));
    return worst;
}

/* --- Kolen-Pollack --- */

/* W - B^T = (1 - decay)^t (W - B^T)_0 under every optimizer, with momentum and clipping, for accumulated batches: a
 * step rounds W, B and the increment a few times each, numbers that stay below 4. */
START_TEST(kolen_pollack_law)
{
    const double decays[] = {0, 0.01, 0.1};
    const int steps = 60, way = _i / 6 % 4, kind = _i / 24;
    const double decay = decays[_i / 2 % 3];
    net_spec spec = make_spec(dtypes[_i % 2], 3, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("kolen_pollack"), 5, 7);
    fa_matrix start[3];
    s.opt = make_kind(s.net, fa_optimizer_name_at((size_t)kind));
    if (way % 2 && has_option(s.opt, "momentum"))
        expect_ok(fa_optimizer_set(s.opt, "momentum", 0.9));
    if (way / 2)
        expect_ok(fa_optimizer_set(s.opt, "clip_norm", 0.1));
    if (strcmp(fa_optimizer_name_at((size_t)kind), "adamw") == 0) /* beside the gradient, but of W alone */
        expect_ok(fa_optimizer_set(s.opt, "weight_decay", 0));
    expect_ok(fa_optimizer_set_rate_factor(s.opt, 2, FA_WEIGHTS, 0.5));
    expect_ok(fa_feedback_set_param(s.fb, "decay", decay));
    for (size_t l = 1; l < 3; l++)
        start[l] = difference(&s, l);
    for (int step = 0; step < steps; step++) {
        if (way == 3)
            two_batches(&s);
        else
            expect_ok(session_step(&s, NULL));
    }
    for (size_t l = 1; l < 3; l++) {
        fa_matrix d = difference(&s, l);
        double off = off_law(&d, &start[l], pow(1 - decay, steps));
        ck_assert_msg(off <= steps * 8 * unit_of(spec.dtype) * 4, "%s, layer %zu: off by %g",
                      fa_optimizer_name_at((size_t)kind), l, off);
    }
}
END_TEST

/* A frozen W_{l+1} and its B_l stay, to the bit, whatever the decay; the others go on. */
START_TEST(kolen_pollack_leaves_frozen_layers)
{
    net_spec spec = make_spec(dtypes[_i], 3, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("kolen_pollack"), 5, 7);
    fa_matrix b, kept = make_matrix(spec.dtype, spec.width[1], spec.width[2]), start = difference(&s, 2);
    expect_ok(fa_feedback_get(s.fb, "B", 1, &b));
    expect_ok(fa_matrix_copy(&b, &kept));
    expect_ok(fa_feedback_set_param(s.fb, "decay", 0.1));
    expect_ok(fa_network_set_frozen(s.net, 2, true));
    for (int step = 0; step < 10; step++)
        expect_ok(session_step(&s, NULL));
    fa_matrix d = difference(&s, 2);
    ck_assert(same_bits(&b, &kept));
    ck_assert_double_le(off_law(&d, &start, pow(0.9, 10)), 10 * 8 * unit_of(spec.dtype) * 4);
}
END_TEST

/* Momentum from before a layer is frozen does not reach B when it is freed: the law goes on from where it was. */
START_TEST(kolen_pollack_law_survives_thawing)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("kolen_pollack"), 5, 7);
    fa_matrix start = difference(&s, 1);
    expect_ok(fa_optimizer_set(s.opt, "momentum", 0.9));
    for (int step = 0; step < 30; step++) {
        expect_ok(fa_network_set_frozen(s.net, 2, step / 10 == 1));
        expect_ok(session_step(&s, NULL));
    }
    fa_matrix d = difference(&s, 1);
    ck_assert_double_le(off_law(&d, &start, 1), 30 * 8 * 0x1p-53 * 4);
}
END_TEST

/* --- an increment that holds W's decay --- */

static fa_status layerwise(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_LAYERWISE);
}

static fa_status transport_all(fa_step *step)
{
    fa_status status = FA_OK;
    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_transport(step, l);
    return status;
}

static void copy_increments(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_matrix b, d;
        if (fa_step_array(step, "B", l, &b) != FA_OK || fa_step_increment(step, l + 1, &d, NULL) != FA_OK)
            continue;
        d = fa_matrix_transpose(d);
        (void)fa_step_combine(step, 1, &d, 1, &b);
    }
}

/* B copies an increment with coupled decay of W in it: the difference stays for ever, where with a decay of both it
 * would have shrunk; the flag refuses that. */
START_TEST(copied_decay_keeps_the_difference)
{
    const fa_rule rule = {.struct_size = sizeof rule, .name = "copy", .flags = FA_RULE_NEEDS_INCREMENT,
                          .setup = layerwise,
                          .backward = transport_all, .adapt = copy_increments};
    net_spec spec = make_spec(FA_FLOAT64, 3, 6, FA_TANH, true);
    session s = make_session(&spec, &rule, 5, 7);
    fa_matrix start[3];
    expect_ok(fa_optimizer_set(s.opt, "weight_decay", 0.5));
    expect_ok(fa_optimizer_set(s.opt, "momentum", _i ? 0.9 : 0));
    for (size_t l = 1; l < 3; l++)
        start[l] = difference(&s, l);
    for (int step = 0; step < 100; step++)
        expect_ok(session_step(&s, NULL));
    for (size_t l = 1; l < 3; l++) {
        fa_matrix d = difference(&s, l), w = weights_of(s.net, l + 1);
        ck_assert_double_le(off_law(&d, &start[l], 1), 100 * 8 * 0x1p-53 * 4);
        ck_assert_double_lt(norm(&w), 0.9 * norm(&start[l]) + 2); /* W itself has shrunk towards what it learns */
    }
}
END_TEST

/* --- coupled decay is refused --- */

START_TEST(coupled_decay_is_refused)
{
    static const char *const names[] = {"kolen_pollack", "pfa"};
    const char *kind = fa_optimizer_name_at((size_t)_i / 2);
    net_spec spec = make_spec(FA_FLOAT32, 3, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find(names[_i % 2]), 5, 7);
    s.opt = make_kind(s.net, kind);
    if (!couples(kind, s.opt)) {
        if (has_option(s.opt, "weight_decay"))
            expect_ok(fa_optimizer_set(s.opt, "weight_decay", 0.1));
        expect_ok(session_step(&s, NULL));
        return;
    }
    state_copy before = take_snapshot(&s);
    expect_ok(fa_optimizer_set(s.opt, "weight_decay", 1e-6));
    expect_failure(FA_ERR_UNSUPPORTED, session_step(&s, NULL));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "weight_decay"));
    expect_failure(FA_ERR_UNSUPPORTED, session_phases(&s, NULL));
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 2};
    expect_failure(FA_ERR_UNSUPPORTED, fa_train_epoch(s.net, s.pass, s.fb, s.opt, make_dataset(&s.x, &s.target),
                                                      &options,
                                                      NULL));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after) && fa_optimizer_steps(s.opt) == 0);
    expect_ok(fa_optimizer_set(s.opt, "weight_decay", 0));
    expect_ok(fa_optimizer_set(s.opt, "unscaled_weight_decay", 1e-6));
    expect_ok(session_step(&s, NULL));
}
END_TEST

/* --- product feedback --- */

static fa_matrix array_of(const session *s, const char *name, size_t l)
{
    fa_matrix view;
    expect_ok(fa_feedback_get(s->fb, name, l, &view));
    return view;
}

/* R_l^T B_l^T [n_l x n_{l+1}]. */
static fa_matrix effective(const session *s, size_t l)
{
    fa_matrix b = array_of(s, "B", l), r = array_of(s, "R", l), product = make_matrix(s->spec.dtype, r.cols, b.rows);
    for (size_t i = 0; i < r.cols; i++)
        for (size_t j = 0; j < b.rows; j++) {
            double sum = 0;
            for (size_t k = 0; k < r.rows; k++)
                sum += element(&r, k, i) * element(&b, j, k);
            set_element(&product, i, j, sum);
        }
    return product;
}

/* Steps of two readings of one computation part by roundings only: a sum of at most `terms` products on either side, of
 * numbers below 4, through three layers and the width of the widest. */
static double parting(fa_dtype dtype, int steps)
{
    return steps * 3 * 2 * (24 + 10) * unit_of(dtype) * 4 * 8;
}

/* R put back after every step: feedback alignment through R^T B^T. */
START_TEST(frozen_products_are_feedback_alignment)
{
    net_spec spec = make_spec(dtypes[_i % 2], 3, 6, FA_TANH, true);
    session pfa = make_session(&spec, fa_rule_find("pfa"), 5, 7), fa = make_session(&spec, fa_rule_find("fa"), 5, 7);
    expect_ok(fa_feedback_set_param(pfa.fb, "expansion", 1 + _i / 2));
    fa_matrix kept[3];
    for (size_t l = 1; l < 3; l++) {
        fa_matrix r = array_of(&pfa, "R", l), b = effective(&pfa, l);
        kept[l] = make_matrix(spec.dtype, r.rows, r.cols);
        expect_ok(fa_matrix_copy(&r, &kept[l]));
        expect_ok(fa_feedback_set(fa.fb, "B", l, &b));
    }
    for (int step = 0; step < 10; step++) {
        expect_ok(session_step(&pfa, NULL));
        expect_ok(session_step(&fa, NULL));
        for (size_t l = 1; l < 3; l++) {
            fa_matrix r = array_of(&pfa, "R", l);
            ck_assert(!same_bits(&r, &kept[l]));
            expect_ok(fa_feedback_set(pfa.fb, "R", l, &kept[l]));
        }
    }
    for (size_t l = 1; l <= 3; l++) {
        fa_matrix a = weights_of(pfa.net, l), b = weights_of(fa.net, l);
        ck_assert_double_le(distance(&a, &b), parting(spec.dtype, 10));
    }
}
END_TEST

/* B B^T = I: R^T B^T gets the increment that Kolen and Pollack's B gets. B = [cos I, sin I]. */
START_TEST(orthonormal_products_are_kolen_pollack)
{
    const double decay = _i / 2 ? 0.05 : 0;
    net_spec spec = make_spec(dtypes[_i % 2], 3, 6, FA_TANH, true);
    session pfa = make_session(&spec, fa_rule_find("pfa"), 5, 7);
    session kp = make_session(&spec, fa_rule_find("kolen_pollack"), 5, 7);
    for (size_t l = 1; l < 3; l++) {
        fa_matrix b = array_of(&pfa, "B", l), turned = make_matrix(spec.dtype, b.rows, b.cols);
        ck_assert_uint_eq(b.cols, 2 * b.rows);
        for (size_t i = 0; i < b.rows; i++) {
            set_element(&turned, i, i, cos(1));
            set_element(&turned, i, b.rows + i, sin(1));
        }
        expect_ok(fa_feedback_set(pfa.fb, "B", l, &turned));
        fa_matrix product = effective(&pfa, l);
        expect_ok(fa_feedback_set(kp.fb, "B", l, &product));
    }
    session *both[] = {&pfa, &kp};
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_optimizer_set(both[i]->opt, "momentum", 0));
        expect_ok(fa_feedback_set_param(both[i]->fb, "decay", decay));
        for (int step = 0; step < 20; step++)
            expect_ok(session_step(both[i], NULL));
    }
    for (size_t l = 1; l < 3; l++) {
        fa_matrix a = weights_of(pfa.net, l + 1), b = weights_of(kp.net, l + 1);
        fa_matrix product = effective(&pfa, l), learnt = array_of(&kp, "B", l);
        ck_assert_double_le(distance(&a, &b), parting(spec.dtype, 20));
        ck_assert_double_le(distance(&product, &learnt), parting(spec.dtype, 20));
    }
}
END_TEST

/* --- direct Kolen-Pollack --- */

/* One hidden layer, plain descent: grad B = h e^T is the transpose of grad W_2. */
START_TEST(direct_kolen_pollack_is_kolen_pollack)
{
    net_spec spec = make_spec(dtypes[_i % 2], 2, 6, FA_TANH, _i / 2);
    session dkp = make_session(&spec, fa_rule_find("dkp"), 5, 7);
    session kp = make_session(&spec, fa_rule_find("kolen_pollack"), 5, 7);
    session *both[] = {&dkp, &kp};
    fa_matrix start = array_of(&kp, "B", 1), first = make_matrix(spec.dtype, start.rows, start.cols);
    expect_ok(fa_matrix_copy(&start, &first));
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_optimizer_set(both[i]->opt, "momentum", 0));
        for (int step = 0; step < 20; step++)
            expect_ok(session_step(both[i], NULL));
    }
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix a = weights_of(dkp.net, l), b = weights_of(kp.net, l);
        ck_assert_double_le(distance(&a, &b), parting(spec.dtype, 20));
    }
    fa_matrix a = array_of(&dkp, "B", 1);
    ck_assert_double_le(distance(&a, &start), parting(spec.dtype, 20));
    ck_assert_double_gt(distance(&start, &first), 1e-2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identities_learnt");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, kolen_pollack_law, 0, 24 * (int)fa_optimizer_count());
    tcase_add_loop_test(tcase, kolen_pollack_leaves_frozen_layers, 0, 2);
    tcase_add_test(tcase, kolen_pollack_law_survives_thawing);
    tcase_add_loop_test(tcase, copied_decay_keeps_the_difference, 0, 2);
    tcase_add_loop_test(tcase, coupled_decay_is_refused, 0, 2 * (int)fa_optimizer_count());
    tcase_add_loop_test(tcase, frozen_products_are_feedback_alignment, 0, 6);
    tcase_add_loop_test(tcase, orthonormal_products_are_kolen_pollack, 0, 4);
    tcase_add_loop_test(tcase, direct_kolen_pollack_is_kolen_pollack, 0, 4);
    return support_run(suite, true);
}
