/* node_perturbation -- what the loss says about noise in the hidden layers.
 *
 *     xi_l ~ N(0, sigma^2) is added to z_l, l = 1 .. L-1, in a second pass;   delta_l = (L' - L) xi_l / sigma^2
 *
 * L and L' are the losses of a sample without and with the noise. The expectation is the gradient of the loss smoothed
 * by the noise (Stein's identity): back-propagation's delta where one layer of a linear network with squared error is
 * perturbed, and off by O(sigma^2) elsewhere. The output layer learns by e, as in Lillicrap et al., Nat. Commun.
 * 7:13276 (2016). The same mask of dropout in both passes is part of the loss, so delta needs none. */
#include <fa/rule.h>

static const fa_param params[] = {
    {"sigma", FA_PARAM_REAL, 0.01, 1e-8, 1e6, NULL,
     "standard deviation of the noise; too small a one drowns in the rounding of the loss"},
};

enum { NOISY = 1, NOISE = 2 };

static fa_status setup(fa_setup *s)
{
    return fa_setup_slots(s, 2);
}

/* Noise for the hidden layers, and none at the output. */
static fa_status draw(fa_step *step, double sigma)
{
    const size_t depth = fa_step_depth(step);
    fa_matrix    xi;
    fa_status    status = FA_OK;

    for (size_t l = 1; l <= depth && status == FA_OK; l++) {
        status = fa_step_activity(step, NOISE, l, &xi);
        if (status == FA_OK && l < depth)
            status = fa_step_normal(step, FA_PURPOSE_RULE, l, 0, sigma, &xi);
        else if (status == FA_OK)
            status = fa_step_combine(step, 0, NULL, 0, &xi);
    }
    return status;
}

static fa_status backward(fa_step *step)
{
    double   *clean = fa_step_numbers(step, 0), *noisy = fa_step_numbers(step, 1), sigma = 1;
    fa_matrix xi, delta;
    fa_status status = fa_step_param(step, "sigma", &sigma);

    if (status == FA_OK)
        status = draw(step, sigma);
    if (status == FA_OK)
        status = fa_step_forward(step, NOISY, NULL, NOISE);
    if (status == FA_OK)
        status = fa_step_loss(step, 0, clean);
    if (status == FA_OK)
        status = fa_step_loss(step, NOISY, noisy);
    for (size_t i = 0; status == FA_OK && i < fa_step_batch(step); i++)
        noisy[i] = (noisy[i] - clean[i]) / (sigma * sigma);
    for (size_t l = 1; l < fa_step_depth(step) && status == FA_OK; l++) {
        status = fa_step_activity(step, NOISE, l, &xi);
        if (status == FA_OK)
            status = fa_step_delta(step, l, &delta);
        if (status == FA_OK)
            status = fa_step_scale_rows(step, noisy, &xi, &delta);
    }
    return status;
}

extern const fa_rule fa_rule_node_perturbation;

const fa_rule fa_rule_node_perturbation = {
    .struct_size = sizeof(fa_rule),
    .name = "node_perturbation",
    .summary = "node perturbation: delta_l = (L(z + xi) - L(z)) xi_l / sigma^2 for each sample",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.03,
    .source = "Lillicrap et al., Nat. Commun. 7:13276 (2016)",
};
