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

/* Back-propagation's deltas take turns in two matrices of the widest layer. */
typedef struct scratch {
    void          *deltas[2];
    void          *inverse; /* of one W */
    double        *svd;
    update_scratch update;
} scratch;

static void lay_pseudo(arena *a, const fa_network *net, scratch *s)
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
    s->inverse = arena_take(a, rows, largest * fa_dtype_size(net->dtype));
    s->svd = arena_take(a, workspace, sizeof *s->svd);
}

static void lay(arena *a, const fa_network *net, const fa_pass *pass, bool pseudo, bool updates, scratch *s)
{
    for (size_t i = 0; i < 2; i++)
        s->deltas[i] = arena_take(a, pass->max_batch, network_widest(net) * fa_dtype_size(net->dtype));
    if (pseudo)
        lay_pseudo(a, net, s);
    if (updates)
        diagnostics_update_lay(a, net, pass, &s->update);
}

/* What stands for W_l^T [n_{l-1} x n_l] on the way down. */
static fa_status operand(const fa_network *net, size_t l, bool pseudo, const scratch *s, fa_operand *out)
{
    const layer    *found = network_layer(net, l);
    const fa_matrix weights = fa_matrix_transpose(found->weights_t);

    *out = found->transposed;
    if (!pseudo)
        return FA_OK;
    out->matrix = matrix_inner(s->inverse, found->n_in, found->n_out, net->dtype);
    return linalg_pseudo_inverse(&weights, &out->matrix, s->svd, NULL);
}

/* delta_l of the other rule, from its delta_{l+1}. */
static fa_status bring_down(const fa_network *net, const fa_pass *pass, size_t l, bool pseudo, const scratch *s,
                            const fa_matrix *above, fa_matrix *delta)
{
    const pass_layer *at = pass_at(pass, l);
    const layer      *higher = network_layer(net, l + 1);
    fa_operand        through;
    fa_status         status = operand(net, l + 1, pseudo, s, &through);

    if (status != FA_OK)
        return status;
    *delta = matrix_inner(s->deltas[l % 2], pass->batch, at->delta.cols, net->dtype);
    higher->kind->transport(NULL, &through, above, delta, NULL);
    layer_slope(network_layer(net, l), NULL, &at->h, at->z, delta);
    dropout_mask(pass, l, delta);
    return FA_OK;
}

/* Squared deviations are summed as Welford (1962) does. The sum of all products is exact unless one had to be scaled. */
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
static fa_status add_update(const fa_network *net, const fa_pass *pass, size_t l, const fa_matrix *bp,
                            const scratch *s, products *total, fa_update_report *reports)
{
    products  p;
    fa_status status = diagnostics_update(net, pass, l, bp, &s->update, &p);

    if (status != FA_OK)
        return status;
    total->ab += p.ab;
    total->aa += p.aa;
    total->bb += p.bb;
    reports[l] = update_report(&p);
    return FA_OK;
}

fa_status diagnostics_backward(arena *a, const fa_network *net, const fa_pass *pass, bool pseudo,
                               fa_delta_report *deltas, fa_update_report *updates)
{
    const fa_matrix *top = &pass_at(pass, net->depth)->delta;
    fa_matrix        above = *top;
    products         total = {0};
    scratch          s = {0};
    fa_status        status;

    if (updates && !pass->x.data)
        return status_set(FA_ERR_STATE, "gradients are compared before fa_update(), which gives x back");
    arena_begin(a);
    lay(a, net, pass, pseudo, updates != NULL, &s);
    status = arena_commit(a);
    if (status != FA_OK)
        return status;
    lay(a, net, pass, pseudo, updates != NULL, &s);
    if (net->depth > 1 && !isfinite(angle_dot(top, top)))
        status = matrix_check_finite(top, "the output error");
    if (status == FA_OK && updates)
        status = add_update(net, pass, net->depth, top, &s, &total, updates);
    for (size_t l = net->depth - 1; l >= 1 && status == FA_OK; l--) {
        fa_matrix delta;

        status = bring_down(net, pass, l, pseudo, &s, &above, &delta);
        if (status == FA_OK && deltas)
            status = compare(&pass_at(pass, l)->delta, &delta, &deltas[l - 1]);
        if (status == FA_OK && updates)
            status = add_update(net, pass, l, &delta, &s, &total, updates);
        above = delta;
    }
    if (status == FA_OK && updates)
        updates[0] = update_report(&total);
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
        status = diagnostics_backward(&a, net, pass, pseudo, deltas, updates);
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
