/* fa -- feedback alignment.
 *
 *     delta_l = (B_l delta_{l+1}) .* f'(z_l),   l = L-1 .. 1
 *
 * B_l [n_l x n_{l+1}] is random and fixed; it stands where back-propagation has W_{l+1}^T.
 * Lillicrap, Cownden, Tweed, Akerman, Nat. Commun. 7:13276 (2016). */
#include <fa/rule.h>

static fa_status setup(fa_setup *s)
{
    return fa_setup_feedback(s, FA_LAYERWISE);
}

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = fa_step_transport(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_fa;

const fa_rule fa_rule_fa = {
    .struct_size = sizeof(fa_rule),
    .name = "fa",
    .summary = "feedback alignment: delta_l = (B_l delta_{l+1}) .* f'(z_l), B_l random and fixed",
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Lillicrap et al., Nat. Commun. 7:13276 (2016)",
};
