/* A local rule's delta_l follows from h_l and the target. So W_l may change as soon as h_l and delta_l are there:
 * nothing that comes later reads it, and h_{l-1} is not needed any more. Every activity and every delta still comes
 * from weights before their update, and the operations on a layer are those of an ordinary step. */
#include "streaming.h"

#include "status.h"
#include "train.h"
#include "update.h"

fa_status streaming_check(const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt)
{
    if (!pass->streaming)
        return FA_OK;
    if (!(fb->rule.flags & FA_RULE_LOCAL))
        return status_set(FA_ERR_UNSUPPORTED, "a streaming pass is for local rules; %.40s needs the output error",
                          fb->rule.name);
    if (fb->rule.flags != FA_RULE_LOCAL || fb->rule.adapt || fb->n_slots > 0)
        return status_set(FA_ERR_UNSUPPORTED,
                          "rule %.40s works on several layers at once; a streaming pass keeps one at a time",
                          fb->rule.name);
    if (opt->values[CLIP_NORM] > 0.0)
        return status_set(FA_ERR_UNSUPPORTED,
                          "clip_norm needs the gradients of all layers; a streaming pass keeps one at a time");
    return FA_OK;
}

static fa_status run(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, double *loss)
{
    fa_status status = FA_OK;

    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        train_run_layer(net, pass, l);
        status = l < net->depth ? step_local(net, pass, fb, l) : train_error(net, pass, loss);
        if (status == FA_OK)
            status = update_layer(net, pass, opt, l);
    }
    return status;
}

fa_status streaming_step(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_matrix *x,
                         const fa_matrix *target, double *loss)
{
    fa_status status;

    train_begin(net, pass, x, target);
    status = run(net, pass, fb, opt, loss);
    if (status == FA_OK) {
        update_over(net, pass, fb, opt);
        pass->dropout_step++; /* batches are counted here, too, though none is masked */
    }
    pass_abandon(pass); /* there is nothing to be seen */
    return status;
}
