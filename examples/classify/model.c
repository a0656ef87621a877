#include "model.h"

#include "../common/complain.h"
#include "sparse.h"

static fa_status build_network(model *student, const settings *chosen, const data *samples)
{
    fa_status status = fa_network_create(&student->net, chosen->dtype, samples->n_inputs);

    for (size_t i = 0; i < chosen->n_hidden && status == FA_OK; i++)
        status = fa_network_add_dense(student->net, chosen->hidden[i], chosen->activation, true);
    if (status == FA_OK)
        status = fa_network_add_dense(student->net, samples->n_classes, chosen->output_activation, true);
    if (status == FA_OK)
        status = fa_network_set_loss(student->net, chosen->loss);
    for (size_t l = 0; l <= chosen->n_hidden && status == FA_OK; l++)
        if (chosen->dropout[l] > 0.0)
            status = fa_network_set_dropout(student->net, l, chosen->dropout[l]);
    return status;
}

static fa_status draw_network(model *student, const settings *chosen, uint64_t seed)
{
    fa_status status = FA_OK;

    for (size_t l = 1; l <= chosen->n_hidden + 1 && status == FA_OK; l++)
        if (chosen->sparsity[l - 1] > 0.0)
            status = fa_network_prune(student->net, l, chosen->sparsity[l - 1], seed);
    if (status == FA_OK)
        status = fa_network_init_weights(student->net, 0, chosen->weights.init, chosen->weights.scale, seed);
    if (status == FA_OK)
        status = fa_network_init_bias(student->net, 0, chosen->bias.init, chosen->bias.scale, seed);
    if (status == FA_OK && chosen->hold_norm)
        status = fa_network_hold_norm(student->net, 0, true);
    return status;
}

/* A rule without B, such as bp, has nothing to be drawn or changed. */
static fa_status draw_feedback(model *student, const settings *chosen, uint64_t seed)
{
    fa_status status = FA_OK;
    fa_matrix B;
    bool any = false;

    for (size_t l = 1; l <= chosen->n_hidden; l++)
        any = any || fa_feedback_get(student->feedback, "B", l, &B) == FA_OK;
    if (any && chosen->own_feedback)
        status = fa_feedback_init(student->feedback, "B", 0, chosen->feedback.init, chosen->feedback.scale, seed);
    for (size_t l = 1; l <= chosen->n_hidden && status == FA_OK; l++)
        if (fa_feedback_get(student->feedback, "B", l, &B) == FA_OK)
            status = sparse_feedback(student->feedback, l, chosen->feedback_scale, chosen->sparsity[l], seed);
    return status;
}

static fa_status bind_rule(model *student, const settings *chosen, size_t rule, uint64_t seed)
{
    fa_status status = fa_feedback_create(&student->feedback, student->net, chosen->rules.at[rule], NULL, seed);

    for (size_t i = 0; i < chosen->rule_params.count && status == FA_OK; i++) {
        const named_value *wanted = &chosen->rule_params.at[i];
        const fa_rule *bound = chosen->rules.at[rule];

        if (wanted->rule == rule ||
            (wanted->rule == EVERY_RULE && named_find(bound->params, bound->n_params, wanted->name)))
            status = fa_feedback_set_param(student->feedback, wanted->name, wanted->value);
    }
    return status == FA_OK ? draw_feedback(student, chosen, seed) : status;
}

static fa_status make_optimizer(model *student, const settings *chosen, double lr)
{
    fa_status status = fa_optimizer_create(&student->optimizer, student->net, chosen->optimizer);

    if (status == FA_OK)
        status = fa_optimizer_set(student->optimizer, "learning_rate", lr);
    for (size_t i = 0; i < chosen->optimizer_params.count && status == FA_OK; i++)
        status = fa_optimizer_set(student->optimizer, chosen->optimizer_params.at[i].name,
                                  chosen->optimizer_params.at[i].value);
    for (size_t l = 1; l <= chosen->n_hidden + 1 && status == FA_OK; l++) {
        status = fa_optimizer_set_rate_factor(student->optimizer, l, FA_WEIGHTS, chosen->lr_scale[l]);
        if (status == FA_OK)
            status = fa_optimizer_set_rate_factor(student->optimizer, l, FA_BIASES,
                                                  chosen->lr_scale[l] * chosen->bias_lr_scale);
    }
    return status;
}

static fa_status make_trainer(model *student, const settings *chosen, uint64_t seed)
{
    fa_status status = fa_trainer_create(&student->trainer, student->net, seed);

    for (size_t i = 0; i < chosen->trainer_params.count && status == FA_OK; i++)
        status = fa_trainer_set(student->trainer, chosen->trainer_params.at[i].name,
                                chosen->trainer_params.at[i].value);
    for (size_t i = 0; i < chosen->n_frozen && status == FA_OK; i++)
        status = fa_trainer_freeze(student->trainer, chosen->frozen[i].l, chosen->frozen[i].first,
                                   chosen->frozen[i].last);
    return status;
}

bool model_create(model *student, const settings *chosen, const data *samples, size_t rule, uint64_t seed, double lr)
{
    fa_status status;

    *student = (model){0};
    status = build_network(student, chosen, samples);
    if (status == FA_OK)
        status = draw_network(student, chosen, seed);
    if (status == FA_OK)
        status = fa_pass_create(&student->pass, student->net, chosen->batch);
    if (status == FA_OK && chosen->threads > 1)
        status = fa_pass_set_threads(student->pass, chosen->threads);
    if (status == FA_OK)
        status = bind_rule(student, chosen, rule, seed);
    if (status == FA_OK)
        status = make_optimizer(student, chosen, lr);
    if (status == FA_OK)
        status = make_trainer(student, chosen, seed);
    return succeeded(status);
}

void model_free(model *student)
{
    fa_trainer_destroy(student->trainer);
    fa_optimizer_destroy(student->optimizer);
    fa_feedback_destroy(student->feedback);
    fa_pass_destroy(student->pass);
    fa_network_destroy(student->net);
    *student = (model){0};
}
