/* The numbers of an observation. */
#include "recorder.h"

#include <math.h>
#include <string.h>

#include "diagnostics.h"
#include "feedback.h"
#include "status.h"

/* Report by report: where doubles are aligned to 4 bytes (i386), a report is no whole number of them. Norms are cleared
 * that nobody asked for, too: angles take those that are there. */
void recorder_clear(const fa_recorder *rec)
{
    const double    none = (double)NAN;
    fa_norm_report *norms = rec->reports[GROUP_NORMS];

    for (size_t l = 0; norms && l <= rec->depth; l++)
        norms[l] = (fa_norm_report){none, none, none, none, none};

    for (size_t i = 0; i < rec->n_chosen; i++) {
        const recorder_quantity *q = rec->chosen[i];
        char *report = (char *)rec->reports[q->group] + q->offset;

        for (size_t l = 0; l <= rec->depth; l++)
            memcpy(report + l * recorder_report_size(q->group), &none, sizeof none);
    }
}

/* What cannot be computed is not there, and stays NaN; anything else is a failure. */
static fa_status tolerate(fa_status status)
{
    return status == FA_ERR_NOT_FINITE || status == FA_ERR_UNSUPPORTED ? FA_OK : status;
}

/* Back-propagation's deltas and gradients, on their way down. */
typedef struct course {
    descent           descent;
    fa_delta_report  *deltas;
    fa_update_report *updates;
    bool              going; /* somebody asks, and so far everything was finite */
} course;

static fa_status go_on(course *c, fa_status status)
{
    c->going = c->going && status == FA_OK;
    return tolerate(status);
}

static fa_status set_out(course *c, fa_recorder *rec, const fa_network *net, const fa_pass *pass)
{
    *c = (course){.deltas = net->depth > 1 ? rec->reports[GROUP_DELTAS] : NULL, .updates = rec->reports[GROUP_UPDATES]};
    c->going = c->deltas || c->updates;
    if (!c->going)
        return FA_OK;
    return go_on(c, diagnostics_descent(&c->descent, &rec->descent, net, pass, false, c->updates != NULL));
}

static fa_status fill_backward(course *c, size_t l)
{
    if (!c->going)
        return FA_OK;
    return go_on(c, diagnostics_descend(&c->descent, l, c->deltas ? &c->deltas[l] : NULL,
                                        c->updates ? &c->updates[l] : NULL));
}

static fa_status fill_pseudo(fa_recorder *rec, const fa_network *net, const fa_pass *pass)
{
    fa_delta_report *pseudo = net->depth > 1 ? rec->reports[GROUP_PSEUDO] : NULL;
    descent          d;
    fa_status        status = FA_OK;

    if (!pseudo)
        return FA_OK;
    status = diagnostics_descent(&d, &rec->descent, net, pass, true, false);
    for (size_t l = net->depth; l >= 1 && status == FA_OK; l--)
        status = diagnostics_descend(&d, l, &pseudo[l], NULL);
    return tolerate(status);
}

static fa_status take_rank(fa_status status, const fa_spectrum *s, recorder_spectrum *report)
{
    if (status == FA_OK)
        *report = (recorder_spectrum){(double)s->rank, s->condition};
    return tolerate(status);
}

/* Norms that come along are kept. */
static fa_status fill_weight_angle(fa_recorder *rec, const fa_network *net, const fa_feedback *fb, size_t l)
{
    double         *angles = rec->reports[GROUP_WEIGHT_ANGLE];
    fa_norm_report *norms = rec->reports[GROUP_NORMS];
    double          own[2] = {(double)NAN, (double)NAN};

    if (!angles || l == net->depth || !fb->operands[l - 1] || (fb->topology != FA_LAYERWISE && l != net->depth - 1))
        return FA_OK;
    return tolerate(diagnostics_weight_angle(&rec->arena, net, fb, l, norms ? &norms[l + 1].weights : &own[0],
                                             norms ? &norms[l].feedback : &own[1], &angles[l]));
}

static fa_status fill_alignment(fa_recorder *rec, const fa_network *net, const fa_feedback *fb, size_t l)
{
    double         *angles = rec->reports[GROUP_ALIGNMENT_ANGLE];
    fa_norm_report *norms = rec->reports[GROUP_NORMS];
    double          own = (double)NAN;

    if (!angles || l == 1 || !diagnostics_has_alignment(net, fb, l))
        return FA_OK;
    return tolerate(diagnostics_alignment_angle(&rec->arena, net, fb, l, norms ? &norms[l].weights : &own, &angles[l]));
}

/* What is about weights and feedback of layer l. */
static fa_status fill_feedback(fa_recorder *rec, const fa_network *net, const fa_feedback *fb, size_t l)
{
    recorder_spectrum *own = rec->reports[GROUP_FEEDBACK_SPECTRUM], *between = rec->reports[GROUP_ALIGNMENT_SPECTRUM];
    fa_spectrum        s;
    fa_status          status = fill_weight_angle(rec, net, fb, l);

    if (status == FA_OK)
        status = fill_alignment(rec, net, fb, l);
    if (status == FA_OK && own && l < net->depth && fb->operands[l - 1])
        status = take_rank(diagnostics_feedback_spectrum(&rec->arena, fb, l, &s), &s, &own[l]);
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
    fa_status          status = norms ? diagnostics_norms(&rec->arena, net, pass, fb, l, &norms[l]) : FA_OK;

    if (status != FA_OK)
        return status;
    if (saturated)
        saturated[l] = diagnostics_saturation(net, pass, rec->threshold, l);
    return weights ? take_rank(diagnostics_spectrum(&rec->arena, &network_layer(net, l)->weights_t, &s), &s,
                               &weights[l])
                   : FA_OK;
}

/* One way down for everything: W_{l+1}, which back-propagation has just read for delta_l, is still at hand then. */
fa_status recorder_fill(fa_recorder *rec, const fa_network *net, const fa_pass *pass, const fa_feedback *fb)
{
    course    c;
    fa_status status = diagnostics_check(net, pass, "fa_recorder_observe");

    if (status == FA_OK && fb)
        status = network_check_fits(net, fb->fingerprint, "feedback");
    if (status != FA_OK)
        return status;
    recorder_clear(rec);
    status = set_out(&c, rec, net, pass);
    for (size_t l = net->depth; l >= 1 && status == FA_OK; l--) {
        status = fill_backward(&c, l);
        if (status == FA_OK && fb && fb->topology)
            status = fill_feedback(rec, net, fb, l);
        if (status == FA_OK)
            status = fill_layer(rec, net, pass, fb, l);
    }
    if (status == FA_OK && c.going && c.updates)
        c.updates[0] = diagnostics_descended(&c.descent);
    return status == FA_OK ? fill_pseudo(rec, net, pass) : status;
}
