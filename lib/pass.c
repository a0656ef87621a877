#include "pass.h"

#include <limits.h>

#include "activation.h"
#include "alloc.h"
#include "matrix.h"
#include "status.h"

bool pass_keeps_z(const fa_network *net, size_t l)
{
    const layer *found = network_layer(net, l);

    return activation_slope_needs_z(found->activation) ||
           (l == net->depth && activation_loss_needs_z(found->activation));
}

/* Bytes of one [max_batch x n_l] matrix. */
static size_t sample_bytes(const fa_network *net, size_t l, size_t max_batch)
{
    return matrix_padded(fa_network_width(net, l), net->dtype) * fa_dtype_size(net->dtype) * max_batch;
}

/* Sizes of the two arenas; false on overflow. */
static bool arena_bytes(const fa_network *net, size_t max_batch, size_t *activities, size_t *gradients)
{
    *activities = *gradients = 0;
    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        size_t       row = matrix_padded(found->n_out, net->dtype) * fa_dtype_size(net->dtype);
        size_t       bytes;

        for (int copies = pass_keeps_z(net, l) ? 3 : 2; copies > 0; copies--)
            if (!mem_add(activities, max_batch, row))
                return false;
        if (!layer_bytes(found->n_in, found->n_out, found->has_bias, net->dtype, &bytes) ||
            !mem_add(gradients, 1, bytes))
            return false;
    }
    return true;
}

/* The next `bytes` of an arena. */
static void *take(char **arena, size_t bytes)
{
    void *taken = *arena;
    size_t rounded = 0;

    (void)mem_add(&rounded, 1, bytes);
    *arena += rounded;
    return taken;
}

static void lay_out(fa_pass *pass, const fa_network *net)
{
    char *activities = pass->memory;
    char *gradients = pass->gradients;

    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        pass_layer  *at = pass_at(pass, l);
        size_t       bytes = sample_bytes(net, l, pass->max_batch);

        at->h = matrix_inner(take(&activities, bytes), pass->max_batch, found->n_out, net->dtype);
        at->delta = matrix_inner(take(&activities, bytes), pass->max_batch, found->n_out, net->dtype);
        at->z = pass_keeps_z(net, l) ? take(&activities, bytes) : NULL;
        (void)layer_bytes(found->n_in, found->n_out, found->has_bias, net->dtype, &bytes);
        layer_lay(found, take(&gradients, bytes), &at->gradient, &at->bias_gradient);
    }
}

static const pass_layout ordinary = {false, arena_bytes, lay_out};

/* What a network and a batch must be for a pass. */
static fa_status check_request(const fa_network *net, size_t max_batch, const pass_layout *layout,
                               const char *function, size_t *activities, size_t *gradients)
{
    fa_status status;

    if (!net)
        return status_null(function, "net");
    status = network_check_built(net, function);
    if (status != FA_OK)
        return status;
    if (max_batch == 0 || max_batch > INT_MAX)
        return status_set(FA_ERR_SHAPE, "a batch has 1 to %d samples, not %zu", INT_MAX, max_batch);
    if (!layout->bytes(net, max_batch, activities, gradients))
        return status_set(FA_ERR_SHAPE, "a pass for %zu samples through this network is too large", max_batch);
    return FA_OK;
}

fa_status pass_bytes(const fa_network *net, size_t max_batch, const pass_layout *layout, const char *function,
                     size_t *bytes)
{
    size_t    gradients;
    fa_status status;

    if (!bytes)
        return status_null(function, "bytes");
    *bytes = 0;
    status = check_request(net, max_batch, layout, function, bytes, &gradients);
    if (status != FA_OK || !mem_add(bytes, 1, gradients) || !mem_add(bytes, net->depth, sizeof(pass_layer)) ||
        !mem_add(bytes, 1, sizeof(fa_pass))) {
        *bytes = 0;
        return status != FA_OK ? status : status_set(FA_ERR_SHAPE, "a pass for %zu samples is too large", max_batch);
    }
    return FA_OK;
}

/* Where the gradient of each layer begins in an arena of all of them. */
static void set_offsets(const fa_pass *pass, const fa_network *net)
{
    size_t offset = 0;

    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        size_t       bytes;

        pass_at(pass, l)->offset = offset;
        (void)layer_bytes(found->n_in, found->n_out, found->has_bias, net->dtype, &bytes);
        (void)mem_add(&offset, 1, bytes);
    }
}

fa_status pass_create(fa_pass **out, const fa_network *net, size_t max_batch, const pass_layout *layout,
                      const char *function)
{
    fa_pass  *pass;
    size_t    activities, gradients;
    fa_status status;

    if (!out)
        return status_null(function, "out");
    *out = NULL;
    status = check_request(net, max_batch, layout, function, &activities, &gradients);
    if (status != FA_OK)
        return status;
    pass = mem_zeroed(1, sizeof *pass);
    if (!pass)
        return FA_ERR_MEMORY;
    pass->fingerprint = net->fingerprint;
    pass->dtype = net->dtype;
    pass->depth = net->depth;
    pass->max_batch = max_batch;
    pass->streaming = layout->streaming;
    pass->gradient_bytes = gradients;
    if (!(pass->layers = mem_zeroed(net->depth, sizeof *pass->layers)) ||
        !(pass->memory = mem_zeroed(1, activities)) || !(pass->gradients = mem_zeroed(1, gradients))) {
        fa_pass_destroy(pass);
        return FA_ERR_MEMORY;
    }
    layout->lay_out(pass, net);
    set_offsets(pass, net);
    *out = pass;
    return FA_OK;
}

fa_status fa_pass_bytes(const fa_network *net, size_t max_batch, size_t *bytes)
{
    return pass_bytes(net, max_batch, &ordinary, __func__, bytes);
}

fa_status fa_pass_create(fa_pass **out, const fa_network *net, size_t max_batch)
{
    return pass_create(out, net, max_batch, &ordinary, __func__);
}

void fa_pass_destroy(fa_pass *pass)
{
    if (!pass)
        return;
    for (size_t s = 0; s < pass->n_slots; s++)
        mem_free(pass->slots[s].h);
    mem_free(pass->slots);
    for (size_t l = 0; pass->masks && l < pass->depth; l++)
        mem_free(pass->masks[l].memory);
    mem_free(pass->masks);
    mem_free(pass->waiting);
    mem_free(pass->between);
    mem_free(pass->numbers);
    batch_staging_free(&pass->staging);
    team_destroy(pass->team);
    mem_free(pass->written);
    mem_free(pass->gradients);
    mem_free(pass->memory);
    mem_free(pass->layers);
    mem_free(pass);
}

/* One slot in one block: the views, then the matrices. */
static fa_status make_slot(const fa_pass *pass, const fa_network *net, pass_slot *slot)
{
    size_t total = 0;
    char  *memory;

    if (!mem_add(&total, pass->depth + 1, sizeof *slot->h))
        return status_set(FA_ERR_SHAPE, "an activity set for %zu samples is too large", pass->max_batch);
    for (size_t l = 0; l <= pass->depth + 1; l++) /* one more for z_L */
        if (!mem_add(&total, pass->max_batch,
                     sample_bytes(net, l <= pass->depth ? l : pass->depth, 1)))
            return status_set(FA_ERR_SHAPE, "an activity set for %zu samples is too large", pass->max_batch);
    memory = mem_zeroed(1, total);
    if (!memory)
        return FA_ERR_MEMORY;
    slot->h = take(&memory, (pass->depth + 1) * sizeof *slot->h);
    for (size_t l = 0; l <= pass->depth; l++)
        slot->h[l] = matrix_inner(take(&memory, sample_bytes(net, l, pass->max_batch)), pass->batch,
                                  fa_network_width(net, l), pass->dtype);
    slot->z = memory;
    return FA_OK;
}

fa_status pass_prepare(fa_pass *pass, const fa_network *net, size_t n_slots, bool written)
{
    if (written && !pass->written) {
        pass->written = mem_zeroed(1, pass->gradient_bytes);
        if (!pass->written)
            return FA_ERR_MEMORY;
    }
    if (n_slots > 0 && !pass->numbers && !(pass->numbers = mem_zeroed(2 * pass->max_batch, sizeof *pass->numbers)))
        return FA_ERR_MEMORY;
    if (n_slots > pass->n_slots) {
        pass_slot *slots = mem_zeroed(n_slots, sizeof *slots);
        if (!slots)
            return FA_ERR_MEMORY;
        for (size_t s = 0; s < pass->n_slots; s++)
            slots[s] = pass->slots[s];
        mem_free(pass->slots);
        pass->slots = slots;
        while (pass->n_slots < n_slots) {
            fa_status status = make_slot(pass, net, &slots[pass->n_slots]);
            if (status != FA_OK)
                return status;
            pass->n_slots++;
        }
    }
    return FA_OK;
}

void *pass_between(fa_pass *pass, size_t bytes)
{
    if (bytes > pass->between_bytes) {
        void *larger = mem_zeroed(1, bytes);

        if (!larger)
            return NULL;
        mem_free(pass->between);
        pass->between = larger;
        pass->between_bytes = bytes;
    }
    return pass->between;
}

void pass_begin(fa_pass *pass, const fa_matrix *x)
{
    pass->batch = x->rows;
    pass->x = *x;
    pass->target = (fa_matrix){0};
    pass->stage = PASS_EMPTY;
    for (size_t l = 1; l <= pass->depth; l++) {
        pass_layer *at = pass_at(pass, l);
        at->h.rows = at->delta.rows = x->rows;
    }
    for (size_t s = 0; s < pass->n_slots; s++) {
        pass->slots[s].ran = false;
        for (size_t l = 0; l <= pass->depth; l++)
            pass->slots[s].h[l].rows = x->rows;
    }
}

void pass_abandon(fa_pass *pass)
{
    pass->x.data = NULL;
    pass->target.data = NULL;
    pass->stage = PASS_EMPTY;
}

void pass_written(const fa_pass *pass, const fa_network *net, size_t l, fa_matrix *weights_t, fa_matrix *bias)
{
    layer_lay(network_layer(net, l), (char *)pass->written + pass_at(pass, l)->offset, weights_t, bias);
}
