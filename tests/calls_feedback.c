/* <fa/feedback.h> */
#include "calls.h"

CALL(fa_feedback_create)
{
    fa_feedback    *fb;
    const fa_status status = fa_feedback_create(&fb, w->net, fa_rule_find("fa"), NULL, 1);
    if ((fb != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_feedback_destroy(fb);
    return status;
}

HOLDS(fa_feedback_destroy, (fa_feedback_destroy(w->spare_fb), w->spare_fb = NULL, true))
HOLDS(fa_feedback_rule_name, fa_feedback_rule_name(w->fb) != NULL)
HOLDS(fa_feedback_bytes, fa_feedback_bytes(w->fb) > 0)
HOLDS(fa_feedback_params, fa_feedback_params(NULL) != NULL)
GIVES(fa_feedback_set_param, fa_feedback_set_param(w->direct, "feedback_scale", 2))
GIVES(fa_feedback_set_choice, fa_feedback_set_choice(w->direct, "feedback_form", "sparse"))
HOLDS(fa_feedback_redraws, fa_feedback_redraws(w->fb, "feedback_form"))

CALL(fa_feedback_param)
{
    double value;
    return fa_feedback_param(w->fb, "gain", &value);
}

CALL(fa_feedback_set)
{
    const fa_matrix b = world_matrix(w, 2, 6, 4);
    return fa_feedback_set(w->fb, "B", 1, &b);
}

CALL(fa_feedback_get)
{
    fa_matrix view;
    return fa_feedback_get(w->fb, "B", 1, &view);
}

CALL(fa_feedback_shape)
{
    size_t rows, cols;
    return fa_feedback_shape(w->fb, "B", 1, &rows, &cols);
}

CALL(fa_feedback_dense)
{
    const fa_matrix b = world_matrix(w, 2, 6, 4);
    return fa_feedback_dense(w->regenerated, 1, &b);
}

GIVES(fa_feedback_init, fa_feedback_init(w->direct, "B", 1, FA_INIT_NORMAL, 1, 2))
GIVES(fa_feedback_use_weights, fa_feedback_use_weights(w->direct, 0, true))
HOLDS(fa_feedback_uses_weights, !fa_feedback_uses_weights(w->fb, 1))
GIVES(fa_feedback_adapt, fa_feedback_adapt(w->mirror, w->net, w->fresh, 1))

static const every_call calls[] = {
    ALLOCATES(fa_feedback_create),
    NEVER(fa_feedback_destroy),
    NEVER(fa_feedback_rule_name),
    NEVER(fa_feedback_bytes),
    NEVER(fa_feedback_params),
    ALLOCATES(fa_feedback_set_param),
    ALLOCATES(fa_feedback_set_choice),
    NEVER(fa_feedback_redraws),
    NEVER(fa_feedback_param),
    NEVER(fa_feedback_set),
    NEVER(fa_feedback_get),
    NEVER(fa_feedback_shape),
    NEVER(fa_feedback_dense),
    NEVER(fa_feedback_init),
    NEVER(fa_feedback_use_weights),
    NEVER(fa_feedback_uses_weights),
    ALLOCATES(fa_feedback_adapt),
};

TABLE(calls_of_feedback, calls);
