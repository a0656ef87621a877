/* Rules that coincide: what theory says of their deltas, exactly or within rounding. */
#include "session.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

static double unit_of(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

static fa_matrix array_of(const session *s, const char *name, size_t l)
{
    fa_matrix view;
    expect_ok(fa_feedback_get(s->fb, name, l, &view));
    return view;
}

static void check_same_weights(const session *a, const session *b)
{
    for (size_t l = 1; l <= a->spec.depth; l++) {
        fa_matrix left = weights_of(a->net, l), right = weights_of(b->net, l);
        ck_assert_msg(same_bits(&left, &right), "W_%zu of %s", l, fa_feedback_rule_name(b->fb));
    }
}

/* --- one hidden layer --- */

/* B_1 [n_1 x n_2] brings e to the only hidden layer whichever way it is called; one seed draws one B. */
START_TEST(one_hidden_layer_has_one_feedback)
{
    static const char *const names[] = {"dfa", "ifa"};
    net_spec spec = make_spec(dtypes[_i % 2], 2, 3 + (size_t)_i, (fa_activation)(1 + _i / 2 % 5), _i / 4 % 2);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        session fa = make_session(&spec, fa_rule_find("fa"), 7, 3);
        session other = make_session(&spec, fa_rule_find(names[k]), 7, 3);
        for (int step = 0; step < 5; step++) {
            expect_ok(session_step(&fa, NULL));
            expect_ok(session_step(&other, NULL));
        }
        check_same_weights(&fa, &other);
    }
}
END_TEST

/* --- no feedback --- */

START_TEST(without_feedback_everything_is_shallow)
{
    static const char *const names[] = {"dfa", "ifa", "sdfa", "drtp", "weight_mirror"};
    net_spec spec = make_spec(dtypes[_i % 2], 4, 6, FA_TANH, true);
    session shallow = make_session(&spec, fa_rule_find("shallow"), 5, 3);
    session none = make_session(&spec, fa_rule_find(names[_i / 2]), 5, 3);
    expect_ok(fa_feedback_init(none.fb, "B", 0, FA_INIT_ZERO, 1, 1));
    if (_i / 2 == 4)
        expect_ok(fa_feedback_set_param(none.fb, "every", 0));
    expect_ok(fa_optimizer_set(shallow.opt, "momentum", 0));
    expect_ok(fa_optimizer_set(none.opt, "momentum", 0));
    for (int step = 0; step < 4; step++) {
        expect_ok(session_step(&shallow, NULL));
        expect_ok(session_step(&none, NULL));
    }
    check_same_weights(&shallow, &none);
}
END_TEST

/* --- direct feedback through the weights above --- */

/* B_l = (W_L .. W_{l+1})^T; W_{l+1}^T .. W_L^T, column by column in double. */
static void set_products(const session *s)
{
    const size_t depth = s->spec.depth;
    double product[MAX_WIDTH][MAX_WIDTH] = {{0}}, next[MAX_WIDTH][MAX_WIDTH];
    for (size_t i = 0; i < s->spec.width[depth]; i++)
        product[i][i] = 1;
    for (size_t l = depth - 1; l >= 1; l--) {
        fa_matrix w = weights_of(s->net, l + 1), b = make_matrix(s->spec.dtype, s->spec.width[l], s->spec.width[depth]);
        for (size_t i = 0; i < b.rows; i++)
            for (size_t j = 0; j < b.cols; j++) {
                next[i][j] = 0;
                for (size_t k = 0; k < w.rows; k++)
                    next[i][j] += element(&w, k, i) * product[k][j];
                set_element(&b, i, j, next[i][j]);
            }
        memcpy(product, next, sizeof product);
        expect_ok(fa_feedback_set(s->fb, "B", l, &b));
    }
}

/* A chain of at most 3 products of 9 terms on either side, and B rounded once: (3 (9 + 2) + 1) u on either side of the
 * product of norms. */
START_TEST(dfa_through_products_of_weights_is_bp)
{
    net_spec spec = make_spec(dtypes[_i % 2], 3 + (size_t)_i / 2 % 2, 8, FA_IDENTITY, _i / 4);
    session s = make_session(&spec, fa_rule_find("dfa"), 6, (uint64_t)_i);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    for (int step = 0; step < 5; step++) {
        fa_matrix expected[MAX_DEPTH];
        double size = 1;
        set_products(&s);
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, bp));
        for (size_t l = 1; l < spec.depth; l++) {
            fa_matrix delta = delta_of(s.pass, l);
            expected[l] = make_matrix(spec.dtype, delta.rows, delta.cols);
            expect_ok(fa_matrix_copy(&delta, &expected[l]));
        }
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        fa_matrix e = delta_of(s.pass, spec.depth);
        for (size_t l = spec.depth - 1; l >= 1; l--) {
            fa_matrix delta = delta_of(s.pass, l), w = weights_of(s.net, l + 1);
            size *= norm(&w);
            ck_assert_double_le(distance(&delta, &expected[l]), 2 * 34 * unit_of(spec.dtype) * size * norm(&e));
            ck_assert_double_gt(norm(&delta), 1e-3);
        }
        expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    }
}
END_TEST

/* --- sign-symmetry --- */

/* Weights of one size s, B = s sign(W)^T = W^T: the products of back-propagation, rounded in any order, and s
 * rounded. */
START_TEST(signs_of_equal_weights_are_bp)
{
    const int choice = _i / 2;
    net_spec spec = make_spec(dtypes[_i % 2], 3, 8, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("usf"), 6, 4);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    expect_ok(fa_feedback_set_param(s.fb, "scale", choice));
    for (size_t l = 2; l <= 3; l++) {
        fa_matrix w = weights_of(s.net, l), signs = make_matrix(spec.dtype, w.rows, w.cols);
        double in = (double)w.cols, out = (double)w.rows, scales[] = {1 / sqrt(in), 1, sqrt(2 / (in + out))};
        for (size_t at = 0; at < w.rows * w.cols; at++)
            set_element(&signs, at / w.cols, at % w.cols, element(&w, at / w.cols, at % w.cols) > 0
                        ? scales[choice] : -scales[choice]);
        expect_ok(fa_network_set_weights(s.net, l, &signs));
    }
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, bp));
    fa_matrix expected[3];
    for (size_t l = 1; l < 3; l++) {
        fa_matrix delta = delta_of(s.pass, l);
        expected[l] = make_matrix(spec.dtype, delta.rows, delta.cols);
        expect_ok(fa_matrix_copy(&delta, &expected[l]));
    }
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    fa_matrix e = delta_of(s.pass, 3);
    double size = norm(&e);
    for (size_t l = 2; l >= 1; l--) {
        fa_matrix delta = delta_of(s.pass, l), w = weights_of(s.net, l + 1);
        size *= norm(&w);
        ck_assert_double_le(distance(&delta, &expected[l]), 2 * 2 * (9 + 4) * unit_of(spec.dtype) * size);
        ck_assert_double_gt(norm(&delta), 1e-2);
    }
}
END_TEST

START_TEST(one_magnitude_is_uniform)
{
    net_spec spec = make_spec(dtypes[_i % 2], 4, 7, FA_TANH, true);
    session uniform = make_session(&spec, fa_rule_find("usf"), 6, 4);
    session drawn = make_session(&spec, fa_rule_find("brsf"), 6, 4);
    expect_ok(fa_feedback_set_param(drawn.fb, "low", 1));
    for (int step = 0; step < 4; step++) {
        expect_ok(session_step(&uniform, NULL));
        expect_ok(session_step(&drawn, NULL));
    }
    check_same_weights(&uniform, &drawn);
    /* and two magnitudes are not */
    expect_ok(fa_feedback_set_param(drawn.fb, "low", 0.5));
    expect_ok(session_step(&uniform, NULL));
    expect_ok(session_step(&drawn, NULL));
    fa_matrix a = weights_of(uniform.net, 1), b = weights_of(drawn.net, 1);
    ck_assert(!same_bits(&a, &b));
}
END_TEST

/* Fresh magnitudes in every step, the same ones in a step that is tried again. */
START_TEST(magnitudes_belong_to_the_step)
{
    net_spec spec = make_spec(dtypes[_i], 2, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("brsf"), 6, 4);
    fa_matrix m = array_of(&s, "B", 1), kept = make_matrix(spec.dtype, m.rows, m.cols);
    expect_ok(session_step(&s, NULL));
    expect_ok(fa_matrix_copy(&m, &kept));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    ck_assert(!same_bits(&m, &kept));
    expect_ok(fa_matrix_copy(&m, &kept));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    ck_assert(same_bits(&m, &kept));
}
END_TEST

/* --- signs of errors --- */

/* Outputs of 0 have the error - target: column k of B for a positive one, none for 0, whatever the size. */
START_TEST(sign_of_no_error_is_nothing)
{
    net_spec spec = make_spec(dtypes[_i], 3, 6, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("sdfa"), 4, 4);
    fa_matrix zero = make_matrix(spec.dtype, spec.width[3], spec.width[2]);
    expect_ok(fa_network_set_weights(s.net, 3, &zero));
    s.target = make_matrix(spec.dtype, 4, spec.width[3]);
    set_element(&s.target, 1, 2, -1e-20);
    set_element(&s.target, 2, 0, 1e10);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    for (size_t l = 1; l < 3; l++) {
        fa_matrix b = array_of(&s, "B", l), delta = delta_of(s.pass, l);
        for (size_t j = 0; j < delta.cols; j++) {
            ck_assert_double_eq(element(&delta, 0, j), 0);
            ck_assert_double_eq(element(&delta, 1, j), element(&b, j, 2));
            ck_assert_double_eq(element(&delta, 2, j), -element(&b, j, 0));
            ck_assert_double_eq(element(&delta, 3, j), 0);
        }
    }
}
END_TEST

/* --- through the weights --- */

/* An error comes from the layer above where there is a B for every hidden layer and the rule waits for the error. */
static bool takes_weights(const fa_rule *rule, const session *s)
{
    for (size_t l = 1; l < fa_network_depth(s->net); l++)
        if (!keeps_feedback(s->fb, s->net, l))
            return false;
    return !(rule->flags & FA_RULE_LOCAL);
}

/* Every layer reached through W_{l+1}: back-propagation to the last bit. One layer: it alone is told of. */
START_TEST(through_all_weights_every_rule_is_bp)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / 4);
    net_spec spec = make_spec(dtypes[_i % 2], 2 + (size_t)_i / 2 % 2 * 2, 7, FA_TANH, true);
    session s = make_session(&spec, rule, 6, 4);
    fa_feedback *bp = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    if (!takes_weights(rule, &s)) {
        expect_failure(FA_ERR_UNSUPPORTED, fa_feedback_use_weights(s.fb, 0, true));
        ck_assert(!fa_feedback_uses_weights(s.fb, 1));
        return;
    }
    expect_ok(fa_feedback_use_weights(s.fb, 0, true));
    for (int step = 0; step < 3; step++) {
        fa_matrix expected[MAX_DEPTH];
        expect_ok(fa_forward(s.net, s.pass, &s.x));
        expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
        expect_ok(fa_backward(s.net, s.pass, bp));
        for (size_t l = 1; l < spec.depth; l++) {
            fa_matrix delta = delta_of(s.pass, l);
            expected[l] = make_matrix(spec.dtype, delta.rows, delta.cols);
            expect_ok(fa_matrix_copy(&delta, &expected[l]));
            ck_assert(fa_feedback_uses_weights(s.fb, l));
        }
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        for (size_t l = 1; l < spec.depth; l++) {
            fa_matrix delta = delta_of(s.pass, l);
            ck_assert_msg(same_bits(&delta, &expected[l]), "%s, layer %zu", rule->name, l);
        }
        expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    }
    expect_ok(fa_feedback_use_weights(s.fb, 0, false));
    ck_assert(!fa_feedback_uses_weights(s.fb, 1));
}
END_TEST

/* The last hidden layer alone, as Xiao et al. have it: there the delta is bp's, below it is the rule's from there
 * on. */
START_TEST(through_the_last_weights_only)
{
    net_spec spec = make_spec(dtypes[_i], 3, 7, FA_IDENTITY, true);
    session s = make_session(&spec, fa_rule_find("fa"), 6, 4), by_hand = make_session(&spec, fa_rule_find("fa"), 6, 4);
    fa_matrix w_t = fa_matrix_transpose(weights_of(by_hand.net, 3));
    expect_ok(fa_feedback_use_weights(s.fb, 2, true));
    ck_assert(!fa_feedback_uses_weights(s.fb, 1) && fa_feedback_uses_weights(s.fb, 2) &&
              !fa_feedback_uses_weights(s.fb, 3));
    expect_ok(fa_feedback_set(by_hand.fb, "B", 2, &w_t));
    expect_ok(session_step(&s, NULL));
    expect_ok(session_step(&by_hand, NULL));
    for (size_t l = 1; l <= 3; l++) {
        fa_matrix a = weights_of(s.net, l), b = weights_of(by_hand.net, l);
        ck_assert_double_le(distance(&a, &b), 3 * (8 + 6 + 8) * unit_of(spec.dtype) * 16);
    }
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_use_weights(s.fb, 3, true));
    expect_failure(FA_ERR_ARGUMENT, fa_feedback_use_weights(NULL, 1, true));
    ck_assert(!fa_feedback_uses_weights(NULL, 1) && !fa_feedback_uses_weights(s.fb, 0));
}
END_TEST

/* --- pseudo-inverses --- */

/* a b, added to c. */
static double product_distance(const fa_matrix *a, const fa_matrix *b, const fa_matrix *c, const fa_matrix *expected)
{
    double worst = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < c->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < a->cols; k++)
                for (size_t m = 0; m < b->cols; m++)
                    sum += element(a, i, k) * element(b, k, m) * element(c, m, j);
            worst = fmax(worst, fabs(sum - element(expected, i, j)));
        }
    return worst;
}

static double asymmetry(const fa_matrix *a, const fa_matrix *b)
{
    double worst = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < i; j++) {
            double there = 0, back = 0;
            for (size_t k = 0; k < a->cols; k++) {
                there += element(a, i, k) * element(b, k, j);
                back += element(a, j, k) * element(b, k, i);
            }
            worst = fmax(worst, fabs(there - back));
        }
    return worst;
}

/* The four equations of Penrose hold for W and what the rule transports through, to a modest multiple of the roundings
 * of B; and the deltas are those of fa with that B. Wide, tall and square layers. */
START_TEST(pseudo_inverses_are_penrose)
{
    static const size_t widths[][4] = {{5, 4, 9, 6}, {5, 9, 4, 6}, {5, 7, 7, 7}, {5, 6, 1, 3}};
    net_spec spec = make_spec(dtypes[_i % 2], 3, 7, FA_TANH, true);
    memcpy(spec.width, widths[_i / 2], sizeof widths[0]);
    session s = make_session(&spec, fa_rule_find("pseudo_backprop"), 6, 4);
    session fa = make_session(&spec, fa_rule_find("fa"), 6, 4);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    for (size_t l = 1; l < 3; l++) {
        fa_matrix b = array_of(&s, "B", l), w = weights_of(s.net, l + 1);
        double condition = norm(&w) * norm(&b), bound = 64 * unit_of(spec.dtype) * condition * condition;
        ck_assert_double_le(product_distance(&w, &b, &w, &w), bound * norm(&w));
        ck_assert_double_le(product_distance(&b, &w, &b, &b), bound * norm(&b));
        ck_assert_double_le(asymmetry(&w, &b), bound);
        ck_assert_double_le(asymmetry(&b, &w), bound);
        expect_ok(fa_feedback_set(fa.fb, "B", l, &b));
    }
    expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
    expect_ok(session_phases(&fa, NULL));
    check_same_weights(&s, &fa);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identities_rules");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, one_hidden_layer_has_one_feedback, 0, 10);
    tcase_add_loop_test(tcase, without_feedback_everything_is_shallow, 0, 10);
    tcase_add_loop_test(tcase, dfa_through_products_of_weights_is_bp, 0, 8);
    tcase_add_loop_test(tcase, signs_of_equal_weights_are_bp, 0, 6);
    tcase_add_loop_test(tcase, one_magnitude_is_uniform, 0, 2);
    tcase_add_loop_test(tcase, magnitudes_belong_to_the_step, 0, 2);
    tcase_add_loop_test(tcase, sign_of_no_error_is_nothing, 0, 2);
    tcase_add_loop_test(tcase, through_all_weights_every_rule_is_bp, 0, 4 * (int)fa_rule_count());
    tcase_add_loop_test(tcase, through_the_last_weights_only, 0, 2);
    tcase_add_loop_test(tcase, pseudo_inverses_are_penrose, 0, 8);
    return support_run(suite, true);
}
