/* adamw -- adaptive moments, with decoupled decay: w = (1 - rate weight_decay) w, beside what adam_family.h does.
 *
 * torch.optim.AdamW (Loshchilov & Hutter, ICLR 2019, in PyTorch's form: the rate multiplies the decay). */
#include "adam_family.h"

static const fa_param params[] = {
    ADAM_PARAMS,
    [WEIGHT_DECAY] = {"weight_decay", FA_PARAM_REAL, 0.01, 0.0, 1e30, NULL,
                      "decoupled: w shrinks by learning_rate times this, beside the gradient"},
};

static void apply(const optimizer_update *u)
{
    adam_apply(u, 0.0, u->values[WEIGHT_DECAY]);
}

extern const optimizer_kind optimizer_adamw;

const optimizer_kind optimizer_adamw = {
    .name = "adamw",
    .params = params,
    .moment_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .squares = 1u << SQUARES | 1u << LARGEST,
    .n_params = sizeof params / sizeof params[0],
    .moments = adam_moments,
    .apply = apply,
};
