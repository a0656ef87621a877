/* Containers that are not what they should be, and tensors that the network does not have:
 * tests/data/safetensors/weights, into a network of the right shapes. Names of files that begin with "extra_" or
 * "convert" are for the flag of that name. */
#include "damaged_files.h"

static const damaged_file files[] = {
    {"brace_array", FA_ERR_FORMAT, "the header: does not start with {"},
    {"brace_mark", FA_ERR_FORMAT, "the header: does not start with {"},
    {"brace_space", FA_ERR_FORMAT, "the header: does not start with {"},
    {"brace_zip", FA_ERR_FORMAT, "the header takes 67324752 bytes, and 56 follow"},
    {"convert", FA_OK, NULL},
    {"convert_integers", FA_ERR_DTYPE, "tensor layers.0.bias is of type U32, not F32"},
    {"convert_mixed", FA_OK, NULL},
    {"convert_not_a_number", FA_ERR_NOT_FINITE, "layers.0.bias is NaN in row 0, column 0"},
    {"convert_overflow", FA_ERR_NOT_FINITE, "layers.0.bias is infinite in row 0, column 0"},
    {"data_behind", FA_ERR_FORMAT, "the header: 1 bytes follow the last tensor"},
    {"data_behind_all", FA_ERR_FORMAT, "the header: 48 bytes follow the last tensor"},
    {"data_missing", FA_ERR_FORMAT, "the header: the tensors take 48 bytes, the file has 47 for them"},
    {"data_none", FA_ERR_FORMAT, "the header: the tensors take 48 bytes, the file has 0 for them"},
    {"deep_array", FA_ERR_FORMAT, "the header: JSON is nested more than 8 deep"},
    {"deep_far", FA_ERR_FORMAT, "the header: JSON is nested more than 8 deep"},
    {"deep_object", FA_ERR_FORMAT, "the header: JSON is nested more than 8 deep"},
    {"dtype_empty", FA_ERR_FORMAT, "tensor layers.0.bias: there is no element type \"\""},
    {"dtype_lower_case", FA_ERR_FORMAT, "tensor layers.0.bias: there is no element type \"f32\""},
    {"dtype_missing", FA_ERR_FORMAT, "tensor layers.0.bias: \"dtype\" is missing"},
    {"dtype_number", FA_ERR_FORMAT, "tensor layers.0.bias: \"dtype\" is not a string"},
    {"dtype_unknown", FA_ERR_FORMAT, "tensor layers.0.bias: there is no element type \"F32X\""},
    {"extra_bias", FA_OK, NULL},
    {"extra_empty_between", FA_OK, NULL},
    {"extra_empty_first", FA_OK, NULL},
    {"extra_empty_last", FA_OK, NULL},
    {"extra_layer", FA_OK, NULL},
    {"extra_types", FA_OK, NULL},
    {"good", FA_OK, NULL},
    {"good_escaped_name", FA_OK, NULL},
    {"good_metadata", FA_OK, NULL},
    {"good_metadata_empty", FA_OK, NULL},
    {"good_metadata_last", FA_OK, NULL},
    {"good_order", FA_OK, NULL},
    {"good_padded", FA_OK, NULL},
    {"good_white_space", FA_OK, NULL},
    {"json_after", FA_ERR_FORMAT, "the header: is not JSON: something follows its end"},
    {"json_after_nul", FA_ERR_FORMAT, "the header: is not JSON: something follows its end"},
    {"json_comma", FA_ERR_FORMAT, "the header: is not JSON: string or '}' expected"},
    {"json_comment", FA_ERR_FORMAT, "the header: is not JSON: '}' expected"},
    {"json_control", FA_ERR_FORMAT, "the header: is not JSON: a control character in a string"},
    {"json_end", FA_ERR_FORMAT, "the header: is not JSON: '}' expected"},
    {"json_escape", FA_ERR_FORMAT, "the header: is not JSON: an escape that means nothing"},
    {"json_leading_zero", FA_ERR_FORMAT, "the header: is not JSON: invalid token"},
    {"json_not_a_number", FA_ERR_FORMAT, "the header: is not JSON: invalid token"},
    {"json_nul", FA_ERR_FORMAT, "the header: a text has a character of value 0 in it"},
    {"json_nul_value", FA_ERR_FORMAT, "the header: a text has a character of value 0 in it"},
    {"json_plus", FA_ERR_FORMAT, "the header: is not JSON: invalid token"},
    {"json_quotes", FA_ERR_FORMAT, "the header: is not JSON: invalid token"},
    {"json_surrogate", FA_ERR_FORMAT, "the header: is not JSON: an escape that means nothing"},
    {"json_surrogate_low", FA_ERR_FORMAT, "the header: is not JSON: an escape that means nothing"},
    {"length_0", FA_ERR_FORMAT, "the header: does not start with {"},
    {"length_2_31", FA_ERR_FORMAT, "the header takes 2147483648 bytes, and 255 follow"},
    {"length_2_63", FA_ERR_FORMAT, "the header takes 9223372036854775808 bytes, and 255 follow"},
    {"length_2_64", FA_ERR_FORMAT, "the header takes 18446744073709551615 bytes, and 255 follow"},
    {"length_beyond", FA_ERR_FORMAT, "the header takes 256 bytes, and 255 follow"},
    {"length_big_endian", FA_ERR_FORMAT, "the header takes 14915921965851082752 bytes, and 255 follow"},
    {"length_long", FA_ERR_FORMAT, "the header: is not JSON: something follows its end"},
    {"length_short", FA_ERR_FORMAT, "the header: is not JSON: '}' expected"},
    {"metadata_array", FA_ERR_FORMAT, "the header: \"__metadata__\" is not an object"},
    {"metadata_null", FA_ERR_FORMAT, "the header: \"__metadata__\" is not an object"},
    {"metadata_null_member", FA_ERR_FORMAT, "the header: \"__metadata__\" has a member that is not a string: \"a\""},
    {"metadata_number", FA_ERR_FORMAT, "the header: \"__metadata__\" has a member that is not a string: \"a\""},
    {"metadata_object", FA_ERR_FORMAT, "the header: \"__metadata__\" has a member that is not a string: \"a\""},
    {"metadata_text", FA_ERR_FORMAT, "the header: \"__metadata__\" is not an object"},
    {"missing_bias", FA_ERR_FORMAT, "there is no tensor \"layers.0.bias\""},
    {"missing_weight", FA_ERR_FORMAT, "there is no tensor \"layers.1.weight\""},
    {"name_case", FA_ERR_FORMAT, "there is no place for tensor \"layers.0.Bias\""},
    {"name_cut", FA_ERR_FORMAT, "there is no place for tensor \"xx€€€€€€€€€€€€€€€€€€€€??\""},
    {"name_empty", FA_ERR_FORMAT, "there is no place for tensor \"\""},
    {"name_long", FA_ERR_FORMAT,
     "there is no place for tensor \"layers.0.biassssssssssssssssssssssssssssssssssssssssssssssssssss\""},
    {"name_of_checkpoint", FA_ERR_FORMAT, "there is no place for tensor \"optimizer.updates\""},
    {"name_terminal", FA_ERR_FORMAT, "there is no place for tensor \"?[31mred???\""},
    {"name_unknown", FA_ERR_FORMAT, "there is no place for tensor \"layer.0.bias\""},
    {"name_zeros", FA_ERR_FORMAT, "there is no place for tensor \"layers.00.bias\""},
    {"none_at_all", FA_ERR_FORMAT, "there is no tensor \"layers.0.bias\""},
    {"not_finite_inf", FA_ERR_NOT_FINITE, "layers.0.bias is infinite in row 0, column 1"},
    {"not_finite_nan", FA_ERR_NOT_FINITE, "layers.0.weight is NaN in row 1, column 2"},
    {"offsets_2_63", FA_ERR_FORMAT, "the header: a number is too large"},
    {"offsets_empty_behind", FA_ERR_FORMAT, "the header: \"empty\" does not follow the tensor before it"},
    {"offsets_far", FA_ERR_FORMAT, "the header: \"layers.1.weight\" does not follow the tensor before it"},
    {"offsets_hole", FA_ERR_FORMAT, "the header: \"layers.1.weight\" does not follow the tensor before it"},
    {"offsets_inside", FA_ERR_FORMAT, "the header: \"empty\" overlaps another tensor"},
    {"offsets_missing", FA_ERR_FORMAT, "tensor layers.0.bias: \"data_offsets\" is missing"},
    {"offsets_negative", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"data_offsets\" has a member that is not a whole number of at least 0"},
    {"offsets_none", FA_ERR_FORMAT, "tensor layers.0.bias: \"data_offsets\" has 0 members, not 2"},
    {"offsets_object", FA_ERR_FORMAT, "tensor layers.0.bias: \"data_offsets\" is not an array"},
    {"offsets_one", FA_ERR_FORMAT, "tensor layers.0.bias: \"data_offsets\" has 1 members, not 2"},
    {"offsets_overlap", FA_ERR_FORMAT, "the header: \"layers.1.weight\" overlaps another tensor"},
    {"offsets_real", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"data_offsets\" has a member that is not a whole number of at least 0"},
    {"offsets_reversed", FA_ERR_FORMAT, "tensor layers.0.bias: ends before it begins"},
    {"offsets_same", FA_ERR_FORMAT, "the header: \"layers.0.weight\" overlaps another tensor"},
    {"offsets_start", FA_ERR_FORMAT, "the header: \"layers.0.bias\" does not follow the tensor before it"},
    {"offsets_text", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"data_offsets\" has a member that is not a whole number of at least 0"},
    {"offsets_three", FA_ERR_FORMAT, "tensor layers.0.bias: \"data_offsets\" has 3 members, not 2"},
    {"shape_2_63", FA_ERR_FORMAT, "the header: a number is too large"},
    {"shape_2_64", FA_ERR_FORMAT, "the header: a number is too large"},
    {"shape_exponent", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_half_byte", FA_ERR_FORMAT,
     "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_less", FA_ERR_FORMAT, "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_missing", FA_ERR_FORMAT, "tensor layers.0.bias: \"shape\" is missing"},
    {"shape_more", FA_ERR_FORMAT, "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_negative", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_nested", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_number", FA_ERR_FORMAT, "tensor layers.0.bias: \"shape\" is not an array"},
    {"shape_object", FA_ERR_FORMAT, "tensor layers.0.bias: \"shape\" is not an array"},
    {"shape_product", FA_ERR_FORMAT, "tensor layers.0.bias: the product of \"shape\" is above 2^64"},
    {"shape_product_bits", FA_ERR_FORMAT,
     "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_product_signed", FA_ERR_FORMAT,
     "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_product_wraps", FA_ERR_FORMAT, "tensor layers.0.bias: the product of \"shape\" is above 2^64"},
    {"shape_product_zero", FA_ERR_FORMAT, "tensor layers.0.bias: the product of \"shape\" is above 2^64"},
    {"shape_real", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_scalar", FA_ERR_FORMAT, "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"shape_text", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_true", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_two_negative", FA_ERR_FORMAT,
     "tensor layers.0.bias: \"shape\" has a member that is not a whole number of at least 0"},
    {"shape_zero", FA_ERR_FORMAT, "tensor layers.0.bias: has 8 bytes, which is not what its shape and type take"},
    {"size_0", FA_ERR_FORMAT, "has 0 bytes, a safetensors file has 8 at least"},
    {"size_7", FA_ERR_FORMAT, "has 7 bytes, a safetensors file has 8 at least"},
    {"tensor_array", FA_ERR_FORMAT, "tensor layers.0.bias: is not an object"},
    {"tensor_member", FA_ERR_FORMAT, "tensor layers.0.bias: has an unknown member \"strides\""},
    {"tensor_null", FA_ERR_FORMAT, "tensor layers.0.bias: is not an object"},
    {"twice_member", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"twice_metadata", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"twice_metadata_escaped", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"twice_metadata_member", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"twice_tensor", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"twice_tensor_escaped", FA_ERR_FORMAT, "the header: a name is there twice"},
    {"utf8_beyond", FA_ERR_FORMAT, "the header: is not UTF-8"},
    {"utf8_cut", FA_ERR_FORMAT, "the header: is not UTF-8"},
    {"utf8_latin", FA_ERR_FORMAT, "the header: is not UTF-8"},
    {"utf8_overlong", FA_ERR_FORMAT, "the header: is not UTF-8"},
    {"utf8_surrogate", FA_ERR_FORMAT, "the header: is not UTF-8"},
    {"wrong_dtype", FA_ERR_DTYPE, "tensor layers.0.bias is of type U32, not F32"},
    {"wrong_rank_0", FA_ERR_SHAPE, "tensor layers.0.bias is of 0 dimensions, it has to be [2]"},
    {"wrong_rank_1", FA_ERR_SHAPE, "tensor layers.0.weight is [6], it has to be [2 x 3]"},
    {"wrong_rank_2", FA_ERR_SHAPE, "tensor layers.0.bias is [1 x 2], it has to be [2]"},
    {"wrong_rank_3", FA_ERR_SHAPE, "tensor layers.0.weight is of 3 dimensions, it has to be [2 x 3]"},
    {"wrong_shape", FA_ERR_SHAPE, "tensor layers.1.weight is [2 x 3], it has to be [2 x 2]"},
    {"wrong_shape_transposed", FA_ERR_SHAPE, "tensor layers.0.weight is [3 x 2], it has to be [2 x 3]"},
};

enum { FILES = sizeof files / sizeof files[0] };

static bool begins(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

static uint32_t flags_for(const char *name)
{
    return begins(name, "extra_") ? FA_LOAD_EXTRA : begins(name, "convert") ? FA_LOAD_CONVERT : 0;
}

/* Every good file holds the same weights. */
static void expect_loaded(const fa_network *net, const char *name)
{
    static const double bias[] = {0.5, -0.25}, first[] = {0.25, -0.5, 0.75, 1, -1.25, 1.5},
                        second[] = {-1, 0.5, 0.25, -0.75};
    const fa_matrix w1 = weights_of(net, 1), b1 = bias_of(net, 1), w2 = weights_of(net, 2);
    bool same = true;
    for (size_t i = 0; i < 6; i++)
        same = same && element(&w1, i / 3, i % 3) == first[i];
    for (size_t i = 0; i < 4; i++)
        same = same && element(&w2, i / 2, i % 2) == second[i];
    for (size_t i = 0; i < 2; i++)
        same = same && element(&b1, 0, i) == bias[i];
    ck_assert_msg(same, "%s: other weights came of it", name);
}

START_TEST(file)
{
    const damaged_file *f = &files[_i];
    char path[PATH_SIZE];
    scene live = make_live(NULL), other = make_live(NULL);
    const live_bytes *before = bytes_of(&live);
    damaged_path("weights", f->name, path);
    support_forget();
    expect_verdict(f, path, fa_network_load(live.s.net, path, flags_for(f->name)));
    if (f->status == FA_OK)
        expect_loaded(live.s.net, f->name);
    else
        expect_untouched(&live, before, &other, f->name);
}
END_TEST

/* What a flag lets pass is refused without it. */
START_TEST(flag)
{
    const damaged_file *f = &files[_i];
    char path[PATH_SIZE];
    if (flags_for(f->name) == 0)
        return;
    scene live = make_live(NULL), other = make_live(NULL);
    const live_bytes *before = bytes_of(&live);
    damaged_path("weights", f->name, path);
    expect_failure_of_file(begins(f->name, "extra_") ? FA_ERR_FORMAT : FA_ERR_DTYPE, path,
                           fa_network_load(live.s.net, path, 0));
    expect_untouched(&live, before, &other, f->name);
}
END_TEST

/* No flag makes sound what is damaged; NaN and infinity are what FA_LOAD_NOT_FINITE lets pass. */
START_TEST(every_flag)
{
    const damaged_file *f = &files[_i];
    char path[PATH_SIZE];
    scene live = make_live(NULL);
    const uint32_t all = FA_LOAD_NOT_FINITE | FA_LOAD_EXTRA | FA_LOAD_CONVERT;
    damaged_path("weights", f->name, path);
    const fa_status status = fa_network_load(live.s.net, path, all);
    if (f->status == FA_ERR_NOT_FINITE)
        ck_assert_msg(status == FA_OK, "%s: %s", f->name, fa_last_error());
    else if (begins(f->name, "name_")) /* one tensor too many, and one too few */
        ck_assert_msg(status == (strcmp(f->name, "name_of_checkpoint") == 0 ? FA_OK : FA_ERR_FORMAT), "%s", f->name);
    else
        expect_verdict(f, path, status);
}
END_TEST

START_TEST(complete)
{
    expect_complete("weights", FILES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors_damage");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, file, 0, FILES);
    tcase_add_loop_test(tcase, flag, 0, FILES);
    tcase_add_loop_test(tcase, every_flag, 0, FILES);
    tcase_add_test(tcase, complete);
    return support_run(suite, true);
}
