/* What is to be said of a layer alone: norms, saturation. */
#include "diagnostics.h"

#include <float.h>
#include <math.h>

#include "feedback.h"
#include "kernels.h"
#include "matrix.h"
#include "status.h"

/* --- norms -------------------------------------------------------------------------------------------------------- */

void diagnostics_take_norm(const fa_matrix *of, double *norm)
{
    if (isnan(*norm))
        *norm = angle_norm(of);
}

static fa_status take_feedback(arena *a, const fa_feedback *fb, size_t l, double *norm)
{
    fa_matrix b;
    fa_status status;

    if (!fb || !feedback_find(fb, "B", l) || !isnan(*norm))
        return FA_OK;
    status = diagnostics_feedback(a, fb, l, &b);
    if (status == FA_OK)
        diagnostics_take_norm(&b, norm);
    return status;
}

fa_status diagnostics_norms(arena *a, const fa_network *net, const fa_pass *pass, const fa_feedback *fb, size_t l,
                            fa_norm_report *report)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);

    diagnostics_take_norm(&at->h, &report->activity);
    diagnostics_take_norm(&at->delta, &report->delta);
    if (found->has_bias)
        diagnostics_take_norm(&found->bias, &report->bias);
    diagnostics_take_norm(&found->weights_t, &report->weights);
    return take_feedback(a, fb, l, &report->feedback);
}

fa_status fa_layer_norms(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, fa_norm_report *reports)
{
    arena     a = {0};
    fa_status status;

    if (!net || !pass || !reports)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "reports");
    status = diagnostics_check(net, pass, __func__);
    if (status == FA_OK && fb)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        reports[l - 1] = (fa_norm_report){(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
        status = diagnostics_norms(&a, net, pass, fb, l, &reports[l - 1]);
    }
    arena_release(&a);
    return status;
}

/* --- saturation --------------------------------------------------------------------------------------------------- */

/* Activities outside of these bounds are saturated; above 0 is above every number that is not. */
typedef struct bounds {
    double low;
    double high;
} bounds;

static bounds bounds_of(fa_activation f, double threshold)
{
    if (f == FA_RELU)
        return (bounds){DBL_TRUE_MIN, (double)INFINITY};
    if (f == FA_LOGISTIC)
        return (bounds){0.5 * threshold, 1.0 - 0.5 * threshold};
    return (bounds){threshold - 1.0, 1.0 - threshold};
}

double diagnostics_saturation(const fa_network *net, const fa_pass *pass, double threshold, size_t l)
{
    const fa_activation f = network_layer(net, l)->activation;
    const fa_matrix    *h = &pass_at(pass, l)->h;
    const bounds        b = bounds_of(f, threshold);
    size_t              count = 0;

    if (f == FA_IDENTITY || f == FA_SOFTMAX)
        return (double)NAN;
    for (size_t i = 0; i < h->rows; i++)
        count += kernels_for(h->dtype)->count_outside(b.low, b.high, h->cols, matrix_at(h, i, 0));
    return (double)count / ((double)h->rows * (double)h->cols);
}

fa_status fa_saturation(const fa_network *net, const fa_pass *pass, double threshold, double *fractions)
{
    fa_status status;

    if (!net || !pass || !fractions)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "fractions");
    if (!(threshold >= 0.0 && threshold <= 1.0))
        return status_set(FA_ERR_ARGUMENT, "%s: threshold = %.9g has to be 0 .. 1", __func__, threshold);
    status = network_check_fits(net, pass->fingerprint, "pass");
    if (status == FA_OK && pass->stage < PASS_FORWARD)
        status = status_set(FA_ERR_STATE, "%s: no forward pass yet", __func__);
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++)
        fractions[l - 1] = diagnostics_saturation(net, pass, threshold, l);
    return status;
}
