/* pseudo_backprop -- back-propagation through pseudo-inverses.
 *
 *     delta_l = (W_{l+1}^+ delta_{l+1}) .* f'(z_l),   l = L-1 .. 1
 *
 * W^+ is the Moore-Penrose inverse: an approximation of Gauss and Newton's step. Lillicrap et al. compare feedback
 * alignment with it, as a diagnostic; it wants a learning rate and initial weights of its own, since small weights have
 * large inverses. It costs a singular value decomposition of every W_{l+1}, in every `every`-th step.
 * Lillicrap, Cownden, Tweed, Akerman, Nat. Commun. 7:13276 (2016). */
#include <fa/rule.h>

static const fa_param params[] = {
    {"every", FA_PARAM_INTEGER, 1, 1, 1e9, NULL, "steps from one computation of the inverses to the next"},
};

static fa_status setup(fa_setup *s)
{
    return fa_setup_derived_feedback(s, FA_LAYERWISE);
}

static fa_status invert(fa_step *step, size_t l)
{
    fa_matrix W, B;
    fa_status status = fa_step_weights(step, l + 1, &W);

    if (status == FA_OK)
        status = fa_step_array(step, "B", l, &B);
    return status == FA_OK ? fa_step_pseudo_inverse(step, &W, &B) : status;
}

static fa_status backward(fa_step *step)
{
    double    every = 1;
    fa_status status = fa_step_param(step, "every", &every);

    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--) {
        if (fa_step_number(step) % (uint64_t)every == 0)
            status = invert(step, l);
        if (status == FA_OK)
            status = fa_step_transport(step, l);
    }
    return status;
}

extern const fa_rule fa_rule_pseudo_backprop;

const fa_rule fa_rule_pseudo_backprop = {
    .struct_size = sizeof(fa_rule),
    .name = "pseudo_backprop",
    .summary = "pseudo-back-propagation: delta_l = (W_{l+1}^+ delta_{l+1}) .* f'(z_l), W^+ Moore-Penrose",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "Lillicrap et al., Nat. Commun. 7:13276 (2016)",
};
