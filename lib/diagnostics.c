/* Error signals of a rule against those of back-propagation and of pseudo-back-propagation. */
#include "diagnostics.h"

#include <math.h>

#include "dropout.h"
#include "linalg.h"
#include "matrix.h"
#include "status.h"

fa_status diagnostics_check(const fa_network *net, const fa_pass *pass, const char *function)
{
    fa_status status = network_check_fits(net, pass->fingerprint, "pass");

    if (status == FA_OK && pass->stage < PASS_BACKWARD)
        status = status_set(FA_ERR_STATE, "%s: there are no error signals yet", function);
    return status;
}

static void lay_pseudo(arena *a, const fa_network *net, descent *d)
{
    size_t largest = 0, rows = 0, workspace = 0;

    for (size_t l = 2; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        const size_t one = linalg_workspace(found->n_in, found->n_out);
        const size_t row = matrix_padded(found->n_out, net->dtype);

        a->overflow = a->overflow || one == 0;
        workspace = one > workspace ? one : workspace;
        rows = found->n_in > rows ? found->n_in : rows;
        largest = row > largest ? row : largest;
    }
    d->inverse = arena_take(a, rows, largest * fa_dtype_size(net->dtype));
    d->svd = arena_take(a, workspace, sizeof *d->svd);
}

static void lay(arena *a, descent *d, bool updates)
{
    const fa_network *net = d->net;

    for (size_t i = 0; i < 2; i++)
        d->deltas[i] = arena_take(a, d->pass->max_batch, network_widest(net) * fa_dtype_size(net->dtype));
    if (d->pseudo)
        lay_pseudo(a, net, d);
    if (updates)
        diagnostics_update_lay(a, net, d->pass, &d->update);
}

/* What stands for W_l^T [n_{l-1} x n_l] on the way down. */
static fa_status operand(const descent *d, size_t l, fa_operand *out)
{
    const layer    *found = network_layer(d->net, l);
    const fa_matrix weights = fa_matrix_transpose(found->weights_t);

    *out = found->transposed;
    if (!d->pseudo)
        return FA_OK;
    out->matrix = matrix_inner(d->inverse, found->n_in, found->n_out, d->net->dtype);
    return linalg_pseudo_inverse(&weights, &out->matrix, d->svd, NULL);
}

/* delta_l of the other rule, from its delta_{l+1}. */
static fa_status bring_down(const descent *d, size_t l, fa_matrix *delta)
{
    const pass_layer *at = pass_at(d->pass, l);
    const layer      *higher = network_layer(d->net, l + 1);
    fa_operand        through;
    fa_status         status = operand(d, l + 1, &through);

    if (status != FA_OK)
        return status;
    *delta = matrix_inner(d->deltas[l % 2], d->pass->batch, at->delta.cols, d->net->dtype);
    higher->kind->transport(NULL, &through, &d->above, delta, NULL);
    layer_slope(network_layer(d->net, l), NULL, &at->h, at->z, delta);
    dropout_mask(d->pass, l, delta);
    return FA_OK;
}

/* Squared deviations are summed as Welford (1962) does. The sum of all products is exact unless one had to be
 * scaled. */
static fa_status compare_samples(const fa_matrix *rule, const fa_matrix *other, fa_delta_report *report,
                                 products *total, bool *exact)
{
    double squares = 0.0;

    *report = (fa_delta_report){0};
    *total = (products){0};
    *exact = true;
    for (size_t i = 0; i < rule->rows; i++) {
        fa_matrix a = *rule, b = *other;
        products  p;
        double    angle, step;
        fa_status status;

        a.data = matrix_at(rule, i, 0);
        b.data = matrix_at(other, i, 0);
        a.rows = b.rows = 1;
        status = angle_products(&a, "an error signal", &b, "the error signal to compare with", &p);
        if (status != FA_OK)
            return status;
        total->ab += p.ab;
        total->aa += p.aa;
        total->bb += p.bb;
        *exact = *exact && p.shift_a == 0 && p.shift_b == 0;
        angle = angle_degrees(&p);
        if (isnan(angle))
            continue;
        report->angle_samples++;
        step = angle - report->angle_mean;
        report->angle_mean += step / (double)report->angle_samples;
        squares += step * (angle - report->angle_mean);
    }
    if (report->angle_samples == 0)
        report->angle_mean = (double)NAN;
    if (report->angle_samples > 1)
        report->angle_deviation = sqrt(squares / (double)(report->angle_samples - 1));
    return FA_OK;
}

static fa_status compare(const fa_matrix *rule, const fa_matrix *other, fa_delta_report *report)
{
    products  p;
    bool      exact;
    fa_status status = compare_samples(rule, other, report, &p, &exact);

    if (status == FA_OK && !exact)
        status = angle_products(rule, "an error signal", other, "the error signal to compare with", &p);
    if (status != FA_OK)
        return status;
    report->angle = angle_degrees(&p);
    report->ratio = angle_ratio(&p);
    return FA_OK;
}

static fa_update_report update_report(const products *p)
{
    return (fa_update_report){angle_degrees(p), angle_ratio(p)};
}

/* The update of W_l, and its share in that of all. */
static fa_status add_update(descent *d, size_t l, fa_update_report *report)
{
    products  p;
    fa_status status = diagnostics_update(d->net, d->pass, l, &d->above, &d->update, &p);

    if (status != FA_OK)
        return status;
    d->total.ab += p.ab;
    d->total.aa += p.aa;
    d->total.bb += p.bb;
    *report = update_report(&p);
    return FA_OK;
}

fa_status diagnostics_descent(descent *d, arena *a, const fa_network *net, const fa_pass *pass, bool pseudo,
                              bool updates)
{
    const fa_matrix *top = &pass_at(pass, net->depth)->delta;
    fa_status        status;

    if (updates && !pass->x.data)
        return status_set(FA_ERR_STATE, "gradients are compared before fa_update(), which gives x back");
    *d = (descent){.net = net, .pass = pass, .pseudo = pseudo, .above = *top};
    arena_begin(a);
    lay(a, d, updates);
    status = arena_commit(a);
    if (status != FA_OK)
        return status;
    lay(a, d, updates);
    return net->depth == 1 || isfinite(angle_dot(top, top)) ? FA_OK : matrix_check_finite(top, "the output error");
}

fa_status diagnostics_descend(descent *d, size_t l, fa_delta_report *delta, fa_update_report *update)
{
    fa_status status = FA_OK;

    if (l < d->net->depth) {
        fa_matrix own = {.data = NULL};

        status = bring_down(d, l, &own);
        if (status == FA_OK && delta)
            status = compare(&pass_at(d->pass, l)->delta, &own, delta);
        d->above = own;
    }
    return status == FA_OK && update ? add_update(d, l, update) : status;
}

fa_update_report diagnostics_descended(const descent *d)
{
    return update_report(&d->total);
}

static fa_status backward(arena *a, const fa_network *net, const fa_pass *pass, bool pseudo, fa_delta_report *deltas,
                          fa_update_report *updates)
{
    descent   d;
    fa_status status = diagnostics_descent(&d, a, net, pass, pseudo, updates != NULL);

    for (size_t l = net->depth; l >= 1 && status == FA_OK; l--)
        status = diagnostics_descend(&d, l, deltas && l < net->depth ? &deltas[l - 1] : NULL,
                                     updates ? &updates[l] : NULL);
    if (status == FA_OK && updates)
        updates[0] = diagnostics_descended(&d);
    return status;
}

static fa_status compare_once(const fa_network *net, const fa_pass *pass, bool pseudo, fa_delta_report *deltas,
                              fa_update_report *updates, const char *function)
{
    arena     a = {0};
    fa_status status;

    if (!net || !pass || (!deltas && !updates))
        return status_null(function, !net ? "net" : !pass ? "pass" : "reports");
    status = diagnostics_check(net, pass, function);
    if (status == FA_OK && deltas && net->depth < 2)
        status = status_set(FA_ERR_ARGUMENT, "the network has no hidden layer");
    if (status == FA_OK)
        status = backward(&a, net, pass, pseudo, deltas, updates);
    arena_release(&a);
    return status;
}

fa_status fa_compare_deltas(const fa_network *net, const fa_pass *pass, fa_delta_report *reports)
{
    return compare_once(net, pass, false, reports, NULL, __func__);
}

fa_status fa_compare_pseudo_deltas(const fa_network *net, const fa_pass *pass, fa_delta_report *reports)
{
    return compare_once(net, pass, true, reports, NULL, __func__);
}

fa_status fa_compare_updates(const fa_network *net, const fa_pass *pass, fa_update_report *reports)
{
    return compare_once(net, pass, false, NULL, reports, __func__);
}
