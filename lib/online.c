#include "online.h"

#include "alloc.h"
#include "feedback.h"
#include "matrix.h"
#include "optimizer.h"
#include "prune.h"
#include "shared.h"
#include "status.h"
#include "update.h"

bool online_allowed(const fa_feedback *fb, const fa_optimizer *opt)
{
    double alpha, beta;

    return fb->rule.flags == 0 && !fb->rule.adapt && optimizer_linear(opt, 1, false, 1, &alpha, &beta);
}

static fa_status make_room(fa_pass *pass, const fa_network *net)
{
    size_t bytes = 0;
    char  *memory;

    if (pass->waiting)
        return FA_OK;
    (void)mem_add(&bytes, pass->depth, sizeof *pass->waiting);
    for (size_t l = 1; l <= pass->depth; l++) {
        const layer *found = network_layer(net, l);

        if (!mem_add(&bytes, found->n_in, fa_dtype_size(pass->dtype)) ||
            !mem_add(&bytes, found->weights_t.row_stride, fa_dtype_size(pass->dtype)))
            return status_set(FA_ERR_SHAPE, "a layer is too wide to be trained online");
    }
    memory = mem_zeroed(1, bytes);
    if (!memory)
        return FA_ERR_MEMORY;
    pass->waiting = (pass_waiting *)memory;
    bytes = 0;
    (void)mem_add(&bytes, pass->depth, sizeof *pass->waiting);
    for (size_t l = 1; l <= pass->depth; l++) {
        const layer *found = network_layer(net, l);

        pass->waiting[l - 1].h = fa_matrix_view(memory + bytes, 1, found->n_in, pass->dtype);
        (void)mem_add(&bytes, found->n_in, fa_dtype_size(pass->dtype));
        pass->waiting[l - 1].delta = matrix_inner(memory + bytes, 1, found->n_out, pass->dtype);
        (void)mem_add(&bytes, found->weights_t.row_stride, fa_dtype_size(pass->dtype));
    }
    return FA_OK;
}

fa_status online_begin(fa_pass *pass, const fa_network *net)
{
    fa_status status = make_room(pass, net);

    pass->online = status == FA_OK;
    return status;
}

/* Leave the update of W_l waiting: alpha h^T delta, after w was multiplied by beta. */
static void postpone(const fa_pass *pass, const fa_optimizer *opt, size_t l)
{
    const fa_matrix delta = update_postsynaptic(pass, l);
    pass_waiting   *waiting = &pass->waiting[l - 1];

    (void)optimizer_linear(opt, l, false, 1, &waiting->alpha, &waiting->beta);
    matrix_move(update_presynaptic(pass, l), &waiting->h);
    matrix_move(&delta, &waiting->delta);
    waiting->any = true;
}

fa_status online_apply(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    if (!update_may_fuse(net, pass, fb, opt))
        return update_apply(net, pass, fb, opt);
    for (size_t l = 1; l <= pass->depth; l++) {
        const layer *found = network_layer(net, l);

        if (found->frozen)
            continue;
        if (!update_postsynaptic(pass, l).data || found->held_norm > 0.0)
            update_fuse_weights(net, pass, opt, l); /* a norm takes all of W_l after its update */
        else
            postpone(pass, opt, l);
        update_fuse_bias(net, pass, opt, l);
    }
    pass->dropout_step++;
    update_done(net, pass, fb, opt);
    return FA_OK;
}

static void apply_waiting(const fa_pass *pass, const layer *at, size_t l)
{
    pass_waiting *waiting = &pass->waiting[l - 1];

    if (!waiting->any)
        return;
    at->kind->gradient(pass->team, waiting->alpha, &waiting->h, &waiting->delta, waiting->beta, &at->weights_t);
    prune_apply(at, &at->weights_t);
    waiting->any = false;
}

void online_flush(const fa_network *net, const fa_pass *pass)
{
    for (size_t l = 1; pass->waiting && l <= pass->depth; l++)
        apply_waiting(pass, network_layer(net, l), l);
}

void online_end(const fa_network *net, fa_pass *pass)
{
    online_flush(net, pass);
    pass->online = false;
}

bool online_forward(const fa_pass *pass, const layer *at, size_t l, const fa_matrix *in, const fa_matrix *h)
{
    pass_waiting *waiting = pass->online ? &pass->waiting[l - 1] : NULL;

    if (!waiting)
        return false;
    if (in->cols > 1 && in->col_stride != 1) {
        apply_waiting(pass, at, l);
        return false;
    }
    shared_update_product(pass->team, waiting->alpha, waiting->any ? &waiting->h : NULL, &waiting->delta,
                          waiting->beta, at->kept, in, &at->weights_t, h);
    waiting->any = false;
    return true;
}
