#include "probe.h"

#include "named.h"

/* Layers and neurons of the network. */
enum { DEPTH = 3, WIDTH = 4, CLASSES = 3 };

typedef struct probe {
    fa_network  *net;
    fa_feedback *feedback;
} probe;

static bool begin(probe *tried, const fa_rule *rule)
{
    fa_status status = fa_network_create(&tried->net, FA_FLOAT64, WIDTH);

    tried->feedback = NULL;
    for (size_t l = 1; l < DEPTH && status == FA_OK; l++)
        status = fa_network_add_dense(tried->net, WIDTH, FA_TANH, true);
    if (status == FA_OK)
        status = fa_network_add_dense(tried->net, CLASSES, FA_SOFTMAX, true);
    if (status == FA_OK)
        status = fa_network_set_loss(tried->net, FA_CROSS_ENTROPY);
    if (status == FA_OK)
        status = fa_feedback_create(&tried->feedback, tried->net, rule, NULL, 1);
    return status == FA_OK;
}

static void end(probe *tried)
{
    fa_feedback_destroy(tried->feedback);
    fa_network_destroy(tried->net);
}

const fa_param *probe_param(const fa_rule *rule, const char *name)
{
    const fa_param *own = named_find(rule->params, rule->n_params, name), *common;
    size_t count;
    probe tried;
    double value;
    bool known;

    common = fa_feedback_params(&count);
    common = own ? NULL : named_find(common, count, name);
    if (!common)
        return own;
    known = begin(&tried, rule) && fa_feedback_param(tried.feedback, name, &value) == FA_OK;
    end(&tried);
    return known ? common : NULL;
}

bool probe_keeps_feedback(const rule_list *rules, size_t rule, const rule_params *params)
{
    probe tried;
    bool any = false;

    /* Sign-symmetry has a B that it computes itself. A value that only larger layers allow is none of the probe's
     * business. */
    if (begin(&tried, rules->at[rule])) {
        rule_params_apply(params, rule, tried.feedback);
        for (size_t l = 1; l < DEPTH; l++)
            any = any || fa_feedback_init(tried.feedback, "B", l, FA_INIT_ZERO, 0.0, 1) == FA_OK;
    }
    end(&tried);
    return any;
}
