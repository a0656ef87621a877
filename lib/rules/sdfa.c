/* sdfa -- direct feedback of the error's sign.
 *
 *     delta_l = (B_l sign(e)) .* f'(z_l),   sign(0) = 0,   l = 1 .. L-1
 *
 * The signs are those of every sample's own error. Frenkel, Lefebvre, Bol, Frontiers in Neuroscience 15:629892
 * (2021). */
#include <fa/rule.h>

static fa_status setup(fa_setup *s)
{
    fa_status status = fa_setup_slots(s, 1);

    return status == FA_OK ? fa_setup_feedback(s, FA_DIRECT) : status;
}

static fa_status backward(fa_step *step)
{
    const size_t depth = fa_step_depth(step);
    fa_matrix    e, signs;
    fa_status    status = fa_step_delta(step, depth, &e);

    if (status == FA_OK)
        status = fa_step_activity(step, 1, depth, &signs);
    if (status == FA_OK)
        status = fa_step_sign(step, 1, NULL, &e, &signs);
    for (size_t l = depth - 1; l >= 1 && status == FA_OK; l--)
        status = fa_step_inject_signal(step, l, 1, &signs);
    return status;
}

extern const fa_rule fa_rule_sdfa;

const fa_rule fa_rule_sdfa = {
    .struct_size = sizeof(fa_rule),
    .name = "sdfa",
    .summary = "sign-concordant direct feedback: delta_l = (B_l sign(e)) .* f'(z_l)",
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Frenkel, Lefebvre, Bol, Front. Neurosci. 15:629892 (2021)",
};
