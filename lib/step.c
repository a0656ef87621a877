#include "step.h"

#include "alloc.h"
#include "matrix.h"
#include "param.h"
#include "status.h"

fa_status step_prepare(const fa_network *net, fa_pass *pass, const fa_feedback *fb)
{
    bool written = (fb->rule.flags & FA_RULE_WRITES_GRADIENT) != 0;

    if (fb->n_slots <= pass->n_slots && (!written || pass->written))
        return FA_OK;
    return pass_prepare(pass, net, fb->n_slots, written);
}

void step_reset(fa_pass *pass)
{
    for (size_t l = 1; l <= pass->depth; l++) {
        pass_layer *at = pass_at(pass, l);
        at->delta_written = l == pass->depth;
        at->own_gradient = false;
        at->presynaptic.data = NULL;
        at->postsynaptic.data = NULL;
    }
}

/* A rule that fails without a sentence gets one, so that fa_last_error() never tells of something older. */
static fa_status explained(const fa_feedback *fb, const char *callback, unsigned long sentences, fa_status status)
{
    if (status != FA_OK && status_count() == sentences)
        return status_set(status, "rule %.40s: %s failed: %s", fb->rule.name, callback, fa_status_string(status));
    return status;
}

fa_status step_local(const fa_network *net, fa_pass *pass, fa_feedback *fb, size_t l)
{
    fa_step       step = {.net = net, .pass = pass, .fb = fb, .phase = STEP_LOCAL, .reached = l};
    unsigned long sentences = status_count();

    return explained(fb, "local", sentences, fb->rule.local(&step, l));
}

fa_status step_backward(const fa_network *net, fa_pass *pass, fa_feedback *fb)
{
    fa_step       step = {.net = net, .pass = pass, .fb = fb, .phase = STEP_BACKWARD};
    unsigned long sentences = status_count();

    if (!fb->rule.backward)
        return FA_OK;
    return explained(fb, "backward", sentences, fb->rule.backward(&step));
}

void step_complete(const fa_pass *pass)
{
    for (size_t l = 1; l < pass->depth; l++)
        if (!pass_at(pass, l)->delta_written)
            matrix_zero(&pass_at(pass, l)->delta);
}

void step_adapt(const fa_network *net, fa_pass *pass, fa_feedback *fb, const fa_optimizer *opt)
{
    fa_step step = {.net = net, .pass = pass, .fb = fb, .phase = STEP_ADAPT, .opt = opt};

    if (fb->rule.adapt)
        fb->rule.adapt(&step);
    fb->steps++;
}

fa_status step_check_kept(const fa_step *step, const char *function, size_t l, size_t lowest)
{
    if (!step->pass->streaming || l >= lowest)
        return FA_OK;
    return status_set(FA_ERR_STATE, "%s: a streaming pass is done with layer %zu", function, l);
}

fa_status step_check_layer(const fa_step *step, const char *function, size_t l, size_t low, size_t high)
{
    if (l >= low && l <= high)
        return FA_OK;
    return status_set(FA_ERR_ARGUMENT, "%s: layer %zu of a network with %zu layers; %zu to %zu are possible", function,
                      l, step->pass->depth, low, high);
}

size_t fa_step_depth(const fa_step *step)
{
    return step ? step->pass->depth : 0;
}

size_t fa_step_width(const fa_step *step, size_t l)
{
    return step ? fa_network_width(step->net, l) : 0;
}

size_t fa_step_batch(const fa_step *step)
{
    return step ? step->pass->batch : 0;
}

fa_dtype fa_step_dtype(const fa_step *step)
{
    return step ? step->pass->dtype : (fa_dtype)0;
}

uint64_t fa_step_number(const fa_step *step)
{
    return step ? step->fb->steps : 0;
}

void *fa_step_user_data(const fa_step *step)
{
    return step ? step->fb->user_data : NULL;
}

void *fa_step_state(const fa_step *step)
{
    return step ? step->fb->state : NULL;
}

fa_status fa_step_param(const fa_step *step, const char *name, double *value)
{
    if (!step)
        return status_null(__func__, "step");
    return fa_feedback_param(step->fb, name, value);
}
