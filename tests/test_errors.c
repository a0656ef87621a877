/* Wrong calls of every public function: the documented status, a sentence, nothing changed.
 *
 * Rules' functions: test_rule_step.c and test_rule_interface.c; NaN and infinity: test_not_finite.c; optimizers' and
 * feedbacks' values: test_optimizer.c, test_feedback.c. */
#include "session.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static const size_t too_large[] = {0, (size_t)INT_MAX + 1, SIZE_MAX / 2, SIZE_MAX};

enum { SIZES = sizeof too_large / sizeof too_large[0] };

static net_spec plain_spec(fa_dtype dtype)
{
    return make_spec(dtype, 2, 4, FA_TANH, true);
}

/* --- base and random numbers --- */

START_TEST(matrices)
{
    double data[12] = {0};
    fa_matrix good = fa_matrix_view(data, 3, 4, FA_FLOAT64), out = good, bad = good;
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_alloc(NULL, 1, 1, FA_FLOAT64));
    for (int i = 0; i < SIZES; i++) {
        memset(&out, 1, sizeof out);
        expect_failure(FA_ERR_SHAPE, fa_matrix_alloc(&out, too_large[i], too_large[i], FA_FLOAT64));
        ck_assert(is_zeroed(&out));
    }
    expect_failure(FA_ERR_DTYPE, fa_matrix_alloc(&out, 1, 1, (fa_dtype)7));
    ck_assert(is_zeroed(&out));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_rows(NULL, 0, 1, &out));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_rows(&good, 0, 1, NULL));
    expect_failure(FA_ERR_SHAPE, fa_matrix_rows(&good, 2, 2, &out));
    expect_failure(FA_ERR_SHAPE, fa_matrix_rows(&good, 2, SIZE_MAX, &out));
    ck_assert(is_zeroed(&out));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_copy(NULL, &good));
    expect_failure(FA_ERR_ARGUMENT, fa_matrix_copy(&good, NULL));
    bad.rows = 2;
    expect_failure(FA_ERR_SHAPE, fa_matrix_copy(&bad, &good));
    bad = good;
    bad.dtype = (fa_dtype)0;
    expect_failure(FA_ERR_DTYPE, fa_matrix_copy(&bad, &good));
    fa_matrix_free(NULL);
}
END_TEST

START_TEST(random_numbers)
{
    double data[4] = {0};
    uint64_t words[2];
    size_t order[2];
    fa_stream stream = {.seed = 1};
    fa_matrix m = fa_matrix_view(data, 2, 2, FA_FLOAT64), bad = m;
    bad.row_stride = 1;
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(NULL, 0, 2, words));
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(&stream, 0, 2, NULL));
    expect_failure(FA_ERR_SHAPE, fa_random_words(&stream, UINT64_MAX, 2, words));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(NULL, 0, 1, &m));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&stream, 0, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&stream, 1, 0, &m));
    expect_failure(FA_ERR_ARGUMENT, fa_random_uniform(&stream, NAN, 1, &m));
    expect_failure(FA_ERR_SHAPE, fa_random_uniform(&stream, 0, 1, &bad));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(NULL, 0, 1, &m));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&stream, 0, -1, &m));
    expect_failure(FA_ERR_ARGUMENT, fa_random_normal(&stream, INFINITY, 1, &m));
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(NULL, 2, order));
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(&stream, 2, NULL));
    ck_assert(data[0] == 0 && data[1] == 0 && data[2] == 0 && data[3] == 0);
}
END_TEST

/* --- the network --- */

START_TEST(network_creation)
{
    fa_network *net = (fa_network *)&net;
    expect_failure(FA_ERR_ARGUMENT, fa_network_create(NULL, FA_FLOAT64, 3));
    expect_failure(FA_ERR_DTYPE, fa_network_create(&net, (fa_dtype)3, 3));
    ck_assert_ptr_null(net);
    for (int i = 0; i < SIZES; i++) {
        net = (fa_network *)&net;
        expect_failure(FA_ERR_SHAPE, fa_network_create(&net, FA_FLOAT64, too_large[i]));
        ck_assert_ptr_null(net);
    }
    net = (fa_network *)&net;
    expect_failure(FA_ERR_ARGUMENT, fa_network_copy(&net, NULL));
    ck_assert_ptr_null(net);
    net_spec spec = plain_spec(FA_FLOAT64);
    expect_failure(FA_ERR_ARGUMENT, fa_network_copy(NULL, make_network(&spec, 1)));
}
END_TEST

START_TEST(new_layers)
{
    fa_network *net;
    expect_ok(fa_network_create(&net, FA_FLOAT64, INT_MAX));
    expect_failure(FA_ERR_STATE, fa_network_set_loss(net, FA_SQUARED_ERROR));
    expect_failure(FA_ERR_ARGUMENT, fa_network_add_dense(NULL, 3, FA_TANH, true));
    expect_failure(FA_ERR_ARGUMENT, fa_network_add_dense(net, 3, (fa_activation)0, true));
    expect_failure(FA_ERR_ARGUMENT, fa_network_add_dense(net, 3, (fa_activation)7, true));
    for (int i = 0; i < SIZES; i++)
        expect_failure(FA_ERR_SHAPE, fa_network_add_dense(net, too_large[i], FA_TANH, true));
    expect_failure(FA_ERR_SHAPE, fa_network_add_dense(net, INT_MAX, FA_TANH, true)); /* 2^65 bytes */
    ck_assert_uint_eq(fa_network_depth(net), 0);
    fa_network_destroy(net);
    expect_ok(fa_network_create(&net, FA_FLOAT64, 3));
    expect_ok(fa_network_add_dense(net, 2, FA_SOFTMAX, false));
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_add_dense(net, 3, FA_TANH, true));
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_set_loss(net, FA_BINARY_CROSS_ENTROPY));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_loss(net, (fa_loss)0));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_loss(net, (fa_loss)4));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_loss(NULL, FA_SQUARED_ERROR));
    ck_assert(fa_network_loss(net) == FA_SQUARED_ERROR && fa_network_depth(net) == 1);
    fa_network_destroy(net);
}
END_TEST

START_TEST(a_loss_binds_the_outputs)
{
    fa_network *net;
    expect_ok(fa_network_create(&net, FA_FLOAT64, 3));
    expect_ok(fa_network_add_dense(net, 2, FA_LOGISTIC, false));
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_set_loss(net, FA_CROSS_ENTROPY));
    expect_ok(fa_network_set_loss(net, FA_BINARY_CROSS_ENTROPY));
    expect_failure(FA_ERR_UNSUPPORTED, fa_network_add_dense(net, 2, FA_TANH, false));
    ck_assert_uint_eq(fa_network_depth(net), 1);
    expect_ok(fa_network_add_dense(net, 2, FA_LOGISTIC, false));
    fa_network_destroy(net);
}
END_TEST

typedef fa_status set_array(fa_network *, size_t, const fa_matrix *);
typedef fa_status get_array(const fa_network *, size_t, fa_matrix *);
typedef fa_status init_array(fa_network *, size_t, fa_init, double, uint64_t);

static void check_array(const session *s, set_array *set, get_array *get, init_array *init, size_t rows)
{
    fa_dtype other = s->spec.dtype == FA_FLOAT64 ? FA_FLOAT32 : FA_FLOAT64;
    const size_t numbers[] = {0, 3, SIZE_MAX};
    fa_matrix good = make_matrix(s->spec.dtype, rows, rows == 1 ? 5 : 4), bad = good, view;
    expect_failure(FA_ERR_ARGUMENT, set(NULL, 1, &good));
    expect_failure(FA_ERR_ARGUMENT, set(s->net, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, get(NULL, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, get(s->net, 1, NULL));
    expect_failure(FA_ERR_ARGUMENT, init(NULL, 1, FA_INIT_ZERO, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, init(s->net, 1, (fa_init)0, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, init(s->net, 1, (fa_init)8, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, init(s->net, 1, FA_INIT_UNIFORM, -1, 1));
    expect_failure(FA_ERR_ARGUMENT, init(s->net, 1, FA_INIT_UNIFORM, INFINITY, 1));
    for (int i = 0; i < 3; i++) {
        expect_failure(FA_ERR_ARGUMENT, set(s->net, numbers[i], &good));
        expect_failure(FA_ERR_ARGUMENT, get(s->net, numbers[i], &view));
        ck_assert(is_zeroed(&view));
        if (numbers[i] > 0)
            expect_failure(FA_ERR_ARGUMENT, init(s->net, numbers[i], FA_INIT_ZERO, 1, 1));
    }
    bad.cols -= 1;
    expect_failure(FA_ERR_SHAPE, set(s->net, 1, &bad));
    bad = good;
    bad.rows = 0;
    expect_failure(FA_ERR_SHAPE, set(s->net, 1, &bad));
    bad = make_matrix(other, good.rows, good.cols);
    expect_failure(FA_ERR_DTYPE, set(s->net, 1, &bad));
    bad = good;
    bad.data = NULL;
    expect_failure(FA_ERR_ARGUMENT, set(s->net, 1, &bad));
    bad = good;
    bad.col_stride = 2;
    bad.row_stride = 3;
    if (rows > 1) /* one row of a Fortran array is a view like any other */
        expect_failure(FA_ERR_SHAPE, set(s->net, 1, &bad));
}

START_TEST(weights_and_biases)
{
    net_spec spec = plain_spec(_i ? FA_FLOAT32 : FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    state_copy before = take_snapshot(&s);
    check_array(&s, fa_network_set_weights, fa_network_weights, fa_network_init_weights, 5);
    check_array(&s, fa_network_set_bias, fa_network_bias, fa_network_init_bias, 1);
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_frozen(NULL, 1, true));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_frozen(s.net, 0, true));
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_frozen(s.net, 3, true));
    state_copy after = take_snapshot(&s);
    ck_assert(same_snapshot(&before, &after));
    spec.bias[1] = false;
    fa_network *net = make_network(&spec, 1);
    fa_matrix bias = make_matrix(spec.dtype, 1, 5), view;
    expect_failure(FA_ERR_ARGUMENT, fa_network_set_bias(net, 1, &bias));
    expect_failure(FA_ERR_ARGUMENT, fa_network_bias(net, 1, &view));
    expect_failure(FA_ERR_ARGUMENT, fa_network_init_bias(net, 1, FA_INIT_ZERO, 1, 1));
    expect_ok(fa_network_init_bias(net, 0, FA_INIT_ZERO, 1, 1));
}
END_TEST

START_TEST(names)
{
    fa_activation f;
    fa_loss loss;
    fa_init init;
    const char *const wrong[] = {NULL, "", "TANH", "tanhh", "squared", "uniformly"};
    for (int i = 0; i < 6; i++) {
        expect_failure(FA_ERR_ARGUMENT, fa_activation_find(wrong[i], &f));
        expect_failure(FA_ERR_ARGUMENT, fa_loss_find(wrong[i], &loss));
        expect_failure(FA_ERR_ARGUMENT, fa_init_find(wrong[i], &init));
    }
    expect_failure(FA_ERR_ARGUMENT, fa_activation_find("tanh", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_loss_find("squared_error", NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_init_find("zero", NULL));
}
END_TEST

/* --- forward passes of const networks --- */

typedef fa_status forward_pass(const fa_network *, const fa_matrix *, const fa_matrix *);

static fa_status activity_one(const fa_network *net, const fa_matrix *x, const fa_matrix *h)
{
    return fa_network_activity(net, x, 1, h);
}

static void check_forward(forward_pass *pass, const session *s, size_t width)
{
    fa_dtype other = s->spec.dtype == FA_FLOAT64 ? FA_FLOAT32 : FA_FLOAT64;
    fa_matrix x = s->x, y = make_matrix(s->spec.dtype, 3, width), bad = x;
    fa_matrix wide = make_matrix(s->spec.dtype, 3, width + 1), tall = make_matrix(s->spec.dtype, 4, width);
    fa_matrix other_x = make_matrix(other, 3, 4), other_y = make_matrix(other, 3, width);
    expect_failure(FA_ERR_ARGUMENT, pass(NULL, &x, &y));
    expect_failure(FA_ERR_ARGUMENT, pass(s->net, NULL, &y));
    expect_failure(FA_ERR_ARGUMENT, pass(s->net, &x, NULL));
    expect_failure(FA_ERR_SHAPE, pass(s->net, &x, &wide));
    expect_failure(FA_ERR_SHAPE, pass(s->net, &x, &tall));
    expect_failure(FA_ERR_SHAPE, pass(s->net, &wide, &y));
    expect_failure(FA_ERR_DTYPE, pass(s->net, &other_x, &y));
    expect_failure(FA_ERR_DTYPE, pass(s->net, &x, &other_y));
    for (int i = 0; i < SIZES; i++) {
        bad.rows = too_large[i];
        expect_failure(FA_ERR_SHAPE, pass(s->net, &bad, &y));
    }
    ck_assert(norm(&y) == 0);
}

START_TEST(const_passes)
{
    net_spec spec = plain_spec(_i ? FA_FLOAT32 : FA_FLOAT64);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    fa_matrix y = make_matrix(spec.dtype, 3, 4), few = make_matrix(spec.dtype, 2, 4);
    double loss;
    check_forward(fa_network_predict, &s, 4);
    check_forward(activity_one, &s, 5);
    expect_failure(FA_ERR_ARGUMENT, fa_network_activity(s.net, &s.x, 0, &y));
    expect_failure(FA_ERR_ARGUMENT, fa_network_activity(s.net, &s.x, 3, &y));
    loss = 1;
    expect_failure(FA_ERR_ARGUMENT, fa_network_evaluate(NULL, &s.x, &s.target, &loss));
    ck_assert(isnan(loss));
    expect_failure(FA_ERR_ARGUMENT, fa_network_evaluate(s.net, NULL, &s.target, &loss));
    expect_failure(FA_ERR_ARGUMENT, fa_network_evaluate(s.net, &s.x, NULL, &loss));
    expect_failure(FA_ERR_ARGUMENT, fa_network_evaluate(s.net, &s.x, &s.target, NULL));
    loss = 1;
    expect_failure(FA_ERR_SHAPE, fa_network_evaluate(s.net, &s.x, &few, &loss));
    ck_assert(isnan(loss));
    fa_network *empty;
    expect_ok(fa_network_create(&empty, spec.dtype, 4));
    expect_failure(FA_ERR_STATE, fa_network_predict(empty, &s.x, &y));
    expect_failure(FA_ERR_STATE, fa_network_evaluate(empty, &s.x, &s.target, &loss));
    fa_network_destroy(empty);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errors");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, matrices);
    tcase_add_test(tcase, random_numbers);
    tcase_add_test(tcase, network_creation);
    tcase_add_test(tcase, new_layers);
    tcase_add_test(tcase, a_loss_binds_the_outputs);
    tcase_add_loop_test(tcase, weights_and_biases, 0, 2);
    tcase_add_test(tcase, names);
    tcase_add_loop_test(tcase, const_passes, 0, 2);
    return support_run(suite, true);
}
