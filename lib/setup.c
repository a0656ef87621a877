/* What a rule declares while a feedback is made. */
#include <fa/rule.h>

#include <limits.h>
#include <string.h>

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
    status = param_get(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value);
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
static fa_status append(fa_setup *setup, const char *name, size_t l, feedback_kind kind, const operand_plan *plan,
                        feedback_array **appended)
{
    feedback_array **end;
    const uint64_t   number = number_of(setup->fb, name, &end);
    fa_status        status = feedback_array_make(appended, name, l, number, kind, plan);

    if (status == FA_OK)
        *end = *appended;
    return status;
}

static operand_plan dense(const fa_setup *setup, feedback_kind kind, size_t rows, size_t cols)
{
    return (operand_plan){.form = OPERAND_DENSE, .rows = rows, .cols = cols, .dtype = setup->fb->dtype,
                          .by_rows = kind != FEEDBACK_KEPT};
}

fa_status fa_setup_array(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols, fa_init init,
                         double scale)
{
    feedback_array *array;
    operand_plan    plan;
    fa_status       status = check_request(setup, name, l, rows, cols);

    if (status == FA_OK)
        status = rng_check(init, scale);
    if (status != FA_OK)
        return status;
    plan = dense(setup, FEEDBACK_KEPT, rows, cols);
    status = append(setup, name, l, FEEDBACK_KEPT, &plan, &array);
    if (status == FA_OK)
        feedback_draw(setup->fb, array, init, scale, setup->fb->seed);
    return status;
}

fa_status fa_setup_scratch(fa_setup *setup, const char *name, size_t l, size_t rows, size_t cols)
{
    feedback_array *array;
    operand_plan    plan;
    fa_status       status = check_request(setup, name, l, rows, cols);

    if (status != FA_OK)
        return status;
    plan = dense(setup, FEEDBACK_SCRATCH, rows, cols);
    return append(setup, name, l, FEEDBACK_SCRATCH, &plan, &array);
}

static fa_status check_topology(const fa_setup *setup, const char *function, fa_topology topology)
{
    if (!setup)
        return status_null(function, "setup");
    if (topology != FA_LAYERWISE && topology != FA_DIRECT)
        return status_set(FA_ERR_ARGUMENT, "there is no topology number %d", (int)topology);
    return FA_OK;
}

/* Columns that "B" of layer l has. */
static size_t columns_of(const fa_feedback *fb, fa_topology topology, size_t l)
{
    return fb->widths[topology == FA_DIRECT ? fb->depth : l + 1];
}

/* The array that every layer's "B" is the corner of, made with the first one. */
static fa_status make_shared(fa_feedback *fb, fa_topology topology)
{
    operand_plan     plan = {.form = OPERAND_DENSE, .rows = feedback_widest(fb), .dtype = fb->dtype};
    feedback_array **end;

    for (size_t l = 1; l < fb->depth; l++)
        if (columns_of(fb, topology, l) > plan.cols)
            plan.cols = columns_of(fb, topology, l);
    return feedback_array_make(&fb->shared, "B", 0, number_of(fb, "B", &end), FEEDBACK_KEPT, &plan);
}

/* "B" of layer l as the corner of the shared array. */
static fa_status append_corner(fa_setup *setup, fa_topology topology, const operand_plan *plan, size_t l,
                               feedback_array **appended)
{
    operand_plan nothing = *plan;
    fa_status    status = setup->fb->shared ? FA_OK : make_shared(setup->fb, topology);

    nothing.form = OPERAND_REGENERATED;
    if (status == FA_OK)
        status = append(setup, "B", l, FEEDBACK_KEPT, &nothing, appended);
    if (status != FA_OK)
        return status;
    (*appended)->operand = setup->fb->shared->operand;
    (*appended)->operand.matrix.rows = plan->rows;
    (*appended)->operand.matrix.cols = plan->cols;
    return FA_OK;
}

/* "B" of layer l in the form that the parameters say. */
static fa_status append_formed(fa_setup *setup, fa_topology topology, operand_plan *plan, size_t l,
                               feedback_array **appended)
{
    static const operand_form forms[] = {
        [FORM_DENSE] = OPERAND_DENSE,
        [FORM_SPARSE] = OPERAND_SPARSE,
        [FORM_LOW_RANK] = OPERAND_LOW_RANK,
        [FORM_SHARED] = OPERAND_DENSE,
        [FORM_REGENERATED] = OPERAND_REGENERATED,
    };
    const fa_feedback  *fb = setup->fb;
    const feedback_form form = (feedback_form)fb->common[FORM];
    feedback_array    **end, label = {.l = l, .number = number_of(setup->fb, "B", &end)};

    if (form != FORM_DENSE && fb->rule.adapt)
        return status_set(FA_ERR_UNSUPPORTED, "rule %.40s changes its B, so it is dense", fb->rule.name);
    plan->form = forms[form];
    plan->density = fb->common[DENSITY];
    plan->rank = (size_t)fb->common[RANK];
    plan->stream = feedback_stream(&label, FA_PURPOSE_FORM, fb->seed);
    return form == FORM_SHARED ? append_corner(setup, topology, plan, l, appended)
                               : append(setup, "B", l, FEEDBACK_KEPT, plan, appended);
}

/* "B" of one layer, of the topology's shape, of zeros. */
static fa_status declare_layer(fa_setup *setup, fa_topology topology, feedback_kind kind, size_t l,
                               feedback_array **declared)
{
    fa_feedback *fb = setup->fb;
    operand_plan plan = dense(setup, kind, fb->widths[l], columns_of(fb, topology, l));
    fa_status    status = check_request(setup, "B", l, plan.rows, plan.cols);

    if (status == FA_OK)
        status = kind == FEEDBACK_KEPT ? append_formed(setup, topology, &plan, l, declared)
                                       : append(setup, "B", l, kind, &plan, declared);
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
    if (draw < FA_DRAW_NOKLAND || draw > FA_DRAW_ORTHOGONAL)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no way number %d to draw B", __func__, (int)draw);
    if (setup->fb->topology && setup->fb->topology != topology)
        return status_set(FA_ERR_ARGUMENT, "%s: a rule's feedback has one topology", __func__);
    status = declare_layer(setup, topology, FEEDBACK_KEPT, l, &array);
    return status == FA_OK ? feedback_draw_as(setup->fb, array, draw) : status;
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
    if (status != FA_OK)
        return status;
    setup->fb->topology = topology;
    setup->fb->derived = true;
    return FA_OK;
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
