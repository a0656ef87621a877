/* The structs that programs lay out themselves, on LP64: sizes and places of members that can never change. */
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

/* Grows at its end only: what 0.1.0 has stays where it is. */
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
#endif

/* Enumerations are int-sized wherever a struct or a foreign language holds one. */
_Static_assert(sizeof(fa_status) == sizeof(int), "fa_status");
_Static_assert(sizeof(fa_dtype) == sizeof(int), "fa_dtype");
_Static_assert(sizeof(fa_param_type) == sizeof(int), "fa_param_type");

/* Numbers are only ever added. */
_Static_assert(FA_OK == 0 && FA_ERR_ARGUMENT == -1 && FA_ERR_SHAPE == -2 && FA_ERR_DTYPE == -3 &&
               FA_ERR_MEMORY == -4 && FA_ERR_NOT_FINITE == -5 && FA_ERR_STATE == -6 && FA_ERR_UNSUPPORTED == -7 &&
               FA_ERR_IO == -8 && FA_ERR_FORMAT == -9 && FA_ERR_RULE == -10, "fa_status");
_Static_assert(FA_FLOAT32 == 1 && FA_FLOAT64 == 2, "fa_dtype");
_Static_assert(FA_PURPOSE_RAW == 0 && FA_PURPOSE_WEIGHTS == 1 && FA_PURPOSE_BIAS == 2 && FA_PURPOSE_FEEDBACK == 3 &&
               FA_PURPOSE_ORDER == 4 && FA_PURPOSE_RULE == 5 && FA_PURPOSE_USER == 0x40000000, "fa_purpose");

int main(void)
{
    return 0;
}
