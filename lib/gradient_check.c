/* Back-propagation's gradient against central differences. */
#include <fa/diagnostics.h>
#include <fa/train.h>

#include <math.h>

#include "alloc.h"
#include "matrix.h"
#include "network.h"
#include "status.h"

/* Everything in float64. */
typedef struct checked {
    fa_network  *net;
    fa_pass     *pass;
    fa_feedback *bp;
    fa_matrix    x;
    fa_matrix    target;
    double       step;
} checked;

static void release(checked *c)
{
    fa_matrix_free(&c->target);
    fa_matrix_free(&c->x);
    fa_feedback_destroy(c->bp);
    fa_pass_destroy(c->pass);
    fa_network_destroy(c->net);
}

/* The same network in float64. */
static fa_status promote(const fa_network *net, fa_network **out)
{
    fa_network *wide;
    fa_status   status = fa_network_create(&wide, FA_FLOAT64, net->n_inputs);

    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        const layer *found = network_layer(net, l);
        status = fa_network_add_dense(wide, found->n_out, found->activation, found->has_bias);
        if (status == FA_OK) {
            matrix_move(&found->weights_t, &network_layer(wide, l)->weights_t);
            if (found->has_bias)
                matrix_move(&found->bias, &network_layer(wide, l)->bias);
        }
    }
    if (status == FA_OK)
        status = fa_network_set_loss(wide, net->loss);
    *out = wide;
    return status;
}

static fa_status promote_matrix(const fa_matrix *matrix, fa_matrix *out)
{
    fa_status status = fa_matrix_alloc(out, matrix->rows, matrix->cols, FA_FLOAT64);

    if (status == FA_OK)
        matrix_move(matrix, out);
    return status;
}

/* The copies, and back-propagation's gradient in the pass. */
static fa_status prepare(checked *c, const fa_network *net, const fa_matrix *x, const fa_matrix *target)
{
    fa_status status = promote(net, &c->net);

    if (status == FA_OK)
        status = promote_matrix(x, &c->x);
    if (status == FA_OK)
        status = promote_matrix(target, &c->target);
    if (status == FA_OK)
        status = fa_pass_create(&c->pass, c->net, x->rows);
    if (status == FA_OK)
        status = fa_feedback_create(&c->bp, c->net, fa_rule_find("bp"), NULL, 0);
    if (status == FA_OK)
        status = fa_forward(c->net, c->pass, &c->x);
    if (status == FA_OK)
        status = fa_error(c->net, c->pass, &c->target, NULL);
    if (status == FA_OK)
        status = fa_backward(c->net, c->pass, c->bp);
    return status == FA_OK ? fa_gradient(c->net, c->pass, c->bp) : status;
}

/* One array [rows x cols] of parameters, and its gradient summed over samples. */
static fa_status check_array(const checked *c, const fa_matrix *w, const fa_matrix *g, double *worst)
{
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = 0; j < w->cols; j++) {
            double    value = matrix_get(w, i, j);
            double    step = c->step * fmax(1.0, fabs(value));
            double    gradient = matrix_get(g, i, j) / (double)c->x.rows;
            double    above, below, error;
            fa_status status;

            matrix_put(w, i, j, value + step);
            status = fa_network_evaluate(c->net, &c->x, &c->target, &above);
            matrix_put(w, i, j, value - step);
            if (status == FA_OK)
                status = fa_network_evaluate(c->net, &c->x, &c->target, &below);
            matrix_put(w, i, j, value);
            if (status != FA_OK)
                return status;
            /* The step really taken: value + step is rounded. */
            error = fabs((above - below) / ((value + step) - (value - step)) - gradient) / fmax(1.0, fabs(gradient));
            if (!(error <= *worst))
                *worst = error;
        }
    return FA_OK;
}

fa_status fa_gradient_check(const fa_network *net, const fa_matrix *x, const fa_matrix *target, double step,
                            double *worst)
{
    checked   c = {0};
    double    largest = 0.0;
    fa_status status;

    if (!worst)
        return status_null(__func__, "worst");
    *worst = (double)NAN;
    if (!net || !x || !target)
        return status_null(__func__, !net ? "net" : !x ? "x" : "target");
    if (!isfinite(step) || step < 0.0)
        return status_set(FA_ERR_ARGUMENT, "the step of a difference is finite and not negative; %g is not", step);
    status = network_check_built(net, __func__);
    if (status == FA_OK)
        status = matrix_check_shape(x, "x", 0, net->n_inputs, net->dtype);
    if (status == FA_OK)
        status = matrix_check_shape(target, "target", x->rows, fa_network_width(net, net->depth), net->dtype);
    if (status != FA_OK)
        return status;
    c.step = step > 0.0 ? step : 6e-6;
    status = prepare(&c, net, x, target);
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        const layer *found = network_layer(c.net, l);
        fa_matrix    g;

        (void)fa_pass_gradient(c.pass, l, &g);
        g = fa_matrix_transpose(g);
        status = check_array(&c, &found->weights_t, &g, &largest);
        if (status == FA_OK && found->has_bias) {
            (void)fa_pass_bias_gradient(c.pass, l, &g);
            status = check_array(&c, &found->bias, &g, &largest);
        }
    }
    release(&c);
    if (status == FA_OK)
        *worst = largest;
    return status;
}
