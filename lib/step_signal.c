/* Bringing errors back to the layers, for rules. */
#include "step.h"

#include "dropout.h"
#include "elementwise.h"
#include "matrix.h"
#include "shared.h"
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

/* A delta of hidden layer l may be written now, from signals that are there or not. */
static fa_status check_layer(const fa_step *step, const char *function, size_t l, bool needs_error)
{
    fa_status status;

    if (!step)
        return status_null(function, "step");
    if (step->phase == STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: the step is over", function);
    status = step_check_layer(step, function, l, 1, step->pass->depth - 1);
    if (status != FA_OK || step->phase == STEP_BACKWARD)
        return status;
    if (needs_error)
        return status_set(FA_ERR_STATE, "%s: the output error is not known yet", function);
    if (l > step->reached)
        return status_set(FA_ERR_STATE, "%s: layer %zu has not run yet", function, l);
    return step_check_kept(step, function, l, step->reached);
}

/* The operand, which may be missing, is one for layer l. */
static fa_status check_operand(const fa_step *step, const char *function, size_t l, const fa_operand *operand,
                               size_t cols)
{
    const fa_matrix *m = operand ? &operand->matrix : NULL;

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

/* delta_l as a matrix that may be read: of zeros if nobody has written it. */
static const fa_matrix *signal_of(const fa_step *step, size_t l)
{
    pass_layer *at = pass_at(step->pass, l);

    if (!at->delta_written) {
        matrix_zero(&at->delta);
        at->delta_written = true;
    }
    return &at->delta;
}

/* The room that products by an operand need beside their result, made the first time. */
static fa_status scratch_of(fa_step *step, const fa_operand *operand, void **scratch)
{
    const size_t bytes = operand_scratch(operand, step->pass->max_batch);

    *scratch = bytes > 0 ? pass_between(step->pass, bytes) : NULL;
    return bytes > 0 && !*scratch ? FA_ERR_MEMORY : FA_OK;
}

static fa_status transport(fa_step *step, size_t l, const fa_operand *operand)
{
    void     *scratch;
    fa_status status = scratch_of(step, operand, &scratch);

    if (status != FA_OK)
        return status;
    network_layer(step->net, l + 1)->kind->transport(step->pass->team, operand, signal_of(step, l + 1),
                                                     &pass_at(step->pass, l)->delta, scratch);
    finish(step, l);
    return FA_OK;
}

static fa_status inject(fa_step *step, size_t l, const fa_operand *operand, double scale, const fa_matrix *signal)
{
    const fa_matrix *delta = &pass_at(step->pass, l)->delta;
    void            *scratch;
    fa_status        status = scratch_of(step, operand, &scratch);

    if (status != FA_OK)
        return status;
    network_layer(step->net, l)->kind->inject(step->pass->team, operand, signal, delta, scratch);
    if (scale != 1.0)
        elementwise_combine(0.0, NULL, scale, delta);
    finish(step, l);
    return FA_OK;
}

fa_status fa_step_transport_with(fa_step *step, size_t l, const fa_operand *operand)
{
    fa_status status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = check_operand(step, __func__, l, operand, fa_network_width(step->net, l + 1));
    return status == FA_OK ? transport(step, l, operand) : status;
}

fa_status fa_step_inject_with(fa_step *step, size_t l, const fa_operand *operand)
{
    fa_status status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = check_operand(step, __func__, l, operand, fa_network_width(step->net, step->pass->depth));
    return status == FA_OK ? inject(step, l, operand, 1.0, signal_of(step, step->pass->depth)) : status;
}

/* The rule declared feedback of this topology. */
static fa_status check_topology(const fa_step *step, const char *function, size_t l, fa_topology topology)
{
    if (step->fb->topology == topology && step->fb->operands[l - 1])
        return FA_OK;
    if (step->fb->topology == topology)
        return status_set(FA_ERR_STATE, "%s: rule %.40s declared no feedback for layer %zu", function,
                          step->fb->rule.name, l);
    return status_set(FA_ERR_STATE, "%s: rule %.40s declared no %s feedback", function, step->fb->rule.name,
                      topology == FA_DIRECT ? "direct" : "layerwise");
}

fa_status fa_step_transport(fa_step *step, size_t l)
{
    fa_status status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = check_topology(step, __func__, l, FA_LAYERWISE);
    if (status != FA_OK)
        return status;
    return transport(step, l, fa_feedback_uses_weights(step->fb, l) ? fa_step_weights_operand(step, l)
                                                                    : step->fb->operands[l - 1]);
}

/* Straight from the output, or through the weights where the feedback says so. */
static fa_status inject_own(fa_step *step, size_t l, double scale, const fa_matrix *signal)
{
    if (!fa_feedback_uses_weights(step->fb, l))
        return inject(step, l, step->fb->operands[l - 1], scale, signal);
    if (!pass_at(step->pass, l + 1)->delta_written)
        return status_set(FA_ERR_STATE,
                          "layer %zu is reached through W_%zu, but layer %zu has no error signal yet: the "
                          "rule has to go from the last layer down", l, l + 1, l + 1);
    return transport(step, l, fa_step_weights_operand(step, l));
}

fa_status fa_step_inject(fa_step *step, size_t l)
{
    fa_status status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = check_topology(step, __func__, l, FA_DIRECT);
    return status == FA_OK ? inject_own(step, l, 1.0, signal_of(step, step->pass->depth)) : status;
}

fa_status fa_step_inject_signal(fa_step *step, size_t l, double scale, const fa_matrix *signal)
{
    fa_status status = check_layer(step, __func__, l, false);

    if (status == FA_OK && !signal)
        status = status_null(__func__, "signal");
    if (status == FA_OK)
        status = check_topology(step, __func__, l, FA_DIRECT);
    if (status == FA_OK)
        status = matrix_check_shape(signal, "the signal", step->pass->batch,
                                    fa_network_width(step->net, step->pass->depth), step->pass->dtype);
    return status == FA_OK ? inject_own(step, l, scale, signal) : status;
}

fa_status fa_step_carry(fa_step *step, size_t l)
{
    const layer *through;
    fa_operand   weights = {0};
    fa_status    status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = step_check_layer(step, __func__, l, 2, step->pass->depth - 1);
    if (status != FA_OK)
        return status;
    through = network_layer(step->net, l);
    weights.matrix = fa_matrix_transpose(through->weights_t);
    through->kind->transport(step->pass->team, &weights, signal_of(step, l - 1), &pass_at(step->pass, l)->delta, NULL);
    finish(step, l);
    return FA_OK;
}

/* Both matrices fit together and between the two layers. */
static fa_status check_pair(const fa_step *step, size_t l, const fa_matrix *left, const fa_matrix *right)
{
    fa_status status;

    if (!left || !right)
        return status_null("fa_step_transport_through", !left ? "left" : "right");
    status = matrix_check_shape(left, "left", fa_network_width(step->net, l), left->cols, step->pass->dtype);
    if (status == FA_OK)
        status = matrix_check_shape(right, "right", left->cols, fa_network_width(step->net, l + 1), step->pass->dtype);
    return status;
}

fa_status fa_step_transport_through(fa_step *step, size_t l, const fa_matrix *left, const fa_matrix *right)
{
    fa_matrix between, turned;
    size_t    padded;
    fa_status status = check_layer(step, __func__, l, true);

    if (status == FA_OK)
        status = check_pair(step, l, left, right);
    if (status == FA_OK && (!step_runs_along(step, left) || !step_runs_along(step, right)))
        status = status_set(FA_ERR_ARGUMENT, "%s: %s has to be a view of the step's own arrays", __func__,
                            step_runs_along(step, left) ? "right" : "left");
    if (status != FA_OK)
        return status;
    padded = matrix_padded(left->cols, step->pass->dtype) * fa_dtype_size(step->pass->dtype);
    between.data = pass_between(step->pass, step->pass->max_batch * padded);
    if (!between.data)
        return FA_ERR_MEMORY;
    between = matrix_inner(between.data, step->pass->batch, left->cols, step->pass->dtype);
    turned = fa_matrix_transpose(*right);
    shared_product(step->pass->team, 1.0, signal_of(step, l + 1), &turned, 0.0, &between);
    turned = fa_matrix_transpose(*left);
    shared_product(step->pass->team, 1.0, &between, &turned, 0.0, &pass_at(step->pass, l)->delta);
    finish(step, l);
    return FA_OK;
}

fa_status fa_step_apply_slope(fa_step *step, size_t l)
{
    fa_status status = check_layer(step, __func__, l, false);

    if (status == FA_OK) {
        (void)signal_of(step, l);
        finish(step, l);
    }
    return status;
}

fa_status fa_step_apply_mask(fa_step *step, size_t l)
{
    fa_status status = check_layer(step, __func__, l, false);

    if (status == FA_OK)
        dropout_mask(step->pass, l, signal_of(step, l));
    return status;
}
