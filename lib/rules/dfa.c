/* dfa -- direct feedback alignment.
 *
 *     delta_l = (B_l e) .* f'(z_l),   l = 1 .. L-1
 *
 * B_l [n_l x n_L] is random and fixed, and brings the output error straight to every hidden layer; for one hidden layer
 * it is feedback alignment. From the last layer down, so that layers reached through their weights find a delta above.
 * Nokland, Advances in Neural Information Processing Systems 29 (2016). */
#include <fa/rule.h>

static fa_status setup(fa_setup *s)
{
    return fa_setup_feedback(s, FA_DIRECT);
}

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_status status = fa_step_inject(step, l);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

extern const fa_rule fa_rule_dfa;

const fa_rule fa_rule_dfa = {
    .struct_size = sizeof(fa_rule),
    .name = "dfa",
    .summary = "direct feedback alignment: delta_l = (B_l e) .* f'(z_l), B_l random and fixed",
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Nokland, NeurIPS 29 (2016)",
};
