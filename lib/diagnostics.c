#include <fa/diagnostics.h>

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "dropout.h"
#include "feedback.h"
#include "matrix.h"
#include "pass.h"
#include "status.h"

/* Sums from which an angle follows. */
typedef struct products {
    double ab;
    double aa;
    double bb;
} products;

/* Rows of both matrices, as float64. */
typedef struct rows {
    double *a;
    double *b;
} rows;

static fa_status rows_make(rows *r, size_t cols)
{
    r->b = NULL;
    r->a = mem_zeroed(2 * cols, sizeof *r->a);
    if (!r->a)
        return FA_ERR_MEMORY;
    r->b = r->a + cols;
    return FA_OK;
}

static void load_row(const fa_matrix *m, size_t i, double *row)
{
    fa_matrix from = *m;
    fa_matrix to = fa_matrix_view(row, 1, m->cols, FA_FLOAT64);

    from.data = matrix_at(m, i, 0);
    from.rows = 1;
    matrix_move(&from, &to);
}

static products row_products(const fa_matrix *a, const fa_matrix *b, size_t i, const rows *r)
{
    products p = {0};

    load_row(a, i, r->a);
    load_row(b, i, r->b);
    for (size_t j = 0; j < a->cols; j++) {
        p.ab += r->a[j] * r->b[j];
        p.aa += r->a[j] * r->a[j];
        p.bb += r->b[j] * r->b[j];
    }
    return p;
}

static double degrees_of(products p)
{
    double cosine;

    if (!(p.aa > 0.0) || !(p.bb > 0.0))
        return (double)NAN;
    cosine = p.ab / (sqrt(p.aa) * sqrt(p.bb));
    return acos(fmax(-1.0, fmin(1.0, cosine))) * (180.0 / 3.14159265358979323846);
}

static products total_products(const fa_matrix *a, const fa_matrix *b, const rows *r)
{
    products total = {0};

    for (size_t i = 0; i < a->rows; i++) {
        products p = row_products(a, b, i, r);
        total.ab += p.ab;
        total.aa += p.aa;
        total.bb += p.bb;
    }
    return total;
}

fa_status fa_angle(const fa_matrix *a, const fa_matrix *b, double *degrees)
{
    rows      r;
    fa_status status;

    if (!degrees)
        return status_null(__func__, "degrees");
    *degrees = (double)NAN;
    if (!a || !b)
        return status_null(__func__, !a ? "a" : "b");
    status = matrix_check(a, "a");
    if (status == FA_OK)
        status = matrix_check_shape(b, "b", a->rows, a->cols, b->dtype);
    if (status == FA_OK)
        status = matrix_check_finite(a, "a");
    if (status == FA_OK)
        status = matrix_check_finite(b, "b");
    if (status == FA_OK)
        status = rows_make(&r, a->cols);
    if (status != FA_OK)
        return status;
    *degrees = degrees_of(total_products(a, b, &r));
    mem_free(r.a);
    return FA_OK;
}

/* Flattened angle, angles per sample, ratio of norms. Squared deviations are summed as Welford (1962) does. */
static fa_delta_report compare(const fa_matrix *rule, const fa_matrix *bp, const rows *r)
{
    fa_delta_report report = {0};
    products        total = {0};
    double          squares = 0.0;

    for (size_t i = 0; i < rule->rows; i++) {
        products p = row_products(rule, bp, i, r);
        double   angle = degrees_of(p);

        total.ab += p.ab;
        total.aa += p.aa;
        total.bb += p.bb;
        if (!isnan(angle)) {
            double step = angle - report.angle_mean;
            report.angle_samples++;
            report.angle_mean += step / (double)report.angle_samples;
            squares += step * (angle - report.angle_mean);
        }
    }
    report.angle = degrees_of(total);
    report.ratio = total.bb > 0.0 ? sqrt(total.aa / total.bb) : (double)NAN;
    if (report.angle_samples == 0)
        report.angle_mean = (double)NAN;
    if (report.angle_samples > 1)
        report.angle_deviation = sqrt(squares / (double)(report.angle_samples - 1));
    return report;
}

/* Back-propagation's deltas take turns in two matrices of the widest layer. */
typedef struct scratch {
    void *memory;
    void *deltas[2];
    rows  rows;
} scratch;

static fa_status scratch_make(scratch *s, const fa_network *net, size_t batch)
{
    size_t widest = network_widest(net);
    size_t one = 0;

    *s = (scratch){0};
    if (!mem_add(&one, batch, widest * fa_dtype_size(net->dtype)))
        return status_set(FA_ERR_SHAPE, "a layer is too wide for %zu samples", batch);
    s->memory = mem_zeroed(2, one);
    if (!s->memory)
        return FA_ERR_MEMORY;
    s->deltas[0] = s->memory;
    s->deltas[1] = (char *)s->memory + one;
    if (rows_make(&s->rows, widest) != FA_OK) {
        mem_free(s->memory);
        return FA_ERR_MEMORY;
    }
    return FA_OK;
}

static fa_status check_deltas(const fa_network *net, const fa_pass *pass)
{
    fa_status status = network_check_fits(net, pass->fingerprint, "pass");

    if (status == FA_OK && net->depth < 2)
        status = status_set(FA_ERR_ARGUMENT, "the network has no hidden layer");
    if (status == FA_OK && pass->stage < PASS_BACKWARD)
        status = status_set(FA_ERR_STATE, "fa_compare_deltas: there are no error signals yet");
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++)
        status = matrix_check_finite(&pass_at(pass, l)->delta, "delta");
    return status;
}

fa_status fa_compare_deltas(const fa_network *net, const fa_pass *pass, fa_delta_report *reports)
{
    scratch   s;
    fa_matrix above;
    fa_status status;

    if (!net || !pass || !reports)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "reports");
    status = check_deltas(net, pass);
    if (status == FA_OK)
        status = scratch_make(&s, net, pass->batch);
    if (status != FA_OK)
        return status;
    above = pass_at(pass, net->depth)->delta;
    for (size_t l = net->depth - 1; l >= 1; l--) {
        const pass_layer *at = pass_at(pass, l);
        const layer      *higher = network_layer(net, l + 1);
        fa_matrix         bp = matrix_inner(s.deltas[l % 2], pass->batch, at->delta.cols, net->dtype);

        higher->kind->transport(NULL, &higher->transposed.matrix, &above, &bp);
        layer_slope(network_layer(net, l), NULL, &at->h, at->z, &bp);
        dropout_mask(pass, l, &bp);
        status = matrix_check_finite(&bp, "back-propagation's delta");
        if (status != FA_OK)
            break;
        reports[l - 1] = compare(&at->delta, &bp, &s.rows);
        above = bp;
    }
    mem_free(s.rows.a);
    mem_free(s.memory);
    return status;
}

fa_status fa_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, double *degrees)
{
    fa_matrix b;
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
        status = fa_feedback_get(fb, "B", l, &b);
    return status == FA_OK ? fa_angle(&network_layer(net, l + 1)->weights_t, &b, degrees) : status;
}
