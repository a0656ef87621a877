/* What a rule sees of a step. */
#include "step.h"

#include "matrix.h"
#include "status.h"

/* The checks all views share; clears the view. */
static fa_status check(const fa_step *step, const char *function, fa_matrix *view)
{
    if (!view)
        return status_null(function, "view");
    *view = (fa_matrix){0};
    return step ? FA_OK : status_null(function, "step");
}

static fa_status not_yet(const char *function, const char *what)
{
    return status_set(FA_ERR_STATE, "%s: %s is not known yet", function, what);
}

static fa_status no_batch(const char *function)
{
    return status_set(FA_ERR_STATE, "%s: there is no batch in a mirror phase, nor if another one went forward since",
                      function);
}

fa_status fa_step_activity(const fa_step *step, size_t slot, size_t l, fa_matrix *view)
{
    fa_status status = check(step, __func__, view);

    if (status == FA_OK)
        status = step_check_layer(step, __func__, l, 0, step->pass->depth);
    if (status != FA_OK)
        return status;
    if (slot > step->fb->n_slots)
        return status_set(FA_ERR_ARGUMENT, "%s: slot %zu was not asked for in setup", __func__, slot);
    if (slot == 0 && step->phase == STEP_LOCAL && l > step->reached)
        return not_yet(__func__, "the activity of a later layer");
    if (slot == 0 && step_lacks_batch(step))
        return no_batch(__func__);
    if (slot == 0 && l > 0)
        status = step_check_kept(step, __func__, l + 1, step->reached);
    if (status != FA_OK)
        return status;
    *view = slot == 0 ? *pass_h(step->pass, l) : step->pass->slots[slot - 1].h[l];
    return FA_OK;
}

fa_status fa_step_target(const fa_step *step, fa_matrix *view)
{
    fa_status status = check(step, __func__, view);

    if (status != FA_OK)
        return status;
    if (step_lacks_batch(step))
        return no_batch(__func__);
    if (!step->pass->target.data)
        return not_yet(__func__, "the target");
    *view = step->pass->target;
    return FA_OK;
}

fa_status fa_step_delta(const fa_step *step, size_t l, fa_matrix *view)
{
    fa_status   status = check(step, __func__, view);
    pass_layer *at;

    if (status == FA_OK)
        status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status != FA_OK)
        return status;
    if (step->phase == STEP_LOCAL && l == step->pass->depth)
        return not_yet(__func__, "the output error");
    if (step_lacks_batch(step))
        return no_batch(__func__);
    if (step->pass->streaming && l > step->reached)
        return not_yet(__func__, "a later layer");
    status = step_check_kept(step, __func__, l, step->reached);
    if (status != FA_OK)
        return status;
    at = pass_at(step->pass, l);
    if (!at->delta_written) {
        matrix_zero(&at->delta);
        at->delta_written = true;
    }
    *view = at->delta;
    return FA_OK;
}

fa_status fa_step_weights(const fa_step *step, size_t l, fa_matrix *view)
{
    fa_status status = check(step, __func__, view);

    if (status == FA_OK)
        status = step_check_kept(step, __func__, l, step->reached);
    return status == FA_OK ? fa_network_weights(step->net, l, view) : status;
}

fa_status fa_step_bias(const fa_step *step, size_t l, fa_matrix *view)
{
    fa_status status = check(step, __func__, view);

    if (status == FA_OK)
        status = step_check_kept(step, __func__, l, step->reached);
    return status == FA_OK ? fa_network_bias(step->net, l, view) : status;
}

fa_status fa_step_array(const fa_step *step, const char *name, size_t l, fa_matrix *view)
{
    fa_status status = check(step, __func__, view);

    return status == FA_OK ? fa_feedback_get(step->fb, name, l, view) : status;
}

fa_status fa_step_gradient(fa_step *step, size_t l, fa_matrix *weights, fa_matrix *bias)
{
    fa_matrix weights_t, bias_view;
    fa_status status = check(step, __func__, weights);

    if (bias)
        *bias = (fa_matrix){0};
    if (status == FA_OK)
        status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status != FA_OK)
        return status;
    if (!(step->fb->rule.flags & FA_RULE_WRITES_GRADIENT) || step->phase == STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: only for rules with FA_RULE_WRITES_GRADIENT, in backward", __func__);
    pass_written(step->pass, step->net, l, &weights_t, &bias_view);
    if (!pass_at(step->pass, l)->own_gradient) {
        matrix_zero(&weights_t);
        if (bias_view.data)
            matrix_zero(&bias_view);
        pass_at(step->pass, l)->own_gradient = true;
    }
    *weights = fa_matrix_transpose(weights_t);
    if (bias)
        *bias = bias_view;
    return FA_OK;
}

fa_status fa_step_increment(const fa_step *step, size_t l, fa_matrix *weights, fa_matrix *bias)
{
    fa_status status = check(step, __func__, weights);

    if (bias)
        *bias = (fa_matrix){0};
    if (status == FA_OK)
        status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status != FA_OK)
        return status;
    if (!(step->fb->rule.flags & FA_RULE_NEEDS_INCREMENT) || step->phase != STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: only for rules with FA_RULE_NEEDS_INCREMENT, in adapt", __func__);
    if (l < step->fb->increments)
        return status_set(FA_ERR_STATE, "%s: setup asked for the increments of layers %zu and up, not of %zu", __func__,
                          step->fb->increments, l);
    if (step_mirrors(step))
        return no_batch(__func__);
    *weights = fa_matrix_transpose(pass_at(step->pass, l)->gradient);
    if (bias)
        *bias = pass_at(step->pass, l)->bias_gradient;
    return FA_OK;
}

fa_status fa_step_set_postsynaptic(fa_step *step, size_t l, const fa_matrix *view)
{
    fa_status status;

    if (!step || !view)
        return status_null(__func__, !step ? "step" : "view");
    status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status == FA_OK && step->phase == STEP_ADAPT)
        status = status_set(FA_ERR_STATE, "%s: the gradient has been taken", __func__);
    if (status == FA_OK)
        status = step_check_kept(step, __func__, l, step->reached);
    if (status == FA_OK)
        status = matrix_check_shape(view, "the postsynaptic signal", step->pass->batch,
                                    fa_network_width(step->net, l), step->pass->dtype);
    /* Column sums read whole vectors of a row. */
    if (status == FA_OK &&
        (view->row_stride != pass_at(step->pass, l)->delta.row_stride || !step_is_inner(step, view)))
        status = status_set(FA_ERR_ARGUMENT, "%s: the signal has to be a view of the step, row by row", __func__);
    if (status == FA_OK)
        pass_at(step->pass, l)->postsynaptic = *view;
    return status;
}

fa_status fa_step_set_presynaptic(fa_step *step, size_t l, const fa_matrix *view)
{
    fa_status status;

    if (!step || !view)
        return status_null(__func__, !step ? "step" : "view");
    status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status == FA_OK && step->phase == STEP_ADAPT)
        status = status_set(FA_ERR_STATE, "%s: the gradient has been taken", __func__);
    if (status == FA_OK)
        status = matrix_check_shape(view, "the presynaptic activity", step->pass->batch,
                                    fa_network_width(step->net, l - 1), step->pass->dtype);
    if (status == FA_OK)
        status = step_check_kept(step, __func__, l, step->reached);
    if (status == FA_OK)
        pass_at(step->pass, l)->presynaptic = *view;
    return status;
}
