/* What is to be said of a layer alone: norms, saturation. */
#include "diagnostics.h"

#include <math.h>

#include "alloc.h"
#include "feedback.h"
#include "matrix.h"
#include "status.h"

/* --- norms -------------------------------------------------------------------------------------------------------- */

static double norm_of_feedback(const fa_feedback *fb, size_t l)
{
    double    norm = (double)NAN;
    fa_matrix b;
    void     *copy = NULL;

    if (fb && feedback_find(fb, "B", l) && diagnostics_feedback(fb, l, &b, &copy) == FA_OK)
        norm = angle_norm(&b);
    mem_free(copy);
    return norm;
}

fa_norm_report diagnostics_norms(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, size_t l)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);

    return (fa_norm_report){
        .weights = angle_norm(&found->weights_t),
        .bias = found->has_bias ? angle_norm(&found->bias) : (double)NAN,
        .feedback = norm_of_feedback(fb, l),
        .activity = angle_norm(&at->h),
        .delta = angle_norm(&at->delta),
    };
}

fa_status fa_layer_norms(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, fa_norm_report *reports)
{
    fa_status status;

    if (!net || !pass || !reports)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : "reports");
    status = diagnostics_check(net, pass, __func__);
    if (status == FA_OK && fb)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++)
        reports[l - 1] = diagnostics_norms(net, pass, fb, l);
    return status;
}

/* --- saturation --------------------------------------------------------------------------------------------------- */

/* An activity is saturated if |scale h - shift| is above the limit, or h is not above 0 (relu). */
typedef struct saturation {
    double scale;
    double shift;
    double limit;
    bool   dead;
} saturation;

static bool is_saturated(const saturation *s, double h)
{
    return s->dead ? h <= 0.0 : fabs(s->scale * h - s->shift) > s->limit;
}

static size_t count32(const saturation *s, size_t n, const float *h)
{
    size_t count = 0;

    for (size_t j = 0; j < n; j++)
        count += is_saturated(s, (double)h[j]);
    return count;
}

static size_t count64(const saturation *s, size_t n, const double *h)
{
    size_t count = 0;

    for (size_t j = 0; j < n; j++)
        count += is_saturated(s, h[j]);
    return count;
}

double diagnostics_saturation(const fa_network *net, const fa_pass *pass, double threshold, size_t l)
{
    const fa_activation f = network_layer(net, l)->activation;
    const fa_matrix    *h = &pass_at(pass, l)->h;
    const saturation    s = {f == FA_LOGISTIC ? 2.0 : 1.0, f == FA_LOGISTIC ? 1.0 : 0.0, 1.0 - threshold, f == FA_RELU};
    size_t              count = 0;

    if (f == FA_IDENTITY || f == FA_SOFTMAX)
        return (double)NAN;
    for (size_t i = 0; i < h->rows; i++)
        count += h->dtype == FA_FLOAT32 ? count32(&s, h->cols, matrix_at(h, i, 0))
                                        : count64(&s, h->cols, matrix_at(h, i, 0));
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
