/* usf -- uniform sign-symmetry.
 *
 *     delta_l = (B_l delta_{l+1}) .* f'(z_l),   B_l = s_l sign(W_{l+1})^T,   l = L-1 .. 1
 *
 * B follows the signs of the weights in every step, and none of their sizes; sign(0) = 0, so it needs weights that do
 * not start at 0. Liao, Leibo, Poggio, AAAI (2016); scale by Xiao, Chen, Liao, Poggio, arXiv:1811.03567 (2018). */
#include "sign_symmetry.h"

static const fa_param params[] = {SIGN_SYMMETRY_SCALE};

static fa_status setup(fa_setup *s)
{
    return fa_setup_derived_feedback(s, FA_LAYERWISE);
}

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = sign_symmetry_transport(step, l, sign_symmetry_scale(step, l), NULL);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_usf;

const fa_rule fa_rule_usf = {
    .struct_size = sizeof(fa_rule),
    .name = "usf",
    .summary = "uniform sign-symmetry: delta_l = (B_l delta_{l+1}) .* f'(z_l), B_l = s_l sign(W_{l+1})^T",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Liao, Leibo, Poggio, AAAI (2016)",
};
