/* Held norms: every path of an update ends with W_l rescaled, against a twin that learns without it and is rescaled by
 * hand. */
#include "session.h"

#include <float.h>
#include <math.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { DEPTH = 3, SAMPLES = 12, SEED = 31 };

static net_spec make_layers(fa_dtype dtype)
{
    return make_spec(dtype, DEPTH, 9, FA_TANH, true);
}

static double unit_roundoff(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

static void release_network(void *net)
{
    fa_network_destroy(net);
}

static void release_optimizer(void *opt)
{
    fa_optimizer_destroy(opt);
}

/* --- the paths of an update --- */

typedef enum path { STEP, PHASES, ACCUMULATED, EPOCH, THREADS, PATHS } path;

static void train(session *s, path way)
{
    fa_epoch_options options = {.struct_size = sizeof options, .batch = SAMPLES};
    switch (way) {
    case EPOCH:
        expect_ok(fa_train_epoch(s->net, s->pass, s->fb, s->opt, make_dataset(&s->x, &s->target), &options, NULL));
        break;
    case ACCUMULATED:
        expect_ok(fa_forward(s->net, s->pass, &s->x));
        expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
        expect_ok(fa_backward(s->net, s->pass, s->fb));
        expect_ok(fa_gradient(s->net, s->pass, s->fb));
        expect_ok(session_phases(s, NULL));
        break;
    case PHASES:
        expect_ok(session_phases(s, NULL));
        break;
    default:
        expect_ok(session_step(s, NULL));
    }
}

static session start(const fa_rule *rule, const char *kind, fa_dtype dtype, path way)
{
    net_spec spec = make_layers(dtype);
    session s = make_session(&spec, rule, SAMPLES, 3);
    expect_ok(fa_optimizer_create(&s.opt, s.net, kind));
    keep(s.opt, release_optimizer);
    if (way == THREADS)
        expect_ok(fa_pass_set_threads(s.pass, 2));
    return s;
}

/* W_l after a step with held norms is that of the twin times norm / |W_l of the twin|: the twin's step began with the
 * same numbers. One rounding in the element type, and those of a sum of 100 squares, a root, a quotient and a product
 * in double on either side. Biases are the same bits. */
static void check_step(const session *held, const session *twin, const double *norms)
{
    const double u = unit_roundoff(held->spec.dtype);
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix w = weights_of(held->net, l), free_w = weights_of(twin->net, l);
        fa_matrix b = bias_of(held->net, l), free_b = bias_of(twin->net, l);
        double factor = norms[l] / norm(&free_w);
        for (size_t i = 0; i < w.rows; i++)
            for (size_t j = 0; j < w.cols; j++) {
                double expected = factor * element(&free_w, i, j);
                ck_assert_msg(fabs(element(&w, i, j) - expected) <= (u + 220 * 0x1p-53) * fabs(expected),
                              "W_%zu: %.17g, expected %.17g", l, element(&w, i, j), expected);
            }
        ck_assert(same_bits(&b, &free_b));
        ck_assert_double_le(fabs(norm(&w) - norms[l]), (u + 220 * 0x1p-53) * norms[l]);
    }
}

/* Every rule, every kind of optimizer, every path; parts of the twin's W start from the held one's in each step. */
START_TEST(weights_are_rescaled)
{
    const size_t kinds = fa_optimizer_count();
    const path way = (path)(_i % PATHS);
    const char *kind = fa_optimizer_name_at((size_t)_i / (2 * PATHS) % kinds);
    const fa_rule *rule = fa_rule_at((size_t)_i / (2 * PATHS) / kinds);
    const fa_dtype dtype = dtypes[_i / PATHS % 2];
    session held = start(rule, kind, dtype, way), twin = start(rule, kind, dtype, way);
    double norms[DEPTH + 1];
    bool moved = false;
    expect_ok(fa_network_hold_norm(held.net, 0, true));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix w = weights_of(held.net, l);
        norms[l] = norm(&w);
        ck_assert_double_le(fabs(fa_network_held_norm(held.net, l) - norms[l]), 220 * 0x1p-53 * norms[l]);
    }
    for (int step = 0; step < 6; step++) {
        train(&held, way);
        train(&twin, way);
        check_step(&held, &twin, norms);
        for (size_t l = 1; l <= DEPTH; l++) {
            fa_matrix w = weights_of(held.net, l), free_w = weights_of(twin.net, l);
            moved = moved || !same_bits(&w, &free_w);
            expect_ok(fa_network_set_weights(twin.net, l, &w));
            if (rule->flags & FA_RULE_MIRRORS && l < DEPTH) { /* B has seen W, rescaled or not */
                fa_matrix b;
                expect_ok(fa_feedback_get(held.fb, "B", l, &b));
                expect_ok(fa_feedback_set(twin.fb, "B", l, &b));
            }
        }
    }
    ck_assert_msg(moved, "%s: no norm would have changed anyway", kind);
}
END_TEST

/* Online updates that may wait for the next sample elsewhere: an epoch of single samples is that of single steps. Both
 * sum in another order, so that W differs by a few of the roundings of 14 updates of numbers below 2. */
START_TEST(online_epochs_hold_it)
{
    const fa_dtype dtype = dtypes[_i];
    net_spec spec = make_layers(dtype);
    session epoch = make_session(&spec, fa_rule_find("fa"), SAMPLES, 3);
    session steps = make_session(&spec, fa_rule_find("fa"), SAMPLES, 3);
    const fa_epoch_options options = {.struct_size = sizeof options, .batch = 1};
    epoch.opt = make_optimizer(epoch.net, 0.1);
    steps.opt = make_optimizer(steps.net, 0.1);
    expect_ok(fa_network_hold_norm(epoch.net, 2, true));
    expect_ok(fa_network_hold_norm(steps.net, 2, true));
    double before = fa_network_held_norm(epoch.net, 2);
    fa_dataset *data = make_dataset(&epoch.x, &epoch.target);
    expect_ok(fa_train_epoch(epoch.net, epoch.pass, epoch.fb, epoch.opt, data, &options, NULL));
    for (size_t i = 0; i < SAMPLES; i++) {
        fa_matrix x, target;
        expect_ok(fa_matrix_rows(&steps.x, i, 1, &x));
        expect_ok(fa_matrix_rows(&steps.target, i, 1, &target));
        expect_ok(fa_train_step(steps.net, steps.pass, steps.fb, steps.opt, &x, &target, NULL));
    }
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix a = weights_of(epoch.net, l), b = weights_of(steps.net, l);
        ck_assert_double_le(distance(&a, &b), 1000 * unit_roundoff(dtype));
    }
    fa_matrix w = weights_of(epoch.net, 2), other = weights_of(epoch.net, 1);
    ck_assert_double_le(fabs(norm(&w) - before), (unit_roundoff(dtype) + 220 * 0x1p-53) * before);
    ck_assert_double_eq(fa_network_held_norm(epoch.net, 1), 0);
    ck_assert_double_gt(norm(&other), 0);
}
END_TEST

/* --- frozen and pruned layers, copies --- */

START_TEST(frozen_layers_are_left_alone)
{
    uint64_t state = 5;
    session s = start(fa_rule_find("fa"), _i / 2 ? "adam" : "sgd", dtypes[_i % 2], STEP);
    expect_ok(fa_network_hold_norm(s.net, 0, true));
    fa_matrix w = make_uniform(s.spec.dtype, s.spec.width[2], s.spec.width[1], LAYOUT_C, 1, &state);
    fa_matrix now = weights_of(s.net, 2);
    expect_ok(fa_network_set_weights(s.net, 2, &w));
    expect_ok(fa_network_set_frozen(s.net, 2, true));
    double held = fa_network_held_norm(s.net, 2);
    ck_assert_double_gt(fabs(norm(&w) - held), 0.1);
    expect_ok(session_step(&s, NULL));
    ck_assert(same_bits(&now, &w));
    expect_ok(fa_network_set_frozen(s.net, 2, false));
    expect_ok(session_step(&s, NULL));
    ck_assert_double_le(fabs(norm(&now) - held), (unit_roundoff(s.spec.dtype) + 220 * 0x1p-53) * held);
}
END_TEST

START_TEST(removed_weights_stay_removed)
{
    session s = start(fa_rule_find("bp"), _i / 2 ? "rmsprop" : "sgd", dtypes[_i % 2], STEP);
    expect_ok(fa_network_prune(s.net, 0, 0.5, SEED));
    fa_matrix w = weights_of(s.net, 2), start_w = make_matrix(s.spec.dtype, w.rows, w.cols);
    expect_ok(fa_matrix_copy(&w, &start_w));
    expect_ok(fa_network_hold_norm(s.net, 2, true));
    for (int step = 0; step < 3; step++)
        expect_ok(session_step(&s, NULL));
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            ck_assert((element(&w, i, j) == 0) == (element(&start_w, i, j) == 0));
    ck_assert(!same_bits(&w, &start_w));
    ck_assert_double_le(fabs(norm(&w) - norm(&start_w)), (unit_roundoff(s.spec.dtype) + 220 * 0x1p-53) * norm(&w));
}
END_TEST

START_TEST(copies_hold_it_too)
{
    session s = start(fa_rule_find("bp"), "sgd", FA_FLOAT64, STEP);
    fa_network *copy;
    expect_ok(fa_network_hold_norm(s.net, 1, true));
    expect_ok(fa_network_copy(&copy, s.net));
    keep(copy, release_network);
    for (size_t l = 1; l <= DEPTH; l++)
        ck_assert(fa_network_held_norm(copy, l) == fa_network_held_norm(s.net, l));
    expect_ok(fa_network_hold_norm(copy, 0, false));
    ck_assert(fa_network_held_norm(copy, 1) == 0 && fa_network_held_norm(s.net, 1) > 0);
}
END_TEST

/* --- sizes whose squares leave the range of double --- */

/* One layer, no learning: W is set to other sizes, the update brings it back. */
START_TEST(any_size_of_numbers)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const double sizes[] = {1, 1e30, 1e-30, 1e250, 1e-290};
    net_spec spec = make_spec(dtype, 1, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("bp"), 1, 5);
    fa_matrix w = weights_of(s.net, 1), pattern = make_matrix(dtype, w.rows, w.cols);
    fa_matrix scaled = make_matrix(dtype, w.rows, w.cols);
    const double held_size = sizes[_i / 2 / 5], size = sizes[_i / 2 % 5];
    if (dtype == FA_FLOAT32 && (fabs(log10(size)) > 35 || fabs(log10(held_size)) > 35))
        return;
    if (fabs(log10(size) - log10(held_size)) > 300) /* the factor would be no number */
        return;
    s.opt = make_optimizer(s.net, 0);
    for (size_t j = 0; j < s.x.cols; j++)
        set_element(&s.x, 0, j, 0);
    expect_ok(fa_matrix_copy(&w, &pattern));
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            set_element(&scaled, i, j, held_size * element(&pattern, i, j));
    expect_ok(fa_network_set_weights(s.net, 1, &scaled));
    expect_ok(fa_network_hold_norm(s.net, 1, true));
    ck_assert_double_le(fabs(fa_network_held_norm(s.net, 1) / (held_size * norm(&pattern)) - 1),
                        2 * unit_roundoff(dtype) + 220 * 0x1p-53);
    for (size_t i = 0; i < w.rows; i++)
        for (size_t j = 0; j < w.cols; j++)
            set_element(&scaled, i, j, size * element(&pattern, i, j));
    expect_ok(fa_network_set_weights(s.net, 1, &scaled));
    expect_ok(session_step(&s, NULL));
    for (size_t i = 0; i < w.rows; i++) /* rounded when scaled, when scaled again, and in norms and factor */
        for (size_t j = 0; j < w.cols; j++)
            ck_assert_double_le(fabs(element(&w, i, j) / held_size - element(&pattern, i, j)),
                                (4 * unit_roundoff(dtype) + 440 * 0x1p-53) * fabs(element(&pattern, i, j)));
}
END_TEST

/* An update that makes W zero leaves it zero, and the next one that does not is rescaled. */
START_TEST(zero_weights_wait)
{
    const fa_dtype dtype = dtypes[_i];
    net_spec spec = make_spec(dtype, 1, 4, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("bp"), 3, 5);
    fa_matrix w = weights_of(s.net, 1), zero = make_matrix(dtype, w.rows, w.cols);
    s.opt = make_optimizer(s.net, 0);
    expect_ok(fa_network_hold_norm(s.net, 0, true));
    double held = fa_network_held_norm(s.net, 1);
    expect_ok(fa_network_set_weights(s.net, 1, &zero));
    expect_ok(session_step(&s, NULL));
    ck_assert(same_bits(&w, &zero));
    expect_ok(fa_optimizer_set(s.opt, "learning_rate", 1e-3));
    expect_ok(session_step(&s, NULL));
    ck_assert_double_le(fabs(norm(&w) - held), (unit_roundoff(dtype) + 220 * 0x1p-53) * held);
}
END_TEST

START_TEST(bad_arguments)
{
    net_spec spec = make_layers(FA_FLOAT64);
    fa_network *net = make_network(&spec, 1);
    fa_matrix zero = make_matrix(FA_FLOAT64, spec.width[2], spec.width[1]), huge = make_matrix(FA_FLOAT64, 10, 9);
    expect_failure(FA_ERR_ARGUMENT, fa_network_hold_norm(NULL, 0, true));
    expect_failure(FA_ERR_ARGUMENT, fa_network_hold_norm(net, DEPTH + 1, true));
    ck_assert(fa_network_held_norm(NULL, 1) == 0 && fa_network_held_norm(net, 0) == 0 &&
              fa_network_held_norm(net, DEPTH + 1) == 0);
    expect_ok(fa_network_set_weights(net, 2, &zero));
    expect_failure(FA_ERR_STATE, fa_network_hold_norm(net, 0, true));
    expect_failure(FA_ERR_STATE, fa_network_hold_norm(net, 2, true));
    for (size_t l = 1; l <= DEPTH; l++)
        ck_assert(fa_network_held_norm(net, l) == 0);
    for (size_t at = 0; at < 90; at++)
        set_element(&huge, at / 9, at % 9, DBL_MAX);
    expect_ok(fa_network_set_weights(net, 1, &huge));
    expect_failure(FA_ERR_NOT_FINITE, fa_network_hold_norm(net, 1, true));
    expect_ok(fa_network_hold_norm(net, 3, true));
    expect_ok(fa_network_hold_norm(net, 2, false));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold norm");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, weights_are_rescaled, 0, 2 * PATHS * (int)(fa_optimizer_count() * fa_rule_count()));
    tcase_add_loop_test(tcase, online_epochs_hold_it, 0, 2);
    tcase_add_loop_test(tcase, frozen_layers_are_left_alone, 0, 4);
    tcase_add_loop_test(tcase, removed_weights_stay_removed, 0, 4);
    tcase_add_test(tcase, copies_hold_it_too);
    tcase_add_loop_test(tcase, any_size_of_numbers, 0, 50);
    tcase_add_loop_test(tcase, zero_weights_wait, 0, 2);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
