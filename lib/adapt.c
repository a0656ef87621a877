/* What rules do in `adapt`, and the mirror phase. */
#include "step.h"

#include <math.h>

#include "kernels.h"
#include "matrix.h"
#include "status.h"

double fa_step_learning_rate(const fa_step *step)
{
    return step && step->opt ? step->opt->values[LEARNING_RATE] * step->opt->schedule : (double)NAN;
}

fa_status fa_step_shrink_weights(const fa_step *step, size_t l, double factor)
{
    const layer *found;
    fa_status    status;

    if (!step)
        return status_null(__func__, "step");
    status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status != FA_OK)
        return status;
    if (!(factor >= 0.0) || factor > 1.0)
        return status_set(FA_ERR_ARGUMENT, "%s: the factor %g is not in 0 .. 1", __func__, factor);
    found = network_layer(step->net, l);
    if (step->phase != STEP_ADAPT)
        return status_set(FA_ERR_STATE, "%s: only in adapt, when the weights have been updated", __func__);
    if (found->frozen)
        return status_set(FA_ERR_STATE, "%s: layer %zu is frozen", __func__, l);
    if (factor < 1.0)
        kernels_for(step->pass->dtype)->scale(found->weights_t.rows * found->weights_t.row_stride, factor,
                                              found->weights_t.data);
    return FA_OK;
}

static fa_status check_mirror(const fa_feedback *fb, const fa_network *net, const fa_pass *pass)
{
    fa_status status = network_check_fits(net, pass->fingerprint, "pass");

    if (status == FA_OK)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status == FA_OK && pass->busy)
        status = status_set(FA_ERR_STATE, "an epoch is under way with this pass: its callbacks may only look");
    if (status == FA_OK && !(fb->rule.flags & FA_RULE_MIRRORS))
        status = status_set(FA_ERR_UNSUPPORTED, "rule %.40s has no mirror phase: it adapts with a batch only",
                            fb->rule.name);
    return status;
}

/* A batch of the largest size without samples. */
static void begin_empty(fa_pass *pass)
{
    const fa_matrix nothing = {.rows = pass->max_batch};

    pass_begin(pass, &nothing);
    step_reset(pass);
}

fa_status fa_feedback_adapt(fa_feedback *fb, const fa_network *net, fa_pass *pass, uint64_t n)
{
    fa_status status;

    if (!fb || !net || !pass)
        return status_null(__func__, !fb ? "fb" : !net ? "net" : "pass");
    status = check_mirror(fb, net, pass);
    if (status == FA_OK)
        status = step_prepare(net, pass, fb);
    if (status != FA_OK)
        return status;
    begin_empty(pass);
    for (uint64_t i = 0; i < n; i++)
        step_adapt(net, pass, fb, NULL);
    return FA_OK;
}
