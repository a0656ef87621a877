/* adam -- adaptive moments, with coupled decay: g = g + weight_decay w, then as in adam_family.h.
 *
 * torch.optim.Adam (Kingma & Ba, ICLR 2015). */
#include "adam_family.h"

static const fa_param params[] = {
    ADAM_PARAMS,
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,
                      "coupled: added to the gradient as weight_decay w"},
};

static void apply(const optimizer_update *u)
{
    adam_apply(u, u->values[WEIGHT_DECAY], 0.0);
}

extern const optimizer_kind optimizer_adam;

const optimizer_kind optimizer_adam = {
    .name = "adam",
    .params = params,
    .moment_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .squares = 1u << SQUARES | 1u << LARGEST,
    .n_params = sizeof params / sizeof params[0],
    .coupled_decay = WEIGHT_DECAY,
    .moments = adam_moments,
    .apply = apply,
};
