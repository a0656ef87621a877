/* <fa/pass.h>, <fa/optimizer.h> */
#include "calls.h"

CALL(fa_pass_create)
{
    fa_pass        *pass;
    const fa_status status = fa_pass_create(&pass, w->net, 7);
    if ((pass != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_pass_destroy(pass);
    return status;
}

CALL(fa_pass_create_streaming)
{
    fa_pass        *pass;
    const fa_status status = fa_pass_create_streaming(&pass, w->net, 7);
    if ((pass != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_pass_destroy(pass);
    return status;
}

HOLDS(fa_pass_is_streaming, !fa_pass_is_streaming(w->pass))
HOLDS(fa_pass_destroy, (fa_pass_destroy(w->spare_pass), w->spare_pass = NULL, true))

CALL(fa_pass_bytes)
{
    size_t bytes;
    return fa_pass_bytes(w->net, 9, &bytes);
}

CALL(fa_pass_streaming_bytes)
{
    size_t bytes;
    return fa_pass_streaming_bytes(w->net, 9, &bytes);
}

GIVES(fa_pass_set_threads, fa_pass_set_threads(w->pass, 2))
HOLDS(fa_pass_threads, fa_pass_threads(w->pass) == 1)
GIVES(fa_pass_set_dropout, fa_pass_set_dropout(w->pass, 2, 3))
HOLDS(fa_pass_max_batch, fa_pass_max_batch(w->pass) == CALLS_SAMPLES)
HOLDS(fa_pass_batch, fa_pass_batch(w->pass) == CALLS_SAMPLES)

CALL(fa_pass_activity)
{
    fa_matrix view;
    return fa_pass_activity(w->pass, 1, &view);
}

CALL(fa_pass_delta)
{
    fa_matrix view;
    return fa_pass_delta(w->pass, 1, &view);
}

CALL(fa_pass_gradient)
{
    fa_matrix view;
    return fa_pass_gradient(w->pass, 1, &view);
}

CALL(fa_pass_bias_gradient)
{
    fa_matrix view;
    return fa_pass_bias_gradient(w->pass, 1, &view);
}

HOLDS(fa_pass_gradient_samples, fa_pass_gradient_samples(w->pass) == CALLS_SAMPLES)

/* --- <fa/optimizer.h> --- */

CALL(fa_optimizer_create)
{
    fa_optimizer   *opt;
    const fa_status status = fa_optimizer_create(&opt, w->net, "adam");
    if ((opt != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_optimizer_destroy(opt);
    return status;
}

HOLDS(fa_optimizer_destroy, (fa_optimizer_destroy(w->spare_opt), w->spare_opt = NULL, true))
HOLDS(fa_optimizer_count, fa_optimizer_count() > 0)
HOLDS(fa_optimizer_name_at, fa_optimizer_name_at(0) != NULL)
HOLDS(fa_optimizer_params, fa_optimizer_params("sgd", NULL) != NULL)
GIVES(fa_optimizer_set, fa_optimizer_set(w->opt, "momentum", 0.5))

/* What the largest mean square is kept in. */
GIVES(fa_optimizer_set_choice, fa_optimizer_set_choice(w->spare_opt, "amsgrad", "yes"))

CALL(fa_optimizer_get)
{
    double value;
    return fa_optimizer_get(w->opt, "momentum", &value);
}

GIVES(fa_optimizer_set_rate_factor, fa_optimizer_set_rate_factor(w->opt, 1, FA_WEIGHTS | FA_BIASES, 0.5))
GIVES(fa_optimizer_set_schedule, fa_optimizer_set_schedule(w->opt, 0.5))
HOLDS(fa_optimizer_steps, fa_optimizer_steps(w->opt) == 1)

static const every_call calls[] = {
    ALLOCATES(fa_pass_create),
    ALLOCATES(fa_pass_create_streaming),
    NEVER(fa_pass_is_streaming),
    NEVER(fa_pass_destroy),
    NEVER(fa_pass_bytes),
    NEVER(fa_pass_streaming_bytes),
    ALLOCATES(fa_pass_set_threads),
    NEVER(fa_pass_threads),
    NEVER(fa_pass_set_dropout),
    NEVER(fa_pass_max_batch),
    NEVER(fa_pass_batch),
    NEVER(fa_pass_activity),
    NEVER(fa_pass_delta),
    NEVER(fa_pass_gradient),
    NEVER(fa_pass_bias_gradient),
    NEVER(fa_pass_gradient_samples),
    ALLOCATES(fa_optimizer_create),
    NEVER(fa_optimizer_destroy),
    NEVER(fa_optimizer_count),
    NEVER(fa_optimizer_name_at),
    NEVER(fa_optimizer_params),
    ALLOCATES(fa_optimizer_set),
    ALLOCATES(fa_optimizer_set_choice),
    NEVER(fa_optimizer_get),
    NEVER(fa_optimizer_set_rate_factor),
    NEVER(fa_optimizer_set_schedule),
    NEVER(fa_optimizer_steps),
};

TABLE(calls_of_pass, calls);
