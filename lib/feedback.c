#include "feedback.h"

#include <string.h>

#include "alloc.h"
#include "matrix.h"
#include "param.h"
#include "status.h"

feedback_array *feedback_find(const fa_feedback *fb, const char *name, size_t l)
{
    for (feedback_array *array = fb->arrays; array; array = array->next)
        if (array->l == l && strcmp(array->name, name) == 0)
            return array;
    return NULL;
}

/* Parameters, operand table, state: what the rule's callbacks may rely on. */
static fa_status make_room(fa_feedback *fb)
{
    const size_t n = fb->rule.n_params;

    if (n > 0 && (!(fb->values = mem_zeroed(n, sizeof *fb->values)) ||
                  !(fb->structural = mem_zeroed(n, sizeof *fb->structural))))
        return FA_ERR_MEMORY;
    if (!(fb->operands = mem_zeroed(fb->depth, sizeof *fb->operands)) ||
        !(fb->weights = mem_zeroed(fb->depth, sizeof *fb->weights)) ||
        !(fb->widths = mem_zeroed(fb->depth + 1, sizeof *fb->widths)))
        return FA_ERR_MEMORY;
    if (fb->rule.state_size > 0 && !(fb->state = mem_zeroed(1, fb->rule.state_size)))
        return FA_ERR_MEMORY;
    return FA_OK;
}

/* A status from a user's callback: a success, or a failure with a sentence. */
static fa_status run_callbacks(fa_feedback *fb)
{
    fa_setup  setup = {.fb = fb};
    fa_status status = FA_OK;

    if (fb->rule.setup)
        status = fb->rule.setup(&setup);
    if (status == FA_OK && fb->rule.init)
        status = fb->rule.init(&setup, fb->state);
    fb->has_state = status == FA_OK && fb->state;
    return status;
}

fa_status fa_feedback_create(fa_feedback **out, const fa_network *net, const fa_rule *rule, void *user_data,
                             uint64_t seed)
{
    fa_feedback *fb;
    fa_rule      copy;
    size_t       n_common;
    fa_status    status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net || !rule)
        return status_null(__func__, !net ? "net" : "rule");
    status = network_check_built(net, __func__);
    if (status == FA_OK)
        status = rule_check(rule, &copy);
    if (status != FA_OK)
        return status;
    fb = mem_zeroed(1, sizeof *fb);
    if (!fb)
        return FA_ERR_MEMORY;
    fb->fingerprint = net->fingerprint;
    fb->dtype = net->dtype;
    fb->depth = net->depth;
    fb->rule = copy;
    fb->user_data = user_data;
    fb->seed = seed;
    status = make_room(fb);
    if (status == FA_OK) {
        param_defaults(copy.params, copy.n_params, fb->values);
        param_defaults(fa_feedback_params(&n_common), FEEDBACK_PARAMS, fb->common);
        for (size_t l = 0; l <= fb->depth; l++)
            fb->widths[l] = fa_network_width(net, l);
        status = run_callbacks(fb);
    }
    if (status != FA_OK) {
        fa_feedback_destroy(fb);
        return status;
    }
    *out = fb;
    return FA_OK;
}

void feedback_array_free(feedback_array *array)
{
    if (!array)
        return;
    mem_free(array->memory);
    mem_free(array);
}

fa_status feedback_array_make(feedback_array **made, const char *name, size_t l, uint64_t number, feedback_kind kind,
                              const operand_plan *plan)
{
    feedback_array *array = mem_zeroed(1, sizeof *array);
    fa_status       status;

    if (!array)
        return FA_ERR_MEMORY;
    status = operand_make(&array->operand, plan, &array->memory, &array->bytes);
    if (status != FA_OK) {
        mem_free(array);
        return status;
    }
    memcpy(array->name, name, strlen(name));
    array->l = l;
    array->number = number;
    array->kind = kind;
    *made = array;
    return FA_OK;
}

void feedback_release(fa_feedback *fb)
{
    feedback_array *next;

    if (fb->has_state && fb->rule.fini)
        fb->rule.fini(fb->state);
    for (feedback_array *array = fb->arrays; array; array = next) {
        next = array->next;
        feedback_array_free(array);
    }
    feedback_array_free(fb->shared);
    mem_free(fb->state);
    mem_free(fb->operands);
    mem_free(fb->weights);
    mem_free(fb->widths);
    mem_free(fb->structural);
    mem_free(fb->values);
}

void fa_feedback_destroy(fa_feedback *fb)
{
    if (!fb)
        return;
    feedback_release(fb);
    mem_free(fb);
}

fa_status feedback_make_like(const fa_feedback *fb, const double *values, const double *common, uint64_t seed,
                             fa_feedback *made)
{
    fa_status status;

    *made = (fa_feedback){.fingerprint = fb->fingerprint, .dtype = fb->dtype, .depth = fb->depth, .rule = fb->rule,
                          .user_data = fb->user_data, .seed = seed};
    status = make_room(made);
    if (status == FA_OK) {
        if (fb->rule.n_params > 0)
            memcpy(made->values, values, fb->rule.n_params * sizeof *values);
        memcpy(made->common, common, sizeof made->common);
        memcpy(made->widths, fb->widths, (fb->depth + 1) * sizeof *fb->widths);
        memcpy(made->weights, fb->weights, fb->depth * sizeof *fb->weights);
        status = run_callbacks(made);
    }
    if (status != FA_OK)
        feedback_release(made);
    return status;
}

fa_status feedback_rebuild(fa_feedback *fb, const double *values, const double *common)
{
    fa_feedback fresh;
    fa_status   status = feedback_make_like(fb, values, common, fb->seed, &fresh);

    if (status != FA_OK)
        return status;
    feedback_release(fb);
    *fb = fresh;
    return FA_OK;
}

const char *fa_feedback_rule_name(const fa_feedback *fb)
{
    return fb ? fb->rule.name : "";
}

size_t fa_feedback_bytes(const fa_feedback *fb)
{
    size_t total = fb && fb->shared ? fb->shared->bytes : 0;

    for (const feedback_array *array = fb ? fb->arrays : NULL; array; array = array->next)
        total += array->bytes;
    return total;
}

bool feedback_is_shared(const fa_feedback *fb, const feedback_array *array)
{
    return fb->shared && strcmp(array->name, fb->shared->name) == 0;
}

fa_status feedback_no_array(const fa_feedback *fb, const char *name, size_t l)
{
    return status_set(FA_ERR_ARGUMENT, "rule %.40s keeps no array \"%.40s\" for layer %zu", fb->rule.name, name, l);
}

fa_status feedback_derived(const fa_feedback *fb, const char *name)
{
    return status_set(FA_ERR_UNSUPPORTED, "rule %.40s computes its array \"%.40s\" itself in every step", fb->rule.name,
                      name);
}

fa_status fa_feedback_set(fa_feedback *fb, const char *name, size_t l, const fa_matrix *array)
{
    feedback_array *found;
    fa_status       status;

    if (!fb || !name || !array)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "array");
    found = feedback_find(fb, name, l);
    if (!found)
        return feedback_no_array(fb, name, l);
    if (found->kind != FEEDBACK_KEPT)
        return feedback_derived(fb, name);
    if (!found->operand.matrix.data || feedback_is_shared(fb, found))
        return status_set(FA_ERR_UNSUPPORTED, "%s: feedback_form is not dense, so B can be drawn, but not set",
                          __func__);
    status = matrix_check_shape(array, name, found->operand.matrix.rows, found->operand.matrix.cols, fb->dtype);
    if (status == FA_OK)
        status = matrix_check_finite(array, name);
    if (status == FA_OK)
        matrix_move(array, &found->operand.matrix);
    return status;
}

fa_status fa_feedback_get(const fa_feedback *fb, const char *name, size_t l, fa_matrix *view)
{
    const feedback_array *found;

    if (!view)
        return status_null(__func__, "view");
    *view = (fa_matrix){0};
    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    found = feedback_find(fb, name, l);
    if (!found)
        return feedback_no_array(fb, name, l);
    if (!found->operand.matrix.data)
        return status_set(FA_ERR_UNSUPPORTED, "%s: in this feedback_form there is no dense B to look at; "
                                              "fa_feedback_dense() writes one", __func__);
    *view = found->operand.matrix;
    return FA_OK;
}

fa_status fa_feedback_shape(const fa_feedback *fb, const char *name, size_t l, size_t *rows, size_t *cols)
{
    const feedback_array *found;

    if (rows)
        *rows = 0;
    if (cols)
        *cols = 0;
    if (!fb || !name || !rows || !cols)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : !rows ? "rows" : "cols");
    found = feedback_find(fb, name, l);
    if (!found)
        return feedback_no_array(fb, name, l);
    *rows = found->operand.matrix.rows;
    *cols = found->operand.matrix.cols;
    return FA_OK;
}

fa_status fa_feedback_dense(const fa_feedback *fb, size_t l, const fa_matrix *out)
{
    const feedback_array *found;
    const fa_matrix      *like;
    fa_status             status;

    if (!fb || !out)
        return status_null(__func__, !fb ? "fb" : "out");
    found = feedback_find(fb, "B", l);
    if (!found)
        return feedback_no_array(fb, "B", l);
    like = &found->operand.matrix;
    status = matrix_check_shape(out, "out", like->rows, like->cols, like->dtype);
    if (status == FA_OK)
        operand_write(&found->operand, out);
    return status;
}

/* Errors come down to hidden layer l layer by layer: it has feedback of its own, and so has the layer above. */
static bool comes_from_above(const fa_feedback *fb, size_t l)
{
    return fb->operands[l - 1] && (l + 1 == fb->depth || fb->operands[l]);
}

fa_status fa_feedback_use_weights(fa_feedback *fb, size_t l, bool use)
{
    if (!fb)
        return status_null(__func__, "fb");
    if (!fb->topology || fb->rule.local)
        return status_set(FA_ERR_UNSUPPORTED, "rule %.40s %s", fb->rule.name,
                          fb->topology ? "works before the error is known" : "keeps no feedback \"B\"");
    if (l >= fb->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: layer %zu is no hidden layer of a network with %zu layers", __func__, l,
                          fb->depth);
    for (size_t i = 1; i < fb->depth; i++)
        if ((l == 0 || l == i) && !comes_from_above(fb, i))
            return status_set(FA_ERR_UNSUPPORTED, "rule %.40s brings no error to layer %zu from above", fb->rule.name,
                              i);
    for (size_t i = 1; i < fb->depth; i++)
        if (l == 0 || l == i)
            fb->weights[i - 1] = use;
    return FA_OK;
}

bool fa_feedback_uses_weights(const fa_feedback *fb, size_t l)
{
    return fb && l >= 1 && l < fb->depth && fb->weights[l - 1];
}
