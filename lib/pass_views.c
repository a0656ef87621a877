/* What a caller may see of a pass. */
#include "pass.h"

#include "status.h"

size_t fa_pass_max_batch(const fa_pass *pass)
{
    return pass ? pass->max_batch : 0;
}

size_t fa_pass_batch(const fa_pass *pass)
{
    return pass ? pass->batch : 0;
}

size_t fa_pass_gradient_samples(const fa_pass *pass)
{
    return pass ? pass->gradient_samples : 0;
}

/* The checks all views share; clears the view. */
static fa_status check(const fa_pass *pass, size_t l, fa_matrix *view, const char *function)
{
    if (!view)
        return status_null(function, "view");
    *view = (fa_matrix){0};
    if (!pass)
        return status_null(function, "pass");
    if (l < 1 || l > pass->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu, counted from 1", function,
                          l, pass->depth);
    return FA_OK;
}

static fa_status no_view(const char *function)
{
    return status_set(FA_ERR_UNSUPPORTED, "%s: a streaming pass keeps nothing of a step", function);
}

fa_status fa_pass_activity(const fa_pass *pass, size_t l, fa_matrix *view)
{
    fa_status status = check(pass, l, view, __func__);

    if (status != FA_OK)
        return status;
    if (pass->streaming)
        return no_view(__func__);
    if (pass->stage < PASS_FORWARD)
        return status_set(FA_ERR_STATE, "%s: no forward pass yet", __func__);
    *view = *pass_h(pass, l);
    return FA_OK;
}

fa_status fa_pass_delta(const fa_pass *pass, size_t l, fa_matrix *view)
{
    fa_status status = check(pass, l, view, __func__);

    if (status != FA_OK)
        return status;
    if (pass->streaming)
        return no_view(__func__);
    if (pass->stage < (l == pass->depth ? PASS_ERROR : PASS_BACKWARD))
        return status_set(FA_ERR_STATE, "%s: there is no error signal for layer %zu yet", __func__, l);
    *view = pass_at(pass, l)->delta;
    return FA_OK;
}

fa_status fa_pass_gradient(const fa_pass *pass, size_t l, fa_matrix *view)
{
    fa_status status = check(pass, l, view, __func__);

    if (status != FA_OK)
        return status;
    if (pass->gradient_samples == 0)
        return status_set(FA_ERR_STATE, "%s: no gradient is accumulated", __func__);
    *view = fa_matrix_transpose(pass_at(pass, l)->gradient);
    return FA_OK;
}

fa_status fa_pass_bias_gradient(const fa_pass *pass, size_t l, fa_matrix *view)
{
    fa_status status = check(pass, l, view, __func__);

    if (status != FA_OK)
        return status;
    if (!pass_at(pass, l)->bias_gradient.data)
        return status_set(FA_ERR_ARGUMENT, "layer %zu has no bias", l);
    if (pass->gradient_samples == 0)
        return status_set(FA_ERR_STATE, "%s: no gradient is accumulated", __func__);
    *view = pass_at(pass, l)->bias_gradient;
    return FA_OK;
}
