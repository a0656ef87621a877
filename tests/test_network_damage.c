/* What a file says of the network that it holds: tests/data/safetensors/open. */
#include "damaged_files.h"

static const damaged_file files[] = {
    {"activation_missing", FA_ERR_FORMAT, "the network: \"activation\" is missing"},
    {"activation_number", FA_ERR_FORMAT, "the network: \"activation\" is not a string"},
    {"activation_softmax", FA_ERR_FORMAT, "layer 1 is softmax, which only the last layer can be"},
    {"activation_unknown", FA_ERR_FORMAT, "there is no activation \"swish\""},
    {"bias_missing", FA_ERR_FORMAT, "the network: \"bias\" is missing"},
    {"bias_number", FA_ERR_FORMAT, "the network: \"bias\" is not true or false"},
    {"bias_unsaid", FA_ERR_FORMAT, "there is no place for tensor \"layers.0.bias\""},
    {"bias_without", FA_ERR_FORMAT, "there is no tensor \"layers.1.bias\""},
    {"dropout_1", FA_ERR_FORMAT, "the network: \"dropout\" = 1 is not at least 0 and below 1"},
    {"dropout_infinite", FA_ERR_FORMAT, "the network: \"dropout\" = -inf is not at least 0 and below 1"},
    {"dropout_missing", FA_ERR_FORMAT, "the network: \"dropout\" is missing"},
    {"dropout_negative", FA_ERR_FORMAT, "the network: \"dropout\" = -0.5 is not at least 0 and below 1"},
    {"dropout_text", FA_ERR_FORMAT, "the network: \"dropout\" is not a number"},
    {"dtype_missing", FA_ERR_FORMAT, "the network: \"dtype\" is missing"},
    {"dtype_number", FA_ERR_FORMAT, "the network: \"dtype\" is not a string"},
    {"dtype_other", FA_ERR_DTYPE, "tensor layers.0.bias is of type F32, not F64"},
    {"dtype_unknown", FA_ERR_FORMAT, "the network: there is no dtype \"float16\""},
    {"format_empty", FA_ERR_UNSUPPORTED, "is of form \"\", and libfa"},
    {"format_later", FA_ERR_UNSUPPORTED, "is of form \"2\", and libfa"},
    {"format_missing", FA_ERR_FORMAT, "is not a file of libfa's: its metadata has no libfa.format"},
    {"frozen_missing", FA_ERR_FORMAT, "the network: \"frozen\" is missing"},
    {"frozen_number", FA_ERR_FORMAT, "the network: \"frozen\" is not true or false"},
    {"good", FA_OK, NULL},
    {"good_pruned", FA_OK, NULL},
    {"good_version", FA_OK, NULL},
    {"good_whole", FA_OK, NULL},
    {"held_norm_infinite", FA_ERR_FORMAT, "the network: \"held_norm\" = inf is not finite and not negative"},
    {"held_norm_missing", FA_ERR_FORMAT, "the network: \"held_norm\" is missing"},
    {"held_norm_negative", FA_ERR_FORMAT, "the network: \"held_norm\" = -1 is not finite and not negative"},
    {"inputs_0", FA_ERR_FORMAT, "the network: a network takes 1 to 2147483647 inputs, not 0"},
    {"inputs_2_31", FA_ERR_FORMAT, "the network: a network takes 1 to 2147483647 inputs, not 2147483648"},
    {"inputs_huge", FA_ERR_FORMAT, "the network: tensor layers.0.weight has another shape than layer 1"},
    {"inputs_missing", FA_ERR_FORMAT, "the network: \"inputs\" is missing"},
    {"inputs_negative", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"inputs_other", FA_ERR_FORMAT, "the network: tensor layers.0.weight has another shape than layer 1"},
    {"inputs_real", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"inputs_text", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"kind_missing", FA_ERR_FORMAT, "the network: \"kind\" is missing"},
    {"kind_number", FA_ERR_FORMAT, "the network: \"kind\" is not a string"},
    {"kind_unknown", FA_ERR_UNSUPPORTED,
     "the network has a layer of the kind \"convolution\", which this version of libfa does not know"},
    {"layers_less", FA_ERR_FORMAT, "there is no place for tensor \"layers.1.weight\""},
    {"layers_missing", FA_ERR_FORMAT, "the network: \"layers\" is missing"},
    {"layers_more", FA_ERR_FORMAT, "there is no tensor \"layers.2.weight\""},
    {"layers_none", FA_ERR_FORMAT, "the network: \"layers\" names no layer"},
    {"layers_numbers", FA_ERR_FORMAT, "the network: \"kind\" is missing"},
    {"layers_object", FA_ERR_FORMAT, "the network: \"layers\" is not an array"},
    {"loss_missing", FA_ERR_FORMAT, "the network: \"loss\" is missing"},
    {"loss_number", FA_ERR_FORMAT, "the network: \"loss\" is not a string"},
    {"loss_unfit", FA_ERR_FORMAT, "cross_entropy needs softmax outputs, and these are identity"},
    {"loss_unknown", FA_ERR_FORMAT, "there is no loss \"hinge\""},
    {"mask_half", FA_ERR_FORMAT, "the network: the weight_mask of layer 2 holds 0.5, which is neither 0 nor 1"},
    {"mask_negative", FA_ERR_FORMAT, "the network: the weight_mask of layer 2 holds -1, which is neither 0 nor 1"},
    {"mask_not_finite", FA_ERR_NOT_FINITE, "layers.1.weight_mask is NaN in row 0, column 1"},
    {"mask_shape", FA_ERR_SHAPE, "tensor layers.1.weight_mask is [4], it has to be [2 x 2]"},
    {"metadata_none", FA_ERR_FORMAT, "is not a file of libfa's: its metadata has no libfa.format"},
    {"metadata_torch", FA_ERR_FORMAT, "is not a file of libfa's: its metadata has no libfa.format"},
    {"network_array", FA_ERR_FORMAT, "the network: does not start with {"},
    {"network_cut", FA_ERR_FORMAT, "the network: is not JSON: '}' expected"},
    {"network_deep", FA_ERR_FORMAT, "the network: JSON is nested more than 8 deep"},
    {"network_empty", FA_ERR_FORMAT, "the network: does not start with {"},
    {"network_missing", FA_ERR_FORMAT, "says nothing about the network"},
    {"network_twice", FA_ERR_FORMAT, "the network: a name is there twice"},
    {"outputs_0", FA_ERR_FORMAT, "the network: a layer has 1 to 2147483647 outputs, not 0"},
    {"outputs_2_31", FA_ERR_FORMAT, "the network: a layer has 1 to 2147483647 outputs, not 2147483648"},
    {"outputs_huge", FA_ERR_FORMAT, "the network: tensor layers.0.weight has another shape than layer 1"},
    {"outputs_missing", FA_ERR_FORMAT, "the network: \"outputs\" is missing"},
    {"outputs_negative", FA_ERR_FORMAT, "the network: \"outputs\" is not a whole number that is not negative"},
    {"outputs_other", FA_ERR_FORMAT, "the network: tensor layers.0.weight has another shape than layer 1"},
    {"outputs_text", FA_ERR_FORMAT, "the network: \"outputs\" is not a whole number that is not negative"},
    {"pruned_missing", FA_ERR_FORMAT, "the network: \"pruned\" is missing"},
    {"pruned_text", FA_ERR_FORMAT, "the network: \"pruned\" is not true or false"},
    {"pruned_without", FA_ERR_FORMAT, "there is no tensor \"layers.1.weight_mask\""},
    {"weight_dtype", FA_ERR_DTYPE, "tensor layers.1.weight is of type U32, not F32 or F64"},
    {"weight_extra", FA_ERR_FORMAT, "there is no place for tensor \"weight\""},
    {"weight_missing", FA_ERR_FORMAT, "there is no tensor \"layers.1.weight\""},
};

enum { FILES = sizeof files / sizeof files[0] };

/* A network that trains, of the architecture and the weights that every good file has. */
static void expect_network(const fa_network *net, const char *name)
{
    const fa_matrix w1 = weights_of(net, 1), w2 = weights_of(net, 2);
    ck_assert_uint_eq(fa_network_depth(net), 2);
    ck_assert_uint_eq(fa_network_width(net, 0), 3);
    ck_assert_int_eq(fa_network_activation(net, 1), FA_TANH);
    ck_assert_int_eq(fa_network_loss(net), FA_SQUARED_ERROR);
    ck_assert(element(&w1, 1, 2) == 1.5 && element(&w2, 1, 1) == -0.75);
    ck_assert_msg(element(&w2, 0, 1) == (strcmp(name, "good_pruned") == 0 ? 0 : 0.5), "%s: connections are wrong",
                  name);
}

START_TEST(file)
{
    const damaged_file *f = &files[_i];
    char path[PATH_SIZE];
    int nothing = 0;
    fa_network *net = (fa_network *)(void *)&nothing; /* what a failure has to replace */
    damaged_path("open", f->name, path);
    support_forget();
    expect_verdict(f, path, fa_network_open(&net, path, 0));
    if (f->status == FA_OK)
        expect_network(net, f->name);
    else
        ck_assert_msg(net == NULL, "%s: a pointer is left", f->name);
    fa_network_destroy(net);
}
END_TEST

/* Nor does what a file says of a network matter where only weights are read. */
START_TEST(weights_of_it)
{
    static const char *const sound[] = {"good", "format_later", "network_cut", "loss_unknown", "metadata_torch"};
    char path[PATH_SIZE];
    scene live = make_live(NULL);
    damaged_path("open", sound[_i], path);
    expect_ok(fa_network_load(live.s.net, path, 0));
    expect_network(live.s.net, sound[_i]);
}
END_TEST

START_TEST(complete)
{
    expect_complete("open", FILES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network_damage");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, file, 0, FILES);
    tcase_add_loop_test(tcase, weights_of_it, 0, 5);
    tcase_add_test(tcase, complete);
    return support_run(suite, true);
}
