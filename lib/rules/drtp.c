/* drtp -- direct random target projection.
 *
 *     delta_l = sign (B_l y*) .* f'(z_l),   l = 1 .. L-1;   the output layer learns by its own e
 *
 * The target stands for the error, so a layer can be updated as soon as it has run. With softmax or logistic outputs
 * sign(y* - y) is 2 y* - 1 for one-hot targets, hence a projection of y* is one of the error's signs, up to a constant.
 * sign = +1 is the authors' code; -1 makes B comparable with that of dfa, whose e = y - y* is negative at the label.
 * B_l [n_l x n_L] ~ U[-sqrt(6/n_l), sqrt(6/n_l)). Frenkel, Lefebvre, Bol, Frontiers in Neuroscience 15:629892
 * (2021). */
#include <fa/rule.h>

static const fa_param params[] = {
    {"sign", FA_PARAM_REAL, 1, -1, 1, NULL, "+1: the authors' code; -1: as dfa's error at the label"},
};

static fa_status setup(fa_setup *s)
{
    fa_status status = FA_OK;

    for (size_t l = 1; l < fa_setup_depth(s) && status == FA_OK; l++)
        status = fa_setup_feedback_layer(s, FA_DIRECT, l, FA_DRAW_FRENKEL);
    return status;
}

static fa_status local(fa_step *step, size_t l)
{
    double    sign = 1;
    fa_matrix target;
    fa_status status = fa_step_param(step, "sign", &sign);

    if (status == FA_OK)
        status = fa_step_target(step, &target);
    return status == FA_OK ? fa_step_inject_signal(step, l, sign, &target) : status;
}

extern const fa_rule fa_rule_drtp;

const fa_rule fa_rule_drtp = {
    .struct_size = sizeof(fa_rule),
    .name = "drtp",
    .summary = "direct random target projection: delta_l = sign (B_l y*) .* f'(z_l)",
    .flags = FA_RULE_LOCAL,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .local = local,
    .learning_rate = 0.1,
    .source = "Frenkel, Lefebvre, Bol, Front. Neurosci. 15:629892 (2021)",
};
