/* Options about the learning rules and the optimizer. */
#include "settings.h"

#include <string.h>

#include "../common/complain.h"
#include "../common/options.h"

static bool set_rules(void *chosen, const char *name, const char *value)
{
    return rule_list_read(&((settings *)chosen)->rules, name, value);
}

static bool take_rule_param(void *data, const char *name, char *item)
{
    settings *chosen = data;

    return rule_params_add(&chosen->rule_params, &chosen->rules, name, item);
}

static bool set_rule_param(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_rule_param, chosen);
}

static bool set_optimizer(void *data, const char *name, const char *value)
{
    settings *chosen = data;
    size_t count;

    chosen->optimizer = value;
    if (fa_optimizer_params(value, &count))
        return true;
    complain("%s: there is no optimizer '%s'; --list-optimizers lists them", name, value);
    return false;
}

static bool take_optimizer_param(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, "NAME=VALUE", item);
    size_t count;
    const fa_param *table = fa_optimizer_params(chosen->optimizer, &count);

    if (value && strcmp(item, "learning_rate") == 0) {
        complain("%s: the learning rate is set by --lr", name);
        return false;
    }
    return value && named_add(&chosen->optimizer_params, name, table, count, item, value);
}

static bool set_optimizer_param(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_optimizer_param, chosen);
}

static bool take_rate(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, "RULE=F", item);
    size_t rule;

    return value && rule_params_find_rule(&chosen->rules, name, item, &rule) &&
           option_real(name, value, 0.0, 1e6, &chosen->lr[rule]);
}

static bool set_lr(void *data, const char *name, const char *value)
{
    settings *chosen = data;
    double rate;

    if (strchr(value, '='))
        return option_each(name, value, take_rate, chosen);
    if (!option_real(name, value, 0.0, 1e6, &rate))
        return false;
    for (size_t i = 0; i < chosen->rules.count; i++)
        chosen->lr[i] = rate;
    return true;
}

static bool take_lr_scale(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *value = named_split(name, "l=F", item);
    uint64_t l;

    return value && option_whole(name, item, 1, chosen->n_hidden + 1, &l) &&
           option_real(name, value, 0.0, 1e6, &chosen->lr_scale[l]);
}

static bool set_lr_scale(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_lr_scale, chosen);
}

static bool set_bias_lr_scale(void *chosen, const char *name, const char *value)
{
    return option_real(name, value, 0.0, 1e6, &((settings *)chosen)->bias_lr_scale);
}

/* l@A-B, or l@N for the epochs 1 .. N. */
static bool take_span(void *data, const char *name, char *item)
{
    settings *chosen = data;
    char *at = strchr(item, '@'), *dash = at ? strchr(at, '-') : NULL;
    span frozen = {.first = 1};
    uint64_t l;

    if (!at || chosen->n_frozen == MAX_SPANS) {
        complain("%s takes up to %d spans l@N or l@A-B, not '%s'", name, MAX_SPANS, item);
        return false;
    }
    *at = '\0';
    if (dash)
        *dash = '\0';
    if (!option_whole(name, item, 1, chosen->n_hidden + 1, &l) ||
        (dash && !option_whole(name, at + 1, 1, INT32_MAX, &frozen.first)) ||
        !option_whole(name, dash ? dash + 1 : at + 1, frozen.first, INT32_MAX, &frozen.last))
        return false;
    frozen.l = (size_t)l;
    chosen->frozen[chosen->n_frozen++] = frozen;
    return true;
}

static bool set_freeze(void *chosen, const char *name, const char *value)
{
    return option_each(name, value, take_span, chosen);
}

static bool set_mirror_steps(void *chosen, const char *name, const char *value)
{
    return option_whole(name, value, 0, 1000000000, &((settings *)chosen)->mirror_steps);
}

static const option table[] = {
    {"--rules", "LIST", "learning rules, separated by commas, compared from the same W, in the same "
                        "order of the samples; --list-rules lists them", set_rules, "bp,fa"},
    {"--rule-param", "NAME=V,...", "a parameter of every rule that has it, or RULE.NAME=V of one; V is a "
                                   "number or the name of a choice", set_rule_param, NULL},
    {"--mirror-steps", "N", "before training, let B learn W in N batches of noise, for rules that can, such as "
                            "weight_mirror; the others start at once", set_mirror_steps, "0"},
    {"--optimizer", "NAME", "sgd, rmsprop, adam, adamw, adagrad, manhattan; --list-optimizers has their "
                              "parameters",
     set_optimizer, "sgd"},
    {"--optimizer-param", "NAME=V,...",
     "a parameter of the optimizer, e.g. momentum, eps, clip_norm, gradient_scale, "
     "and the three readings of weight decay: weight_decay (in the gradient; adamw: "
     "beside it, times the learning rate), decoupled_weight_decay (sgd: the same as "
     "adamw's), unscaled_weight_decay (whatever the learning rate)", set_optimizer_param, NULL},
    {"--lr", "F|RULE=F,...", "learning rate of all rules or of each one; default: the optimizer's own, with "
                             "sgd the rule's (--list-rules tells it), or 0.1, both of which suit --batch 64; "
                             "--batch 1 wants about a tenth", set_lr, NULL},
    {"--lr-scale", "l=F,...", "factor of the learning rate of layer l, biases included", set_lr_scale, NULL},
    {"--bias-lr-scale", "F", "factor of the learning rate of all biases", set_bias_lr_scale, "1"},
    {"--freeze", "l@A-B,...", "layer l does not learn in the epochs A to B, counted from 1; l@N is l@1-N",
     set_freeze, NULL},
};

const option_group settings_learning = {"Learning", table, sizeof table / sizeof table[0]};
