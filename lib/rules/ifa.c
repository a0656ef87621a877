/* ifa -- indirect feedback alignment.
 *
 *     delta_1 = (B_1 e) .* f'(z_1),   delta_l = (W_l delta_{l-1}) .* f'(z_l),   l = 2 .. L-1
 *
 * The error enters at the first hidden layer only, through B_1 [n_1 x n_L], random and fixed, and travels on in the
 * direction of the forward pass. Nokland, Advances in Neural Information Processing Systems 29 (2016). */
#include <fa/rule.h>

static fa_status setup(fa_setup *s)
{
    return fa_setup_depth(s) > 1 ? fa_setup_feedback_layer(s, FA_DIRECT, 1, FA_DRAW_NOKLAND) : FA_OK;
}

static fa_status backward(fa_step *step)
{
    fa_status status = fa_step_depth(step) > 1 ? fa_step_inject(step, 1) : FA_OK;

    for (size_t l = 2; l < fa_step_depth(step) && status == FA_OK; l++)
        status = fa_step_carry(step, l);
    return status;
}

extern const fa_rule fa_rule_ifa;

const fa_rule fa_rule_ifa = {
    .struct_size = sizeof(fa_rule),
    .name = "ifa",
    .summary = "indirect feedback alignment: delta_1 = (B_1 e) .* f'(z_1), delta_l = (W_l delta_{l-1}) .* f'(z_l)",
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Nokland, NeurIPS 29 (2016)",
};
