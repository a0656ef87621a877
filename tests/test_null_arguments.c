/* A NULL where there has to be something: the sentence names the argument, whichever it is. */
#include "session.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 2, SAMPLES = 3 };

static char wrong[256]; /* the first call that went wrong: a rule's are judged when the library's is over */

static void judge(const char *call, fa_status got, const char *argument)
{
    char wanted[128];
    const char *sentence = fa_last_error();
    (void)snprintf(wanted, sizeof wanted, "%.*s: %s is NULL", (int)strcspn(call, "("), call, argument);
    const char *short_form = strstr(wanted, ": ") + 2; /* of the checks that all views go through */
    if (wrong[0] == '\0' &&
        (got != FA_ERR_ARGUMENT || (strcmp(sentence, wanted) != 0 && strcmp(sentence, short_form) != 0)))
        (void)snprintf(wrong, sizeof wrong, "%s: \"%s\", not \"%s\"", call, sentence, wanted);
}

#define expect_null(argument, call) (support_forget(), judge(#call, (call), argument))

/* Such a network as the invariant is defined for, after one step. */
static session start(void)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 4, FA_IDENTITY, false);
    session s = make_session(&spec, fa_rule_find("fa"), SAMPLES, 1);
    wrong[0] = '\0';
    expect_ok(session_step(&s, NULL));
    return s;
}

START_TEST(networks_and_passes)
{
    session s = start();
    fa_network *net;
    fa_pass *pass;
    fa_matrix view;
    size_t bytes;
    double loss;
    expect_null("out", fa_network_create(NULL, FA_FLOAT64, 1));
    expect_null("out", fa_network_copy(NULL, s.net));
    expect_null("net", fa_network_copy(&net, NULL));
    expect_null("net", fa_network_weights(NULL, 1, &view));
    expect_null("view", fa_network_weights(s.net, 1, NULL));
    expect_null("net", fa_network_bias(NULL, 1, &view));
    expect_null("view", fa_network_bias(s.net, 1, NULL));
    expect_null("net", fa_network_predict(NULL, &s.x, &s.target));
    expect_null("x", fa_network_predict(s.net, NULL, &s.target));
    expect_null("y", fa_network_predict(s.net, &s.x, NULL));
    expect_null("net", fa_network_activity(NULL, &s.x, DEPTH, &s.target));
    expect_null("x", fa_network_activity(s.net, NULL, DEPTH, &s.target));
    expect_null("h", fa_network_activity(s.net, &s.x, DEPTH, NULL));
    expect_null("net", fa_network_evaluate(NULL, &s.x, &s.target, &loss));
    expect_null("x", fa_network_evaluate(s.net, NULL, &s.target, &loss));
    expect_null("target", fa_network_evaluate(s.net, &s.x, NULL, &loss));
    expect_null("out", fa_pass_create(NULL, s.net, 1));
    expect_null("net", fa_pass_create(&pass, NULL, 1));
    expect_null("net", fa_pass_bytes(NULL, 1, &bytes));
    expect_null("bytes", fa_pass_bytes(s.net, 1, NULL));
    expect_null("pass", fa_pass_activity(NULL, 1, &view));
    expect_null("view", fa_pass_activity(s.pass, 1, NULL));
    expect_null("pass", fa_pass_delta(NULL, 1, &view));
    expect_null("view", fa_pass_delta(s.pass, 1, NULL));
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

START_TEST(training)
{
    session s = start();
    fa_dataset *data = make_dataset(&s.x, &s.target);
    fa_result result;
    double value;
    expect_null("net", fa_forward(NULL, s.pass, &s.x));
    expect_null("pass", fa_forward(s.net, NULL, &s.x));
    expect_null("x", fa_forward(s.net, s.pass, NULL));
    expect_null("net", fa_error(NULL, s.pass, &s.target, NULL));
    expect_null("pass", fa_error(s.net, NULL, &s.target, NULL));
    expect_null("target", fa_error(s.net, s.pass, NULL, NULL));
    expect_null("net", fa_backward(NULL, s.pass, s.fb));
    expect_null("pass", fa_backward(s.net, NULL, s.fb));
    expect_null("fb", fa_backward(s.net, s.pass, NULL));
    expect_null("net", fa_gradient(NULL, s.pass, s.fb));
    expect_null("pass", fa_gradient(s.net, NULL, s.fb));
    expect_null("fb", fa_gradient(s.net, s.pass, NULL));
    expect_null("net", fa_update(NULL, s.pass, s.fb, s.opt));
    expect_null("pass", fa_update(s.net, NULL, s.fb, s.opt));
    expect_null("fb", fa_update(s.net, s.pass, NULL, s.opt));
    expect_null("opt", fa_update(s.net, s.pass, s.fb, NULL));
    expect_null("net", fa_train_step(NULL, s.pass, s.fb, s.opt, &s.x, &s.target, NULL));
    expect_null("pass", fa_train_step(s.net, NULL, s.fb, s.opt, &s.x, &s.target, NULL));
    expect_null("fb", fa_train_step(s.net, s.pass, NULL, s.opt, &s.x, &s.target, NULL));
    expect_null("opt", fa_train_step(s.net, s.pass, s.fb, NULL, &s.x, &s.target, NULL));
    expect_null("x", fa_train_step(s.net, s.pass, s.fb, s.opt, NULL, &s.target, NULL));
    expect_null("target", fa_train_step(s.net, s.pass, s.fb, s.opt, &s.x, NULL, NULL));
    expect_null("net", fa_train_epoch(NULL, s.pass, s.fb, s.opt, data, NULL, NULL));
    expect_null("pass", fa_train_epoch(s.net, NULL, s.fb, s.opt, data, NULL, NULL));
    expect_null("fb", fa_train_epoch(s.net, s.pass, NULL, s.opt, data, NULL, NULL));
    expect_null("opt", fa_train_epoch(s.net, s.pass, s.fb, NULL, data, NULL, NULL));
    expect_null("data", fa_train_epoch(s.net, s.pass, s.fb, s.opt, NULL, NULL, NULL));
    expect_null("net", fa_evaluate(NULL, data, &result, NULL));
    expect_null("data", fa_evaluate(s.net, NULL, &result, NULL));
    expect_null("result", fa_evaluate(s.net, data, NULL, NULL));
    expect_null("fb", fa_feedback_adapt(NULL, s.net, s.pass, 1));
    expect_null("net", fa_feedback_adapt(s.fb, NULL, s.pass, 1));
    expect_null("pass", fa_feedback_adapt(s.fb, s.net, NULL, 1));
    expect_null("net", fa_gradient_check(NULL, &s.x, &s.target, 0, &value));
    expect_null("x", fa_gradient_check(s.net, NULL, &s.target, 0, &value));
    expect_null("target", fa_gradient_check(s.net, &s.x, NULL, 0, &value));
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

START_TEST(trainers)
{
    session s = start();
    fa_dataset *data = make_dataset(&s.x, &s.target);
    fa_trainer *trainer;
    double value;
    expect_ok(fa_trainer_create(&trainer, s.net, 1));
    expect_null("trainer", fa_trainer_set(NULL, "epochs", 1));
    expect_null("name", fa_trainer_set(trainer, NULL, 1));
    expect_null("trainer", fa_trainer_set_choice(NULL, "shuffle", "yes"));
    expect_null("name", fa_trainer_set_choice(trainer, NULL, "yes"));
    expect_null("choice", fa_trainer_set_choice(trainer, "shuffle", NULL));
    expect_null("trainer", fa_trainer_get(NULL, "epochs", &value));
    expect_null("name", fa_trainer_get(trainer, NULL, &value));
    expect_null("value", fa_trainer_get(trainer, "epochs", NULL));
    expect_null("trainer", fa_trainer_run(NULL, s.net, s.pass, s.fb, s.opt, data, NULL));
    expect_null("net", fa_trainer_run(trainer, NULL, s.pass, s.fb, s.opt, data, NULL));
    expect_null("pass", fa_trainer_run(trainer, s.net, NULL, s.fb, s.opt, data, NULL));
    expect_null("fb", fa_trainer_run(trainer, s.net, s.pass, NULL, s.opt, data, NULL));
    expect_null("opt", fa_trainer_run(trainer, s.net, s.pass, s.fb, NULL, data, NULL));
    expect_null("training", fa_trainer_run(trainer, s.net, s.pass, s.fb, s.opt, NULL, NULL));
    fa_trainer_destroy(trainer);
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

START_TEST(feedback_and_optimizers)
{
    session s = start();
    fa_feedback *fb;
    fa_optimizer *opt;
    fa_matrix view = make_matrix(FA_FLOAT64, 4, 4);
    size_t rows, cols;
    double value;
    expect_null("net", fa_feedback_create(&fb, NULL, fa_rule_find("fa"), NULL, 1));
    expect_null("rule", fa_feedback_create(&fb, s.net, NULL, NULL, 1));
    expect_null("fb", fa_feedback_set_param(NULL, "distribution", 0));
    expect_null("name", fa_feedback_set_param(s.fb, NULL, 0));
    expect_null("fb", fa_feedback_set_choice(NULL, "distribution", "normal"));
    expect_null("name", fa_feedback_set_choice(s.fb, NULL, "normal"));
    expect_null("choice", fa_feedback_set_choice(s.fb, "distribution", NULL));
    expect_null("fb", fa_feedback_param(NULL, "distribution", &value));
    expect_null("name", fa_feedback_param(s.fb, NULL, &value));
    expect_null("value", fa_feedback_param(s.fb, "distribution", NULL));
    expect_null("fb", fa_feedback_get(NULL, "B", 1, &view));
    expect_null("name", fa_feedback_get(s.fb, NULL, 1, &view));
    expect_null("view", fa_feedback_get(s.fb, "B", 1, NULL));
    expect_null("fb", fa_feedback_set(NULL, "B", 1, &view));
    expect_null("name", fa_feedback_set(s.fb, NULL, 1, &view));
    expect_null("array", fa_feedback_set(s.fb, "B", 1, NULL));
    expect_null("fb", fa_feedback_shape(NULL, "B", 1, &rows, &cols));
    expect_null("name", fa_feedback_shape(s.fb, NULL, 1, &rows, &cols));
    expect_null("rows", fa_feedback_shape(s.fb, "B", 1, NULL, &cols));
    expect_null("cols", fa_feedback_shape(s.fb, "B", 1, &rows, NULL));
    expect_null("fb", fa_feedback_dense(NULL, 1, &view));
    expect_null("out", fa_feedback_dense(s.fb, 1, NULL));
    expect_null("fb", fa_feedback_init(NULL, "B", 1, FA_INIT_ZERO, 0, 1));
    expect_null("name", fa_feedback_init(s.fb, NULL, 1, FA_INIT_ZERO, 0, 1));
    expect_null("net", fa_optimizer_create(&opt, NULL, "sgd"));
    expect_null("name", fa_optimizer_create(&opt, s.net, NULL));
    expect_null("opt", fa_optimizer_set(NULL, "momentum", 0));
    expect_null("name", fa_optimizer_set(s.opt, NULL, 0));
    expect_null("opt", fa_optimizer_set_choice(NULL, "nesterov", "no"));
    expect_null("name", fa_optimizer_set_choice(s.opt, NULL, "no"));
    expect_null("choice", fa_optimizer_set_choice(s.opt, "nesterov", NULL));
    expect_null("opt", fa_optimizer_get(NULL, "momentum", &value));
    expect_null("name", fa_optimizer_get(s.opt, NULL, &value));
    expect_null("value", fa_optimizer_get(s.opt, "momentum", NULL));
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

START_TEST(diagnostics)
{
    session s = start();
    fa_invariant *invariant, *none;
    fa_recorder *recorder;
    fa_delta_report deltas[DEPTH];
    fa_update_report updates[DEPTH + 1];
    fa_norm_report norms[DEPTH + 1];
    fa_invariant_report drifts[DEPTH + 1];
    double value, fractions[DEPTH + 1];
    expect_null("a", fa_angle(NULL, &s.x, &value));
    expect_null("b", fa_angle(&s.x, NULL, &value));
    expect_null("degrees", fa_angle(&s.x, &s.x, NULL));
    expect_null("net", fa_compare_deltas(NULL, s.pass, deltas));
    expect_null("pass", fa_compare_deltas(s.net, NULL, deltas));
    expect_null("reports", fa_compare_deltas(s.net, s.pass, NULL));
    expect_null("net", fa_compare_pseudo_deltas(NULL, s.pass, deltas));
    expect_null("pass", fa_compare_pseudo_deltas(s.net, NULL, deltas));
    expect_null("reports", fa_compare_pseudo_deltas(s.net, s.pass, NULL));
    expect_null("net", fa_compare_updates(NULL, s.pass, updates));
    expect_null("pass", fa_compare_updates(s.net, NULL, updates));
    expect_null("reports", fa_compare_updates(s.net, s.pass, NULL));
    expect_null("net", fa_weight_angle(NULL, s.fb, 1, &value));
    expect_null("fb", fa_weight_angle(s.net, NULL, 1, &value));
    expect_null("degrees", fa_weight_angle(s.net, s.fb, 1, NULL));
    expect_null("net", fa_alignment_angle(NULL, s.fb, 1, &value));
    expect_null("fb", fa_alignment_angle(s.net, NULL, 1, &value));
    expect_null("degrees", fa_alignment_angle(s.net, s.fb, 1, NULL));
    expect_null("net", fa_alignment_matrix(NULL, s.fb, 1, &s.x));
    expect_null("fb", fa_alignment_matrix(s.net, NULL, 1, &s.x));
    expect_null("a", fa_alignment_matrix(s.net, s.fb, 1, NULL));
    expect_null("net", fa_layer_norms(NULL, s.pass, s.fb, norms));
    expect_null("pass", fa_layer_norms(s.net, NULL, s.fb, norms));
    expect_null("reports", fa_layer_norms(s.net, s.pass, s.fb, NULL));
    expect_null("net", fa_saturation(NULL, s.pass, 0.5, fractions));
    expect_null("pass", fa_saturation(s.net, NULL, 0.5, fractions));
    expect_null("fractions", fa_saturation(s.net, s.pass, 0.5, NULL));

    expect_ok(fa_invariant_create(&invariant, s.net, s.fb, SAMPLES));
    expect_null("net", fa_invariant_create(&none, NULL, s.fb, SAMPLES));
    expect_null("fb", fa_invariant_create(&none, s.net, NULL, SAMPLES));
    expect_null("invariant", fa_invariant_observe(NULL, s.net, s.pass, s.fb, s.opt));
    expect_null("net", fa_invariant_observe(invariant, NULL, s.pass, s.fb, s.opt));
    expect_null("pass", fa_invariant_observe(invariant, s.net, NULL, s.fb, s.opt));
    expect_null("fb", fa_invariant_observe(invariant, s.net, s.pass, NULL, s.opt));
    expect_null("opt", fa_invariant_observe(invariant, s.net, s.pass, s.fb, NULL));
    expect_null("invariant", fa_invariant_drift(NULL, s.net, s.fb, drifts));
    expect_null("net", fa_invariant_drift(invariant, NULL, s.fb, drifts));
    expect_null("fb", fa_invariant_drift(invariant, s.net, NULL, drifts));
    fa_invariant_destroy(invariant);

    expect_ok(fa_recorder_create(&recorder, s.net, NULL, 1));
    expect_null("rec", fa_recorder_open(NULL, "file", FA_RECORD_CSV));
    expect_null("path", fa_recorder_open(recorder, NULL, FA_RECORD_CSV));
    expect_null("rec", fa_recorder_observe(NULL, s.net, s.pass, s.fb, 1, 1));
    expect_null("net", fa_recorder_observe(recorder, NULL, s.pass, s.fb, 1, 1));
    expect_null("pass", fa_recorder_observe(recorder, s.net, NULL, s.fb, 1, 1));
    expect_null("rec", fa_recorder_value(NULL, "norms", 1, &value));
    expect_null("quantity", fa_recorder_value(recorder, NULL, 1, &value));
    fa_recorder_destroy(recorder);
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

START_TEST(data_sets)
{
    session s = start();
    fa_dataset *data = make_dataset(&s.x, &s.target), *parts[1];
    const size_t sizes[1] = {1}, rows[1] = {0};
    fa_matrix mean = make_matrix(FA_FLOAT64, 1, s.x.cols), one = make_matrix(FA_FLOAT64, 1, s.x.cols), read;
    const fa_stream stream = {.seed = 1};
    int32_t *labels, label;
    size_t count;
    expect_null("stream", fa_random_permutation(NULL, 1, &count));
    expect_null("order", fa_random_permutation(&stream, 1, NULL));
    expect_null("data", fa_dataset_split(NULL, 1, 1, sizes, parts));
    expect_null("sizes", fa_dataset_split(data, 1, 1, NULL, parts));
    expect_null("data", fa_dataset_moments(NULL, &mean, NULL));
    expect_null("mean", fa_dataset_moments(data, NULL, NULL));
    expect_null("data", fa_dataset_standardize(NULL, &mean, &mean));
    expect_null("mean", fa_dataset_standardize(data, NULL, &mean));
    expect_null("deviation", fa_dataset_standardize(data, &mean, NULL));
    expect_null("data", fa_dataset_gather(NULL, rows, 1, &one, NULL));
    expect_null("x", fa_dataset_gather(data, rows, 1, NULL, NULL));
    expect_null("data", fa_dataset_labels(NULL, 0, 1, &label));
    expect_null("labels", fa_dataset_labels(data, 0, 1, NULL));
    expect_null("inputs", fa_dataset_read(&data, NULL, "t", FA_FLOAT64, 0));
    expect_null("targets", fa_dataset_read(&data, "i", NULL, FA_FLOAT64, 0));
    expect_null("path", fa_npy_read_labels(NULL, &labels, &count));
    expect_null("labels", fa_npy_read_labels("p", NULL, &count));
    expect_null("count", fa_npy_read_labels("p", &labels, NULL));
    expect_null("path", fa_idx_read_labels(NULL, &labels, &count));
    expect_null("labels", fa_idx_read_labels("p", NULL, &count));
    expect_null("count", fa_idx_read_labels("p", &labels, NULL));
    expect_null("path", fa_npy_read(NULL, &read));
    expect_null("matrix", fa_npy_read("p", NULL));
    expect_null("path", fa_npy_write(NULL, &s.x));
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

static fa_status declare(fa_setup *setup)
{
    double value;
    expect_null("setup", fa_setup_param(NULL, "sigma", &value));
    expect_null("name", fa_setup_param(setup, NULL, &value));
    expect_null("value", fa_setup_param(setup, "sigma", NULL));
    const fa_status status = fa_setup_slots(setup, 2);
    return status == FA_OK ? fa_setup_scratch(setup, "S", 0, 4, 4) : status;
}

static fa_status call_with_null(fa_step *step)
{
    fa_matrix s, e;
    double value[4] = {0};
    fa_status status = fa_step_array(step, "S", 0, &s);
    if (status == FA_OK)
        status = fa_step_delta(step, DEPTH, &e);
    expect_null("left", fa_step_transport_through(step, 1, NULL, &s));
    expect_null("right", fa_step_transport_through(step, 1, &s, NULL));
    expect_null("step", fa_step_product(NULL, 1, &s, &s, 0, &s));
    expect_null("a", fa_step_product(step, 1, NULL, &s, 0, &s));
    expect_null("b", fa_step_product(step, 1, &s, NULL, 0, &s));
    expect_null("c", fa_step_product(step, 1, &s, &s, 0, NULL));
    expect_null("step", fa_step_combine(NULL, 1, &s, 0, &s));
    expect_null("a", fa_step_combine(step, 1, NULL, 0, &s));
    expect_null("c", fa_step_combine(step, 1, &s, 0, NULL));
    expect_null("step", fa_step_scale_rows(NULL, value, &s, &s));
    expect_null("factors", fa_step_scale_rows(step, NULL, &s, &s));
    expect_null("a", fa_step_scale_rows(step, value, NULL, &s));
    expect_null("c", fa_step_scale_rows(step, value, &s, NULL));
    expect_null("a", fa_step_pseudo_inverse(step, NULL, &s));
    expect_null("row", fa_step_add_row(step, NULL, &s));
    expect_null("step", fa_step_layer(NULL, 1, &s, 0, 1));
    expect_null("input", fa_step_layer(step, 1, NULL, 0, 1));
    expect_null("step", fa_step_loss(NULL, 0, value));
    expect_null("losses", fa_step_loss(step, 0, NULL));
    expect_null("step", fa_step_error(NULL, 0, &e));
    expect_null("e", fa_step_error(step, 0, NULL));
    expect_null("step", fa_step_set_presynaptic(NULL, 1, &s));
    expect_null("view", fa_step_set_presynaptic(step, 1, NULL));
    expect_null("step", fa_step_set_postsynaptic(NULL, 1, &s));
    expect_null("view", fa_step_set_postsynaptic(step, 1, NULL));
    return status;
}

START_TEST(rules)
{
    const fa_rule rule = {.struct_size = sizeof rule, .name = "careless", .setup = declare,
                          .backward = call_with_null};
    session s = start();
    s.fb = make_feedback(s.net, &rule, NULL, 1);
    expect_ok(session_step(&s, NULL));
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("null_arguments");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, networks_and_passes);
    tcase_add_test(tcase, training);
    tcase_add_test(tcase, trainers);
    tcase_add_test(tcase, feedback_and_optimizers);
    tcase_add_test(tcase, diagnostics);
    tcase_add_test(tcase, data_sets);
    tcase_add_test(tcase, rules);
    return support_run(suite, true);
}
