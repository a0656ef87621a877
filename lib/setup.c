/* What a rule declares while a feedback is made. */
#include <fa/rule.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include "alloc.h"
#include "feedback.h"
#include "matrix.h"
#include "rng.h"
#include "status.h"

#define MAX_SLOTS 8

size_t fa_setup_depth(const fa_setup *setup)
{
    return setup ? setup->net->depth : 0;
}

size_t fa_setup_width(const fa_setup *setup, size_t l)
{
    return setup ? fa_network_width(setup->net, l) : 0;
}

void *fa_setup_user_data(const fa_setup *setup)
{
    return setup ? setup->fb->user_data : NULL;
}

static bool name_is_sound(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t            length = strspn(name, letters);

    return length > 0 && length <= FEEDBACK_NAME_MAX && name[length] == '\0';
}

/* The number of a name, the next one for a new name; and the end of the list. */
static uint64_t number_of(fa_feedback *fb, const char *name, feedback_array ***end)
{
    uint64_t        next = 0;
    uint64_t        known = UINT64_MAX;
    feedback_array **link = &fb->arrays;

    for (; *link; link = &(*link)->next) {
        if (strcmp((*link)->name, name) == 0)
            known = (*link)->number;
        if ((*link)->number >= next)
            next = (*link)->number + 1;
    }
    *end = link;
    return known != UINT64_MAX ? known : next;
}

static fa_status check_request(const fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols)
{
    if (!setup)
        return status_null("fa_setup_array", "setup");
    if (!name)
        return status_null("fa_setup_array", "name");
    if (!name_is_sound(name))
        return status_set(FA_ERR_ARGUMENT, "an array's name has 1 to %d letters, digits and _; \"%.40s\" has not",
                          FEEDBACK_NAME_MAX, name);
    if (l > setup->net->depth)
        return status_set(FA_ERR_ARGUMENT, "array %s: there is no layer %zu; the network has %zu", name, l,
                          setup->net->depth);
    if (rows == 0 || cols == 0 || rows > INT_MAX || cols > INT_MAX)
        return status_set(FA_ERR_SHAPE, "array %s cannot be %zu x %zu", name, rows, cols);
    if (feedback_find(setup->fb, name, l))
        return status_set(FA_ERR_ARGUMENT, "array %s of layer %zu is declared twice", name, l);
    return FA_OK;
}

fa_status fa_setup_array(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols, fa_init init,
                         double scale)
{
    feedback_array  *array;
    feedback_array **end;
    size_t           bytes = 0;
    fa_status        status = check_request(setup, name, l, rows, cols);
    fa_dtype         dtype;

    if (status == FA_OK)
        status = rng_check(init, scale);
    if (status != FA_OK)
        return status;
    dtype = setup->net->dtype;
    if (!mem_add(&bytes, cols, matrix_padded(rows, dtype) * fa_dtype_size(dtype)))
        return status_set(FA_ERR_SHAPE, "array %s of %zu x %zu is too large", name, rows, cols);
    array = mem_zeroed(1, sizeof *array);
    if (!array)
        return FA_ERR_MEMORY;
    array->memory = mem_zeroed(1, bytes);
    if (!array->memory) {
        mem_free(array);
        return FA_ERR_MEMORY;
    }
    memcpy(array->name, name, strlen(name));
    array->l = l;
    array->number = number_of(setup->fb, name, &end);
    array->bytes = bytes;
    array->operand.matrix = matrix_inner_columns(array->memory, rows, cols, dtype);
    *end = array;
    feedback_draw(array, init, scale, setup->fb->seed);
    return FA_OK;
}

fa_status fa_setup_feedback(fa_setup *setup, fa_topology topology)
{
    size_t depth;

    if (!setup)
        return status_null(__func__, "setup");
    if (topology != FA_LAYERWISE && topology != FA_DIRECT)
        return status_set(FA_ERR_ARGUMENT, "there is no topology number %d", (int)topology);
    if (setup->fb->topology)
        return status_set(FA_ERR_ARGUMENT, "a rule declares its feedback once");
    depth = setup->net->depth;
    for (size_t l = 1; l < depth; l++) {
        size_t    rows = fa_network_width(setup->net, l);
        size_t    cols = fa_network_width(setup->net, topology == FA_DIRECT ? depth : l + 1);
        fa_status status = fa_setup_array(setup, "B", l, rows, cols, FA_INIT_UNIFORM, 1.0 / sqrt((double)rows));
        if (status != FA_OK)
            return status;
        setup->fb->operands[l - 1] = &feedback_find(setup->fb, "B", l)->operand;
    }
    setup->fb->topology = topology;
    return FA_OK;
}

fa_status fa_setup_slots(fa_setup *setup, size_t count)
{
    if (!setup)
        return status_null(__func__, "setup");
    if (count > MAX_SLOTS)
        return status_set(FA_ERR_ARGUMENT, "a rule has at most %d further activity sets, not %zu", MAX_SLOTS, count);
    if (count > setup->fb->n_slots)
        setup->fb->n_slots = count;
    return FA_OK;
}
