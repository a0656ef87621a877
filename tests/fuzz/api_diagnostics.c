/* <fa/diagnostics.h> and <fa/recorder.h> */
#include "world.h"

#include <stdio.h>

/* --- a batch --- */

static fa_status batch(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const fa_pass *pass = PICK(w, in, pass);
    const fa_feedback *fb = PICK(w, in, fb);
    fa_delta_report deltas[LAYERS];
    fa_update_report updates[LAYERS + 1];
    fa_norm_report norms[LAYERS];
    double fractions[LAYERS];
    switch (take_byte(in) % 5) {
    case 0:
        return fa_compare_deltas(net, pass, deltas);
    case 1:
        return fa_compare_pseudo_deltas(net, pass, deltas);
    case 2:
        return fa_compare_updates(net, pass, updates);
    case 3:
        return fa_layer_norms(net, pass, fb, norms);
    default:
        return fa_saturation(net, pass, take_number(in), fractions);
    }
}

/* --- weights and feedback --- */

static fa_status alignment(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const fa_feedback *fb = PICK(w, in, fb);
    const size_t depth = fa_network_depth(net), l = take_layer(in, depth), outputs = fa_network_width(net, depth);
    double degrees = 0;
    fa_status status;
    switch (take_byte(in) % 3) {
    case 0:
        status = fa_weight_angle(net, fb, l, &degrees);
        break;
    case 1:
        status = fa_alignment_angle(net, fb, l, &degrees);
        break;
    default:
        return fa_alignment_matrix(net, fb, l, take_matrix(w, in, outputs, l == 1 ? fa_network_width(net, 0) : outputs,
                                                           fa_network_dtype(net)));
    }
    require(!(degrees < 0 || degrees > 180) && (status == FA_OK || degrees != degrees));
    return status;
}

static fa_status matrices(world *w, input *in)
{
    const size_t rows = take_size(in), cols = take_size(in);
    const fa_matrix *a = take_matrix(w, in, rows, cols, (fa_dtype)take_kind(in, 2));
    fa_spectrum spectrum;
    double degrees = 0;
    fa_status status;
    if (take_byte(in) % 2 == 0) {
        status = fa_spectrum_of(a, &spectrum);
        require(status != FA_OK || spectrum.rank <= spectrum.values);
        return status;
    }
    status = fa_angle(a, take_matrix(w, in, rows, cols, (fa_dtype)take_kind(in, 2)), &degrees);
    require(!(degrees < 0 || degrees > 180));
    return status;
}

static fa_status check_gradient(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    if (fa_network_parameter_count(net) > 100)
        return FA_OK;
    const fa_matrix *x = take_x(w, in, net, 1 + take_index(in, 3));
    double worst = 0;
    return fa_gradient_check(net, x, take_target(w, in, net, x == NULL ? 1 : x->rows), take_number(in), &worst);
}

/* --- conserved quantities --- */

static fa_status watch(world *w, input *in)
{
    fa_invariant **slot = &w->invariant[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    const fa_feedback *fb = PICK(w, in, fb);
    fa_invariant *made = NULL;
    const fa_status status = fa_invariant_create(&made, net, fb, take_size(in));
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_invariant_destroy(*slot);
        *slot = made;
    }
    return status;
}

static fa_status observe(world *w, input *in)
{
    fa_invariant *invariant = PICK(w, in, invariant);
    const fa_network *net = PICK(w, in, net);
    const fa_feedback *fb = PICK(w, in, fb);
    fa_invariant_report report;
    if (take_byte(in) % 2 == 0)
        return fa_invariant_drift(invariant, net, fb, &report);
    const fa_pass *pass = PICK(w, in, pass);
    return fa_invariant_observe(invariant, net, pass, fb, PICK(w, in, opt));
}

/* --- recorders --- */

static fa_status record(world *w, input *in)
{
    fa_recorder **slot = &w->rec[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    const size_t count = take_index(in, 4);
    char names[512];
    int length = 0;
    names[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += snprintf(names + length, sizeof names - (size_t)length, "%s%s", i > 0 ? "," : "",
                           fa_quantity_at(take_index(in, fa_quantity_count()))->name);
    fa_recorder *made = NULL;
    const fa_status status = fa_recorder_create(&made, net, count == 0 ? NULL : names, take_byte(in) % 3);
    require((status == FA_OK) == (made != NULL));
    if (made != NULL) {
        fa_recorder_destroy(*slot);
        *slot = made;
    }
    return status;
}

static fa_status use_recorder(world *w, input *in)
{
    fa_recorder *rec = PICK(w, in, rec);
    const fa_network *net = PICK(w, in, net);
    const fa_pass *pass = PICK(w, in, pass);
    const fa_feedback *fb = take_chance(in, 32) ? NULL : w->fb[slot_of(in)];
    double value = 0;
    fa_status status;
    switch (take_byte(in) % 6) {
    case 0:
        return fa_recorder_set_threshold(rec, take_number(in));
    case 1:
        status = fa_recorder_value(rec, fa_quantity_at(take_index(in, fa_quantity_count()))->name,
                                   take_layer(in, fa_network_depth(net)), &value);
        require(status == FA_OK || value != value);
        return status;
    case 2: /* the file is emptied for the next one; what is appended goes to its end */
        return fa_recorder_open(rec, file_of(0, "", 0), (fa_record_format)take_kind(in, 2));
    case 3:
        return fa_recorder_close(rec);
    default:
        return fa_recorder_observe(rec, net, pass, fb, take_byte(in), take_byte(in) % 8);
    }
}

const operation diagnostics_operations[] = {
    {batch, NOTHING},          {batch, NOTHING},        {batch, NOTHING},   {alignment, NOTHING}, {matrices, NOTHING},
    {check_gradient, NOTHING}, {watch, NOTHING},        {observe, NOTHING}, {observe, NOTHING},   {record, NOTHING},
    {use_recorder, NOTHING},   {use_recorder, NOTHING}, {NULL, NOTHING},
};
