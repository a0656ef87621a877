/* dkp -- direct Kolen-Pollack.
 *
 *     delta_l = (B_l e) .* f'(z_l),   B_l = (1 - decay) B_l - eta_B mean(h_l e^T)
 *
 * Direct feedback alignment with feedback that learns as an output layer on h_l would: B_l [n_l x n_L]. eta_B is the
 * optimizer's learning rate times rate_factor. Of accumulated batches B sees the last one alone. Webster et al.,
 * Learning the connections in direct feedback alignment (2021). */
#include <fa/rule.h>

static const fa_param params[] = {
    {"rate_factor", FA_PARAM_REAL, 1, 0, 1e6, NULL, "eta_B is this times the optimizer's learning rate"},
    {"decay", FA_PARAM_REAL, 0, 0, 1, NULL, "B shrinks by this times itself in every step"},
};

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

static void adapt(fa_step *step)
{
    double    factor = 1, decay = 0;
    fa_matrix e, h, B;

    (void)fa_step_param(step, "rate_factor", &factor);
    (void)fa_step_param(step, "decay", &decay);
    if (fa_step_delta(step, fa_step_depth(step), &e) != FA_OK)
        return;
    factor *= fa_step_learning_rate(step) / (double)fa_step_batch(step);
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        if (fa_step_activity(step, 0, l, &h) != FA_OK || fa_step_array(step, "B", l, &B) != FA_OK)
            continue;
        h = fa_matrix_transpose(h);
        (void)fa_step_product(step, -factor, &h, &e, 1 - decay, &B);
    }
}

extern const fa_rule fa_rule_dkp;

const fa_rule fa_rule_dkp = {
    .struct_size = sizeof(fa_rule),
    .name = "dkp",
    .summary = "direct Kolen-Pollack: delta_l = (B_l e) .* f'(z_l), B_l -= eta_B mean(h_l e^T)",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .adapt = adapt,
    .learning_rate = 0.1,
    .source = "Webster et al., Learning the connections in direct feedback alignment (2021)",
};
