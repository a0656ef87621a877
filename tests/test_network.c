/* Building a network, its arrays in every layout, initialization, copies, names. */
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

START_TEST(describes_itself)
{
    uint64_t state = (uint64_t)_i;
    net_spec spec = random_spec(dtypes[_i % 2], &state);
    fa_network *net = make_network(&spec, 1);
    size_t parameters = 0;
    ck_assert_uint_eq(fa_network_depth(net), spec.depth);
    ck_assert_int_eq(fa_network_dtype(net), spec.dtype);
    ck_assert_int_eq(fa_network_loss(net), spec.loss);
    for (size_t l = 0; l <= spec.depth; l++) {
        ck_assert_uint_eq(fa_network_width(net, l), spec.width[l]);
        if (l == 0)
            continue;
        ck_assert_int_eq(fa_network_activation(net, l), spec.activation[l]);
        ck_assert(fa_network_has_bias(net, l) == spec.bias[l] && !fa_network_is_frozen(net, l));
        parameters += spec.width[l] * (spec.width[l - 1] + spec.bias[l]);
    }
    ck_assert_uint_eq(fa_network_parameter_count(net), parameters);
    ck_assert_uint_ge(fa_network_bytes(net), parameters * fa_dtype_size(spec.dtype));
}
END_TEST

/* What functions without a status say of NULL and of layers that are not there. */
START_TEST(answers_for_nothing)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    const fa_network *nets[] = {NULL, net, net};
    const size_t layers[] = {1, 3, (size_t)-1};
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(fa_network_width(nets[i], layers[i]), 0);
        ck_assert_int_eq(fa_network_activation(nets[i], layers[i]), FA_IDENTITY);
        ck_assert(!fa_network_has_bias(nets[i], layers[i]) && !fa_network_is_frozen(nets[i], layers[i]));
    }
    ck_assert_int_eq(fa_network_activation(net, 0), FA_IDENTITY);
    ck_assert(!fa_network_has_bias(net, 0) && !fa_network_is_frozen(net, 0));
    ck_assert_uint_eq(fa_network_depth(NULL), 0);
    ck_assert_int_eq(fa_network_loss(NULL), FA_SQUARED_ERROR);
    ck_assert_int_eq((int)fa_network_dtype(NULL), 0);
    ck_assert_uint_eq(fa_network_parameter_count(NULL), 0);
    ck_assert_uint_eq(fa_network_bytes(NULL), 0);
    fa_network_destroy(NULL);
}
END_TEST

START_TEST(new_layers_are_zero)
{
    fa_network *net;
    fa_matrix view;
    expect_ok(fa_network_create(&net, dtypes[_i], 5));
    ck_assert_uint_eq(fa_network_depth(net), 0);
    expect_ok(fa_network_add_dense(net, 3, FA_RELU, true));
    expect_ok(fa_network_weights(net, 1, &view));
    ck_assert(view.rows == 3 && view.cols == 5 && view.dtype == dtypes[_i] && norm(&view) == 0);
    expect_ok(fa_network_bias(net, 1, &view));
    ck_assert(view.rows == 1 && view.cols == 3 && norm(&view) == 0);
    ck_assert_int_eq(fa_network_loss(net), FA_SQUARED_ERROR);
    fa_network_destroy(net);
}
END_TEST

/* Set from any layout, read back through the view: the same numbers in the same places. */
START_TEST(arrays_come_back)
{
    fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = (uint64_t)_i;
    net_spec spec = make_spec(dtype, 1, 1 + (size_t)_i, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    view_layout layout = (view_layout)(_i / 2 % LAYOUTS);
    fa_matrix w = make_uniform(dtype, spec.width[1], spec.width[0], layout, 1, &state);
    fa_matrix b = make_uniform(dtype, 1, spec.width[1], layout, 1, &state);
    expect_ok(fa_network_set_weights(net, 1, &w));
    expect_ok(fa_network_set_bias(net, 1, &b));
    fa_matrix got = weights_of(net, 1), bias = bias_of(net, 1);
    ck_assert(same_bits(&got, &w) && same_bits(&bias, &b));
}
END_TEST

static void init_arrays(fa_network *net, fa_init init, double scale, uint64_t seed)
{
    expect_ok(fa_network_init_weights(net, 0, init, scale, seed));
    expect_ok(fa_network_init_bias(net, 0, init, scale, seed));
}

/* Half the width of the uniform ones, the deviation of the normal ones. */
static double init_size(fa_init init, double scale, double fan_in, double fan_out)
{
    switch (init) {
    case FA_INIT_UNIFORM:
    case FA_INIT_NORMAL:
        return scale;
    case FA_INIT_GLOROT_UNIFORM:
        return scale * sqrt(6 / (fan_in + fan_out));
    case FA_INIT_GLOROT_NORMAL:
        return scale * sqrt(2 / (fan_in + fan_out));
    case FA_INIT_KAIMING_UNIFORM:
        return scale * sqrt(6 / fan_in);
    case FA_INIT_KAIMING_NORMAL:
        return scale * sqrt(2 / fan_in);
    default:
        return 0;
    }
}

static bool is_normal(fa_init init)
{
    return init == FA_INIT_NORMAL || init == FA_INIT_GLOROT_NORMAL || init == FA_INIT_KAIMING_NORMAL;
}

/* The documented stream, scaled by hand; low + (high - low) u and mean + deviation n take a few roundings. */
static void check_drawn(const fa_matrix *got, fa_init init, double size, fa_stream stream)
{
    fa_matrix expected = make_matrix(got->dtype, got->rows, got->cols);
    double u = got->dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
    if (is_normal(init))
        expect_ok(fa_random_normal(&stream, 0, size, &expected));
    else
        expect_ok(fa_random_uniform(&stream, -size, size, &expected));
    ck_assert_double_le(distance(got, &expected), 8 * u * 10 * size);
    ck_assert_msg(init == FA_INIT_ZERO || norm(got) > 0, "%s draws zeros", fa_init_name(init));
}

START_TEST(initialization_follows_its_stream)
{
    fa_init init = (fa_init)(FA_INIT_ZERO + _i / 2);
    net_spec spec = make_spec(dtypes[_i % 2], 3, 14, FA_TANH, true);
    spec.bias[2] = false;
    fa_network *net = make_network(&spec, 1);
    init_arrays(net, init, 0.5, 99);
    for (size_t l = 1; l <= 3; l++) {
        double size = init_size(init, 0.5, (double)spec.width[l - 1], (double)spec.width[l]);
        fa_stream stream = {.seed = 99, .purpose = FA_PURPOSE_WEIGHTS, .layer = (uint32_t)l};
        fa_matrix view = weights_of(net, l);
        check_drawn(&view, init, size, stream);
        if (!spec.bias[l])
            continue;
        stream.purpose = FA_PURPOSE_BIAS;
        view = bias_of(net, l);
        check_drawn(&view, init, size, stream);
    }
}
END_TEST

/* One layer at a time gives the bits of all at once; other layers keep theirs; another seed gives others. */
START_TEST(layers_are_drawn_alone)
{
    net_spec spec = make_spec(dtypes[_i], 2, 6, FA_TANH, true);
    fa_network *all = make_network(&spec, 1), *one = make_network(&spec, 1);
    expect_ok(fa_network_init_weights(all, 0, FA_INIT_NORMAL, 1, 3));
    expect_ok(fa_network_init_weights(one, 2, FA_INIT_NORMAL, 1, 3));
    fa_network *untouched = make_network(&spec, 1);
    fa_matrix a = weights_of(all, 2), b = weights_of(one, 2), c = weights_of(one, 1), d = weights_of(untouched, 1);
    ck_assert(same_bits(&a, &b) && same_bits(&c, &d));
    expect_ok(fa_network_init_weights(one, 2, FA_INIT_NORMAL, 1, 4));
    ck_assert(!same_bits(&a, &b));
}
END_TEST

START_TEST(copies_are_deep)
{
    net_spec spec = make_spec(dtypes[_i], 2, 6, FA_LOGISTIC, true);
    spec.activation[2] = FA_SOFTMAX;
    spec.loss = FA_CROSS_ENTROPY;
    fa_network *net = make_network(&spec, 1), *copy;
    expect_ok(fa_network_set_frozen(net, 1, true));
    expect_ok(fa_network_copy(&copy, net));
    ck_assert(fa_network_loss(copy) == FA_CROSS_ENTROPY && fa_network_depth(copy) == 2);
    ck_assert(fa_network_is_frozen(copy, 1) && !fa_network_is_frozen(copy, 2));
    for (size_t l = 1; l <= 2; l++) {
        fa_matrix a = weights_of(net, l), b = weights_of(copy, l), c = bias_of(net, l), d = bias_of(copy, l);
        ck_assert(same_bits(&a, &b) && same_bits(&c, &d) && a.data != b.data);
        ck_assert_int_eq(fa_network_activation(copy, l), spec.activation[l]);
    }
    init_arrays(copy, FA_INIT_ZERO, 1, 1);
    fa_matrix w = weights_of(net, 1);
    ck_assert_double_gt(norm(&w), 0);
    fa_network_destroy(copy);
}
END_TEST

/* Passes, feedbacks and optimizers of a network fit its copy, which has the same architecture. */
START_TEST(handles_fit_copies)
{
    net_spec spec = make_spec(dtypes[_i], 2, 6, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    fa_network *copy;
    expect_ok(fa_network_copy(&copy, s.net));
    expect_ok(fa_train_step(copy, s.pass, s.fb, s.opt, &s.x, &s.target, NULL));
    fa_network_destroy(copy);
}
END_TEST

START_TEST(names_go_both_ways)
{
    static const char *const activations[] = {"identity", "tanh", "logistic", "relu", "erf", "softmax"};
    static const char *const losses[] = {"squared_error", "binary_cross_entropy", "cross_entropy"};
    static const char *const inits[] = {"zero",          "uniform",         "normal",        "glorot_uniform",
                                        "glorot_normal", "kaiming_uniform", "kaiming_normal"};
    fa_activation f;
    fa_loss loss;
    fa_init init;
    for (int i = 0; i < 6; i++) {
        expect_ok(fa_activation_find(activations[i], &f));
        ck_assert_int_eq(f, FA_IDENTITY + i);
        ck_assert_str_eq(fa_activation_name(f), activations[i]);
    }
    for (int i = 0; i < 3; i++) {
        expect_ok(fa_loss_find(losses[i], &loss));
        ck_assert_int_eq(loss, FA_SQUARED_ERROR + i);
        ck_assert_str_eq(fa_loss_name(loss), losses[i]);
    }
    for (int i = 0; i < 7; i++) {
        expect_ok(fa_init_find(inits[i], &init));
        ck_assert_int_eq(init, FA_INIT_ZERO + i);
        ck_assert_str_eq(fa_init_name(init), inits[i]);
    }
    for (int i = -1; i < 100; i += 100) {
        ck_assert_str_eq(fa_activation_name((fa_activation)i), "unknown");
        ck_assert_str_eq(fa_loss_name((fa_loss)i), "unknown");
        ck_assert_str_eq(fa_init_name((fa_init)i), "unknown");
    }
    ck_assert_str_eq(fa_dtype_name(FA_FLOAT32), "float32");
    ck_assert_str_eq(fa_dtype_name(FA_FLOAT64), "float64");
    ck_assert_str_eq(fa_dtype_name((fa_dtype)0), "unknown");
    ck_assert(fa_dtype_size(FA_FLOAT32) == 4 && fa_dtype_size(FA_FLOAT64) == 8 && fa_dtype_size((fa_dtype)3) == 0);
}
END_TEST

START_TEST(library_names_itself)
{
    int major, minor, patch;
    char rest;
    ck_assert_int_eq(sscanf(fa_version(), "%d.%d.%d%c", &major, &minor, &patch, &rest), 3);
    ck_assert_ptr_nonnull(strstr(fa_build_info(), fa_version()));
    ck_assert_ptr_null(strchr(fa_build_info(), '\n'));
    for (int status = -10; status <= 0; status++) {
        ck_assert_str_ne(fa_status_string((fa_status)status), "unknown status");
        for (int other = status + 1; other <= 0; other++)
            ck_assert_str_ne(fa_status_string((fa_status)status), fa_status_string((fa_status)other));
    }
    ck_assert_str_eq(fa_status_string((fa_status)1), "unknown status");
    ck_assert_str_eq(fa_status_string((fa_status)-1000), "unknown status");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, describes_itself, 0, 20);
    tcase_add_test(tcase, answers_for_nothing);
    tcase_add_loop_test(tcase, new_layers_are_zero, 0, 2);
    tcase_add_loop_test(tcase, arrays_come_back, 0, 24);
    tcase_add_loop_test(tcase, initialization_follows_its_stream, 0, 14);
    tcase_add_loop_test(tcase, layers_are_drawn_alone, 0, 2);
    tcase_add_loop_test(tcase, copies_are_deep, 0, 2);
    tcase_add_loop_test(tcase, handles_fit_copies, 0, 2);
    tcase_add_test(tcase, names_go_both_ways);
    tcase_add_test(tcase, library_names_itself);
    return support_run(suite, true);
}
