/* kolen_pollack -- feedback that receives the same changes as the forward weights.
 *
 *     delta_l = (B_l delta_{l+1}) .* f'(z_l)
 *     W_{l+1} = (1 - decay) (W_{l+1} + D),   B_l^T = (1 - decay) (B_l^T + D)
 *
 * D is the change that the optimizer made to W_{l+1} for the sake of the gradient. So the difference between the two
 * shrinks by (1 - decay) in every step, whatever the optimizer: W - B^T = (1 - decay)^t (W - B^T)_0. The decay is
 * beside the gradient and not multiplied by the learning rate; one inside the gradient would enter D and keep the
 * difference as it is. The authors' runs have decay = 0, where the difference stays and the angle falls because W
 * grows.
 * Kolen, Pollack, IEEE ICNN (1994); Akrout, Wilson, Humphreys, Lillicrap, Tweed, NeurIPS 32 (2019), eqs. 16-17. */
#include <fa/rule.h>

static const fa_param params[] = {
    {"decay", FA_PARAM_REAL, 0, 0, 1, NULL, "W and B shrink by this times themselves in every step"},
};

/* No B follows W_1. */
static fa_status setup(fa_setup *s)
{
    fa_status status = fa_setup_depth(s) > 1 ? fa_setup_increments(s, 2) : FA_OK;

    return status == FA_OK ? fa_setup_feedback(s, FA_LAYERWISE) : status;
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

/* A frozen W_{l+1} neither changes nor shrinks, and so B_l does not. */
static void adapt(fa_step *step)
{
    double decay = 0;

    (void)fa_step_param(step, "decay", &decay);
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_matrix B, D;
        if (fa_step_array(step, "B", l, &B) != FA_OK || fa_step_increment(step, l + 1, &D, NULL) != FA_OK ||
            fa_step_shrink_weights(step, l + 1, 1 - decay) != FA_OK)
            continue;
        D = fa_matrix_transpose(D);
        (void)fa_step_combine(step, 1 - decay, &D, 1 - decay, &B);
    }
}

extern const fa_rule fa_rule_kolen_pollack;

const fa_rule fa_rule_kolen_pollack = {
    .struct_size = sizeof(fa_rule),
    .name = "kolen_pollack",
    .summary = "Kolen-Pollack: feedback alignment; B_l^T gets the increment of W_{l+1}, both shrink by 1 - decay",
    .flags = FA_RULE_NEEDS_INCREMENT | FA_RULE_REFUSES_COUPLED_DECAY,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .adapt = adapt,
    .learning_rate = 0.1,
    .source = "Kolen, Pollack, ICNN (1994); Akrout et al., NeurIPS 32 (2019)",
};
