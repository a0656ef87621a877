/* Dropout: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15:1929 (2014), in the form that scales while
 * training ("inverted"), so that prediction is the plain network. */
#include "dropout.h"

#include <fa/random.h>

#include "alloc.h"
#include "kernels.h"
#include "matrix.h"
#include "status.h"

static double probability_of(const fa_network *net, size_t l)
{
    return network_layer(net, l + 1)->dropout;
}

/* Room for the mask of h_l and for the masked activity. */
static fa_status make_mask(const fa_network *net, const fa_pass *pass, size_t l)
{
    const size_t width = fa_network_width(net, l);
    pass_mask   *at = &pass->masks[l];
    size_t       bytes = 0;

    if (at->memory)
        return FA_OK;
    if (!mem_add(&bytes, pass->max_batch, matrix_padded(width, pass->dtype) * fa_dtype_size(pass->dtype)))
        return status_set(FA_ERR_SHAPE, "a dropout mask for %zu samples is too large", pass->max_batch);
    at->memory = mem_zeroed(2, bytes);
    if (!at->memory)
        return FA_ERR_MEMORY;
    at->mask = matrix_inner(at->memory, pass->max_batch, width, pass->dtype);
    at->out = matrix_inner((char *)at->memory + bytes, pass->max_batch, width, pass->dtype);
    return FA_OK;
}

fa_status dropout_prepare(const fa_network *net, fa_pass *pass)
{
    bool any = false;

    for (size_t l = 0; l < net->depth; l++)
        any = any || probability_of(net, l) > 0.0;
    if (!any && !pass->masks)
        return FA_OK;
    if (any && pass->streaming)
        return status_set(FA_ERR_UNSUPPORTED, "the network has dropout, whose masks a streaming pass does not keep");
    if (any && !pass->dropout_seeded)
        return status_set(FA_ERR_STATE, "the network has dropout: give the pass a seed by fa_pass_set_dropout()");
    if (!pass->masks && !(pass->masks = mem_zeroed(net->depth, sizeof *pass->masks)))
        return FA_ERR_MEMORY;
    for (size_t l = 0; l < net->depth; l++) {
        fa_status status = probability_of(net, l) > 0.0 ? make_mask(net, pass, l) : FA_OK;

        if (status != FA_OK)
            return status;
    }
    return FA_OK;
}

/* Element i of the mask, counted row by row, is kept if half a word, the low one of word i / 2 for an even i, is not
 * below probability * 2^32. */
static void draw(const fa_pass *pass, size_t l, double probability)
{
    const fa_matrix *mask = &pass->masks[l].mask;
    const fa_stream  stream = {.seed = pass->dropout_seed, .step = pass->dropout_step,
                               .purpose = FA_PURPOSE_DROPOUT, .layer = (uint32_t)l};
    const uint64_t   threshold = (uint64_t)(probability * 0x1p32);
    const double     kept = 1.0 / (1.0 - probability);
    const uint64_t   n = (uint64_t)pass->batch * mask->cols;
    uint64_t         words[64];

    for (uint64_t first = 0; first < n; first += 128) {
        const size_t count = n - first < 128 ? (size_t)(n - first) : 128;

        (void)fa_random_words(&stream, first / 2, (count + 1) / 2, words);
        for (size_t i = 0; i < count; i++) {
            const uint64_t half = i % 2 ? words[i / 2] >> 32 : words[i / 2] & 0xffffffffu;
            const uint64_t at = first + i;

            matrix_put(mask, (size_t)(at / mask->cols), (size_t)(at % mask->cols), half < threshold ? 0.0 : kept);
        }
    }
}

/* All at once, so that a local rule may run later layers itself. */
void dropout_begin(const fa_network *net, const fa_pass *pass)
{
    for (size_t l = 0; pass->masks && l < pass->depth; l++) {
        pass_mask *at = &pass->masks[l];

        at->active = probability_of(net, l) > 0.0;
        if (!at->active)
            continue;
        at->mask.rows = at->out.rows = pass->batch;
        draw(pass, l, probability_of(net, l));
    }
}

void dropout_run(const fa_pass *pass, size_t l)
{
    if (!pass->masks || l == pass->depth || !pass->masks[l].active)
        return;
    matrix_move(l == 0 ? &pass->x : &pass_at(pass, l)->h, &pass->masks[l].out);
    dropout_mask(pass, l, &pass->masks[l].out);
}

void dropout_mask(const fa_pass *pass, size_t l, const fa_matrix *m)
{
    if (pass->masks && l < pass->depth && pass->masks[l].active)
        kernels_for(pass->dtype)->multiply(m->rows * m->row_stride, pass->masks[l].mask.data, m->data);
}

const fa_matrix *dropout_input(const fa_pass *pass, const fa_matrix *input, const fa_matrix *copy)
{
    const pass_mask *at = pass->masks ? &pass->masks[0] : NULL;

    if (!at || !at->active)
        return input;
    if (input->data != copy->data)
        matrix_move(input, copy);
    for (size_t i = 0; i < copy->rows; i++)
        for (size_t j = 0; j < copy->cols; j++)
            if (matrix_get(&at->mask, i, j) == 0.0)
                matrix_put(copy, i, j, 0.0);
    return copy;
}

fa_status fa_pass_set_dropout(fa_pass *pass, uint64_t seed, uint64_t step)
{
    if (!pass)
        return status_null(__func__, "pass");
    pass->dropout_seeded = true;
    pass->dropout_seed = seed;
    pass->dropout_step = step;
    return FA_OK;
}
