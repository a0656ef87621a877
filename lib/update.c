#include "update.h"

#include <float.h>
#include <math.h>

#include "clip.h"
#include "hold_norm.h"
#include "kernels.h"
#include "matrix.h"
#include "prune.h"
#include "shared.h"
#include "status.h"

const fa_matrix *update_presynaptic(const fa_pass *pass, size_t l)
{
    const pass_layer *at = pass_at(pass, l);

    return at->presynaptic.data ? &at->presynaptic : pass_h(pass, l - 1);
}

fa_matrix update_postsynaptic(const fa_pass *pass, size_t l)
{
    const pass_layer *at = pass_at(pass, l);

    if (at->postsynaptic.data)
        return at->postsynaptic;
    return at->delta_written ? at->delta : (fa_matrix){0};
}

/* --- accumulated gradient ----------------------------------------------------------------------------------- */

/* gradient = beta gradient + n (what the rule wrote itself, a mean). */
static void add_written(const fa_network *net, const fa_pass *pass, size_t l, double beta)
{
    const kernels    *k = kernels_for(pass->dtype);
    const pass_layer *at = pass_at(pass, l);
    fa_matrix         weights_t, bias;

    pass_written(pass, net, l, &weights_t, &bias);
    if (beta == 0.0) {
        matrix_zero(&at->gradient);
        if (bias.data)
            matrix_zero(&at->bias_gradient);
    }
    k->add_scaled(weights_t.rows * weights_t.row_stride, (double)pass->batch, weights_t.data, at->gradient.data);
    if (bias.data)
        k->add_scaled(bias.row_stride, (double)pass->batch, bias.data, at->bias_gradient.data);
}

/* gradient = beta gradient + delta^T h. */
static void add_product(const fa_network *net, const fa_pass *pass, size_t l, double beta)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);
    const fa_matrix   delta = update_postsynaptic(pass, l);

    if (!delta.data) {
        if (beta == 0.0) {
            matrix_zero(&at->gradient);
            if (found->has_bias)
                matrix_zero(&at->bias_gradient);
        }
        return;
    }
    found->kind->gradient(pass->team, 1.0, update_presynaptic(pass, l), &delta, beta, &at->gradient);
    if (found->has_bias)
        shared_column_sums(pass->team, 1.0, &delta, beta, &at->bias_gradient);
}

/* Whether alpha delta^T h is surely finite: by Cauchy and Schwarz no element, and no partial sum, exceeds
 * |alpha| |delta| |h| in Frobenius norms. The margin covers the rounding of the norms, which are summed in the element
 * type. */
static bool surely_finite(fa_dtype dtype, double alpha, double delta, double h)
{
    double largest = (dtype == FA_FLOAT32 ? (double)FLT_MAX : DBL_MAX) * 0x1p-20;

    return sqrt(delta) * sqrt(h) * fmax(1.0, fabs(alpha)) <= largest;
}

/* The sum of squares is quick and may overflow; then every element is looked at. */
static bool is_finite(const fa_pass *pass, const fa_matrix *m)
{
    return isfinite(shared_sum_squares(pass->team, m)) || matrix_check_finite(m, "the gradient") == FA_OK;
}

/* Whether the gradient is finite because its factors are small: norms of those, where they are less to read. */
static bool is_small(const fa_network *net, const fa_pass *pass, size_t l)
{
    const layer    *found = network_layer(net, l);
    const fa_matrix delta = update_postsynaptic(pass, l);
    double          squares;

    if (!delta.data || pass->batch * (found->n_in + found->n_out) > found->n_in * found->n_out)
        return false;
    squares = shared_sum_squares(pass->team, &delta);
    return surely_finite(pass->dtype, 1.0, squares, (double)pass->batch) &&
           surely_finite(pass->dtype, 1.0, squares, shared_sum_squares(pass->team, update_presynaptic(pass, l)));
}

/* gradient = beta gradient + that of the batch, which has to be finite. */
static fa_status take_layer(const fa_network *net, const fa_pass *pass, size_t l, double beta)
{
    const pass_layer *at = pass_at(pass, l);

    if (at->own_gradient)
        add_written(net, pass, l, beta);
    else
        add_product(net, pass, l, beta);
    prune_apply(network_layer(net, l), &at->gradient);
    if (beta == 0.0 && !at->own_gradient && is_small(net, pass, l))
        return FA_OK;
    if (is_finite(pass, &at->gradient) && (!at->bias_gradient.data || is_finite(pass, &at->bias_gradient)))
        return FA_OK;
    return status_set(FA_ERR_NOT_FINITE, "the gradient of layer %zu is NaN or infinite", l);
}

/* Take in the current batch, but for the layers whose update is fused. */
static fa_status take(const fa_network *net, fa_pass *pass)
{
    double beta = pass->gradient_samples == 0 ? 0.0 : 1.0;

    pass->stage = PASS_TAKEN;
    for (size_t l = 1; l <= pass->depth; l++) {
        fa_status status = pass_at(pass, l)->fused ? FA_OK : take_layer(net, pass, l, beta);

        if (status != FA_OK) {
            pass->gradient_samples = 0;
            return status;
        }
    }
    pass->gradient_samples += pass->batch;
    pass->dropout_step++;
    return FA_OK;
}

fa_status update_accumulate(const fa_network *net, fa_pass *pass)
{
    for (size_t l = 1; l <= pass->depth; l++)
        pass_at(pass, l)->fused = false;
    return take(net, pass);
}

static void apply_layer(fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l, double scale)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);
    const fa_matrix  *arrays[2][2] = {{&at->gradient, &found->weights_t}, {&at->bias_gradient, &found->bias}};

    for (int bias = 0; bias <= (found->has_bias ? 1 : 0); bias++) {
        const fa_matrix *g = arrays[bias][0];
        const fa_matrix *w = arrays[bias][1];
        size_t           offset = at->offset + (size_t)((const char *)g->data - (const char *)at->gradient.data);

        if (found->frozen)
            matrix_zero(g); /* the increment that the rule may ask for */
        else
            optimizer_apply(opt, pass->team, l, bias, scale, offset, g->rows * g->row_stride, g->data, w->data);
    }
    /* Moments from before the pruning would move removed weights. */
    prune_apply(found, &found->weights_t);
    prune_apply(found, &at->gradient);
    if (!found->frozen)
        hold_norm_restore(found);
}

/* --- plain descent: gradient and update in one product -------------------------------------------------------- */

static bool layer_is_safe(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l)
{
    const layer    *found = network_layer(net, l);
    const fa_matrix signal = update_postsynaptic(pass, l);
    double          alpha, beta, delta;

    if (pass_at(pass, l)->own_gradient) /* of another rule than that of this update */
        return false;
    if (!optimizer_linear(opt, l, false, pass->batch, &alpha, &beta))
        return false;
    if (!signal.data)
        return true;
    delta = shared_sum_squares(pass->team, &signal);
    if (!surely_finite(pass->dtype, alpha, delta, shared_sum_squares(pass->team, update_presynaptic(pass, l))))
        return false;
    if (!found->has_bias)
        return true;
    (void)optimizer_linear(opt, l, true, pass->batch, &alpha, &beta);
    return surely_finite(pass->dtype, alpha, delta, (double)pass->batch);
}

/* Whether somebody wants to see the gradient or the increment of a layer. */
static bool is_watched(const fa_pass *pass, const fa_feedback *fb, size_t l)
{
    return pass->gradient_samples > 0 || (fb->rule.flags & FA_RULE_WRITES_GRADIENT) ||
           ((fb->rule.flags & FA_RULE_NEEDS_INCREMENT) && l >= fb->increments);
}

bool update_may_fuse(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, const fa_optimizer *opt)
{
    for (size_t l = 1; l <= pass->depth; l++)
        if (is_watched(pass, fb, l) || !layer_is_safe(net, pass, opt, l))
            return false;
    return true;
}

/* w = beta w for a layer without error signal. */
static void shrink(const fa_matrix *w, double beta)
{
    if (beta != 1.0)
        kernels_for(w->dtype)->add_scaled(w->rows * w->row_stride, beta - 1.0, w->data, w->data);
}

void update_fuse_weights(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l)
{
    const layer    *found = network_layer(net, l);
    const fa_matrix delta = update_postsynaptic(pass, l);
    double          alpha, beta;

    (void)optimizer_linear(opt, l, false, pass->batch, &alpha, &beta);
    if (delta.data)
        found->kind->gradient(pass->team, alpha, update_presynaptic(pass, l), &delta, beta, &found->weights_t);
    else
        shrink(&found->weights_t, beta);
    prune_apply(found, &found->weights_t);
    hold_norm_restore(found);
}

void update_fuse_bias(const fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l)
{
    const layer    *found = network_layer(net, l);
    const fa_matrix delta = update_postsynaptic(pass, l);
    double          alpha, beta;

    if (!found->has_bias)
        return;
    (void)optimizer_linear(opt, l, true, pass->batch, &alpha, &beta);
    if (delta.data)
        shared_column_sums(pass->team, alpha, &delta, beta, &found->bias);
    else
        shrink(&found->bias, beta);
}

/* --- apply ----------------------------------------------------------------------------------------------- */

/* Update layer l by what take_layer() made of it, or in one product. */
static void change_layer(fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l, double scale)
{
    if (!pass_at(pass, l)->fused) {
        apply_layer(net, pass, opt, l, scale);
    } else if (!network_layer(net, l)->frozen) {
        update_fuse_weights(net, pass, opt, l);
        update_fuse_bias(net, pass, opt, l);
    }
}

static void count(const fa_network *net, const fa_optimizer *opt, size_t l)
{
    if (!network_layer(net, l)->frozen)
        opt->updates[l - 1]++;
}

void update_over(const fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    const bool batch = pass->stage >= PASS_BACKWARD;

    pass->stage = batch ? PASS_TAKEN : PASS_EMPTY;
    opt->steps++;
    step_adapt(net, pass, fb, opt);
    pass->x.data = NULL; /* the caller's again */
}

void update_done(const fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    for (size_t l = 1; l <= opt->depth; l++)
        count(net, opt, l);
    update_over(net, pass, fb, opt);
}

fa_status update_layer(fa_network *net, const fa_pass *pass, const fa_optimizer *opt, size_t l)
{
    pass_layer *at = pass_at(pass, l);
    fa_status   status;

    at->fused = layer_is_safe(net, pass, opt, l);
    status = at->fused ? FA_OK : take_layer(net, pass, l, 0.0);
    if (status != FA_OK)
        return status;
    change_layer(net, pass, opt, l, optimizer_scale(opt, pass->batch));
    count(net, opt, l);
    return FA_OK;
}

fa_status update_apply(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    double scale;

    if (pass->stage == PASS_BACKWARD) {
        fa_status status;

        for (size_t l = 1; l <= pass->depth; l++)
            pass_at(pass, l)->fused = !is_watched(pass, fb, l) && layer_is_safe(net, pass, opt, l);
        status = take(net, pass);
        if (status != FA_OK)
            return status;
    }
    scale = clip_scale(net, pass, opt);
    for (size_t l = 1; l <= pass->depth; l++)
        change_layer(net, pass, opt, l, scale);
    pass->gradient_samples = 0;
    update_done(net, pass, fb, opt);
    return FA_OK;
}
