/* Weights against direct feedback, spectra, norms, saturation: by naive loops. */
#include "session.h"

#include <float.h>
#include <math.h>

enum { DEPTH = 3 };

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

static fa_matrix product(const fa_matrix *a, const fa_matrix *b)
{
    fa_matrix c = make_matrix(FA_FLOAT64, a->rows, b->cols);
    ck_assert_uint_eq(a->cols, b->rows);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < b->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < a->cols; k++)
                sum += element(a, i, k) * element(b, k, j);
            set_element(&c, i, j, sum);
        }
    return c;
}

static fa_matrix product_t(const fa_matrix *a, const fa_matrix *b)
{
    const fa_matrix b_t = fa_matrix_transpose(*b);
    return product(a, &b_t);
}

static double naive_angle(const fa_matrix *a, const fa_matrix *b)
{
    double ab = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++)
            ab += element(a, i, j) * element(b, i, j);
    return acos(ab / norm(a) / norm(b)) * 57.29577951308232;
}

static fa_matrix feedback_of(const fa_feedback *fb, size_t l)
{
    fa_matrix b;
    expect_ok(fa_feedback_get(fb, "B", l, &b));
    return b;
}

/* --- alignment with direct feedback --- */

START_TEST(alignment_angles)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 6 + (size_t)_i * 8, FA_TANH, true);
    spec.width[DEPTH] = 4;
    session s = make_session(&spec, &direct, 3, (uint64_t)_i + 1);
    double got = 0;
    for (size_t l = 2; l <= DEPTH; l++) {
        const fa_matrix w = weights_of(s.net, l), low = feedback_of(s.fb, l - 1);
        fa_matrix to = fa_matrix_transpose(low);
        if (l < DEPTH) {
            const fa_matrix high = feedback_of(s.fb, l);
            to = product_t(&high, &low);
        }
        expect_ok(fa_alignment_angle(s.net, s.fb, l, &got));
        ck_assert_double_le(fabs(got - naive_angle(&w, &to)), dtype == FA_FLOAT32 ? 1e-3 : 1e-10);
        expect_ok(fa_network_set_weights(s.net, l, l < DEPTH && dtype == FA_FLOAT64 ? &to : &w));
        expect_ok(fa_alignment_angle(s.net, s.fb, l, &got));
        ck_assert(l == DEPTH || dtype == FA_FLOAT32 || got <= 1e-5);
    }
    expect_ok(fa_feedback_init(s.fb, "B", 1, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_alignment_angle(s.net, s.fb, 2, &got));
    ck_assert(isnan(got));
}
END_TEST

static void scale_by(const fa_matrix *m, int exponent)
{
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->cols; j++)
            set_element(m, i, j, ldexp(element(m, i, j), exponent));
}

/* The square of one of the three norms, or the product of all, is beyond float64. */
START_TEST(alignment_that_overflows)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("dfa"), 3, 1);
    const fa_matrix w = weights_of(s.net, 2);
    double got = 0;
    expect_ok(fa_alignment_angle(s.net, s.fb, 2, &got));
    ck_assert(!isnan(got));
    scale_by(&w, 600);
    expect_failure(FA_ERR_NOT_FINITE, fa_alignment_angle(s.net, s.fb, 2, &got));
    ck_assert(isnan(got));
    scale_by(&w, -600);
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix b;
        expect_ok(fa_feedback_get(s.fb, "B", l, &b));
        fa_matrix copy = make_matrix(FA_FLOAT64, b.rows, b.cols);
        expect_ok(fa_matrix_copy(&b, &copy));
        scale_by(&copy, 600);
        expect_ok(fa_feedback_set(s.fb, "B", l, &copy));
        expect_failure(FA_ERR_NOT_FINITE, fa_alignment_angle(s.net, s.fb, 2, &got));
        ck_assert(isnan(got));
        scale_by(&copy, -600);
        expect_ok(fa_feedback_set(s.fb, "B", l, &copy));
    }
    expect_ok(fa_alignment_angle(s.net, s.fb, 2, &got));
    ck_assert(!isnan(got));
}
END_TEST

START_TEST(alignment_of_layerwise_feedback)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 6, FA_TANH, true), single = make_spec(FA_FLOAT64, 1, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1), one = make_session(&single, fa_rule_find("fa"), 3, 1);
    fa_feedback *none = make_feedback(s.net, fa_rule_find("bp"), NULL, 1);
    fa_matrix a = make_matrix(FA_FLOAT64, 7, 7);
    double got = 0, expected = 1;
    expect_ok(fa_alignment_angle(s.net, s.fb, DEPTH, &got));
    expect_ok(fa_weight_angle(s.net, s.fb, DEPTH - 1, &expected));
    ck_assert_double_eq(got, expected);
    expect_failure(FA_ERR_UNSUPPORTED, fa_alignment_angle(s.net, s.fb, 2, &got));
    ck_assert(isnan(got));
    const size_t wrong[] = {0, 1, DEPTH + 1, (size_t)-1};
    for (int i = 0; i < 4; i++)
        expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(s.net, s.fb, wrong[i], &got));
    expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(s.net, none, DEPTH, &got));
    expect_failure(FA_ERR_SHAPE, fa_alignment_angle(s.net, one.fb, DEPTH, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(NULL, s.fb, DEPTH, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(s.net, NULL, DEPTH, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(s.net, s.fb, DEPTH, NULL));
    expect_failure(FA_ERR_UNSUPPORTED, fa_alignment_matrix(s.net, s.fb, 1, &a));
    expect_failure(FA_ERR_ARGUMENT, fa_alignment_matrix(one.net, one.fb, 1, &a));
}
END_TEST

/* An array named "B" that is no feedback, whatever its shape, and a layer that has none. */
START_TEST(not_every_b_brings_the_error)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("pfa"), 3, 1), t = make_session(&spec, fa_rule_find("ifa"), 3, 1);
    fa_matrix a = make_matrix(FA_FLOAT64, spec.width[DEPTH], spec.width[DEPTH]);
    double got;
    for (size_t l = 2; l <= DEPTH; l++) {
        expect_failure(FA_ERR_UNSUPPORTED, fa_alignment_angle(s.net, s.fb, l, &got));
        expect_failure(FA_ERR_UNSUPPORTED, fa_alignment_matrix(s.net, s.fb, l, &a));
        expect_failure(FA_ERR_ARGUMENT, fa_alignment_angle(t.net, t.fb, l, &got));
        expect_failure(FA_ERR_ARGUMENT, fa_alignment_matrix(t.net, t.fb, l, &a));
    }
}
END_TEST

/* W_l made of a known A_l gives it back: B^+ B = I for columns that are independent. Relative 16 m u cond(B)^2. */
START_TEST(alignment_matrices)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 12, FA_TANH, true);
    spec.width[0] = 5;
    spec.width[DEPTH] = 3;
    session s = make_session(&spec, &direct, 3, (uint64_t)_i + 1);
    uint64_t state = 4;
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix a = make_uniform(FA_FLOAT64, 3, l == 1 ? 5 : 3, LAYOUT_C, 1, &state), w = a;
        fa_matrix got = make_layout(l == 2 ? FA_FLOAT64 : FA_FLOAT32, 3, a.cols, (view_layout)l);
        fa_matrix rounded = make_matrix(dtype, spec.width[l], spec.width[l - 1]);
        if (l < DEPTH) {
            const fa_matrix b = feedback_of(s.fb, l);
            w = product(&b, &w);
        }
        if (l > 1) {
            const fa_matrix b = feedback_of(s.fb, l - 1);
            w = product_t(&w, &b);
        }
        expect_ok(fa_matrix_copy(&w, &rounded));
        expect_ok(fa_network_set_weights(s.net, l, &rounded));
        expect_ok(fa_alignment_matrix(s.net, s.fb, l, &got));
        ck_assert_double_le(distance(&got, &a), dtype == FA_FLOAT32 || l != 2 ? 1e-4 : 1e-12);
        expect_failure(FA_ERR_SHAPE, fa_alignment_matrix(s.net, s.fb, l, &rounded));
    }
}
END_TEST

/* --- spectra --- */

START_TEST(spectra)
{
    fa_matrix a = make_matrix(FA_FLOAT32, 3, 2);
    fa_spectrum s;
    set_element(&a, 0, 0, 4);
    set_element(&a, 2, 1, 0.5);
    expect_ok(fa_spectrum_of(&a, &s));
    ck_assert(s.rank == 2 && s.values == 2 && s.largest == 4 && s.smallest == 0.5 && s.condition == 8);
    set_element(&a, 2, 1, 1e-7); /* below 3 x 2^-23 x 4 */
    expect_ok(fa_spectrum_of(&a, &s));
    ck_assert(s.rank == 1 && s.values == 2 && isinf(s.condition) && fabs(s.smallest - 1e-7) <= 1e-13);
    set_element(&a, 2, 1, NAN);
    expect_failure(FA_ERR_NOT_FINITE, fa_spectrum_of(&a, &s));
    ck_assert(s.rank == 0 && s.values == 0 && isnan(s.condition));
    a.row_stride = 1;
    a.col_stride = 2;
    expect_failure(FA_ERR_SHAPE, fa_spectrum_of(&a, &s));
    expect_failure(FA_ERR_ARGUMENT, fa_spectrum_of(NULL, &s));
    expect_failure(FA_ERR_ARGUMENT, fa_spectrum_of(&a, NULL));
}
END_TEST

/* --- norms and saturation --- */

START_TEST(norms)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 9, FA_TANH, true);
    spec.bias[2] = false;
    session s = make_session(&spec, fa_rule_find("fa"), 5, 2), other = make_session(&spec, fa_rule_find("bp"), 5, 2);
    fa_norm_report got[DEPTH];
    expect_failure(FA_ERR_STATE, fa_layer_norms(s.net, s.pass, s.fb, got));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    expect_ok(fa_layer_norms(s.net, s.pass, s.fb, got));
    for (size_t l = 1; l <= DEPTH; l++) {
        fa_matrix w = weights_of(s.net, l), h, delta = delta_of(s.pass, l);
        expect_ok(fa_pass_activity(s.pass, l, &h));
        ck_assert_double_le(fabs(got[l - 1].weights / norm(&w) - 1), 1e-14);
        ck_assert_double_le(fabs(got[l - 1].activity / norm(&h) - 1), 1e-14);
        ck_assert_double_le(fabs(got[l - 1].delta / norm(&delta) - 1), 1e-14);
        ck_assert_int_eq(isnan(got[l - 1].bias), l == 2);
        ck_assert_int_eq(isnan(got[l - 1].feedback), l == DEPTH);
        if (l != 2) {
            fa_matrix b = bias_of(s.net, l);
            ck_assert_double_le(fabs(got[l - 1].bias / norm(&b) - 1), 1e-14);
        }
        if (l < DEPTH) {
            fa_matrix b = feedback_of(s.fb, l);
            ck_assert_double_le(fabs(got[l - 1].feedback / norm(&b) - 1), 1e-14);
        }
    }
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_layer_norms(s.net, s.pass, i ? NULL : other.fb, got));
        ck_assert(isnan(got[0].feedback) && got[0].weights > 0);
    }
    expect_failure(FA_ERR_ARGUMENT, fa_layer_norms(NULL, s.pass, s.fb, got));
    expect_failure(FA_ERR_ARGUMENT, fa_layer_norms(s.net, NULL, s.fb, got));
    expect_failure(FA_ERR_ARGUMENT, fa_layer_norms(s.net, s.pass, s.fb, NULL));
}
END_TEST

/* Squares overflow and vanish; norms do not. */
START_TEST(norms_of_extremes)
{
    static const double scales[] = {1e200, 1e-200, 1e-310};
    net_spec spec = make_spec(FA_FLOAT64, 1, 3, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("bp"), 2, 2);
    fa_matrix w = make_matrix(FA_FLOAT64, 4, 3), a = make_matrix(FA_FLOAT64, 1, 2), b = make_matrix(FA_FLOAT64, 1, 2);
    fa_norm_report got;
    double degrees = 0;
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    set_element(&w, 0, 0, 3 * scales[_i]);
    set_element(&w, 3, 2, -4 * scales[_i]);
    expect_ok(fa_network_set_weights(s.net, 1, &w));
    expect_ok(fa_layer_norms(s.net, s.pass, NULL, &got));
    ck_assert_double_le(fabs(got.weights / scales[_i] / 5 - 1), 1e-13);
    set_element(&a, 0, 0, scales[_i]);
    set_element(&b, 0, 0, -scales[_i]);
    set_element(&b, 0, 1, scales[_i]);
    expect_ok(fa_angle(&a, &b, &degrees));
    ck_assert_double_le(fabs(degrees - 135), 1e-10);
}
END_TEST

START_TEST(saturation)
{
    static const fa_activation kinds[] = {FA_TANH, FA_LOGISTIC, FA_ERF, FA_RELU, FA_IDENTITY, FA_SOFTMAX};
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    const fa_activation f = kinds[_i / 2];
    net_spec spec = make_spec(dtype, 1, 30, f, true);
    spec.activation[1] = f;
    session s = make_session(&spec, fa_rule_find("bp"), 20, 3);
    const double threshold = 0.5;
    double got = 0;
    size_t count = 0;
    fa_matrix h;
    expect_failure(FA_ERR_STATE, fa_saturation(s.net, s.pass, threshold, &got));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_pass_activity(s.pass, 1, &h));
    for (size_t i = 0; i < h.rows; i++)
        for (size_t j = 0; j < h.cols; j++) {
            const double a = element(&h, i, j);
            count += f == FA_RELU ? a == 0 : f == FA_LOGISTIC ? a < 0.25 || a > 0.75 : a > 0.5 || a < -0.5;
        }
    expect_ok(fa_saturation(s.net, s.pass, threshold, &got));
    if (f == FA_IDENTITY || f == FA_SOFTMAX)
        ck_assert(isnan(got));
    else
        ck_assert(count > 0 && count < 600 && got == (double)count / (double)(h.rows * h.cols));
    expect_ok(fa_saturation(s.net, s.pass, 0, &got));
    expect_ok(fa_saturation(s.net, s.pass, 1, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(s.net, s.pass, 1.5, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(s.net, s.pass, -0.1, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(s.net, s.pass, NAN, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(s.net, s.pass, 0.1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(NULL, s.pass, 0.1, &got));
    expect_failure(FA_ERR_ARGUMENT, fa_saturation(s.net, NULL, 0.1, &got));
}
END_TEST

/* What dropout makes 0 is not what relu makes 0. */
START_TEST(dropout_does_not_saturate)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 20, FA_RELU, true);
    session s = make_session(&spec, fa_rule_find("bp"), 10, 3);
    double before[2], after[2];
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_saturation(s.net, s.pass, 0, before));
    expect_ok(fa_network_set_dropout(s.net, 1, 0.5));
    expect_ok(fa_pass_set_dropout(s.pass, 1, 0));
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_saturation(s.net, s.pass, 0, after));
    ck_assert(before[0] > 0.1 && before[0] == after[0] && isnan(after[1]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostics layers");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, alignment_angles, 0, 6);
    tcase_add_test(tcase, alignment_that_overflows);
    tcase_add_test(tcase, alignment_of_layerwise_feedback);
    tcase_add_test(tcase, not_every_b_brings_the_error);
    tcase_add_loop_test(tcase, alignment_matrices, 0, 2);
    tcase_add_test(tcase, spectra);
    tcase_add_loop_test(tcase, norms, 0, 2);
    tcase_add_loop_test(tcase, norms_of_extremes, 0, 3);
    tcase_add_loop_test(tcase, saturation, 0, 12);
    tcase_add_test(tcase, dropout_does_not_saturate);
    return support_run(suite, true);
}
