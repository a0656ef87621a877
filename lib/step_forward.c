/* Further forward passes, and random numbers, for rules. */
#include "step.h"

#include <fa/random.h>

#include "dropout.h"
#include "loss.h"
#include "matrix.h"
#include "status.h"

/* The slots are ones that the rule asked for, and two of them. */
static fa_status check_slots(const fa_step *step, const char *function, size_t slot, size_t noise_slot)
{
    if (slot >= 1 && slot <= step->fb->n_slots && noise_slot <= step->fb->n_slots && noise_slot != slot)
        return FA_OK;
    return status_set(FA_ERR_ARGUMENT, "%s: slot %zu with noise from slot %zu; setup asked for %zu", function, slot,
                      noise_slot, step->fb->n_slots);
}

/* The input is not what is to be written. */
static fa_status check_apart(const fa_step *step, const char *function, const fa_matrix *input, size_t l, size_t slot)
{
    if (input->data != step->pass->slots[slot - 1].h[l].data)
        return FA_OK;
    return status_set(FA_ERR_ARGUMENT, "%s: the input is the place of h_%zu in slot %zu, where the result goes",
                      function, l, slot);
}

static fa_status check_forward(const fa_step *step, size_t slot, const fa_matrix *input, size_t noise_slot)
{
    fa_status status;

    if (!step)
        return status_null("fa_step_forward", "step");
    status = check_slots(step, "fa_step_forward", slot, noise_slot);
    if (status == FA_OK && !input && !step->pass->x.data)
        status = status_set(FA_ERR_STATE, "fa_step_forward: there is no x in a mirror phase");
    if (status == FA_OK && input)
        status = matrix_check_shape(input, "the input", step->pass->batch, step->net->n_inputs, step->pass->dtype);
    return status == FA_OK && input ? check_apart(step, "fa_step_forward", input, 1, slot) : status;
}

/* One layer into a slot; the last one makes the slot hold outputs. */
static void run_layer(const fa_step *step, size_t l, const fa_matrix *in, size_t noise_slot, size_t slot)
{
    const bool       last = l == step->pass->depth;
    const fa_matrix *noise = noise_slot > 0 ? &step->pass->slots[noise_slot - 1].h[l] : NULL;
    pass_slot       *into = &step->pass->slots[slot - 1];

    layer_run(network_layer(step->net, l), step->pass->team, in, noise, last ? into->z : NULL, &into->h[l]);
    if (step->phase != STEP_ADAPT)
        dropout_mask(step->pass, l, &into->h[l]);
    into->ran = into->ran || last;
}

fa_status fa_step_forward(fa_step *step, size_t slot, const fa_matrix *input, size_t noise_slot)
{
    fa_status        status = check_forward(step, slot, input, noise_slot);
    pass_slot       *into;
    const fa_matrix *in;

    if (status != FA_OK)
        return status;
    into = &step->pass->slots[slot - 1];
    if (!input)
        in = pass_h(step->pass, 0);
    else
        in = step->phase == STEP_ADAPT ? input : dropout_input(step->pass, input, &into->h[0]);
    for (size_t l = 1; l <= step->pass->depth; l++) {
        run_layer(step, l, in, noise_slot, slot);
        in = &into->h[l];
    }
    return FA_OK;
}

fa_status fa_step_layer(fa_step *step, size_t l, const fa_matrix *input, size_t noise_slot, size_t slot)
{
    fa_status status;

    if (!step || !input)
        return status_null(__func__, !step ? "step" : "input");
    status = step_check_layer(step, __func__, l, 1, step->pass->depth);
    if (status == FA_OK)
        status = check_slots(step, __func__, slot, noise_slot);
    if (status == FA_OK)
        status = matrix_check_shape(input, "the input", step->pass->batch, fa_network_width(step->net, l - 1),
                                    step->pass->dtype);
    if (status == FA_OK)
        status = check_apart(step, __func__, input, l, slot);
    if (status == FA_OK)
        run_layer(step, l, input, noise_slot, slot);
    return status;
}

/* Outputs of a slot that holds a forward pass, with a target to compare them with. */
typedef struct outputs {
    const fa_matrix *y;
    const void      *z;
} outputs;

static fa_status find_outputs(const fa_step *step, const char *function, size_t slot, outputs *found)
{
    const fa_pass *pass = step->pass;

    if (slot > step->fb->n_slots)
        return status_set(FA_ERR_ARGUMENT, "%s: slot %zu was not asked for in setup", function, slot);
    if (!pass->target.data || (slot == 0 && step->phase == STEP_LOCAL) || (slot > 0 && !pass->slots[slot - 1].ran))
        return status_set(FA_ERR_STATE, "%s: slot %zu holds no forward pass, or there is no target", function, slot);
    found->y = slot == 0 ? pass_h(pass, pass->depth) : &pass->slots[slot - 1].h[pass->depth];
    found->z = slot == 0 ? pass_at(pass, pass->depth)->z : pass->slots[slot - 1].z;
    return FA_OK;
}

fa_status fa_step_loss(const fa_step *step, size_t slot, double *losses)
{
    outputs   found = {0};
    fa_status status;

    if (!step || !losses)
        return status_null(__func__, !step ? "step" : "losses");
    status = find_outputs(step, __func__, slot, &found);
    if (status == FA_OK)
        loss_each(step->net, found.y, found.z, &step->pass->target, losses);
    return status;
}

fa_status fa_step_error(fa_step *step, size_t slot, const fa_matrix *e)
{
    outputs   found = {0};
    fa_status status;

    if (!step || !e)
        return status_null(__func__, !step ? "step" : "e");
    status = find_outputs(step, __func__, slot, &found);
    if (status == FA_OK)
        status = matrix_check_shape(e, "e", found.y->rows, found.y->cols, step->pass->dtype);
    if (status == FA_OK && (e->row_stride != found.y->row_stride || e->data == found.y->data))
        status = status_set(FA_ERR_ARGUMENT, "%s: e has to be a view of the step like delta_L, and not the outputs",
                            __func__);
    if (status == FA_OK)
        (void)loss_sum(step->net, found.y, found.z, &step->pass->target, e);
    return status;
}

double *fa_step_numbers(const fa_step *step, size_t k)
{
    if (!step || step->fb->n_slots == 0 || k > 1)
        return NULL;
    return step->pass->numbers + k * step->pass->max_batch;
}

static fa_stream stream_of(const fa_step *step, uint32_t purpose, size_t l)
{
    return (fa_stream){.seed = step->fb->seed, .step = step->fb->steps, .purpose = purpose, .layer = (uint32_t)l};
}

fa_status fa_step_uniform(const fa_step *step, uint32_t purpose, size_t l, double low, double high,
                          const fa_matrix *matrix)
{
    fa_stream stream;

    if (!step)
        return status_null(__func__, "step");
    stream = stream_of(step, purpose, l);
    return fa_random_uniform(&stream, low, high, matrix);
}

fa_status fa_step_normal(const fa_step *step, uint32_t purpose, size_t l, double mean, double deviation,
                         const fa_matrix *matrix)
{
    fa_stream stream;

    if (!step)
        return status_null(__func__, "step");
    stream = stream_of(step, purpose, l);
    return fa_random_normal(&stream, mean, deviation, matrix);
}
