/* Passes that keep two layers of activity: what a local rule needs. Matrices of all layers lie on top of each other:
 * h_l in one of two places by turns, every delta_l, every z_l and every gradient in one place each. */
#include "pass.h"

#include "alloc.h"
#include "matrix.h"

/* Where the places begin in their arena, and where it ends. */
typedef struct places {
    size_t h[2], delta, z;
    size_t activities;
    size_t gradients;
} places;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* False on overflow. */
static bool find_places(const fa_network *net, size_t max_batch, places *p)
{
    size_t h[2] = {0, 0}, z = 0; /* bytes of the longest row */

    *p = (places){0};
    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        const size_t row = matrix_padded(found->n_out, net->dtype) * fa_dtype_size(net->dtype);
        size_t       bytes, rounded = 0;

        h[l % 2] = larger(h[l % 2], row);
        z = larger(z, pass_keeps_z(net, l) ? row : 0);
        if (!layer_bytes(found->n_in, found->n_out, found->has_bias, net->dtype, &bytes) ||
            !mem_add(&rounded, 1, bytes))
            return false;
        p->gradients = larger(p->gradients, rounded);
    }
    if (!mem_add(&p->activities, max_batch, h[0]))
        return false;
    p->h[1] = p->activities;
    if (!mem_add(&p->activities, max_batch, h[1]))
        return false;
    p->delta = p->activities;
    if (!mem_add(&p->activities, max_batch, larger(h[0], h[1])))
        return false;
    p->z = p->activities;
    return mem_add(&p->activities, max_batch, z);
}

static bool arena_bytes(const fa_network *net, size_t max_batch, size_t *activities, size_t *gradients)
{
    places p;
    bool   fits = find_places(net, max_batch, &p);

    *activities = p.activities;
    *gradients = p.gradients;
    return fits;
}

static void lay_out(fa_pass *pass, const fa_network *net)
{
    char  *memory = pass->memory;
    places p;

    (void)find_places(net, pass->max_batch, &p);
    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        pass_layer  *at = pass_at(pass, l);

        at->h = matrix_inner(memory + p.h[l % 2], pass->max_batch, found->n_out, net->dtype);
        at->delta = matrix_inner(memory + p.delta, pass->max_batch, found->n_out, net->dtype);
        at->z = pass_keeps_z(net, l) ? memory + p.z : NULL;
        layer_lay(found, pass->gradients, &at->gradient, &at->bias_gradient);
    }
}

static const pass_layout streaming = {true, arena_bytes, lay_out};

fa_status fa_pass_streaming_bytes(const fa_network *net, size_t max_batch, size_t *bytes)
{
    return pass_bytes(net, max_batch, &streaming, __func__, bytes);
}

fa_status fa_pass_create_streaming(fa_pass **out, const fa_network *net, size_t max_batch)
{
    return pass_create(out, net, max_batch, &streaming, __func__);
}

bool fa_pass_is_streaming(const fa_pass *pass)
{
    return pass && pass->streaming;
}
