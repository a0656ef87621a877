/* <fa/diagnostics.h> */
#include "calls.h"

CALL(fa_angle)
{
    double degrees;
    return fa_angle(&w->x, &w->x, &degrees);
}

CALL(fa_compare_deltas)
{
    fa_delta_report reports[CALLS_DEPTH - 1];
    return fa_compare_deltas(w->net, w->pass, reports);
}

CALL(fa_compare_pseudo_deltas)
{
    fa_delta_report reports[CALLS_DEPTH - 1];
    return fa_compare_pseudo_deltas(w->net, w->pass, reports);
}

CALL(fa_compare_updates)
{
    fa_update_report reports[CALLS_DEPTH + 1];
    return fa_compare_updates(w->net, w->pass, reports);
}

CALL(fa_weight_angle)
{
    double degrees;
    return fa_weight_angle(w->net, w->regenerated, 1, &degrees);
}

CALL(fa_alignment_angle)
{
    double degrees;
    return fa_alignment_angle(w->net, w->direct, 2, &degrees);
}

CALL(fa_alignment_matrix)
{
    const fa_matrix a = world_matrix(w, 2, 3, 3);
    return fa_alignment_matrix(w->net, w->direct, 2, &a);
}

CALL(fa_spectrum_of)
{
    fa_spectrum spectrum;
    return fa_spectrum_of(&w->x, &spectrum);
}

CALL(fa_layer_norms)
{
    fa_norm_report reports[CALLS_DEPTH];
    return fa_layer_norms(w->net, w->pass, w->regenerated, reports);
}

CALL(fa_saturation)
{
    double fractions[CALLS_DEPTH];
    return fa_saturation(w->net, w->pass, 0.01, fractions);
}

CALL(fa_invariant_create)
{
    fa_invariant   *invariant;
    const fa_status status = fa_invariant_create(&invariant, w->linear, w->linear_fb, CALLS_SAMPLES);
    if ((invariant != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_invariant_destroy(invariant);
    return status;
}

HOLDS(fa_invariant_destroy, (fa_invariant_destroy(w->spare_invariant), w->spare_invariant = NULL, true))
GIVES(fa_invariant_observe,
      fa_invariant_observe(w->invariant, w->linear, w->linear_pass, w->linear_fb, w->linear_opt))

CALL(fa_invariant_drift)
{
    fa_invariant_report report;
    return fa_invariant_drift(w->invariant, w->linear, w->linear_fb, &report);
}

CALL(fa_gradient_check)
{
    double worst;
    return fa_gradient_check(w->net, &w->x, &w->target, 0, &worst);
}

static const every_call calls[] = {
    NEVER(fa_angle),
    ALLOCATES(fa_compare_deltas),
    ALLOCATES(fa_compare_pseudo_deltas),
    ALLOCATES(fa_compare_updates),
    ALLOCATES(fa_weight_angle),
    ALLOCATES(fa_alignment_angle),
    ALLOCATES(fa_alignment_matrix),
    ALLOCATES(fa_spectrum_of),
    ALLOCATES(fa_layer_norms),
    NEVER(fa_saturation),
    ALLOCATES(fa_invariant_create),
    NEVER(fa_invariant_destroy),
    NEVER(fa_invariant_observe),
    NEVER(fa_invariant_drift),
    ALLOCATES(fa_gradient_check),
};

TABLE(calls_of_diagnostics, calls);
