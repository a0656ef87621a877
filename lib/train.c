/* The phases of a training step. */
#include "train.h"

#include <math.h>

#include "dropout.h"
#include "loss.h"
#include "matrix.h"
#include "online.h"
#include "optimizer.h"
#include "status.h"
#include "step.h"
#include "streaming.h"
#include "update.h"

/* The pass was made for net, and nobody is in the middle of an epoch with it. */
static fa_status check_pass(const fa_network *net, const fa_pass *pass)
{
    if (pass->busy)
        return status_set(FA_ERR_STATE, "an epoch is under way with this pass: its callbacks may only look");
    return network_check_fits(net, pass->fingerprint, "pass");
}

/* x fits, and so does the pass. */
static fa_status check_forward(const fa_network *net, const fa_pass *pass, const fa_matrix *x)
{
    fa_status status = check_pass(net, pass);

    if (status == FA_OK)
        status = matrix_check_shape(x, "x", 0, net->n_inputs, net->dtype);
    if (status == FA_OK && x->rows > pass->max_batch)
        status = status_set(FA_ERR_SHAPE, "x has %zu samples, the pass takes at most %zu", x->rows, pass->max_batch);
    return status;
}

/* Single phases keep all layers. */
static fa_status check_phases(const fa_pass *pass, const char *function)
{
    if (pass->streaming)
        return status_set(FA_ERR_UNSUPPORTED, "%s: a streaming pass only takes whole training steps", function);
    return FA_OK;
}

/* Start a batch; x must have been checked. */
static void begin(const fa_network *net, fa_pass *pass, const fa_matrix *x)
{
    pass_begin(pass, x);
    dropout_begin(net, pass);
    dropout_run(pass, 0);
}

void train_run_layer(const fa_network *net, fa_pass *pass, size_t l)
{
    const pass_layer *at = pass_at(pass, l);
    const layer      *found = network_layer(net, l);
    const fa_matrix  *in = pass_h(pass, l - 1);

    if (online_forward(pass, found, l, in, &at->h))
        layer_activate(found, at->z, &at->h);
    else
        layer_run(found, pass->team, in, NULL, at->z, &at->h);
    dropout_run(pass, l);
}

fa_status fa_forward(const fa_network *net, fa_pass *pass, const fa_matrix *x)
{
    fa_status status;

    if (!net || !pass || !x)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "x");
    status = check_forward(net, pass, x);
    if (status == FA_OK)
        status = check_phases(pass, __func__);
    if (status == FA_OK)
        status = dropout_prepare(net, pass);
    if (status != FA_OK)
        return status;
    begin(net, pass, x);
    for (size_t l = 1; l <= net->depth; l++)
        train_run_layer(net, pass, l);
    pass->stage = PASS_FORWARD;
    return FA_OK;
}

static fa_status check_target(const fa_network *net, const fa_matrix *target, size_t rows)
{
    return matrix_check_shape(target, "target", rows, fa_network_width(net, net->depth), net->dtype);
}

/* The error phase proper; the target is in the pass. */
fa_status train_error(const fa_network *net, fa_pass *pass, double *loss)
{
    const pass_layer *output = pass_at(pass, net->depth);
    double            mean = loss_sum(net, &output->h, output->z, &pass->target, &output->delta) / (double)pass->batch;

    if (loss)
        *loss = mean;
    if (!isfinite(mean)) {
        pass->stage = PASS_FORWARD;
        return status_set(FA_ERR_NOT_FINITE, "the loss is %s", isnan(mean) ? "NaN" : "infinite");
    }
    pass->stage = PASS_ERROR;
    return FA_OK;
}

fa_status fa_error(const fa_network *net, fa_pass *pass, const fa_matrix *target, double *loss)
{
    fa_status status;

    if (!net || !pass || !target)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "target");
    status = check_pass(net, pass);
    if (status == FA_OK)
        status = check_phases(pass, __func__);
    if (status == FA_OK && (pass->stage < PASS_FORWARD || pass->stage == PASS_TAKEN))
        status = status_set(FA_ERR_STATE, "%s: there is no forward pass since the last update", __func__);
    if (status == FA_OK)
        status = check_target(net, target, pass->batch);
    if (status != FA_OK)
        return status;
    pass->target = *target;
    return train_error(net, pass, loss);
}

/* Check that pass and fb were made for net. */
static fa_status check_bound(const fa_network *net, const fa_pass *pass, const fa_feedback *fb)
{
    fa_status status = check_pass(net, pass);

    return status == FA_OK ? network_check_fits(net, fb->fingerprint, "feedback") : status;
}

/* The deltas phase proper, for a rule without `local`, or whose `local` has run already. */
static fa_status make_deltas(const fa_network *net, fa_pass *pass, fa_feedback *fb)
{
    fa_status status = step_backward(net, pass, fb);

    if (status != FA_OK) {
        pass->stage = PASS_ERROR;
        return status;
    }
    step_complete(pass);
    pass->stage = PASS_BACKWARD;
    return FA_OK;
}

fa_status fa_backward(const fa_network *net, fa_pass *pass, fa_feedback *fb)
{
    fa_status status;

    if (!net || !pass || !fb)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "fb");
    status = check_bound(net, pass, fb);
    if (status == FA_OK)
        status = check_phases(pass, __func__);
    if (status == FA_OK && pass->stage != PASS_ERROR && pass->stage != PASS_BACKWARD)
        status = status_set(FA_ERR_STATE, "%s: no output error of a batch whose gradient is still to be taken",
                            __func__);
    if (status == FA_OK)
        status = step_prepare(net, pass, fb);
    if (status != FA_OK)
        return status;
    pass->stage = PASS_ERROR;
    step_reset(pass);
    for (size_t l = 1; fb->rule.local && l < net->depth && status == FA_OK; l++)
        status = step_local(net, pass, fb, l);
    return status == FA_OK ? make_deltas(net, pass, fb) : status;
}

fa_status fa_gradient(const fa_network *net, fa_pass *pass, fa_feedback *fb)
{
    fa_status status;

    if (!net || !pass || !fb)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "fb");
    status = check_bound(net, pass, fb);
    if (status == FA_OK)
        status = check_phases(pass, __func__);
    if (status == FA_OK && pass->stage != PASS_BACKWARD)
        status = status_set(FA_ERR_STATE, "%s: there are no error signals whose gradient is still to be taken",
                            __func__);
    return status == FA_OK ? update_accumulate(net, pass) : status;
}

void fa_gradient_reset(fa_pass *pass)
{
    if (pass)
        pass->gradient_samples = 0;
}

fa_status train_check(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt)
{
    const size_t decay = opt->kind->coupled_decay;
    fa_status    status = check_bound(net, pass, fb);

    if (status == FA_OK)
        status = network_check_fits(net, opt->fingerprint, "optimizer");
    if (status == FA_OK && (fb->rule.flags & FA_RULE_REFUSES_COUPLED_DECAY) && decay && opt->values[decay] != 0.0)
        status = status_set(FA_ERR_UNSUPPORTED,
                            "rule %.40s takes no weight decay inside the gradient (%s's %s): it has "
                            "one of its own, or use a decoupled one", fb->rule.name,
                            opt->kind->name, opt->kind->params[decay].name);
    return status == FA_OK ? streaming_check(pass, fb, opt) : status;
}

fa_status fa_update(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    fa_status status;

    if (!net || !pass || !fb || !opt)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : !fb ? "fb" : "opt");
    status = train_check(net, pass, fb, opt);
    if (status == FA_OK)
        status = check_phases(pass, __func__);
    if (status == FA_OK && pass->stage != PASS_BACKWARD && pass->gradient_samples == 0)
        status = status_set(FA_ERR_STATE, "%s: there is no gradient to apply", __func__);
    if (status == FA_OK)
        status = step_prepare(net, pass, fb); /* another feedback may have gone backward */
    return status == FA_OK ? update_apply(net, pass, fb, opt) : status;
}

/* Forward pass with a rule that writes its deltas on the way. */
static fa_status forward_local(const fa_network *net, fa_pass *pass, fa_feedback *fb)
{
    for (size_t l = 1; l <= net->depth; l++) {
        train_run_layer(net, pass, l);
        if (l < net->depth) {
            fa_status status = step_local(net, pass, fb, l);
            if (status != FA_OK)
                return status;
        }
    }
    return FA_OK;
}

fa_status train_prepare(const fa_network *net, fa_pass *pass, const fa_feedback *fb)
{
    fa_status status = step_prepare(net, pass, fb);

    return status == FA_OK ? dropout_prepare(net, pass) : status;
}

void train_begin(const fa_network *net, fa_pass *pass, const fa_matrix *x, const fa_matrix *target)
{
    pass->gradient_samples = 0;
    begin(net, pass, x);
    pass->target = *target;
    step_reset(pass);
}

fa_status train_to_deltas(const fa_network *net, fa_pass *pass, fa_feedback *fb, const fa_matrix *x,
                          const fa_matrix *target, double *loss)
{
    fa_status status = FA_OK;

    train_begin(net, pass, x, target);
    if (fb->rule.local)
        status = forward_local(net, pass, fb);
    else
        for (size_t l = 1; l <= net->depth; l++)
            train_run_layer(net, pass, l);
    if (status == FA_OK)
        status = train_error(net, pass, loss);
    if (status == FA_OK)
        status = make_deltas(net, pass, fb);
    if (status != FA_OK)
        pass_abandon(pass);
    return status;
}

fa_status fa_train_step(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_matrix *x,
                        const fa_matrix *target, double *loss)
{
    fa_status status;

    if (!net || !pass || !fb || !opt || !x || !target)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : !fb ? "fb" : !opt ? "opt" : !x ? "x" : "target");
    status = train_check(net, pass, fb, opt);
    if (status == FA_OK)
        status = check_forward(net, pass, x);
    if (status == FA_OK)
        status = check_target(net, target, x->rows);
    if (status == FA_OK)
        status = train_prepare(net, pass, fb);
    if (status == FA_OK && pass->streaming)
        return streaming_step(net, pass, fb, opt, x, target, loss);
    if (status == FA_OK)
        status = train_to_deltas(net, pass, fb, x, target, loss);
    if (status != FA_OK)
        return status;
    status = update_apply(net, pass, fb, opt);
    if (status != FA_OK)
        pass_abandon(pass);
    return status;
}
