/* pepita -- present the error to perturb the input to modulate activity.
 *
 *     second pass on x + F e gives h_l';   delta_l = h_l - h_l',   l = 1 .. L-1;   delta_L = e
 *     gradients: delta_1 (x + F e)^T,   delta_l h_{l-1}'^T for l > 1
 *
 * No derivative and no feedback but F [n_0 x n_L] ~ 0.05 U[-sqrt(6/n_0), sqrt(6/n_0)). Every layer's presynaptic factor
 * is the modulated one. At the output the paper has the first pass's e, the authors' code the second's: output_error.
 * Both passes share their dropout mask, which also multiplies delta. Biases, which the paper does not have, learn by
 * delta_l. Dellaferrera, Kreiman, ICML (2022). */
#include <fa/rule.h>

#include <math.h>

static const fa_param params[] = {
    {"output_error", FA_PARAM_CHOICE, 0, 0, 1, "first|second", "which pass's e trains the output layer"},
};

enum { MODULATED = 1, SPARE = 2 };

static fa_status setup(fa_setup *s)
{
    const size_t n = fa_setup_width(s, 0);
    fa_status    status = fa_setup_slots(s, 2);

    if (status == FA_OK)
        status = fa_setup_array(s, "F", 0, n, fa_setup_width(s, fa_setup_depth(s)), FA_INIT_UNIFORM,
                                0.05 * sqrt(6 / (double)n));
    return status;
}

/* The second pass: x + F e, in rows x + e F^T. */
static fa_status modulate(fa_step *step, fa_matrix *input)
{
    fa_matrix x, e, F;
    fa_status status = fa_step_activity(step, 0, 0, &x);

    if (status == FA_OK)
        status = fa_step_activity(step, MODULATED, 0, input);
    if (status == FA_OK)
        status = fa_step_delta(step, fa_step_depth(step), &e);
    if (status == FA_OK)
        status = fa_step_array(step, "F", 0, &F);
    if (status == FA_OK)
        status = fa_step_combine(step, 1, &x, 0, input);
    if (status != FA_OK)
        return status;
    F = fa_matrix_transpose(F);
    status = fa_step_product(step, 1, &e, &F, 1, input);
    return status == FA_OK ? fa_step_forward(step, MODULATED, input, 0) : status;
}

/* delta_l = h_l - h_l', through the mask; h_l' is what W_{l+1} learns from. */
static fa_status compare(fa_step *step, size_t l)
{
    fa_matrix h, modulated, delta;
    fa_status status = fa_step_activity(step, 0, l, &h);

    if (status == FA_OK)
        status = fa_step_activity(step, MODULATED, l, &modulated);
    if (status == FA_OK)
        status = fa_step_delta(step, l, &delta);
    if (status == FA_OK)
        status = fa_step_combine(step, 1, &h, 0, &delta);
    if (status == FA_OK)
        status = fa_step_combine(step, -1, &modulated, 1, &delta);
    if (status == FA_OK)
        status = fa_step_apply_mask(step, l);
    return status == FA_OK ? fa_step_set_presynaptic(step, l + 1, &modulated) : status;
}

static fa_status use_second_error(fa_step *step)
{
    const size_t depth = fa_step_depth(step);
    fa_matrix    e;
    fa_status    status = fa_step_activity(step, SPARE, depth, &e);

    if (status == FA_OK)
        status = fa_step_error(step, MODULATED, &e);
    return status == FA_OK ? fa_step_set_postsynaptic(step, depth, &e) : status;
}

static fa_status backward(fa_step *step)
{
    double    second = 0;
    fa_matrix input;
    fa_status status = modulate(step, &input);

    if (status == FA_OK)
        status = fa_step_set_presynaptic(step, 1, &input);
    for (size_t l = 1; l < fa_step_depth(step) && status == FA_OK; l++)
        status = compare(step, l);
    (void)fa_step_param(step, "output_error", &second);
    return status == FA_OK && second > 0.5 ? use_second_error(step) : status;
}

extern const fa_rule fa_rule_pepita;

const fa_rule fa_rule_pepita = {
    .struct_size = sizeof(fa_rule),
    .name = "pepita",
    .summary = "PEPITA: second pass on x + F e gives h'; delta_l = h_l - h_l', gradients with h'_{l-1}",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.3,
    .source = "Dellaferrera, Kreiman, ICML (2022)",
};
