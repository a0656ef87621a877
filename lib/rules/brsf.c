/* brsf -- sign-symmetry with random magnitudes for every batch.
 *
 *     delta_l = (B_l delta_{l+1}) .* f'(z_l),   B_l = s_l M_l .* sign(W_{l+1})^T,   l = L-1 .. 1
 *
 * M_l ~ U[low, high), drawn anew in every step. Liao, Leibo, Poggio, AAAI (2016); scale by Xiao, Chen, Liao, Poggio,
 * arXiv:1811.03567 (2018). */
#include "sign_symmetry.h"

static const fa_param params[] = {
    SIGN_SYMMETRY_SCALE,
    {"low", FA_PARAM_REAL, 0, 0, 1e6, NULL, "smallest magnitude"},
    {"high", FA_PARAM_REAL, 1, 0, 1e6, NULL, "largest magnitude; the same as low makes it uniform sign-symmetry"},
};

static fa_status setup(fa_setup *s)
{
    return fa_setup_derived_feedback(s, FA_LAYERWISE);
}

/* M_l is drawn into B_l, where it then gets its signs. */
static fa_status backward(fa_step *step)
{
    double low = 0, high = 1;

    (void)fa_step_param(step, "low", &low);
    (void)fa_step_param(step, "high", &high);
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_matrix B;
        fa_status status = fa_step_array(step, "B", l, &B);
        if (status == FA_OK)
            status = fa_step_uniform(step, FA_PURPOSE_RULE, l, low, high, &B);
        if (status == FA_OK)
            status = sign_symmetry_transport(step, l, sign_symmetry_scale(step, l), &B);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_brsf;

const fa_rule fa_rule_brsf = {
    .struct_size = sizeof(fa_rule),
    .name = "brsf",
    .summary = "sign-symmetry with magnitudes drawn for every batch: B_l = s_l M_l .* sign(W_{l+1})^T",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Liao, Leibo, Poggio, AAAI (2016)",
};
