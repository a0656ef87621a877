/* The numbers of an observation. */
#include "recorder.h"

#include <math.h>

#include "alloc.h"
#include "diagnostics.h"
#include "feedback.h"
#include "status.h"

/* Every double that can be recorded, NaN. The counts of samples beside them are never read. */
void recorder_clear(const fa_recorder *rec)
{
    for (size_t group = 0; group < GROUPS; group++) {
        const size_t doubles = recorder_report_size((recorder_group)group) / sizeof(double) * (rec->depth + 1);
        double      *report = rec->reports[group];

        for (size_t i = 0; report && i < doubles; i++)
            report[i] = (double)NAN;
    }
}

/* What cannot be computed is not there, and stays NaN; anything else is a failure. */
static fa_status tolerate(fa_status status)
{
    return status == FA_ERR_NOT_FINITE || status == FA_ERR_UNSUPPORTED ? FA_OK : status;
}

static fa_status fill_backward(fa_recorder *rec, const fa_network *net, const fa_pass *pass)
{
    fa_delta_report  *deltas = net->depth > 1 ? rec->reports[GROUP_DELTAS] : NULL;
    fa_update_report *updates = rec->reports[GROUP_UPDATES];
    fa_delta_report  *pseudo = net->depth > 1 ? rec->reports[GROUP_PSEUDO] : NULL;
    fa_status         status = FA_OK;

    if (deltas || updates)
        status = diagnostics_backward(&rec->arena, net, pass, false, deltas ? deltas + 1 : NULL, updates);
    status = tolerate(status);
    if (status == FA_OK && pseudo)
        status = tolerate(diagnostics_backward(&rec->arena, net, pass, true, pseudo + 1, NULL));
    return status;
}

static fa_status take_rank(fa_status status, const fa_spectrum *s, recorder_spectrum *report)
{
    if (status == FA_OK)
        *report = (recorder_spectrum){(double)s->rank, s->condition};
    return tolerate(status);
}

static fa_status fill_weight_angle(const fa_recorder *rec, const fa_network *net, const fa_feedback *fb, size_t l)
{
    double               *angles = rec->reports[GROUP_WEIGHT_ANGLE];
    const fa_norm_report *norms = rec->reports[GROUP_NORMS];
    double                known[2];

    if (!angles || l == net->depth || !fb->operands[l - 1] || (fb->topology != FA_LAYERWISE && l != net->depth - 1))
        return FA_OK;
    if (norms) {
        known[0] = norms[l + 1].weights;
        known[1] = norms[l].feedback;
    }
    return tolerate(diagnostics_weight_angle(net, fb, l, norms ? known : NULL, &angles[l]));
}

/* What is about weights and feedback of layer l; norms are there of all layers. */
static fa_status fill_feedback(fa_recorder *rec, const fa_network *net, const fa_feedback *fb, size_t l)
{
    double            *alignment = rec->reports[GROUP_ALIGNMENT_ANGLE];
    recorder_spectrum *own = rec->reports[GROUP_FEEDBACK_SPECTRUM], *between = rec->reports[GROUP_ALIGNMENT_SPECTRUM];
    fa_spectrum        s;
    fa_matrix          b;
    void              *copy = NULL;
    fa_status          status = fill_weight_angle(rec, net, fb, l);

    if (status == FA_OK && alignment && l > 1 && diagnostics_has_alignment(net, fb, l))
        status = tolerate(diagnostics_alignment_angle(&rec->arena, net, fb, l, &alignment[l]));
    if (status == FA_OK && own && l < net->depth && fb->operands[l - 1]) {
        status = diagnostics_feedback(fb, l, &b, &copy);
        status = take_rank(status == FA_OK ? diagnostics_spectrum(&rec->arena, &b, &s) : status, &s, &own[l]);
        mem_free(copy);
    }
    if (status == FA_OK && between && diagnostics_has_alignment(net, fb, l))
        status = take_rank(diagnostics_alignment_spectrum(&rec->arena, net, fb, l, &s), &s, &between[l]);
    return status;
}

/* What layer l has without feedback. */
static fa_status fill_layer(fa_recorder *rec, const fa_network *net, const fa_pass *pass, const fa_feedback *fb,
                            size_t l)
{
    double            *saturated = rec->reports[GROUP_SATURATION];
    fa_norm_report    *norms = rec->reports[GROUP_NORMS];
    recorder_spectrum *weights = rec->reports[GROUP_WEIGHT_SPECTRUM];
    fa_spectrum        s;

    if (norms)
        norms[l] = diagnostics_norms(net, pass, fb, l);
    if (saturated)
        saturated[l] = diagnostics_saturation(net, pass, rec->threshold, l);
    return weights ? take_rank(diagnostics_spectrum(&rec->arena, &network_layer(net, l)->weights_t, &s), &s,
                               &weights[l])
                   : FA_OK;
}

fa_status recorder_fill(fa_recorder *rec, const fa_network *net, const fa_pass *pass, const fa_feedback *fb)
{
    fa_status status = diagnostics_check(net, pass, "fa_recorder_observe");

    if (status == FA_OK && fb)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status != FA_OK)
        return status;
    recorder_clear(rec);
    status = fill_backward(rec, net, pass);
    for (size_t l = 1; l <= net->depth && status == FA_OK; l++)
        status = fill_layer(rec, net, pass, fb, l);
    for (size_t l = 1; l <= net->depth && status == FA_OK && fb && fb->topology; l++)
        status = fill_feedback(rec, net, fb, l);
    return status;
}
