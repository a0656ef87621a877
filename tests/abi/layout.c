/* The structs that programs lay out themselves, on LP64: sizes and places of members that can never change; layouts.py
 * sees that none is missing. On 32-bit processors they follow from the platform's own alignment of 64-bit numbers (4 on
 * i386, 8 on ARM), and only what holds none of these is the same everywhere. */
#include <fa/fa.h>

#include <stddef.h>
#include <stdint.h>

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)

#if defined(__LP64__)
/* Frozen for ever. */
_Static_assert(sizeof(fa_matrix) == 48, "fa_matrix");
AT(fa_matrix, data, 0);
AT(fa_matrix, rows, 8);
AT(fa_matrix, cols, 16);
AT(fa_matrix, row_stride, 24);
AT(fa_matrix, col_stride, 32);
AT(fa_matrix, dtype, 40);

_Static_assert(sizeof(fa_param) == 56, "fa_param");
AT(fa_param, name, 0);
AT(fa_param, type, 8);
AT(fa_param, default_value, 16);
AT(fa_param, min, 24);
AT(fa_param, max, 32);
AT(fa_param, choices, 40);
AT(fa_param, doc, 48);

_Static_assert(sizeof(fa_stream) == 24, "fa_stream");
AT(fa_stream, seed, 0);
AT(fa_stream, step, 8);
AT(fa_stream, purpose, 16);
AT(fa_stream, layer, 20);

/* An element of the caller's array. */
_Static_assert(sizeof(fa_delta_report) == 40, "fa_delta_report");
AT(fa_delta_report, angle, 0);
AT(fa_delta_report, angle_mean, 8);
AT(fa_delta_report, angle_deviation, 16);
AT(fa_delta_report, angle_samples, 24);
AT(fa_delta_report, ratio, 32);

_Static_assert(sizeof(fa_update_report) == 16, "fa_update_report");
AT(fa_update_report, angle, 0);
AT(fa_update_report, ratio, 8);

_Static_assert(sizeof(fa_spectrum) == 40, "fa_spectrum");
AT(fa_spectrum, rank, 0);
AT(fa_spectrum, values, 8);
AT(fa_spectrum, largest, 16);
AT(fa_spectrum, smallest, 24);
AT(fa_spectrum, condition, 32);

_Static_assert(sizeof(fa_norm_report) == 40, "fa_norm_report");
AT(fa_norm_report, weights, 0);
AT(fa_norm_report, bias, 8);
AT(fa_norm_report, feedback, 16);
AT(fa_norm_report, activity, 24);
AT(fa_norm_report, delta, 32);

_Static_assert(sizeof(fa_quantity) == 40, "fa_quantity");
AT(fa_quantity, name, 0);
AT(fa_quantity, unit, 8);
AT(fa_quantity, layers, 16);
AT(fa_quantity, cost, 24);
AT(fa_quantity, doc, 32);

_Static_assert(sizeof(fa_invariant_report) == 24, "fa_invariant_report");
AT(fa_invariant_report, flow, 0);
AT(fa_invariant_report, exact, 8);
AT(fa_invariant_report, scale, 16);

/* Results and records, frozen too. */
_Static_assert(sizeof(fa_idx_info) == 48, "fa_idx_info");
AT(fa_idx_info, type, 0);
AT(fa_idx_info, rank, 8);
AT(fa_idx_info, extents, 16);

_Static_assert(sizeof(fa_result) == 32, "fa_result");
AT(fa_result, samples, 0);
AT(fa_result, correct, 8);
AT(fa_result, loss, 16);
AT(fa_result, accuracy, 24);

_Static_assert(sizeof(fa_epoch_record) == 80, "fa_epoch_record");
AT(fa_epoch_record, epoch, 0);
AT(fa_epoch_record, training, 8);
AT(fa_epoch_record, validation, 40);
AT(fa_epoch_record, schedule, 72);

/* These grow at their end only: what 0.2.0 has stays where it is. */
_Static_assert(sizeof(fa_progress) >= 136, "fa_progress");
AT(fa_progress, struct_size, 0);
AT(fa_progress, point, 8);
AT(fa_progress, epoch, 16);
AT(fa_progress, batch, 24);
AT(fa_progress, batches, 32);
AT(fa_progress, training, 40);
AT(fa_progress, validation, 72);
AT(fa_progress, net, 104);
AT(fa_progress, pass, 112);
AT(fa_progress, fb, 120);
AT(fa_progress, opt, 128);

_Static_assert(sizeof(fa_epoch_options) >= 72, "fa_epoch_options");
AT(fa_epoch_options, struct_size, 0);
AT(fa_epoch_options, batch, 8);
AT(fa_epoch_options, shuffle, 16);
AT(fa_epoch_options, drop_last, 17);
AT(fa_epoch_options, seed, 24);
AT(fa_epoch_options, epoch, 32);
AT(fa_epoch_options, point, 40);
AT(fa_epoch_options, every, 48);
AT(fa_epoch_options, callback, 56);
AT(fa_epoch_options, user_data, 64);

/* So does this one: what 0.1.0 has stays where it is. */
_Static_assert(sizeof(fa_rule) >= 104, "fa_rule");
AT(fa_rule, struct_size, 0);
AT(fa_rule, name, 8);
AT(fa_rule, summary, 16);
AT(fa_rule, flags, 24);
AT(fa_rule, params, 32);
AT(fa_rule, n_params, 40);
AT(fa_rule, setup, 48);
AT(fa_rule, backward, 56);
AT(fa_rule, local, 64);
AT(fa_rule, adapt, 72);
AT(fa_rule, state_size, 80);
AT(fa_rule, init, 88);
AT(fa_rule, fini, 96);
/* Since 0.3.0. */
AT(fa_rule, learning_rate, 104);
AT(fa_rule, source, 112);
/* Since 0.4.0. */
_Static_assert(sizeof(fa_rule) >= 136, "fa_rule");
AT(fa_rule, save, 120);
AT(fa_rule, load, 128);
#elif UINTPTR_MAX == UINT32_MAX
_Static_assert(sizeof(fa_matrix) == 24, "fa_matrix");
_Static_assert(sizeof(fa_quantity) == 20, "fa_quantity");
#endif

/* Enumerations are int-sized wherever a struct or a foreign language holds one. */
_Static_assert(sizeof(fa_status) == sizeof(int), "fa_status");
_Static_assert(sizeof(fa_dtype) == sizeof(int), "fa_dtype");
_Static_assert(sizeof(fa_param_type) == sizeof(int), "fa_param_type");
_Static_assert(sizeof(fa_idx_type) == sizeof(int), "fa_idx_type");
_Static_assert(sizeof(fa_point) == sizeof(int), "fa_point");
_Static_assert(sizeof(fa_stop) == sizeof(int), "fa_stop");
_Static_assert(sizeof(fa_activation) == sizeof(int), "fa_activation");
_Static_assert(sizeof(fa_loss) == sizeof(int), "fa_loss");
_Static_assert(sizeof(fa_init) == sizeof(int), "fa_init");
_Static_assert(sizeof(fa_parameters) == sizeof(int), "fa_parameters");
_Static_assert(sizeof(fa_purpose) == sizeof(int), "fa_purpose");
_Static_assert(sizeof(fa_record_format) == sizeof(int), "fa_record_format");
_Static_assert(sizeof(fa_load_flag) == sizeof(int), "fa_load_flag");
_Static_assert(sizeof(fa_rule_flag) == sizeof(int), "fa_rule_flag");
_Static_assert(sizeof(fa_topology) == sizeof(int), "fa_topology");
_Static_assert(sizeof(fa_feedback_draw) == sizeof(int), "fa_feedback_draw");

/* Numbers are only ever added. */
_Static_assert(FA_OK == 0 && FA_ERR_ARGUMENT == -1 && FA_ERR_SHAPE == -2 && FA_ERR_DTYPE == -3 &&
               FA_ERR_MEMORY == -4 && FA_ERR_NOT_FINITE == -5 && FA_ERR_STATE == -6 && FA_ERR_UNSUPPORTED == -7 &&
               FA_ERR_IO == -8 && FA_ERR_FORMAT == -9 && FA_ERR_RULE == -10, "fa_status");
_Static_assert(FA_FLOAT32 == 1 && FA_FLOAT64 == 2, "fa_dtype");
_Static_assert(FA_PURPOSE_RAW == 0 && FA_PURPOSE_WEIGHTS == 1 && FA_PURPOSE_BIAS == 2 && FA_PURPOSE_FEEDBACK == 3 &&
               FA_PURPOSE_ORDER == 4 && FA_PURPOSE_RULE == 5 && FA_PURPOSE_DROPOUT == 6 &&
               FA_PURPOSE_SPLIT == 7 && FA_PURPOSE_PRUNING == 8 && FA_PURPOSE_FORM == 9 &&
               FA_PURPOSE_USER == 0x40000000, "fa_purpose");
_Static_assert(FA_AFTER_DELTAS == 1 && FA_AFTER_UPDATE == 2 && FA_AFTER_EPOCH == 3, "fa_point");
_Static_assert(FA_STOP_NONE == 0 && FA_STOP_EPOCHS == 1 && FA_STOP_EARLY == 2 && FA_STOP_CALLBACK == 3, "fa_stop");

int main(void)
{
    return 0;
}
