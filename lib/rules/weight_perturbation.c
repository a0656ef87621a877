/* weight_perturbation -- what the loss says about noise in the weights.
 *
 *     G_l = (L(W + Xi) - L(W)) Xi_l / sigma^2,   Xi_l ~ N(0, sigma^2),   l = 1 .. L, biases alike
 *
 * One Xi for the whole batch, whose mean loss is L. The expectation is the gradient of the smoothed loss; its variance
 * grows with the number of weights. Xi is drawn into the gradient and scaled there: z_l gets h_{l-1} Xi_l^T as noise.
 * Jabri, Flower, IEEE Transactions on Neural Networks 3:154 (1992). */
#include <fa/rule.h>

static const fa_param params[] = {
    {"sigma", FA_PARAM_REAL, 0.001, 1e-8, 1e6, NULL, "standard deviation of the noise"},
};

enum { NOISY = 1, NOISE = 2 };

static fa_status setup(fa_setup *s)
{
    return fa_setup_slots(s, 2);
}

/* Xi_l and its bias's, and what they add to z_l on top of the perturbed layers below. */
static fa_status perturb(fa_step *step, size_t l, double sigma)
{
    fa_matrix Xi, xi, h, noise;
    fa_status status = fa_step_gradient(step, l, &Xi, &xi);

    if (status == FA_OK)
        status = fa_step_normal(step, FA_PURPOSE_RULE, l, 0, sigma, &Xi);
    if (status == FA_OK && xi.data)
        status = fa_step_normal(step, FA_PURPOSE_RULE, fa_step_depth(step) + l, 0, sigma, &xi);
    if (status == FA_OK)
        status = fa_step_activity(step, l == 1 ? 0 : NOISY, l - 1, &h);
    if (status == FA_OK)
        status = fa_step_activity(step, NOISE, l, &noise);
    if (status != FA_OK)
        return status;
    Xi = fa_matrix_transpose(Xi);
    status = fa_step_product(step, 1, &h, &Xi, 0, &noise);
    if (status == FA_OK && xi.data)
        status = fa_step_add_row(step, &xi, &noise);
    return status == FA_OK ? fa_step_layer(step, l, &h, NOISE, NOISY) : status;
}

/* Mean over the batch of L(W + Xi) - L(W). */
static fa_status difference(fa_step *step, double *mean)
{
    const size_t n = fa_step_batch(step);
    double      *clean = fa_step_numbers(step, 0), *noisy = fa_step_numbers(step, 1);
    fa_status    status = fa_step_loss(step, 0, clean);

    if (status == FA_OK)
        status = fa_step_loss(step, NOISY, noisy);
    *mean = 0;
    for (size_t i = 0; status == FA_OK && i < n; i++)
        *mean += (noisy[i] - clean[i]) / (double)n;
    return status;
}

static fa_status backward(fa_step *step)
{
    const size_t depth = fa_step_depth(step);
    double       sigma = 1, mean = 0;
    fa_matrix    G, g;
    fa_status    status = fa_step_param(step, "sigma", &sigma);

    for (size_t l = 1; l <= depth && status == FA_OK; l++)
        status = perturb(step, l, sigma);
    if (status == FA_OK)
        status = difference(step, &mean);
    mean /= sigma * sigma;
    for (size_t l = 1; l <= depth && status == FA_OK; l++) {
        status = fa_step_gradient(step, l, &G, &g);
        if (status == FA_OK)
            status = fa_step_combine(step, 0, NULL, mean, &G);
        if (status == FA_OK && g.data)
            status = fa_step_combine(step, 0, NULL, mean, &g);
    }
    return status;
}

extern const fa_rule fa_rule_weight_perturbation;

const fa_rule fa_rule_weight_perturbation = {
    .struct_size = sizeof(fa_rule),
    .name = "weight_perturbation",
    .summary = "weight perturbation: G_l = (L(W + Xi) - L(W)) Xi_l / sigma^2, one Xi for the batch",
    .flags = FA_RULE_WRITES_GRADIENT,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.002,
    .source = "Jabri, Flower, IEEE Trans. Neural Networks 3:154 (1992)",
};
