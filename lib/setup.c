/* What a rule declares while a feedback is made. */
#include <fa/rule.h>

#include <limits.h>
#include <string.h>

#include "alloc.h"
#include "feedback.h"
#include "matrix.h"
#include "param.h"
#include "rng.h"
#include "status.h"

#define MAX_SLOTS 8

size_t fa_setup_depth(const fa_setup *setup)
{
    return setup ? setup->fb->depth : 0;
}

size_t fa_setup_width(const fa_setup *setup, size_t l)
{
    return setup && l <= setup->fb->depth ? setup->fb->widths[l] : 0;
}

void *fa_setup_user_data(const fa_setup *setup)
{
    return setup ? setup->fb->user_data : NULL;
}

fa_status fa_setup_param(fa_setup *setup, const char *name, double *value)
{
    fa_feedback *fb;
    fa_status    status;

    if (!setup || !name || !value)
        return status_null(__func__, !setup ? "setup" : !name ? "name" : "value");
    fb = setup->fb;
    status = fa_feedback_param(fb, name, value);
    if (status == FA_OK)
        fb->structural[param_find(fb->rule.params, fb->rule.n_params, fb->rule.name, name)] = true;
    return status;
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
    if (l > setup->fb->depth)
        return status_set(FA_ERR_ARGUMENT, "array %s: there is no layer %zu; the network has %zu", name, l,
                          setup->fb->depth);
    if (rows == 0 || cols == 0 || rows > INT_MAX || cols > INT_MAX)
        return status_set(FA_ERR_SHAPE, "array %s cannot be %zu x %zu", name, rows, cols);
    if (feedback_find(setup->fb, name, l))
        return status_set(FA_ERR_ARGUMENT, "array %s of layer %zu is declared twice", name, l);
    return FA_OK;
}

/* An array of zeros at the end of the list. */
static fa_status append(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols, feedback_kind kind,
                        feedback_array **appended)
{
    const fa_dtype   dtype = setup->fb->dtype;
    feedback_array  *array;
    feedback_array **end;
    const size_t     lines = kind == FEEDBACK_KEPT ? cols : rows, length = kind == FEEDBACK_KEPT ? rows : cols;
    size_t           bytes = 0;

    if (!mem_add(&bytes, lines, matrix_padded(length, dtype) * fa_dtype_size(dtype)))
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
    array->kind = kind;
    array->number = number_of(setup->fb, name, &end);
    array->bytes = bytes;
    array->operand.matrix = kind == FEEDBACK_KEPT ? matrix_inner_columns(array->memory, rows, cols, dtype)
                                                  : matrix_inner(array->memory, rows, cols, dtype);
    *end = *appended = array;
    return FA_OK;
}

fa_status fa_setup_array(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols, fa_init init,
                         double scale)
{
    feedback_array *array;
    fa_status       status = check_request(setup, name, l, rows, cols);

    if (status == FA_OK)
        status = rng_check(init, scale);
    if (status == FA_OK)
        status = append(setup, name, l, rows, cols, FEEDBACK_KEPT, &array);
    if (status == FA_OK)
        feedback_draw(array, init, scale, setup->fb->seed);
    return status;
}

fa_status fa_setup_scratch(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols)
{
    feedback_array *array;
    fa_status       status = check_request(setup, name, l, rows, cols);

    return status == FA_OK ? append(setup, name, l, rows, cols, FEEDBACK_SCRATCH, &array) : status;
}

static fa_status check_topology(const fa_setup *setup, const char *function, fa_topology topology)
{
    if (!setup)
        return status_null(function, "setup");
    if (topology != FA_LAYERWISE && topology != FA_DIRECT)
        return status_set(FA_ERR_ARGUMENT, "there is no topology number %d", (int)topology);
    return FA_OK;
}

/* "B" of one layer, of the topology's shape, of zeros. */
static fa_status declare_layer(fa_setup *setup, fa_topology topology, feedback_kind kind, size_t l,
                               feedback_array **declared)
{
    fa_feedback *fb = setup->fb;
    const size_t cols = fb->widths[topology == FA_DIRECT ? fb->depth : l + 1];
    fa_status    status = check_request(setup, "B", l, fb->widths[l], cols);

    if (status == FA_OK)
        status = append(setup, "B", l, fb->widths[l], cols, kind, declared);
    if (status != FA_OK)
        return status;
    fb->operands[l - 1] = &(*declared)->operand;
    fb->topology = topology;
    return FA_OK;
}

fa_status fa_setup_feedback_layer(fa_setup *setup, fa_topology topology, size_t l, fa_feedback_draw draw)
{
    feedback_array *array = NULL;
    fa_status       status = check_topology(setup, __func__, topology);

    if (status != FA_OK)
        return status;
    if (l < 1 || l >= setup->fb->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: layer %zu is no hidden layer of a network with %zu layers", __func__, l,
                          setup->fb->depth);
    if (draw < FA_DRAW_NOKLAND || draw > FA_DRAW_REFINETTI)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no way number %d to draw B", __func__, (int)draw);
    if (setup->fb->topology && setup->fb->topology != topology)
        return status_set(FA_ERR_ARGUMENT, "%s: a rule's feedback has one topology", __func__);
    status = declare_layer(setup, topology, FEEDBACK_KEPT, l, &array);
    if (status == FA_OK)
        feedback_draw_as(setup->fb, array, draw, setup->fb->seed);
    return status;
}

fa_status fa_setup_feedback(fa_setup *setup, fa_topology topology)
{
    fa_status status = check_topology(setup, __func__, topology);

    if (status == FA_OK && setup->fb->topology)
        status = status_set(FA_ERR_ARGUMENT, "a rule declares its feedback once");
    for (size_t l = 1; status == FA_OK && l < setup->fb->depth; l++)
        status = fa_setup_feedback_layer(setup, topology, l, FA_DRAW_NOKLAND);
    if (status == FA_OK)
        setup->fb->topology = topology; /* without hidden layers too */
    return status;
}

fa_status fa_setup_derived_feedback(fa_setup *setup, fa_topology topology)
{
    feedback_array *array;
    fa_status       status = check_topology(setup, __func__, topology);

    if (status == FA_OK && setup->fb->topology)
        status = status_set(FA_ERR_ARGUMENT, "a rule declares its feedback once");
    for (size_t l = 1; status == FA_OK && l < setup->fb->depth; l++)
        status = declare_layer(setup, topology, FEEDBACK_DERIVED, l, &array);
    if (status == FA_OK)
        setup->fb->topology = topology;
    return status;
}

fa_status fa_setup_increments(fa_setup *setup, size_t first)
{
    if (!setup)
        return status_null(__func__, "setup");
    if (!(setup->fb->rule.flags & FA_RULE_NEEDS_INCREMENT))
        return status_set(FA_ERR_STATE, "%s: only for rules with FA_RULE_NEEDS_INCREMENT", __func__);
    if (first < 1 || first > setup->fb->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu", __func__, first,
                          setup->fb->depth);
    setup->fb->increments = first;
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
