/* pfa -- product feedback alignment.
 *
 *     delta_l = (R_l^T B_l^T delta_{l+1}) .* f'(z_l),   l = L-1 .. 1
 *     W_{l+1} = (1 - decay) (W_{l+1} + D),   R_l = (1 - decay) (R_l + B_l^T D)
 *
 * B_l [n_{l+1} x m] is random and fixed, R_l [m x n_l] learns, m = expansion n_{l+1}; D is the change that the
 * optimizer made to W_{l+1} for the sake of the gradient, so under plain descent B^T D is -eta (B^T delta_{l+1}) h_l^T,
 * and the product B_l R_l follows W_{l+1} as far as B_l B_l^T is near I, with no synapse's size copied. B_l ~
 * N(0, 1/m), whose B B^T has expectation I; R_l ~ U[-1/sqrt(n_l), 1/sqrt(n_l)).
 * Li Ji-An, Benna, arXiv:2405.20594 (2024). */
#include <fa/rule.h>

#include <math.h>

static const fa_param params[] = {
    {"expansion", FA_PARAM_INTEGER, 2, 1, 1000, NULL, "rows of R_l for every unit of layer l + 1"},
    {"decay", FA_PARAM_REAL, 0, 0, 1, NULL, "W and R shrink by this times themselves in every step"},
};

static fa_status setup(fa_setup *s)
{
    double    expansion = 1;
    fa_status status = fa_setup_param(s, "expansion", &expansion);

    if (status == FA_OK && fa_setup_depth(s) > 1) /* no R follows W_1 */
        status = fa_setup_increments(s, 2);
    for (size_t l = 1; l < fa_setup_depth(s) && status == FA_OK; l++) {
        const size_t above = fa_setup_width(s, l + 1), m = above * (size_t)expansion, n = fa_setup_width(s, l);
        status = fa_setup_array(s, "B", l, above, m, FA_INIT_NORMAL, 1 / sqrt((double)m));
        if (status == FA_OK)
            status = fa_setup_array(s, "R", l, m, n, FA_INIT_UNIFORM, 1 / sqrt((double)n));
    }
    return status;
}

static fa_status backward(fa_step *step)
{
    for (size_t l = fa_step_depth(step) - 1; l >= 1; l--) {
        fa_matrix B, R;
        fa_status status = fa_step_array(step, "B", l, &B);
        if (status == FA_OK)
            status = fa_step_array(step, "R", l, &R);
        if (status != FA_OK)
            return status;
        B = fa_matrix_transpose(B);
        R = fa_matrix_transpose(R);
        status = fa_step_transport_through(step, l, &R, &B);
        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

static void adapt(fa_step *step)
{
    double decay = 0;

    (void)fa_step_param(step, "decay", &decay);
    for (size_t l = 1; l < fa_step_depth(step); l++) {
        fa_matrix B, R, D;
        if (fa_step_array(step, "B", l, &B) != FA_OK || fa_step_array(step, "R", l, &R) != FA_OK ||
            fa_step_increment(step, l + 1, &D, NULL) != FA_OK ||
            fa_step_shrink_weights(step, l + 1, 1 - decay) != FA_OK)
            continue;
        B = fa_matrix_transpose(B);
        (void)fa_step_product(step, 1 - decay, &B, &D, 1 - decay, &R);
    }
}

extern const fa_rule fa_rule_pfa;

const fa_rule fa_rule_pfa = {
    .struct_size = sizeof(fa_rule),
    .name = "pfa",
    .summary = "product feedback alignment: delta_l = (R_l^T B_l^T delta_{l+1}) .* f'(z_l); "
               "R_l gets B_l^T times W's increment",
    .flags = FA_RULE_NEEDS_INCREMENT | FA_RULE_REFUSES_COUPLED_DECAY,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .adapt = adapt,
    .learning_rate = 0.1,
    .source = "Li Ji-An, Benna, arXiv:2405.20594 (2024)",
};
