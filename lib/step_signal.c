/* Bringing errors back, and further forward passes, for rules. */
#include "step.h"

#include <fa/random.h>

#include "dropout.h"
#include "loss.h"
#include "matrix.h"
#include "status.h"

const fa_operand *fa_step_weights_operand(const fa_step *step, size_t l)
{
    if (!step || l < 1 || l >= step->pass->depth)
        return NULL;
    return &network_layer(step->net, l + 1)->transposed;
}

const fa_operand *fa_step_array_operand(const fa_step *step, const char *name, size_t l)
{
    const feedback_array *array = step && name ? feedback_find(step->fb, name, l) : NULL;

    return array ? &array->operand : NULL;
}

/* Checks of a hidden layer and an operand, which may be missing. */
static fa_status check(const fa_step *step, const char *function, size_t l, const fa_operand *operand, size_t cols)
{
    const fa_matrix *m = operand ? &operand->matrix : NULL;
    fa_status        status;

    if (step->phase == STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: the step is over", function);
    status = step_check_layer(step, function, l, 1, step->pass->depth - 1);
    if (status != FA_OK)
        return status;
    if (step->phase == STEP_LOCAL)
        return status_set(FA_ERR_STATE, "%s: the output error is not known yet", function);
    if (!m)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no operand", function);
    if (m->rows != fa_network_width(step->net, l) || m->cols != cols)
        return status_set(FA_ERR_SHAPE, "%s: the operand of layer %zu is %zu x %zu, it has to be %zu x %zu", function,
                          l, m->rows, m->cols, fa_network_width(step->net, l), cols);
    return FA_OK;
}

/* delta_l = delta_l .* f'(z_l), through the dropout mask, which completes it. */
static void finish(fa_step *step, size_t l)
{
    pass_layer *at = pass_at(step->pass, l);

    layer_slope(network_layer(step->net, l), step->pass->team, &at->h, at->z, &at->delta);
    dropout_mask(step->pass, l, &at->delta);
    at->delta_written = true;
}

fa_status fa_step_transport_with(fa_step *step, size_t l, const fa_operand *operand)
{
    fa_status   status;
    pass_layer *above;

    if (!step)
        return status_null(__func__, "step");
    status = check(step, __func__, l, operand, fa_network_width(step->net, l + 1));
    if (status != FA_OK)
        return status;
    above = pass_at(step->pass, l + 1);
    if (!above->delta_written) {
        matrix_zero(&above->delta);
        above->delta_written = true;
    }
    network_layer(step->net, l + 1)->kind->transport(step->pass->team, &operand->matrix, &above->delta,
                                                     &pass_at(step->pass, l)->delta);
    finish(step, l);
    return FA_OK;
}

fa_status fa_step_inject_with(fa_step *step, size_t l, const fa_operand *operand)
{
    size_t    depth;
    fa_status status;

    if (!step)
        return status_null(__func__, "step");
    depth = step->pass->depth;
    status = check(step, __func__, l, operand, fa_network_width(step->net, depth));
    if (status != FA_OK)
        return status;
    network_layer(step->net, l)->kind->inject(step->pass->team, &operand->matrix, &pass_at(step->pass, depth)->delta,
                                              &pass_at(step->pass, l)->delta);
    finish(step, l);
    return FA_OK;
}

/* The feedback's own operand of layer l. */
static fa_status own_operand(const fa_step *step, const char *function, size_t l, fa_topology topology,
                             const fa_operand **operand)
{
    fa_status status;

    if (!step)
        return status_null(function, "step");
    status = step_check_layer(step, function, l, 1, step->pass->depth - 1);
    if (status != FA_OK)
        return status;
    if (step->fb->topology != topology)
        return status_set(FA_ERR_STATE, "%s: rule %.40s declared no %s feedback", function, step->fb->rule.name,
                          topology == FA_DIRECT ? "direct" : "layerwise");
    *operand = step->fb->operands[l - 1];
    return FA_OK;
}

fa_status fa_step_transport(fa_step *step, size_t l)
{
    const fa_operand *operand = NULL;
    fa_status         status = own_operand(step, __func__, l, FA_LAYERWISE, &operand);

    return status == FA_OK ? fa_step_transport_with(step, l, operand) : status;
}

fa_status fa_step_inject(fa_step *step, size_t l)
{
    const fa_operand *operand = NULL;
    fa_status         status = own_operand(step, __func__, l, FA_DIRECT, &operand);

    return status == FA_OK ? fa_step_inject_with(step, l, operand) : status;
}

fa_status fa_step_apply_slope(fa_step *step, size_t l)
{
    fa_status status;

    if (!step)
        return status_null(__func__, "step");
    if (step->phase == STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: the step is over", __func__);
    status = step_check_layer(step, __func__, l, 1, step->pass->depth - 1);
    if (status == FA_OK && step->phase == STEP_LOCAL && l > step->reached)
        status = status_set(FA_ERR_STATE, "%s: layer %zu has not run yet", __func__, l);
    if (status == FA_OK)
        status = step_check_kept(step, __func__, l, step->reached);
    if (status != FA_OK)
        return status;
    if (!pass_at(step->pass, l)->delta_written)
        matrix_zero(&pass_at(step->pass, l)->delta);
    finish(step, l);
    return FA_OK;
}

static fa_status check_forward(const fa_step *step, size_t slot, const fa_matrix *input, size_t noise_slot)
{
    if (!step)
        return status_null("fa_step_forward", "step");
    if (slot < 1 || slot > step->fb->n_slots || noise_slot > step->fb->n_slots || noise_slot == slot)
        return status_set(FA_ERR_ARGUMENT, "fa_step_forward: slot %zu with noise from slot %zu; setup asked for %zu",
                          slot, noise_slot, step->fb->n_slots);
    if (input)
        return matrix_check_shape(input, "the input", step->pass->batch, step->net->n_inputs, step->pass->dtype);
    return FA_OK;
}

fa_status fa_step_forward(fa_step *step, size_t slot, const fa_matrix *input, size_t noise_slot)
{
    fa_status        status = check_forward(step, slot, input, noise_slot);
    pass_slot       *into;
    const fa_matrix *in;

    if (status != FA_OK)
        return status;
    into = &step->pass->slots[slot - 1];
    in = input ? dropout_input(step->pass, input, &into->h[0]) : pass_h(step->pass, 0);
    for (size_t l = 1; l <= step->pass->depth; l++) {
        const fa_matrix *noise = noise_slot > 0 ? &step->pass->slots[noise_slot - 1].h[l] : NULL;
        layer_run(network_layer(step->net, l), step->pass->team, in, noise, l == step->pass->depth ? into->z : NULL, &into->h[l]);
        dropout_mask(step->pass, l, &into->h[l]);
        in = &into->h[l];
    }
    into->ran = true;
    return FA_OK;
}

fa_status fa_step_loss(const fa_step *step, size_t slot, double *losses)
{
    const fa_matrix *y;
    const void      *z;

    if (!step || !losses)
        return status_null(__func__, !step ? "step" : "losses");
    if (slot > step->fb->n_slots)
        return status_set(FA_ERR_ARGUMENT, "%s: slot %zu was not asked for in setup", __func__, slot);
    if (!step->pass->target.data || (slot == 0 && step->phase == STEP_LOCAL) ||
        (slot > 0 && !step->pass->slots[slot - 1].ran))
        return status_set(FA_ERR_STATE, "%s: slot %zu holds no forward pass, or there is no target", __func__, slot);
    y = slot == 0 ? pass_h(step->pass, step->pass->depth) : &step->pass->slots[slot - 1].h[step->pass->depth];
    z = slot == 0 ? pass_at(step->pass, step->pass->depth)->z : step->pass->slots[slot - 1].z;
    loss_each(step->net, y, z, &step->pass->target, losses);
    return FA_OK;
}

static fa_stream stream_of(const fa_step *step, uint32_t purpose, size_t l)
{
    return (fa_stream){.seed = step->fb->seed, .step = step->fb->steps, .purpose = purpose, .layer = (uint32_t)l};
}

fa_status fa_step_uniform(const fa_step *step, uint32_t purpose, size_t l, double low, double high,
                          const fa_matrix *matrix)
{
    fa_stream stream;

    if (!step)
        return status_null(__func__, "step");
    stream = stream_of(step, purpose, l);
    return fa_random_uniform(&stream, low, high, matrix);
}

fa_status fa_step_normal(const fa_step *step, uint32_t purpose, size_t l, double mean, double deviation,
                         const fa_matrix *matrix)
{
    fa_stream stream;

    if (!step)
        return status_null(__func__, "step");
    stream = stream_of(step, purpose, l);
    return fa_random_normal(&stream, mean, deviation, matrix);
}
