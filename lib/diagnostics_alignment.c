/* Weights against feedback: angles. */
#include "diagnostics.h"

#include <math.h>

#include "blas.h"
#include "feedback.h"
#include "matrix.h"
#include "status.h"

fa_status diagnostics_feedback_lay(arena *a, const fa_feedback *fb, size_t l, fa_matrix *b)
{
    const feedback_array *found = feedback_find(fb, "B", l);

    if (!found)
        return feedback_no_array(fb, "B", l);
    *b = found->operand.matrix;
    if (b->data)
        return FA_OK;
    *b = matrix_inner_columns(arena_take(a, b->cols, matrix_padded(b->rows, b->dtype) * fa_dtype_size(b->dtype)),
                              b->rows, b->cols, b->dtype);
    return a->counting ? FA_OK : fa_feedback_dense(fb, l, b);
}

fa_status diagnostics_feedback(arena *a, const fa_feedback *fb, size_t l, fa_matrix *b)
{
    fa_status status;

    arena_begin(a);
    status = diagnostics_feedback_lay(a, fb, l, b);
    if (status == FA_OK)
        status = arena_commit(a);
    return status == FA_OK ? diagnostics_feedback_lay(a, fb, l, b) : status;
}

/* To read a matrix from end to end for its norm is also what makes it quick to read in pieces, for <W^T, B>. */
static fa_status angle_to_weights(const fa_matrix *weights_t, const fa_matrix *b, double *weights, double *feedback,
                                  double *degrees)
{
    products  p;
    fa_status status = matrix_check_shape(b, "B", weights_t->rows, weights_t->cols, weights_t->dtype);

    if (status != FA_OK)
        return status;
    diagnostics_take_norm(weights_t, weights);
    diagnostics_take_norm(b, feedback);
    if (isfinite(*weights) && isfinite(*feedback) && angle_is_exact(weights_t, *weights * *weights) &&
        angle_is_exact(b, *feedback * *feedback)) {
        *degrees = angle_between(angle_dot(weights_t, b), *weights, *feedback);
        return FA_OK;
    }
    status = angle_products(weights_t, "W", b, "B", &p);
    if (status == FA_OK)
        *degrees = angle_degrees(&p);
    return status;
}

fa_status diagnostics_weight_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l, double *weights,
                                   double *feedback, double *degrees)
{
    fa_matrix b;
    fa_status status = diagnostics_feedback(a, fb, l, &b);

    if (status != FA_OK)
        return status;
    return angle_to_weights(&network_layer(net, l + 1)->weights_t, &b, weights, feedback, degrees);
}

fa_status fa_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees)
{
    arena     a = {0};
    double    norms[2] = {(double)NAN, (double)NAN};
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
    if (status == FA_OK)
        status = diagnostics_weight_angle(&a, net, fb, l, &norms[0], &norms[1], degrees);
    arena_release(&a);
    return status;
}

/* Whether there is a B_l [n_l x n_L] that brings the output error itself. A rule may keep something else under that
 * name. */
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

/* Scratch for the angle of a layer in between. */
typedef struct aligned {
    fa_matrix b;  /* B_l [n_l x n_L] */
    fa_matrix c;  /* B_{l-1} [n_{l-1} x n_L] */
    fa_matrix cw; /* C^T W^T [n_L x n_l] */
    fa_matrix bb; /* B^T B */
    fa_matrix cc; /* C^T C */
} aligned;

static fa_status lay(arena *a, const fa_feedback *fb, size_t l, aligned *s)
{
    fa_status status = diagnostics_feedback_lay(a, fb, l - 1, &s->c);

    if (status == FA_OK)
        status = diagnostics_feedback_lay(a, fb, l, &s->b);
    if (status != FA_OK)
        return status;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): set by another file's function where it returns FA_OK */
    s->cw = arena_matrix(a, s->c.cols, s->b.rows, s->b.dtype);
    s->bb = arena_matrix(a, s->b.cols, s->b.cols, s->b.dtype);
    s->cc = arena_matrix(a, s->c.cols, s->c.cols, s->b.dtype);
    return FA_OK;
}

/* Angle between W and B C^T without forming the latter: <W, B C^T> = <C^T W^T, B^T>, and |B C^T|^2 =
 * <B^T B, C^T C>. */
static fa_status angle_to_product(const fa_matrix *weights_t, const aligned *s, double *weights, double *degrees)
{
    const fa_matrix b_t = fa_matrix_transpose(s->b), c_t = fa_matrix_transpose(s->c);

    diagnostics_take_norm(weights_t, weights);
    blas_product(1.0, &c_t, weights_t, 0.0, &s->cw);
    blas_square(&b_t, &s->bb);
    blas_square(&c_t, &s->cc);

    const products p = {.ab = angle_dot(&s->cw, &b_t), .aa = *weights * *weights,
                        .bb = angle_dot(&s->bb, &s->cc)};
    if (!isfinite(p.ab) || !isfinite(p.aa) || !isfinite(p.bb))
        return status_set(FA_ERR_NOT_FINITE, "weights or feedback, or the squares of their norms, are NaN or infinite");
    *degrees = angle_degrees(&p);
    return FA_OK;
}

fa_status diagnostics_alignment_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                      double *weights, double *degrees)
{
    double    feedback = (double)NAN;
    aligned   s;
    fa_status status;

    if (l == net->depth)
        return diagnostics_weight_angle(a, net, fb, l - 1, weights, &feedback, degrees);
    arena_begin(a);
    status = lay(a, fb, l, &s);
    if (status == FA_OK)
        status = arena_commit(a);
    if (status == FA_OK)
        status = lay(a, fb, l, &s);
    return status == FA_OK ? angle_to_product(&network_layer(net, l)->weights_t, &s, weights, degrees) : status;
}

fa_status fa_alignment_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees)
{
    arena     a = {0};
    double    weights = (double)NAN;
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
        status = diagnostics_alignment_angle(&a, net, fb, l, &weights, degrees);
    arena_release(&a);
    return status;
}
