/* <fa/step.h>: what a rule may do in a step. */
#include "calls.h"

HOLDS(fa_step_depth, fa_step_depth(w->step) == CALLS_DEPTH)
HOLDS(fa_step_width, fa_step_width(w->step, 1) == 6)
HOLDS(fa_step_batch, fa_step_batch(w->step) == CALLS_SAMPLES)
HOLDS(fa_step_dtype, fa_step_dtype(w->step) == FA_FLOAT64)
HOLDS(fa_step_number, fa_step_number(w->step) < 100)
HOLDS(fa_step_user_data, fa_step_user_data(w->step) == w)
HOLDS(fa_step_state, fa_step_state(w->step) != NULL)

CALL(fa_step_param)
{
    double value;
    return fa_step_param(w->step, "gain", &value);
}

/* --- views --- */

static fa_matrix activity(const world *w, size_t slot, size_t l)
{
    fa_matrix view;
    (void)fa_step_activity(w->step, slot, l, &view);
    return view;
}

static fa_matrix delta(const world *w, size_t l)
{
    fa_matrix view;
    (void)fa_step_delta(w->step, l, &view);
    return view;
}

static fa_matrix array(const world *w, const char *name)
{
    fa_matrix view;
    (void)fa_step_array(w->step, name, 1, &view);
    return view;
}

HOLDS(fa_step_activity, activity(w, 0, 1).data != NULL)
HOLDS(fa_step_delta, delta(w, 1).data != NULL)
HOLDS(fa_step_array, array(w, "M").data != NULL)

CALL(fa_step_target)
{
    fa_matrix view;
    return fa_step_target(w->step, &view);
}

CALL(fa_step_weights)
{
    fa_matrix view;
    return fa_step_weights(w->step, 1, &view);
}

CALL(fa_step_bias)
{
    fa_matrix view;
    return fa_step_bias(w->step, 1, &view);
}

/* --- errors --- */

/* Scratch for a B that is not dense is made by the first of these that needs it. */
GIVES(fa_step_transport, fa_step_transport(w->step, 2))
GIVES(fa_step_inject, fa_step_inject(w->step, 1))
GIVES(fa_step_inject_signal, fa_step_inject_signal(w->step, 1, 0.5, &w->target))
GIVES(fa_step_carry, fa_step_carry(w->step, 2))

CALL(fa_step_transport_through)
{
    const fa_matrix left = array(w, "U"), right = array(w, "S");
    return fa_step_transport_through(w->step, 1, &left, &right);
}

HOLDS(fa_step_weights_operand, fa_step_weights_operand(w->step, 1) != NULL)
HOLDS(fa_step_array_operand, fa_step_array_operand(w->step, "M", 1) != NULL)
GIVES(fa_step_transport_with, fa_step_transport_with(w->step, 2, fa_step_array_operand(w->step, "B", 2)))
GIVES(fa_step_inject_with, fa_step_inject_with(w->step, 1, fa_step_array_operand(w->step, "B", 1)))
GIVES(fa_step_apply_slope, fa_step_apply_slope(w->step, 1))
GIVES(fa_step_apply_mask, fa_step_apply_mask(w->step, 1))

/* --- further passes --- */

GIVES(fa_step_forward, fa_step_forward(w->step, 1, &w->x, 2))

CALL(fa_step_loss)
{
    double losses[CALLS_SAMPLES];
    return fa_step_loss(w->step, 0, losses);
}

CALL(fa_step_error)
{
    const fa_matrix e = activity(w, 1, CALLS_DEPTH);
    return fa_step_error(w->step, 0, &e);
}

GIVES(fa_step_layer, fa_step_layer(w->step, 1, &w->x, 2, 1))
HOLDS(fa_step_numbers, fa_step_numbers(w->step, 1) != NULL)

CALL(fa_step_uniform)
{
    const fa_matrix view = activity(w, 1, 1);
    return fa_step_uniform(w->step, FA_PURPOSE_RULE, 1, -1, 1, &view);
}

CALL(fa_step_normal)
{
    const fa_matrix view = activity(w, 1, 1);
    return fa_step_normal(w->step, FA_PURPOSE_RULE, 1, 0, 1, &view);
}

/* --- gradients --- */

CALL(fa_step_set_presynaptic)
{
    const fa_matrix view = activity(w, 1, 1);
    return fa_step_set_presynaptic(w->step, 2, &view);
}

CALL(fa_step_set_postsynaptic)
{
    const fa_matrix view = activity(w, 1, 1);
    return fa_step_set_postsynaptic(w->step, 1, &view);
}

CALL(fa_step_gradient)
{
    fa_matrix weights, bias;
    return fa_step_gradient(w->step, 1, &weights, &bias);
}

CALL(fa_step_increment)
{
    fa_matrix weights, bias;
    return fa_step_increment(w->step, 1, &weights, &bias);
}

HOLDS(fa_step_learning_rate, fa_step_learning_rate(w->step) > 0)
GIVES(fa_step_shrink_weights, fa_step_shrink_weights(w->step, 1, 0.5))

/* --- arithmetic --- */

CALL(fa_step_product)
{
    const fa_matrix a = array(w, "S"), b = array(w, "T"), c = array(w, "U");
    return fa_step_product(w->step, 1, &a, &b, 0, &c);
}

CALL(fa_step_combine)
{
    const fa_matrix a = array(w, "B"), c = array(w, "S");
    return fa_step_combine(w->step, 1, &a, 2, &c);
}

CALL(fa_step_sign)
{
    const fa_matrix a = array(w, "B"), c = array(w, "S");
    return fa_step_sign(w->step, 1, NULL, &a, &c);
}

CALL(fa_step_pseudo_inverse)
{
    const fa_matrix a = array(w, "B"), c = array(w, "T");
    return fa_step_pseudo_inverse(w->step, &a, &c);
}

CALL(fa_step_scale_rows)
{
    const double    factors[6] = {1, 2, 3, 4, 5, 6};
    const fa_matrix a = array(w, "B"), c = array(w, "S");
    return fa_step_scale_rows(w->step, factors, &a, &c);
}

CALL(fa_step_add_row)
{
    const fa_matrix c = array(w, "S"), row = world_matrix(w, 2, 1, c.cols);
    return fa_step_add_row(w->step, &row, &c);
}

#define BACKWARD(function) AT(IN_BACKWARD, function, false)

static const every_call calls[] = {
    BACKWARD(fa_step_depth),
    BACKWARD(fa_step_width),
    BACKWARD(fa_step_batch),
    BACKWARD(fa_step_dtype),
    BACKWARD(fa_step_number),
    BACKWARD(fa_step_user_data),
    BACKWARD(fa_step_state),
    BACKWARD(fa_step_param),
    BACKWARD(fa_step_activity),
    BACKWARD(fa_step_target),
    BACKWARD(fa_step_delta),
    BACKWARD(fa_step_weights),
    BACKWARD(fa_step_bias),
    BACKWARD(fa_step_array),
    AT(IN_BACKWARD_FORM, fa_step_transport, true),
    AT(IN_BACKWARD_DIRECT_FORM, fa_step_inject, true),
    AT(IN_BACKWARD_DIRECT_FORM, fa_step_inject_signal, true),
    AT(IN_BACKWARD_DIRECT, fa_step_carry, false),
    AT(IN_BACKWARD, fa_step_transport_through, true),
    BACKWARD(fa_step_weights_operand),
    BACKWARD(fa_step_array_operand),
    AT(IN_BACKWARD_FORM, fa_step_transport_with, true),
    AT(IN_BACKWARD_DIRECT_FORM, fa_step_inject_with, true),
    BACKWARD(fa_step_apply_slope),
    BACKWARD(fa_step_apply_mask),
    BACKWARD(fa_step_forward),
    BACKWARD(fa_step_loss),
    BACKWARD(fa_step_error),
    BACKWARD(fa_step_layer),
    BACKWARD(fa_step_numbers),
    BACKWARD(fa_step_uniform),
    BACKWARD(fa_step_normal),
    BACKWARD(fa_step_set_presynaptic),
    BACKWARD(fa_step_set_postsynaptic),
    BACKWARD(fa_step_gradient),
    AT(IN_ADAPT, fa_step_increment, false),
    AT(IN_ADAPT, fa_step_learning_rate, false),
    AT(IN_ADAPT, fa_step_shrink_weights, false),
    BACKWARD(fa_step_product),
    BACKWARD(fa_step_combine),
    BACKWARD(fa_step_sign),
    AT(IN_BACKWARD, fa_step_pseudo_inverse, true),
    BACKWARD(fa_step_scale_rows),
    BACKWARD(fa_step_add_row),
};

TABLE(calls_of_steps, calls);
