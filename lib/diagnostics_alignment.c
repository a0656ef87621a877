/* Weights against feedback: angles. */
#include "diagnostics.h"

#include <math.h>

#include "alloc.h"
#include "blas.h"
#include "feedback.h"
#include "matrix.h"
#include "status.h"

/* The only place where B is asked for. */
fa_status diagnostics_feedback(const fa_feedback *fb, size_t l, fa_matrix *b, void **copy)
{
    const feedback_array *found = feedback_find(fb, "B", l);
    const fa_matrix      *like = found ? &found->operand.matrix : NULL;

    *copy = NULL;
    if (!found || like->data)
        return fa_feedback_get(fb, "B", l, b);
    *copy = mem_zeroed(like->cols, matrix_padded(like->rows, like->dtype) * fa_dtype_size(like->dtype));
    if (!*copy)
        return FA_ERR_MEMORY;
    *b = matrix_inner_columns(*copy, like->rows, like->cols, like->dtype);
    operand_write(&found->operand, b);
    return FA_OK;
}

static fa_status angle_to_weights(const fa_matrix *weights_t, const fa_matrix *b, const double *norms, double *degrees)
{
    products  p;
    fa_status status = matrix_check_shape(b, "B", weights_t->rows, weights_t->cols, weights_t->dtype);

    if (status != FA_OK)
        return status;
    if (norms && angle_is_exact(b, norms[0] * norms[0]) && angle_is_exact(b, norms[1] * norms[1]) &&
        isfinite(norms[0]) && isfinite(norms[1])) {
        *degrees = angle_between(angle_dot(weights_t, b), norms[0], norms[1]);
        return FA_OK;
    }
    status = angle_products(weights_t, "W", b, "B", &p);
    if (status == FA_OK)
        *degrees = angle_degrees(&p);
    return status;
}

fa_status diagnostics_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, const double *norms,
                                   double *degrees)
{
    fa_matrix b;
    void     *copy;
    fa_status status = diagnostics_feedback(fb, l, &b, &copy);

    if (status == FA_OK)
        status = angle_to_weights(&network_layer(net, l + 1)->weights_t, &b, norms, degrees);
    mem_free(copy);
    return status;
}

fa_status fa_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees)
{
    fa_status status;

    if (!degrees)
        return status_null(__func__, "degrees");
    *degrees = (double)NAN;
    if (!net || !fb)
        return status_null(__func__, !net ? "net" : "fb");
    status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status == FA_OK && (l < 1 || l >= net->depth))
        status = status_set(FA_ERR_ARGUMENT, "%s: layer %zu is no hidden layer of a network with %zu layers", __func__,
                            l, net->depth);
    return status == FA_OK ? diagnostics_weight_angle(net, fb, l, NULL, degrees) : status;
}

/* Whether there is a B_l [n_l x n_L] that brings the output error itself. A rule may keep something else under that name. */
static bool is_direct(const fa_network *net, const fa_feedback *fb, size_t l)
{
    return fb->operands[l - 1] && (fb->topology == FA_DIRECT || l == net->depth - 1);
}

bool diagnostics_has_alignment(const fa_network *net, const fa_feedback *fb, size_t l)
{
    return (l == 1 || is_direct(net, fb, l - 1)) && (l == net->depth || is_direct(net, fb, l));
}

fa_status diagnostics_check_alignment(const fa_network *net, const fa_feedback *fb, size_t l, size_t lowest)
{
    if (net->depth < 2 || l < lowest || l > net->depth)
        return status_set(FA_ERR_ARGUMENT, "an alignment is of layer %zu .. L, and there is a hidden layer; this is "
                          "layer %zu of a network with %zu", lowest, l, net->depth);
    for (size_t i = l > 1 ? l - 1 : 1; i <= l && i < net->depth; i++) {
        if (!feedback_find(fb, "B", i))
            return feedback_no_array(fb, "B", i);
        if (!is_direct(net, fb, i))
            return status_set(FA_ERR_UNSUPPORTED, "rule %.40s: its B does not bring layer %zu the error of the output",
                              fb->rule.name, i);
    }
    return FA_OK;
}

/* Angle between W [n_l x n_{l-1}] and B C^T, without forming the latter: <W, B C^T> = <W C, B>, and |B C^T|^2 =
 * <B^T B, C^T C>. */
static fa_status angle_to_product(arena *a, const fa_matrix *w, const fa_matrix *b, const fa_matrix *c, double *degrees)
{
    const fa_matrix b_t = fa_matrix_transpose(*b), c_t = fa_matrix_transpose(*c);
    fa_matrix wc = {0}, bb = {0}, cc = {0};
    fa_status status = FA_OK;

    for (int counted = 0; counted < 2 && status == FA_OK; counted++) {
        if (counted == 0)
            arena_begin(a);
        else
            status = arena_commit(a);
        wc = arena_matrix(a, w->rows, c->cols, w->dtype);
        bb = arena_matrix(a, b->cols, b->cols, w->dtype);
        cc = arena_matrix(a, c->cols, c->cols, w->dtype);
    }
    if (status != FA_OK)
        return status;
    blas_product(1.0, w, c, 0.0, &wc);
    blas_product(1.0, &b_t, b, 0.0, &bb);
    blas_product(1.0, &c_t, c, 0.0, &cc);

    const products p = {.ab = angle_dot(&wc, b), .aa = angle_dot(w, w), .bb = angle_dot(&bb, &cc)};
    if (!isfinite(p.ab) || !isfinite(p.aa) || !isfinite(p.bb))
        return status_set(FA_ERR_NOT_FINITE, "weights or feedback, or the squares of their norms, are NaN or infinite");
    *degrees = angle_degrees(&p);
    return FA_OK;
}

fa_status diagnostics_alignment_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                      double *degrees)
{
    const fa_matrix w = fa_matrix_transpose(network_layer(net, l)->weights_t);
    fa_matrix       b = {0}, c;
    void           *b_copy = NULL, *c_copy;
    products        p;
    fa_status       status = diagnostics_feedback(fb, l - 1, &c, &c_copy);

    if (status == FA_OK && l < net->depth)
        status = diagnostics_feedback(fb, l, &b, &b_copy);
    if (status == FA_OK && l < net->depth) {
        status = angle_to_product(a, &w, &b, &c, degrees);
    } else if (status == FA_OK) {
        status = angle_products(&network_layer(net, l)->weights_t, "W", &c, "B", &p);
        if (status == FA_OK)
            *degrees = angle_degrees(&p);
    }
    mem_free(b_copy);
    mem_free(c_copy);
    return status;
}

fa_status fa_alignment_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees)
{
    arena     a = {0};
    fa_status status;

    if (!degrees)
        return status_null(__func__, "degrees");
    *degrees = (double)NAN;
    if (!net || !fb)
        return status_null(__func__, !net ? "net" : "fb");
    status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status == FA_OK)
        status = diagnostics_check_alignment(net, fb, l, 2);
    if (status == FA_OK)
        status = diagnostics_alignment_angle(&a, net, fb, l, degrees);
    arena_release(&a);
    return status;
}
