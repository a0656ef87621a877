#include "model.h"

#include "../common/complain.h"
#include "probe.h"
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
    for (size_t l = 1; l <= chosen->n_hidden + 1 && status == FA_OK; l++) {
        initialization weights = chosen->weights.own[l] ? chosen->weights.at[l] : chosen->weights.all;
        initialization biases = chosen->biases.own[l] ? chosen->biases.at[l] : chosen->biases.all;

        status = fa_network_init_weights(student->net, l, weights.init, weights.scale, seed);
        if (status == FA_OK)
            status = fa_network_init_bias(student->net, l, biases.init, biases.scale, seed);
    }
    if (status == FA_OK && chosen->hold_norm)
        status = fa_network_hold_norm(student->net, 0, true);
    return status;
}

/* Only a dense B can be changed from outside, element by element. */
static bool is_dense(const fa_feedback *feedback)
{
    double form = 0.0;

    return fa_feedback_param(feedback, "feedback_form", &form) != FA_OK || form < 0.5;
}

/* B as the library draws it, at a scale. */
static fa_status redraw(model *student, const settings *chosen, double scale, uint64_t seed)
{
    initialization drawn = chosen->feedback;
    double now = 1.0;
    fa_status status;

    if (chosen->own_feedback)
        return fa_feedback_init(student->feedback, "B", 0, drawn.init, drawn.scale * scale, seed);
    if (scale >= 1.0 && scale <= 1.0)
        return FA_OK;
    status = fa_feedback_param(student->feedback, "feedback_scale", &now);
    return status == FA_OK ? fa_feedback_set_param(student->feedback, "feedback_scale", now * scale) : status;
}

/* A rule that keeps no B which could be set has nothing to be drawn or changed: bp has none, and sign-symmetry computes
 * its own in every step. A dense B is multiplied after it was drawn, another one by the library. */
static fa_status draw_feedback(model *student, const settings *chosen, const run *wanted)
{
    size_t axis = grid_find(&chosen->grid, "feedback_scale");
    bool tried = grid_values(&chosen->grid, axis, wanted->rule) != NULL, dense = is_dense(student->feedback);
    double scale = tried ? wanted->at[axis] : chosen->feedback_scale;
    fa_status status;
    fa_matrix B;

    if (!probe_keeps_feedback(&chosen->rules, wanted->rule, &chosen->rule_params))
        return FA_OK;
    status = redraw(student, chosen, dense ? 1.0 : scale, wanted->seed);
    for (size_t l = 1; l <= chosen->n_hidden && status == FA_OK; l++)
        if (fa_feedback_get(student->feedback, "B", l, &B) != FA_ERR_ARGUMENT)
            status = sparse_feedback(student->feedback, l, dense ? scale : 1.0, chosen->sparsity[l], wanted->seed);
    return status;
}

/* What the grid tries of the rule's own parameters. */
static fa_status set_cell(model *student, const settings *chosen, const run *wanted)
{
    const grid *tried = &chosen->grid;
    fa_status status = FA_OK;

    for (size_t axis = 0; axis < tried->n_axes && status == FA_OK; axis++)
        if (axis != grid_find(tried, "lr") && axis != grid_find(tried, "feedback_scale") &&
            grid_values(tried, axis, wanted->rule))
            status = fa_feedback_set_param(student->feedback, tried->names[axis], wanted->at[axis]);
    return status;
}

/* The layers that back-propagation's operand reaches. */
static fa_status use_weights(model *student, const settings *chosen)
{
    fa_status status = FA_OK;
    fa_matrix B;
    bool any = false;

    for (size_t l = 1; l <= chosen->n_hidden; l++)
        any = any || fa_feedback_get(student->feedback, "B", l, &B) != FA_ERR_ARGUMENT;
    for (size_t l = 1; l <= chosen->n_hidden && any && status == FA_OK; l++)
        if (chosen->bp_layers[l])
            status = fa_feedback_use_weights(student->feedback, l, true);
    return status;
}

static fa_status bind_rule(model *student, const settings *chosen, const run *wanted)
{
    fa_status status = fa_feedback_create(&student->feedback, student->net, chosen->rules.at[wanted->rule], NULL,
                                          wanted->seed);

    if (status == FA_OK)
        status = rule_params_apply(&chosen->rule_params, wanted->rule, student->feedback);
    if (status == FA_OK)
        status = set_cell(student, chosen, wanted);
    if (status == FA_OK)
        status = draw_feedback(student, chosen, wanted);
    return status == FA_OK ? use_weights(student, chosen) : status;
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

bool model_create(model *student, const settings *chosen, const data *samples, const run *wanted)
{
    fa_status status;

    *student = (model){0};
    status = build_network(student, chosen, samples);
    if (status == FA_OK)
        status = draw_network(student, chosen, wanted->seed);
    if (status == FA_OK)
        status = fa_pass_create(&student->pass, student->net, chosen->batch);
    if (status == FA_OK && chosen->threads > 1)
        status = fa_pass_set_threads(student->pass, chosen->threads);
    if (status == FA_OK)
        status = bind_rule(student, chosen, wanted);
    if (status == FA_OK)
        status = make_optimizer(student, chosen, wanted->lr);
    if (status == FA_OK)
        status = make_trainer(student, chosen, wanted->seed);
    if (status != FA_OK)
        complain("%s: %s", chosen->rules.at[wanted->rule]->name, fa_last_error());
    return status == FA_OK;
}

bool model_mirror(model *student, const settings *chosen, const run *wanted)
{
    const fa_rule *rule = chosen->rules.at[wanted->rule];
    fa_status status;

    if (chosen->mirror_steps == 0 || !(rule->flags & FA_RULE_MIRRORS))
        return true;
    status = fa_feedback_adapt(student->feedback, student->net, student->pass, chosen->mirror_steps);
    if (status != FA_OK)
        complain("%s: %s", rule->name, fa_last_error());
    return status == FA_OK;
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
