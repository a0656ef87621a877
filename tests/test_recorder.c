/* The recorder: the numbers are those of the diagnostics, and training does not notice. */
#include "recording.h"

#include <stdio.h>

enum { DEPTH = 3 };

/* --- the table --- */

START_TEST(table)
{
    static const char *const costs[] = {"low", "deltas", "backward", "svd"};
    ck_assert_uint_gt(fa_quantity_count(), 20);
    ck_assert_ptr_null(fa_quantity_at(fa_quantity_count()));
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        const fa_quantity *q = fa_quantity_at(i);
        bool known = false;
        ck_assert(strlen(q->name) <= 40 && *q->doc);
        ck_assert(strspn(q->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(q->name));
        ck_assert(strcmp(q->unit, "1") == 0 || strcmp(q->unit, "degrees") == 0);
        for (size_t k = 0; k < 4; k++)
            known = known || strcmp(q->cost, costs[k]) == 0;
        ck_assert(known);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(q->name, fa_quantity_at(k)->name);
    }
}
END_TEST

/* What the table says of layers is what can be asked for. */
START_TEST(layers_are_those_of_the_table)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 3, 1);
    fa_recorder *rec = make_recorder(s.net, all_names(), 1);
    for (size_t i = 0; i < fa_quantity_count(); i++) {
        const fa_quantity *q = fa_quantity_at(i);
        const size_t first = (size_t)(q->layers[0] - '0'), last = DEPTH - (strchr(q->layers, '-') ? 1 : 0);
        for (size_t l = 0; l <= DEPTH + 1; l++) {
            double value = 0;
            if (l < first || l > last)
                expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, q->name, l, &value));
            else
                expect_ok(fa_recorder_value(rec, q->name, l, &value));
            ck_assert(isnan(value));
        }
    }
}
END_TEST

/* --- values --- */

START_TEST(values_are_those_of_the_diagnostics)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    net_spec spec = make_spec(dtype, DEPTH, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find(_i / 2 ? "bp" : "fa"), 5, 3);
    fa_recorder *rec = make_recorder(s.net, all_names(), 1);
    fa_delta_report deltas[DEPTH - 1], pseudo[DEPTH - 1];
    fa_update_report updates[DEPTH + 1];
    fa_norm_report norms[DEPTH];
    double saturated[DEPTH], angle = 0;
    fa_spectrum spectrum;
    expect_ok(fa_recorder_set_threshold(rec, 0.3));
    to_deltas(&s);
    expect_ok(fa_compare_deltas(s.net, s.pass, deltas));
    expect_ok(fa_compare_pseudo_deltas(s.net, s.pass, pseudo));
    expect_ok(fa_compare_updates(s.net, s.pass, updates));
    expect_ok(fa_layer_norms(s.net, s.pass, s.fb, norms));
    expect_ok(fa_saturation(s.net, s.pass, 0.3, saturated));
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    expect_value(rec, "update_angle", 0, updates[0].angle);
    for (size_t l = 1; l <= DEPTH; l++) {
        const fa_matrix w = weights_of(s.net, l);
        expect_ok(fa_spectrum_of(&w, &spectrum));
        expect_value(rec, "weight_rank", l, (double)spectrum.rank);
        double condition = 0; /* of W^T, which has the same up to rounding */
        expect_ok(fa_recorder_value(rec, "weight_condition", l, &condition));
        ck_assert_double_le(fabs(condition / spectrum.condition - 1), 1e-12 * spectrum.condition);
        expect_value(rec, "update_angle", l, updates[l].angle);
        expect_value(rec, "update_ratio", l, updates[l].ratio);
        expect_value(rec, "weight_norm", l, norms[l - 1].weights);
        expect_value(rec, "bias_norm", l, norms[l - 1].bias);
        expect_value(rec, "activity_norm", l, norms[l - 1].activity);
        expect_value(rec, "delta_norm", l, norms[l - 1].delta);
        expect_value(rec, "saturation", l, saturated[l - 1]);
        if (l == DEPTH)
            break;
        expect_value(rec, "delta_angle", l, deltas[l - 1].angle);
        expect_value(rec, "delta_angle_mean", l, deltas[l - 1].angle_mean);
        expect_value(rec, "delta_angle_deviation", l, deltas[l - 1].angle_deviation);
        expect_value(rec, "delta_ratio", l, deltas[l - 1].ratio);
        expect_value(rec, "pseudo_angle", l, pseudo[l - 1].angle);
        expect_value(rec, "pseudo_angle_mean", l, pseudo[l - 1].angle_mean);
        expect_value(rec, "pseudo_angle_deviation", l, pseudo[l - 1].angle_deviation);
        expect_value(rec, "pseudo_ratio", l, pseudo[l - 1].ratio);
        expect_value(rec, "feedback_norm", l, norms[l - 1].feedback);
        if (_i / 2 == 0)
            expect_ok(fa_weight_angle(s.net, s.fb, l, &angle));
        expect_value(rec, "weight_angle", l, _i / 2 ? (double)NAN : angle);
    }
    if (_i / 2 == 0)
        expect_ok(fa_alignment_angle(s.net, s.fb, DEPTH, &angle));
    expect_value(rec, "alignment_angle", DEPTH, _i / 2 ? (double)NAN : angle);
    expect_value(rec, "alignment_rank", DEPTH, _i / 2 ? (double)NAN : 7);
    expect_value(rec, "alignment_angle", 2, NAN);
}
END_TEST

static void expect_agreement(const fa_recorder *alone, const fa_recorder *both, const char *quantity, const char *other)
{
    for (size_t l = 0; l <= DEPTH; l++) {
        double value = 0, beside = 0;
        if (fa_recorder_value(alone, quantity, l, &value) != FA_OK)
            continue;
        expect_ok(fa_recorder_value(both, quantity, l, &beside));
        ck_assert_msg(same(value, beside), "%s of layer %zu beside %s: %.17g, alone %.17g", quantity, l, other, beside,
                      value);
    }
}

/* Quantities share what they are computed from: each has the value that it has alone, after the first step, too. */
START_TEST(quantities_do_not_disturb_each_other)
{
    const char *quantity = fa_quantity_at((size_t)_i / 4)->name;
    net_spec spec = make_spec(_i / 2 % 2 ? FA_FLOAT32 : FA_FLOAT64, DEPTH, 4, FA_TANH, true);
    for (size_t k = 0; k < fa_quantity_count(); k++) {
        const char *other = fa_quantity_at(k)->name;
        session s = make_session(&spec, fa_rule_find(_i % 2 ? "dfa" : "fa"), 3, 2);
        char names[100];
        if (k == (size_t)_i / 4)
            continue;
        snprintf(names, sizeof names, "%s,%s", quantity, other);
        fa_recorder *alone = make_recorder(s.net, quantity, 1), *both = make_recorder(s.net, names, 1);
        for (uint64_t step = 1; step <= 2; step++) {
            to_deltas(&s);
            expect_ok(fa_recorder_observe(alone, s.net, s.pass, s.fb, 1, step));
            expect_ok(fa_recorder_observe(both, s.net, s.pass, s.fb, 1, step));
            expect_agreement(alone, both, quantity, other);
            expect_ok(fa_update(s.net, s.pass, s.fb, s.opt));
        }
    }
}
END_TEST

/* At first 0.01, which some slopes of such weights are above and some below. */
START_TEST(threshold_of_saturation)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 30, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 20, 3);
    fa_recorder *rec = make_recorder(s.net, "saturation", 1);
    double saturated[DEPTH], at_twice[DEPTH];
    for (size_t l = 1; l <= DEPTH; l++)
        expect_ok(fa_network_init_weights(s.net, l, FA_INIT_UNIFORM, 1, l));
    to_deltas(&s);
    expect_ok(fa_saturation(s.net, s.pass, 0.01, saturated));
    expect_ok(fa_saturation(s.net, s.pass, 0.02, at_twice));
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    for (size_t l = 1; l < DEPTH; l++) {
        ck_assert(saturated[l - 1] > 0 && saturated[l - 1] < at_twice[l - 1] && at_twice[l - 1] < 1);
        expect_value(rec, "saturation", l, saturated[l - 1]);
    }
}
END_TEST

/* All quantities, whatever a rule keeps for which layers. */
START_TEST(every_rule_can_be_recorded)
{
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 7, FA_TANH, true);
    session s = make_session(&spec, fa_rule_at((size_t)_i), 5, 3);
    fa_recorder *rec = make_recorder(s.net, all_names(), 1);
    double value;
    to_deltas(&s);
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    expect_ok(fa_recorder_value(rec, "update_ratio", 0, &value));
    ck_assert(value > 0);
}
END_TEST

/* A rule without B, no feedback at all, and a shallow delta: what is not there is NaN, and the rest is there. */
START_TEST(what_is_not_there_is_nan)
{
    net_spec spec = make_spec(FA_FLOAT32, DEPTH, 7, FA_IDENTITY, false), single = make_spec(FA_FLOAT32, 1, 4, 0, true);
    session s = make_session(&spec, fa_rule_find("shallow"), 5, 3);
    session one = make_session(&single, fa_rule_find("fa"), 5, 3);
    fa_recorder *rec = make_recorder(s.net, NULL, 1), *lone = make_recorder(one.net, all_names(), 1);
    double value = 0;
    to_deltas(&s);
    for (int i = 0; i < 2; i++) {
        expect_ok(fa_recorder_observe(rec, s.net, s.pass, i ? s.fb : NULL, 1, 1));
        expect_value(rec, "delta_angle", 1, NAN);
        expect_value(rec, "delta_ratio", 1, 0);
        expect_value(rec, "feedback_norm", 1, NAN);
        expect_value(rec, "weight_angle", 1, NAN);
        expect_value(rec, "alignment_angle", 3, NAN);
        expect_value(rec, "saturation", 1, NAN);
        expect_value(rec, "bias_norm", 1, NAN);
        expect_value(rec, "update_ratio", 3, 1);
        expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "weight_rank", 1, &value)); /* not chosen */
    }
    to_deltas(&one);
    expect_ok(fa_recorder_observe(lone, one.net, one.pass, one.fb, 1, 1));
    expect_value(lone, "update_ratio", 0, 1);
    fa_matrix w = make_matrix(FA_FLOAT32, 8, 7); /* its inverse is too large for float32 */
    for (size_t i = 0; i < 56; i++)
        ((float *)w.data)[i] = i % 8 == 0 ? 1e-38f : 0;
    rec = make_recorder(s.net, "pseudo_angle,weight_norm", 1);
    expect_ok(fa_network_set_weights(s.net, 3, &w));
    to_deltas(&s);
    expect_ok(fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    ck_assert_uint_eq(fa_recorder_count(rec), 1);
    expect_ok(fa_recorder_value(rec, "weight_norm", 3, &value));
    ck_assert(value > 2e-38 && value < 4e-38);
}
END_TEST

/* --- nothing else changes --- */

typedef struct watcher {
    fa_recorder *rec;
    const session *s;
    uint64_t calls;
} watcher;

static bool observe(void *user_data, const fa_progress *progress)
{
    watcher *w = user_data;
    w->calls++;
    return fa_recorder_callback(w->rec, progress);
}

START_TEST(training_does_not_notice)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    const size_t batch = _i / 2 % 2 ? 1 : 6;
    net_spec spec = make_spec(dtype, DEPTH, 9, FA_TANH, true);
    session a = make_session(&spec, fa_rule_find("fa"), 20, 3), b = make_session(&spec, fa_rule_find("fa"), 20, 3);
    fa_dataset *data = make_dataset(&a.x, &a.target);
    watcher w = {.rec = make_recorder(b.net, all_names(), 3), .s = &b};
    if (_i / 4)
        for (int i = 0; i < 2; i++) {
            expect_ok(fa_network_set_dropout(i ? b.net : a.net, 2, 0.3));
            expect_ok(fa_optimizer_set(i ? b.opt : a.opt, "momentum", 0));
            expect_ok(fa_pass_set_dropout(i ? b.pass : a.pass, 4, 0));
        }
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        fa_epoch_options options = {.struct_size = sizeof options, .batch = batch, .shuffle = true, .epoch = epoch};
        expect_ok(fa_train_epoch(a.net, a.pass, a.fb, a.opt, data, &options, NULL));
        options.point = FA_AFTER_DELTAS;
        options.callback = observe;
        options.user_data = &w;
        expect_ok(fa_train_epoch(b.net, b.pass, b.fb, b.opt, data, &options, NULL));
    }
    const uint64_t batches = batch == 1 ? 20 : 4;
    ck_assert_uint_eq(w.calls, 3 * batches);
    ck_assert_uint_eq(fa_recorder_count(w.rec), 3 * (batches / 3));
    expect_ok(fa_recorder_status(w.rec));
    state_copy left = take_snapshot(&a), right = take_snapshot(&b);
    ck_assert(same_snapshot(&left, &right));
}
END_TEST

/* --- wrong calls --- */

START_TEST(wrong_calls)
{
    static const char *const wrong[] = {"", ",", "delta_angle,", "delta", "delta_angle,delta_angle",
                                        "delta_angle, saturation", "DELTA_ANGLE"};
    net_spec spec = make_spec(FA_FLOAT64, DEPTH, 5, FA_TANH, true), other = make_spec(FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("fa"), 4, 3), o = make_session(&other, fa_rule_find("fa"), 4, 3);
    fa_recorder *rec = (fa_recorder *)&spec;
    double value = 0;
    fa_network *empty;
    expect_ok(fa_network_create(&empty, FA_FLOAT64, 3));
    expect_failure(FA_ERR_STATE, fa_recorder_create(&rec, empty, NULL, 1));
    fa_network_destroy(empty);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rec = (fa_recorder *)&spec;
        expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, s.net, wrong[i], 1));
        ck_assert_ptr_null(rec);
    }
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(NULL, s.net, NULL, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, NULL, NULL, 1));
    rec = make_recorder(s.net, "delta_angle", 0);
    expect_failure(FA_ERR_STATE, fa_recorder_observe(rec, s.net, s.pass, s.fb, 1, 1));
    ck_assert_int_eq(fa_recorder_status(rec), FA_ERR_STATE);
    to_deltas(&s);
    to_deltas(&o);
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, o.net, o.pass, o.fb, 1, 1));
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, s.net, o.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_SHAPE, fa_recorder_observe(rec, s.net, s.pass, o.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(NULL, s.net, s.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(rec, NULL, s.pass, s.fb, 1, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_observe(rec, s.net, NULL, s.fb, 1, 1));
    ck_assert_uint_eq(fa_recorder_count(rec), 0);
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(NULL, "x", FA_RECORD_CSV));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(rec, NULL, FA_RECORD_CSV));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_open(rec, "x", (fa_record_format)3));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_close(NULL));
    expect_ok(fa_recorder_set_threshold(rec, 0));
    expect_ok(fa_recorder_set_threshold(rec, 1));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_set_threshold(rec, 1.5));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_set_threshold(NULL, 0.5));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_status(NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(NULL, "delta_angle", 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, NULL, 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "delta", 1, &value));
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_value(rec, "delta_angle", 1, NULL));
    ck_assert_uint_eq(fa_recorder_count(NULL), 0);
    fa_recorder_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, table);
    tcase_add_test(tcase, layers_are_those_of_the_table);
    tcase_add_test(tcase, threshold_of_saturation);
    tcase_add_loop_test(tcase, values_are_those_of_the_diagnostics, 0, 4);
    tcase_add_loop_test(tcase, quantities_do_not_disturb_each_other, 0, 4 * (int)fa_quantity_count());
    tcase_add_loop_test(tcase, every_rule_can_be_recorded, 0, (int)fa_rule_count());
    tcase_add_test(tcase, what_is_not_there_is_nan);
    tcase_add_loop_test(tcase, training_does_not_notice, 0, 8);
    tcase_add_test(tcase, wrong_calls);
    return support_run(suite, true);
}
