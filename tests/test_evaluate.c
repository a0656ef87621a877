/* fa_evaluate() against sums over samples, one by one. */
#include "session.h"

#include <math.h>
#include <string.h>

/* The library takes samples in pieces of 256: below, at, between and above multiples of that. */
static const size_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 700};

enum { INPUTS = 5, CLASSES = 4, SIZES = sizeof sizes / sizeof sizes[0] };

static net_spec classifier(fa_dtype dtype)
{
    net_spec spec = {.dtype = dtype, .loss = FA_CROSS_ENTROPY, .depth = 2, .width = {INPUTS, 7, CLASSES},
                     .activation = {0, FA_TANH, FA_SOFTMAX}, .bias = {false, true, true}};
    return spec;
}

/* Loss and largest output of one sample, from predictions: mean loss is a public function of its own. */
static double loss_by_hand(const fa_network *net, const fa_dataset *data, size_t i, size_t *largest)
{
    fa_dtype dtype = fa_dataset_dtype(data);
    fa_matrix x = make_matrix(dtype, 1, INPUTS), target = make_matrix(dtype, 1, CLASSES);
    fa_matrix y = make_matrix(dtype, 1, CLASSES);
    double loss = 0;
    expect_ok(fa_dataset_gather(data, &i, 1, &x, &target));
    expect_ok(fa_network_predict(net, &x, &y));
    *largest = 0;
    for (size_t j = 0; j < CLASSES; j++) {
        loss -= element(&target, 0, j) * log(element(&y, 0, j));
        if (element(&y, 0, j) > element(&y, 0, *largest))
            *largest = j;
    }
    return loss;
}

static fa_dataset *make_samples(fa_dtype dtype, size_t n, bool labels, uint64_t *state)
{
    fa_matrix x = make_uniform(dtype, n, INPUTS, (view_layout)draw_index(state, LAYOUTS), 1, state);
    if (labels)
        return make_labelled(&x, make_labels(n, CLASSES, state), CLASSES);
    net_spec spec = classifier(dtype);
    fa_matrix target = make_target(&spec, n, LAYOUT_FORTRAN, state);
    return make_dataset(&x, &target);
}

/* |z| stays below 8: a few dozen roundings of numbers of that size are an error of y below 500 u, relatively, and so one of
 * ln y below that, in the library and again in the predictions that are summed here. */
static double loss_bound(fa_dtype dtype)
{
    return 1000 * (dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53);
}

static void check_evaluation(const fa_network *net, const fa_dataset *data, bool labels)
{
    uint64_t confusion[CLASSES * CLASSES], expected[CLASSES * CLASSES] = {0}, correct = 0;
    size_t n = fa_dataset_size(data);
    double sum = 0;
    fa_result result;
    memset(confusion, 0xff, sizeof confusion);
    expect_ok(fa_evaluate(net, data, &result, labels ? confusion : NULL));
    for (size_t i = 0; i < n; i++) {
        size_t largest;
        int32_t label = 0;
        sum += loss_by_hand(net, data, i, &largest);
        if (!labels)
            continue;
        expect_ok(fa_dataset_labels(data, i, 1, &label));
        expected[(size_t)label * CLASSES + largest]++;
        correct += (size_t)label == largest;
    }
    ck_assert_uint_eq(result.samples, n);
    ck_assert_double_le(fabs(result.loss - sum / (double)n), loss_bound(fa_dataset_dtype(data)));
    ck_assert_uint_eq(result.correct, correct);
    if (labels) {
        ck_assert(memcmp(confusion, expected, sizeof expected) == 0);
        ck_assert_double_eq(result.accuracy, (double)correct / (double)n);
    } else {
        ck_assert(isnan(result.accuracy));
    }
}

START_TEST(evaluation_is_the_mean_over_samples)
{
    uint64_t state = (uint64_t)_i + 1;
    fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    bool labels = _i / 2 % 2, scattered = _i / 4 % 2;
    size_t n = sizes[_i / 8];
    net_spec spec = classifier(dtype);
    fa_network *net = make_network(&spec, 3);
    fa_dataset *data = make_samples(dtype, scattered ? n + 50 : n, labels, &state);
    if (scattered)
        data = make_scattered(data, n, 9);
    check_evaluation(net, data, labels);
}
END_TEST

/* The same as the function for arrays, on a network that has dropout, which only training knows. */
START_TEST(dropout_plays_no_part)
{
    uint64_t state = 4;
    net_spec spec = classifier(FA_FLOAT64);
    fa_network *net = make_network(&spec, 3);
    fa_matrix x = make_uniform(FA_FLOAT64, 300, INPUTS, LAYOUT_C, 1, &state);
    fa_matrix target = make_target(&spec, 300, LAYOUT_C, &state);
    fa_result result;
    double loss;
    expect_ok(fa_network_evaluate(net, &x, &target, &loss));
    expect_ok(fa_network_set_dropout(net, 0, 0.5));
    expect_ok(fa_network_set_dropout(net, 1, 0.5));
    expect_ok(fa_evaluate(net, make_dataset(&x, &target), &result, NULL));
    ck_assert_double_eq(result.loss, loss);
}
END_TEST

/* A loss that is not finite is an error, and the result is there all the same. */
START_TEST(not_finite)
{
    uint64_t state = 4;
    net_spec spec = classifier(FA_FLOAT32);
    fa_network *net = make_network(&spec, 3);
    fa_matrix x = make_uniform(FA_FLOAT32, 300, INPUTS, LAYOUT_C, 1, &state);
    fa_result result;
    set_element(&x, 270, 0, (double)NAN);
    fa_dataset *data = make_labelled(&x, make_labels(300, CLASSES, &state), CLASSES);
    expect_failure(FA_ERR_NOT_FINITE, fa_evaluate(net, data, &result, NULL));
    ck_assert(result.samples == 300 && isnan(result.loss) && result.accuracy >= 0 && result.accuracy <= 1);
}
END_TEST

static fa_status evaluate(const fa_network *net, const fa_dataset *data, uint64_t *confusion)
{
    fa_result result = {.samples = 9, .correct = 9};
    fa_status status = fa_evaluate(net, data, &result, confusion);
    ck_assert(result.samples == 0 && result.correct == 0 && isnan(result.loss) && isnan(result.accuracy));
    return status;
}

START_TEST(bad_arguments)
{
    uint64_t state = 4, confusion[CLASSES * CLASSES] = {7};
    net_spec spec = classifier(FA_FLOAT64);
    fa_network *net = make_network(&spec, 3), *empty;
    fa_dataset *data = make_samples(FA_FLOAT64, 20, true, &state);
    fa_matrix wide = make_matrix(FA_FLOAT64, 3, INPUTS + 1), right = make_matrix(FA_FLOAT64, 3, INPUTS);
    fa_matrix narrow = make_matrix(FA_FLOAT64, 3, CLASSES - 1), good = make_matrix(FA_FLOAT64, 3, CLASSES);
    expect_failure(FA_ERR_ARGUMENT, fa_evaluate(net, data, NULL, NULL));
    expect_failure(FA_ERR_ARGUMENT, evaluate(NULL, data, NULL));
    expect_failure(FA_ERR_ARGUMENT, evaluate(net, NULL, NULL));
    expect_failure(FA_ERR_STATE, evaluate(net, make_samples(FA_FLOAT64, 20, false, &state), confusion));
    expect_failure(FA_ERR_SHAPE, evaluate(net, make_dataset(&wide, &good), NULL));
    expect_failure(FA_ERR_SHAPE, evaluate(net, make_dataset(&right, &narrow), NULL));
    expect_failure(FA_ERR_DTYPE, evaluate(net, make_samples(FA_FLOAT32, 20, true, &state), confusion));
    expect_ok(fa_network_create(&empty, FA_FLOAT64, INPUTS));
    expect_failure(FA_ERR_STATE, evaluate(empty, data, NULL));
    fa_network_destroy(empty);
    ck_assert_uint_eq(confusion[0], 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, evaluation_is_the_mean_over_samples, 0, 8 * SIZES);
    tcase_add_test(tcase, dropout_plays_no_part);
    tcase_add_test(tcase, not_finite);
    tcase_add_test(tcase, bad_arguments);
    return support_run(suite, true);
}
