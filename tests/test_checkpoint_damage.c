/* What a checkpoint says of every handle: tests/data/safetensors/checkpoint. Files whose names begin with "regenerated"
 * are for a B of that form. */
#include "damaged_files.h"

static const damaged_file files[] = {
    {"amsgrad_number", FA_ERR_FORMAT, "the optimizer: \"amsgrad\" is not the name of a choice"},
    {"amsgrad_without", FA_ERR_FORMAT, "there is no tensor \"optimizer.layers.0.bias.max_exp_avg_sq\""},
    {"array_feedback", FA_ERR_FORMAT, "the feedback: does not start with {"},
    {"array_network", FA_ERR_FORMAT, "the network: does not start with {"},
    {"array_optimizer", FA_ERR_FORMAT, "the optimizer: does not start with {"},
    {"array_pass", FA_ERR_FORMAT, "the pass: does not start with {"},
    {"array_trainer", FA_ERR_FORMAT, "the trainer: does not start with {"},
    {"batches_missing", FA_ERR_FORMAT, "the trainer: \"batches\" is missing"},
    {"batches_real", FA_ERR_FORMAT, "the trainer: \"batches\" is not a string of digits"},
    {"best_later", FA_ERR_FORMAT, "the trainer: \"best\" contradicts \"epochs\" or \"best_weights\""},
    {"best_missing", FA_ERR_FORMAT, "the trainer: \"best\" is missing"},
    {"best_none", FA_ERR_FORMAT, "the trainer: \"best\" contradicts \"epochs\" or \"best_weights\""},
    {"best_not_finite", FA_ERR_NOT_FINITE, "trainer.best.layers.0.bias is NaN in row 0, column 0"},
    {"best_weights_missing", FA_ERR_FORMAT, "the trainer: \"best_weights\" is missing"},
    {"best_weights_unsaid", FA_ERR_FORMAT, "there is no place for tensor \"trainer.best.layers.0.bias\""},
    {"best_without", FA_ERR_FORMAT, "there is no tensor \"trainer.best.layers.0.bias\""},
    {"beta_1", FA_ERR_FORMAT, "the optimizer: beta1 = 1 has to be a number in 0 .. 0.999999999"},
    {"cut_feedback", FA_ERR_FORMAT, "the feedback: is not JSON: '}' expected"},
    {"cut_network", FA_ERR_FORMAT, "the network: is not JSON: '}' expected"},
    {"cut_optimizer", FA_ERR_FORMAT, "the optimizer: is not JSON: '}' expected"},
    {"cut_pass", FA_ERR_FORMAT, "the pass: is not JSON: '}' expected"},
    {"cut_trainer", FA_ERR_FORMAT, "the trainer: is not JSON: '}' expected"},
    {"density_2", FA_ERR_FORMAT, "the feedback: feedback_density = 2 has to be a number in 1e-09 .. 1"},
    {"density_other", FA_ERR_ARGUMENT, "feedback_density is 0.5 in the file and 0.1 here"},
    {"drawn_missing", FA_ERR_FORMAT, "the feedback: \"regenerated\" is missing"},
    {"drawn_more", FA_ERR_FORMAT, "the feedback: \"regenerated\" has 1 members, not 0"},
    {"epochs_0", FA_ERR_FORMAT, "the trainer: \"best\" contradicts \"epochs\" or \"best_weights\""},
    {"epochs_1", FA_ERR_FORMAT, "the trainer: there are not 1 records of epochs"},
    {"epochs_2_64", FA_ERR_FORMAT, "the trainer: there are not 18446744073709551615 records of epochs"},
    {"epochs_huge", FA_ERR_FORMAT, "the trainer: there are not 1000000000000000 records of epochs"},
    {"epochs_missing", FA_ERR_FORMAT, "the trainer: \"epochs\" is missing"},
    {"epochs_number", FA_ERR_FORMAT, "the trainer: \"epochs\" is not a string of digits"},
    {"factors_negative", FA_ERR_FORMAT,
     "the optimizer: optimizer.rate_factors holds -1, which is not finite and not negative"},
    {"factors_shape", FA_ERR_SHAPE, "tensor optimizer.rate_factors is [4], it has to be [2 x 2]"},
    {"factors_without", FA_ERR_FORMAT, "there is no tensor \"optimizer.rate_factors\""},
    {"feedback_dtype", FA_ERR_DTYPE, "tensor rule.B.1 is of type U32, not F32"},
    {"feedback_extra", FA_ERR_FORMAT, "there is no place for tensor \"rule.B.2\""},
    {"feedback_not_finite", FA_ERR_NOT_FINITE, "rule.B.1 is infinite in row 0, column 1"},
    {"feedback_shape", FA_ERR_SHAPE, "tensor rule.B.1 is [4], it has to be [2 x 2]"},
    {"feedback_state", FA_ERR_FORMAT, "there is no place for tensor \"rule.state\""},
    {"feedback_without", FA_ERR_FORMAT, "there is no tensor \"rule.B.1\""},
    {"form_number", FA_ERR_FORMAT, "the feedback: \"feedback_form\" is not the name of a choice"},
    {"form_other", FA_ERR_ARGUMENT, "feedback_form is 1 in the file and 0 here"},
    {"form_unknown", FA_ERR_FORMAT, "the feedback: feedback_form = \"circular\" has to be one of"},
    {"format_later", FA_ERR_UNSUPPORTED, "is of form \"2\", and libfa"},
    {"format_missing", FA_ERR_FORMAT, "is not a file of libfa's: its metadata has no libfa.format"},
    {"good", FA_OK, NULL},
    {"loss_sum_shape", FA_ERR_SHAPE, "tensor trainer.loss_sum is of 0 dimensions, it has to be [1]"},
    {"loss_sum_without", FA_ERR_FORMAT, "there is no tensor \"trainer.loss_sum\""},
    {"mask_extra", FA_ERR_FORMAT, "there is no place for tensor \"layers.0.weight_mask\""},
    {"moments_extra", FA_ERR_FORMAT, "there is no place for tensor \"optimizer.layers.1.bias.exp_avg\""},
    {"moments_missing", FA_ERR_FORMAT, "the optimizer: \"moments\" is missing"},
    {"moments_not_finite", FA_ERR_NOT_FINITE, "optimizer.layers.1.weight.exp_avg is NaN in row 1, column 0"},
    {"moments_number", FA_ERR_FORMAT, "the optimizer: \"moments\" has a member that adam does not keep"},
    {"moments_object", FA_ERR_FORMAT, "the optimizer: \"moments\" is not an array"},
    {"moments_squares", FA_ERR_FORMAT, "the optimizer: exp_avg_sq holds -0.5, and is a sum of squares"},
    {"moments_tensor", FA_ERR_FORMAT, "there is no tensor \"optimizer.layers.0.bias.exp_avg\""},
    {"moments_unknown", FA_ERR_FORMAT, "the optimizer: \"moments\" has a member that adam does not keep"},
    {"moments_without", FA_ERR_FORMAT, "there is no tensor \"optimizer.layers.0.bias.max_exp_avg_sq\""},
    {"net_activation_missing", FA_ERR_FORMAT, "the network: \"activation\" is missing"},
    {"net_activation_number", FA_ERR_FORMAT, "the network: \"activation\" is not a string"},
    {"net_activation_softmax", FA_ERR_SHAPE, "layer 1 of the file has 2 softmax outputs and a bias"},
    {"net_activation_unknown", FA_ERR_FORMAT, "there is no activation \"swish\""},
    {"net_bias_missing", FA_ERR_FORMAT, "the network: \"bias\" is missing"},
    {"net_bias_number", FA_ERR_FORMAT, "the network: \"bias\" is not true or false"},
    {"net_bias_unsaid", FA_ERR_SHAPE, "layer 1 of the file has 2 tanh outputs and no bias"},
    {"net_bias_without", FA_ERR_SHAPE, "layer 2 of the file has 2 identity outputs and a bias"},
    {"net_dropout_1", FA_ERR_FORMAT, "the network: \"dropout\" = 1 is not at least 0 and below 1"},
    {"net_dropout_infinite", FA_ERR_FORMAT, "the network: \"dropout\" = -inf is not at least 0 and below 1"},
    {"net_dropout_missing", FA_ERR_FORMAT, "the network: \"dropout\" is missing"},
    {"net_dropout_negative", FA_ERR_FORMAT, "the network: \"dropout\" = -0.5 is not at least 0 and below 1"},
    {"net_dropout_text", FA_ERR_FORMAT, "the network: \"dropout\" is not a number"},
    {"net_dtype_missing", FA_ERR_FORMAT, "the network: \"dtype\" is missing"},
    {"net_dtype_number", FA_ERR_FORMAT, "the network: \"dtype\" is not a string"},
    {"net_dtype_other", FA_ERR_SHAPE,
     "the file holds a network of another architecture: float64, 3 inputs, 2 layers"},
    {"net_dtype_unknown", FA_ERR_FORMAT, "the network: there is no dtype \"float16\""},
    {"net_frozen_missing", FA_ERR_FORMAT, "the network: \"frozen\" is missing"},
    {"net_frozen_number", FA_ERR_FORMAT, "the network: \"frozen\" is not true or false"},
    {"net_held_norm_infinite", FA_ERR_FORMAT, "the network: \"held_norm\" = inf is not finite and not negative"},
    {"net_held_norm_missing", FA_ERR_FORMAT, "the network: \"held_norm\" is missing"},
    {"net_held_norm_negative", FA_ERR_FORMAT, "the network: \"held_norm\" = -1 is not finite and not negative"},
    {"net_inputs_0", FA_ERR_FORMAT, "the network: a network takes 1 to 2147483647 inputs, not 0"},
    {"net_inputs_2_31", FA_ERR_FORMAT, "the network: a network takes 1 to 2147483647 inputs, not 2147483648"},
    {"net_inputs_huge", FA_ERR_SHAPE,
     "the file holds a network of another architecture: float32, 2147483647 inputs, 2 layers"},
    {"net_inputs_missing", FA_ERR_FORMAT, "the network: \"inputs\" is missing"},
    {"net_inputs_negative", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"net_inputs_other", FA_ERR_SHAPE,
     "the file holds a network of another architecture: float32, 4 inputs, 2 layers"},
    {"net_inputs_real", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"net_inputs_text", FA_ERR_FORMAT, "the network: \"inputs\" is not a whole number that is not negative"},
    {"net_kind_missing", FA_ERR_FORMAT, "the network: \"kind\" is missing"},
    {"net_kind_number", FA_ERR_FORMAT, "the network: \"kind\" is not a string"},
    {"net_kind_unknown", FA_ERR_UNSUPPORTED,
     "the network has a layer of the kind \"convolution\", which this version of libfa does not know"},
    {"net_layers_less", FA_ERR_SHAPE,
     "the file holds a network of another architecture: float32, 3 inputs, 1 layers"},
    {"net_layers_missing", FA_ERR_FORMAT, "the network: \"layers\" is missing"},
    {"net_layers_more", FA_ERR_SHAPE,
     "the file holds a network of another architecture: float32, 3 inputs, 3 layers"},
    {"net_layers_none", FA_ERR_FORMAT, "the network: \"layers\" names no layer"},
    {"net_layers_numbers", FA_ERR_FORMAT, "the network: \"kind\" is missing"},
    {"net_layers_object", FA_ERR_FORMAT, "the network: \"layers\" is not an array"},
    {"net_loss_missing", FA_ERR_FORMAT, "the network: \"loss\" is missing"},
    {"net_loss_number", FA_ERR_FORMAT, "the network: \"loss\" is not a string"},
    {"net_loss_unfit", FA_ERR_FORMAT, "cross_entropy needs softmax outputs, and these are identity"},
    {"net_loss_unknown", FA_ERR_FORMAT, "there is no loss \"hinge\""},
    {"net_outputs_0", FA_ERR_FORMAT, "the network: a layer has 1 to 2147483647 outputs, not 0"},
    {"net_outputs_2_31", FA_ERR_FORMAT, "the network: a layer has 1 to 2147483647 outputs, not 2147483648"},
    {"net_outputs_huge", FA_ERR_SHAPE, "layer 1 of the file has 2147483647 tanh outputs and a bias"},
    {"net_outputs_missing", FA_ERR_FORMAT, "the network: \"outputs\" is missing"},
    {"net_outputs_negative", FA_ERR_FORMAT, "the network: \"outputs\" is not a whole number that is not negative"},
    {"net_outputs_other", FA_ERR_SHAPE, "layer 1 of the file has 3 tanh outputs and a bias"},
    {"net_outputs_text", FA_ERR_FORMAT, "the network: \"outputs\" is not a whole number that is not negative"},
    {"net_pruned_missing", FA_ERR_FORMAT, "the network: \"pruned\" is missing"},
    {"net_pruned_text", FA_ERR_FORMAT, "the network: \"pruned\" is not true or false"},
    {"net_pruned_without", FA_ERR_FORMAT, "there is no tensor \"layers.1.weight_mask\""},
    {"optimizer_missing", FA_ERR_FORMAT, "the optimizer: \"optimizer\" is missing"},
    {"optimizer_other", FA_ERR_ARGUMENT, "the optimizer is sgd in the file and adam here"},
    {"optimizer_steps", FA_ERR_FORMAT, "the optimizer: \"steps\" is not a string of digits, below 2^64"},
    {"optimizer_steps_2_64", FA_ERR_FORMAT,
     "the optimizer: \"steps\" = 18446744073709551615 is more than there can have been"},
    {"optimizer_steps_few", FA_ERR_FORMAT, "the optimizer: optimizer.updates holds 6, more than the 5 steps"},
    {"params_array", FA_ERR_FORMAT, "the feedback: \"params\" is not an object"},
    {"params_missing", FA_ERR_FORMAT, "the feedback: \"params\" is missing"},
    {"params_of_sgd", FA_ERR_FORMAT, "the optimizer: there is a parameter that this version of libfa does not know"},
    {"params_unknown", FA_ERR_FORMAT, "the feedback: there is a parameter that this version of libfa does not know"},
    {"pass_dropout_missing", FA_ERR_FORMAT, "the pass: \"dropout\" is missing"},
    {"pass_dropout_number", FA_ERR_FORMAT, "the pass: \"dropout\" is not true or false"},
    {"pass_seed", FA_ERR_FORMAT, "the pass: \"seed\" is not a string of digits"},
    {"pass_step", FA_ERR_FORMAT, "the pass: \"step\" is not a string of digits, below 2^64"},
    {"rank_half", FA_ERR_FORMAT, "the feedback: feedback_rank = 1.5 has to be a whole number in 1 .. 2.14748365e+09"},
    {"rank_huge", FA_ERR_ARGUMENT, "feedback_rank is 1e+09 in the file and 10 here"},
    {"rate_huge", FA_ERR_FORMAT, "the optimizer: learning_rate = 1e+31 has to be a number in 0 .. 1e+30"},
    {"rate_infinite", FA_ERR_FORMAT, "the optimizer: learning_rate = inf has to be a number in 0 .. 1e+30"},
    {"rate_missing", FA_ERR_FORMAT, "the optimizer: \"params\" is missing"},
    {"rate_negative", FA_ERR_FORMAT, "the optimizer: learning_rate = -0.05 has to be a number in 0 .. 1e+30"},
    {"rate_text", FA_ERR_FORMAT, "the optimizer: \"learning_rate\" is not a number"},
    {"records_bytes", FA_ERR_FORMAT, "the trainer: there are not 2 records of epochs"},
    {"records_columns", FA_ERR_FORMAT, "the trainer: there are not 2 records of epochs"},
    {"records_without", FA_ERR_FORMAT, "the trainer: there are not 2 records of epochs"},
    {"regenerated_good", FA_OK, NULL},
    {"regenerated_init", FA_ERR_FORMAT, "there is no initialization \"cauchy\""},
    {"regenerated_init_missing", FA_ERR_FORMAT, "the feedback: \"init\" is missing"},
    {"regenerated_layer_0", FA_ERR_FORMAT, "the feedback: \"regenerated\" names layer 0 where layer 1 has to be"},
    {"regenerated_layer_2", FA_ERR_FORMAT, "the feedback: \"regenerated\" names layer 2 where layer 1 has to be"},
    {"regenerated_none", FA_ERR_FORMAT, "the feedback: \"regenerated\" has 0 members, not 1"},
    {"regenerated_numbers", FA_ERR_FORMAT, "the feedback: \"layer\" is missing"},
    {"regenerated_scale", FA_ERR_FORMAT, "scale = -1 has to be 0 .. 1e+37"},
    {"regenerated_scale_infinite", FA_ERR_FORMAT, "scale = inf has to be 0 .. 1e+37"},
    {"regenerated_seed", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits"},
    {"regenerated_step", FA_ERR_FORMAT,
     "the feedback: \"regenerated\" draws layer 1 from another stream, \"step\" = 1"},
    {"regenerated_step_missing", FA_ERR_FORMAT, "the feedback: \"step\" is missing"},
    {"regenerated_twice", FA_ERR_FORMAT, "the feedback: \"regenerated\" has 2 members, not 1"},
    {"rule_missing", FA_ERR_FORMAT, "the feedback: \"rule\" is missing"},
    {"rule_number", FA_ERR_FORMAT, "the feedback: \"rule\" is not a string"},
    {"rule_other", FA_ERR_ARGUMENT, "the rule is dfa in the file and fa here"},
    {"running_not", FA_ERR_FORMAT, "the trainer: \"batches\" contradicts \"epochs\" or \"running\""},
    {"running_number", FA_ERR_FORMAT, "the trainer: \"running\" is not true or false"},
    {"scale_infinite", FA_ERR_FORMAT, "the feedback: feedback_scale = inf has to be a number in 1e-09 .. 1e+09"},
    {"scale_text", FA_ERR_FORMAT, "the feedback: \"feedback_scale\" is not a number"},
    {"schedule_infinite", FA_ERR_FORMAT, "the optimizer: \"schedule\" = inf is not finite and not negative"},
    {"schedule_missing", FA_ERR_FORMAT, "the optimizer: \"schedule\" is missing"},
    {"schedule_negative", FA_ERR_FORMAT, "the optimizer: \"schedule\" = -1 is not finite and not negative"},
    {"schedule_text", FA_ERR_FORMAT, "the optimizer: \"schedule\" is not a number"},
    {"seed_2_64", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits, below 2^64"},
    {"seed_empty", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits"},
    {"seed_hex", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits, below 2^64"},
    {"seed_long", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits, below 2^64"},
    {"seed_missing", FA_ERR_FORMAT, "the feedback: \"seed\" is missing"},
    {"seed_negative", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits, below 2^64"},
    {"seed_number", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits"},
    {"seed_space", FA_ERR_FORMAT, "the feedback: \"seed\" is not a string of digits, below 2^64"},
    {"shared_params_missing", FA_ERR_FORMAT, "the feedback: \"feedback_params\" is missing"},
    {"shared_params_unknown", FA_ERR_FORMAT,
     "the feedback: there is a parameter that this version of libfa does not know"},
    {"spans_first_0", FA_ERR_FORMAT,
     "fa_trainer_freeze: epochs 0 to 18446744073709551615 are no span; they are counted from 1"},
    {"spans_last_missing", FA_ERR_FORMAT, "the trainer: \"last\" is missing"},
    {"spans_layer_0", FA_ERR_FORMAT, "fa_trainer_freeze: there is no layer 0; the network has 2, counted from 1"},
    {"spans_layer_9", FA_ERR_FORMAT, "the trainer: \"frozen_spans\" names layer 9 of 2"},
    {"spans_missing", FA_ERR_FORMAT, "the trainer: \"frozen_spans\" is missing"},
    {"spans_numbers", FA_ERR_FORMAT, "the trainer: \"layer\" is missing"},
    {"spans_reversed", FA_ERR_FORMAT, "fa_trainer_freeze: epochs 3 to 2 are no span; they are counted from 1"},
    {"steps_missing", FA_ERR_FORMAT, "the feedback: \"steps\" is missing"},
    {"steps_real", FA_ERR_FORMAT, "the feedback: \"steps\" is not a string of digits"},
    {"stop_missing", FA_ERR_FORMAT, "the trainer: \"stop\" is missing"},
    {"stop_negative", FA_ERR_FORMAT, "the trainer: \"stop\" is not a whole number that is not negative"},
    {"stop_text", FA_ERR_FORMAT, "the trainer: \"stop\" is not a whole number that is not negative"},
    {"stop_unknown", FA_ERR_FORMAT, "the trainer: \"stop\" = 9 is no reason to stop"},
    {"trainer_params_half", FA_ERR_FORMAT,
     "the trainer: batch = 2.5 has to be a whole number in 0 .. 2.14748365e+09"},
    {"trainer_params_missing", FA_ERR_FORMAT, "the trainer: \"params\" is missing"},
    {"trainer_params_unknown", FA_ERR_FORMAT,
     "the trainer: there is a parameter that this version of libfa does not know"},
    {"trainer_seed", FA_ERR_FORMAT, "the trainer: \"seed\" is missing"},
    {"updates_dtype", FA_ERR_DTYPE, "tensor optimizer.updates is of type F64, not U64"},
    {"updates_many", FA_ERR_FORMAT, "the optimizer: optimizer.updates holds 7, more than the 6 steps"},
    {"weights_0", FA_ERR_FORMAT, "the feedback: \"weights\" has a member that is no layer with feedback"},
    {"weights_2_62", FA_ERR_FORMAT, "the feedback: \"weights\" has a member that is no layer with feedback"},
    {"weights_last", FA_ERR_FORMAT, "the feedback: \"weights\" has a member that is no layer with feedback"},
    {"weights_missing", FA_ERR_FORMAT, "the feedback: \"weights\" is missing"},
    {"weights_text", FA_ERR_FORMAT, "the feedback: \"weights\" has a member that is no layer with feedback"},
    {"weights_twice", FA_ERR_FORMAT, "the feedback: \"weights\" names 2 layers, more than have feedback"},
    {"whole_extra", FA_ERR_FORMAT, "there is no place for tensor \"optimiser.updates\""},
    {"without_feedback", FA_ERR_FORMAT, "says nothing about the feedback"},
    {"without_network", FA_ERR_FORMAT, "says nothing about the network"},
    {"without_optimizer", FA_ERR_FORMAT, "says nothing about the optimizer"},
    {"without_pass", FA_ERR_FORMAT, "says nothing about the pass"},
    {"without_trainer", FA_ERR_FORMAT, "says nothing about the trainer"},
};

enum { FILES = sizeof files / sizeof files[0] };

static scene make_live_for(const char *name)
{
    return make_live(strncmp(name, "regenerated", 11) == 0 ? "regenerated" : NULL);
}

static fa_status load(const scene *live, const char *path)
{
    return fa_checkpoint_load(path, live->s.net, live->s.fb, live->s.opt, live->s.pass, live->trainer, 0);
}

START_TEST(file)
{
    const damaged_file *f = &files[_i];
    char path[PATH_SIZE];
    scene live = make_live_for(f->name), other = make_live_for(f->name);
    const live_bytes *before = bytes_of(&live);
    damaged_path("checkpoint", f->name, path);
    support_forget();
    expect_verdict(f, path, load(&live, path));
    if (f->status != FA_OK)
        expect_untouched(&live, before, &other, f->name);
    else
        expect_ok(scene_run(&live));
}
END_TEST

/* A part that nobody asks for may say what it likes, but for the network. */
START_TEST(part_left_alone)
{
    static const char *const parts[] = {"feedback", "optimizer", "pass", "trainer"};
    char path[PATH_SIZE], name[32];
    scene live = make_live(NULL);
    const int p = _i / 2;
    snprintf(name, sizeof name, "%s_%s", _i % 2 ? "cut" : "without", parts[p]);
    damaged_path("checkpoint", name, path);
    expect_ok(fa_checkpoint_load(path, live.s.net, p == 0 ? NULL : live.s.fb, p == 1 ? NULL : live.s.opt,
                                 p == 2 ? NULL : live.s.pass, p == 3 ? NULL : live.trainer, 0));
    expect_ok(scene_run(&live));
}
END_TEST

START_TEST(complete)
{
    expect_complete("checkpoint", FILES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_damage");
    TCase *tcase = file_case(suite);
    tcase_add_loop_test(tcase, file, 0, FILES);
    tcase_add_loop_test(tcase, part_left_alone, 0, 8);
    tcase_add_test(tcase, complete);
    return support_run(suite, true);
}
