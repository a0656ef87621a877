/* weight_mirror -- feedback that learns the forward weights from noise.
 *
 *     engaged:  delta_l = (B_l delta_{l+1}) .* f'(z_l)
 *     mirror:   xi ~ U[-noise, noise) into layer l,   zeta = f(W_{l+1} xi + b_{l+1})
 *               B_l = (1 - decay) B_l + rate mean(xi zeta^T)
 *
 * The mean is over a batch of noise. Its expectation is proportional to W_{l+1}^T, so B_l turns towards it. A mirror
 * pass follows every `every`-th update, counted by fa_step_number(); more come from fa_feedback_adapt(), by which the
 * authors begin, and which count there, too. Their rate, 0.01 on the sum over a batch of 128, is 1.28 on the mean;
 * their code lets B grow (decay = 0).
 * Akrout, Wilson, Humphreys, Lillicrap, Tweed, NeurIPS 32 (2019), eq. 7. */
#include <fa/rule.h>

#include <math.h>

static const fa_param params[] = {
    {"rate", FA_PARAM_REAL, 1.28, 0, 1e6, NULL, "how fast B learns, on the mean over the batch"},
    {"noise", FA_PARAM_REAL, 0.05, 0, 1e6, NULL, "xi is drawn from U[-noise, noise)"},
    {"decay", FA_PARAM_REAL, 0, 0, 1, NULL, "B shrinks by this times itself in every mirror pass"},
    {"every", FA_PARAM_INTEGER, 1, 0, 1e9, NULL, "a mirror pass after every so many updates; 0: on demand only"},
    {"response", FA_PARAM_CHOICE, 0, 0, 1, "activity|linear",
     "zeta: f(W xi + b), as published, or W xi, whose expectation is W^T for every f"},
};

enum { XI = 1, ZETA = 2 };

static fa_status setup(fa_setup *s)
{
    fa_status status = fa_setup_slots(s, 2);

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

static double param(const fa_step *step, const char *name)
{
    double value = 0;

    (void)fa_step_param(step, name, &value);
    return value;
}

/* zeta [n x n_{l+1}] for noise below layer l + 1. */
static fa_status respond(fa_step *step, size_t l, const fa_matrix *xi, const fa_matrix *zeta)
{
    fa_matrix W;

    if (param(step, "response") < 0.5)
        return fa_step_layer(step, l + 1, xi, 0, ZETA);

    fa_status status = fa_step_weights(step, l + 1, &W);
    if (status != FA_OK)
        return status;
    W = fa_matrix_transpose(W);
    return fa_step_product(step, 1, xi, &W, 0, zeta);
}

static void mirror(fa_step *step, size_t l)
{
    const double noise = param(step, "noise"), mean = param(step, "rate") / (double)fa_step_batch(step);
    fa_matrix    xi, zeta, B;

    if (fa_step_activity(step, XI, l, &xi) != FA_OK || fa_step_activity(step, ZETA, l + 1, &zeta) != FA_OK ||
        fa_step_array(step, "B", l, &B) != FA_OK ||
        fa_step_uniform(step, FA_PURPOSE_RULE, l, -noise, noise, &xi) != FA_OK ||
        respond(step, l, &xi, &zeta) != FA_OK)
        return;
    xi = fa_matrix_transpose(xi);
    (void)fa_step_product(step, mean, &xi, &zeta, 1 - param(step, "decay"), &B);
}

static void adapt(fa_step *step)
{
    const uint64_t every = (uint64_t)param(step, "every");
    const bool     on_demand = isnan(fa_step_learning_rate(step));

    if (!on_demand && (every == 0 || (fa_step_number(step) + 1) % every != 0))
        return;
    for (size_t l = 1; l < fa_step_depth(step); l++)
        mirror(step, l);
}

extern const fa_rule fa_rule_weight_mirror;

const fa_rule fa_rule_weight_mirror = {
    .struct_size = sizeof(fa_rule),
    .name = "weight_mirror",
    .summary = "weight mirror: feedback alignment; B_l learns W_{l+1}^T from noise, "
               "B_l += rate mean(xi f(W_{l+1} xi + b)^T)",
    .flags = FA_RULE_MIRRORS,
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .setup = setup,
    .backward = backward,
    .adapt = adapt,
    .learning_rate = 0.1,
    .source = "Akrout et al., NeurIPS 32 (2019)",
};
