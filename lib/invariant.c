/* What feedback alignment conserves in a linear network of two layers. */
#include <fa/diagnostics.h>

#include <limits.h>
#include <math.h>

#include "alloc.h"
#include "arena.h"
#include "blas.h"
#include "diagnostics.h"
#include "feedback.h"
#include "matrix.h"
#include "optimizer.h"
#include "status.h"

/* Everything in float64. */
struct fa_invariant {
    uint64_t  fingerprint;
    size_t    max_batch;
    arena     arena;
    fa_matrix first;   /* M at the start [n_1 x n_1] */
    fa_matrix sum;     /* of eta^2 D D^T */
    fa_matrix now;     /* M */
    fa_matrix square;  /* A A^T; B W */
    fa_matrix a;       /* W_1 [n_1 x n_0] */
    fa_matrix w;       /* W_2 [n_2 x n_1] */
    fa_matrix b;       /* B_1 [n_1 x n_2] */
    fa_matrix given;   /* the same in the network's dtype */
    fa_matrix x;       /* [largest batch x n_0] */
    fa_matrix delta;   /* [largest batch x n_1] */
    fa_matrix step;    /* n D [n_1 x n_0], of the gradient's sign */
};

static void lay(fa_invariant *v, const fa_network *net)
{
    const size_t in = net->n_inputs, hidden = fa_network_width(net, 1), out = fa_network_width(net, 2);
    arena *a = &v->arena;

    v->first = arena_matrix(a, hidden, hidden, FA_FLOAT64);
    v->sum = arena_matrix(a, hidden, hidden, FA_FLOAT64);
    v->now = arena_matrix(a, hidden, hidden, FA_FLOAT64);
    v->square = arena_matrix(a, hidden, hidden, FA_FLOAT64);
    v->a = arena_matrix(a, hidden, in, FA_FLOAT64);
    v->w = arena_matrix(a, out, hidden, FA_FLOAT64);
    v->b = arena_matrix(a, hidden, out, FA_FLOAT64);
    v->given = arena_matrix(a, hidden, out, net->dtype);
    v->x = arena_matrix(a, v->max_batch, in, FA_FLOAT64);
    v->delta = arena_matrix(a, v->max_batch, hidden, FA_FLOAT64);
    v->step = arena_matrix(a, hidden, in, FA_FLOAT64);
}

/* The law holds for two dense layers without anything in between. */
static fa_status check_linear(const fa_network *net)
{
    bool linear = net->depth == 2;

    for (size_t l = 1; l <= 2 && linear; l++) {
        const layer *found = network_layer(net, l);

        linear = found->activation == FA_IDENTITY && !found->has_bias && !found->kept && !(found->dropout > 0.0) &&
                 !(found->held_norm > 0.0);
    }
    return linear ? FA_OK
                  : status_set(FA_ERR_UNSUPPORTED,
                               "the invariant is that of two identity layers without bias, dropout, "
                               "removed connections and held norms");
}

/* now = M = B W + (B W)^T - A A^T, at the present weights; square = A A^T. */
static fa_status take_now(fa_invariant *v, const fa_network *net, const fa_feedback *fb)
{
    const fa_matrix a = fa_matrix_transpose(network_layer(net, 1)->weights_t);
    const fa_matrix w = fa_matrix_transpose(network_layer(net, 2)->weights_t), a_t = fa_matrix_transpose(v->a);
    fa_status       status = fa_feedback_dense(fb, 1, &v->given);

    if (status != FA_OK)
        return status;
    matrix_move(&v->given, &v->b);
    matrix_move(&a, &v->a);
    matrix_move(&w, &v->w);
    blas_product(1.0, &v->b, &v->w, 0.0, &v->square);
    for (size_t i = 0; i < v->now.rows; i++)
        for (size_t j = 0; j < v->now.cols; j++)
            matrix_put(&v->now, i, j, matrix_get(&v->square, i, j) + matrix_get(&v->square, j, i));
    blas_product(1.0, &v->a, &a_t, 0.0, &v->square);
    for (size_t i = 0; i < v->now.rows; i++)
        for (size_t j = 0; j < v->now.cols; j++)
            matrix_put(&v->now, i, j, matrix_get(&v->now, i, j) - matrix_get(&v->square, i, j));
    return FA_OK;
}

fa_status fa_invariant_create(fa_invariant **out, const fa_network *net, const fa_feedback *fb, size_t max_batch)
{
    fa_invariant *v;
    fa_status     status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net || !fb)
        return status_null(__func__, !net ? "net" : "fb");
    if (max_batch == 0 || max_batch > INT_MAX)
        return status_set(FA_ERR_ARGUMENT, "%s: max_batch = %zu has to be 1 .. %d", __func__, max_batch, INT_MAX);
    status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status == FA_OK)
        status = check_linear(net);
    if (status == FA_OK && (fb->rule.adapt || fb->derived))
        status = status_set(FA_ERR_UNSUPPORTED, "the invariant is that of a fixed B; rule %.40s changes it",
                            fb->rule.name);
    if (status != FA_OK)
        return status;
    v = mem_zeroed(1, sizeof *v);
    if (!v)
        return FA_ERR_MEMORY;
    v->fingerprint = net->fingerprint;
    v->max_batch = max_batch;
    arena_begin(&v->arena);
    lay(v, net);
    status = arena_commit(&v->arena);
    if (status == FA_OK) {
        lay(v, net);
        status = take_now(v, net, fb);
    }
    if (status != FA_OK) {
        fa_invariant_destroy(v);
        return status;
    }
    matrix_move(&v->now, &v->first);
    *out = v;
    return FA_OK;
}

void fa_invariant_destroy(fa_invariant *invariant)
{
    if (!invariant)
        return;
    arena_release(&invariant->arena);
    mem_free(invariant);
}

static fa_status check_handles(const fa_invariant *v, const fa_network *net, const fa_feedback *fb)
{
    fa_status status = network_check_fits(net, v->fingerprint, "invariant");

    if (status == FA_OK)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    return status == FA_OK ? check_linear(net) : status;
}

static fa_status check_batch(const fa_invariant *v, const fa_network *net, const fa_pass *pass)
{
    fa_status status = diagnostics_check(net, pass, "fa_invariant_observe");

    if (status == FA_OK && (pass->gradient_samples > 0 || pass->stage != PASS_BACKWARD))
        status = status_set(FA_ERR_STATE, "fa_invariant_observe: every batch has to make an update of its own");
    if (status == FA_OK && pass->batch > v->max_batch)
        status = status_set(FA_ERR_SHAPE, "fa_invariant_observe: a batch of %zu samples, it was made for %zu",
                            pass->batch, v->max_batch);
    for (size_t l = 1; l <= 2 && status == FA_OK; l++)
        if (pass_at(pass, l)->own_gradient || pass_at(pass, l)->presynaptic.data || pass_at(pass, l)->postsynaptic.data)
            status = status_set(FA_ERR_UNSUPPORTED, "fa_invariant_observe: the rule makes the gradient itself");
    return status;
}

/* eta / n, of both layers. */
static fa_status rate_of(const fa_network *net, const fa_optimizer *opt, size_t n, double *rate)
{
    double    alpha[2] = {0.0, 0.0}, beta[2] = {1.0, 1.0};
    bool      plain = true;
    fa_status status = network_check_fits(net, opt->fingerprint, "optimizer");

    if (status != FA_OK)
        return status;
    for (size_t l = 1; l <= 2 && plain; l++)
        if (!network_layer(net, l)->frozen)
            plain = optimizer_linear(opt, l, false, n, &alpha[l - 1], &beta[l - 1]) && !(fabs(beta[l - 1] - 1.0) > 0.0);
    if (!plain)
        return status_set(FA_ERR_UNSUPPORTED, "the invariant is that of plain descent: sgd without momentum, decay and "
                          "clipping");
    if (fabs(alpha[0] - alpha[1]) > 0.0)
        return status_set(FA_ERR_UNSUPPORTED, "the invariant is that of one learning rate for both layers");
    *rate = alpha[0];
    return FA_OK;
}

fa_status fa_invariant_observe(fa_invariant *invariant, const fa_network *net, const fa_pass *pass,
                               const fa_feedback *fb, const fa_optimizer *opt)
{
    fa_invariant *v = invariant;
    double        rate = 0.0;
    fa_status     status;

    if (!v || !net || !pass || !fb || !opt)
        return status_null(__func__, !v ? "invariant" : !net ? "net" : !pass ? "pass" : !fb ? "fb" : "opt");
    status = check_handles(v, net, fb);
    if (status == FA_OK)
        status = check_batch(v, net, pass);
    if (status == FA_OK)
        status = rate_of(net, opt, pass->batch, &rate);
    if (status != FA_OK)
        return status;

    const fa_matrix x = matrix_inner(v->x.data, pass->batch, v->x.cols, FA_FLOAT64);
    const fa_matrix delta = matrix_inner(v->delta.data, pass->batch, v->delta.cols, FA_FLOAT64);
    const fa_matrix delta_t = fa_matrix_transpose(delta), step_t = fa_matrix_transpose(v->step);
    matrix_move(&pass->x, &x);
    matrix_move(&pass_at(pass, 1)->delta, &delta);
    blas_product(rate, &delta_t, &x, 0.0, &v->step);
    if (!isfinite(angle_dot(&v->step, &v->step)))
        return status_set(FA_ERR_NOT_FINITE, "fa_invariant_observe: the step, or its square, is NaN or infinite");
    blas_product(1.0, &v->step, &step_t, 1.0, &v->sum);
    return FA_OK;
}

static void keep_larger(double value, double *largest)
{
    if (!(fabs(value) <= *largest))
        *largest = fabs(value);
}

fa_status fa_invariant_drift(fa_invariant *invariant, const fa_network *net, const fa_feedback *fb,
                             fa_invariant_report *report)
{
    fa_invariant *v = invariant;
    fa_status     status;

    if (!report)
        return status_null(__func__, "report");
    *report = (fa_invariant_report){(double)NAN, (double)NAN, (double)NAN};
    if (!v || !net || !fb)
        return status_null(__func__, !v ? "invariant" : !net ? "net" : "fb");
    status = check_handles(v, net, fb);
    if (status == FA_OK)
        status = take_now(v, net, fb);
    if (status != FA_OK)
        return status;
    *report = (fa_invariant_report){0.0, 0.0, 0.0};
    for (size_t i = 0; i < v->now.rows; i++)
        for (size_t j = 0; j < v->now.cols; j++) {
            const double drift = matrix_get(&v->now, i, j) - matrix_get(&v->first, i, j);

            keep_larger(drift, &report->flow);
            keep_larger(drift + matrix_get(&v->sum, i, j), &report->exact);
            keep_larger(matrix_get(&v->square, i, j), &report->scale);
        }
    return FA_OK;
}
