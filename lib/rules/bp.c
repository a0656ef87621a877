/* bp -- back-propagation.
 *
 *     delta_l = (W_{l+1}^T delta_{l+1}) .* f'(z_l),   l = L-1 .. 1
 *
 * The reference that the family is measured against: the error travels through the transpose of the forward weights.
 * Rumelhart, Hinton, Williams, Nature 323:533 (1986). */
#include <fa/rule.h>

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = fa_step_transport_with(step, l, fa_step_weights_operand(step, l));
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_bp;

const fa_rule fa_rule_bp = {
    .struct_size = sizeof(fa_rule),
    .name = "bp",
    .summary = "back-propagation: delta_l = (W_{l+1}^T delta_{l+1}) .* f'(z_l)",
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Rumelhart, Hinton, Williams, Nature 323:533 (1986)",
};
