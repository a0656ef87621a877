/* frsf -- sign-symmetry with fixed random magnitudes.
 *
 *     delta_l = (B_l delta_{l+1}) .* f'(z_l),   B_l = s_l (|M_l| .* sign(W_{l+1}))^T,   l = L-1 .. 1
 *
 * M_l is shaped like W_{l+1}, |M_l| ~ U[0, 1), drawn once. Liao, Leibo, Poggio, AAAI (2016); scale by Xiao, Chen, Liao,
 * Poggio, arXiv:1811.03567 (2018). */
#include "sign_symmetry.h"

static const fa_param params[] = {SIGN_SYMMETRY_SCALE};

static fa_status setup(fa_setup *s)
{
    fa_status status = fa_setup_derived_feedback(s, FA_LAYERWISE);

    for (size_t l = 1; l < fa_setup_depth(s) && status == FA_OK; l++)
        status = fa_setup_array(s, "M", l, fa_setup_width(s, l + 1), fa_setup_width(s, l), FA_INIT_UNIFORM, 1);
    return status;
}

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_matrix M;
        fa_status status = fa_step_array(step, "M", l, &M);
        M = fa_matrix_transpose(M);
        if (status == FA_OK)
            status = sign_symmetry_transport(step, l, sign_symmetry_scale(step, l), &M);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_frsf;

const fa_rule fa_rule_frsf = {
    .struct_size = sizeof(fa_rule),
    .name = "frsf",
    .summary = "sign-symmetry with fixed random magnitudes: B_l = s_l (|M_l| .* sign(W_{l+1}))^T, M_l drawn once",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Liao, Leibo, Poggio, AAAI (2016)",
};
