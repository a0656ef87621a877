#include "feedback.h"

#include <string.h>

#include "alloc.h"
#include "matrix.h"
#include "param.h"
#include "rng.h"
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
    if (fb->rule.n_params > 0 && !(fb->values = mem_zeroed(fb->rule.n_params, sizeof *fb->values)))
        return FA_ERR_MEMORY;
    if (!(fb->operands = mem_zeroed(fb->depth, sizeof *fb->operands)))
        return FA_ERR_MEMORY;
    if (fb->rule.state_size > 0 && !(fb->state = mem_zeroed(1, fb->rule.state_size)))
        return FA_ERR_MEMORY;
    param_defaults(fb->rule.params, fb->rule.n_params, fb->values);
    return FA_OK;
}

/* A status from a user's callback: a success, or a failure with a sentence. */
static fa_status run_callbacks(fa_feedback *fb, const fa_network *net)
{
    fa_setup  setup = {.fb = fb, .net = net};
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
    if (status == FA_OK)
        status = run_callbacks(fb, net);
    if (status != FA_OK) {
        fa_feedback_destroy(fb);
        return status;
    }
    *out = fb;
    return FA_OK;
}

void fa_feedback_destroy(fa_feedback *fb)
{
    feedback_array *next;

    if (!fb)
        return;
    if (fb->has_state && fb->rule.fini)
        fb->rule.fini(fb->state);
    for (feedback_array *array = fb->arrays; array; array = next) {
        next = array->next;
        mem_free(array->memory);
        mem_free(array);
    }
    mem_free(fb->state);
    mem_free(fb->operands);
    mem_free(fb->values);
    mem_free(fb);
}

const char *fa_feedback_rule_name(const fa_feedback *fb)
{
    return fb ? fb->rule.name : "";
}

size_t fa_feedback_bytes(const fa_feedback *fb)
{
    size_t total = 0;

    for (const feedback_array *array = fb ? fb->arrays : NULL; array; array = array->next)
        total += array->bytes;
    return total;
}

fa_status fa_feedback_set_param(fa_feedback *fb, const char *name, double value)
{
    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    return param_set(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value);
}

fa_status fa_feedback_set_choice(fa_feedback *fb, const char *name, const char *choice)
{
    if (!fb || !name || !choice)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "choice");
    return param_set_choice(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, choice);
}

fa_status fa_feedback_param(const fa_feedback *fb, const char *name, double *value)
{
    if (!fb || !name || !value)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "value");
    return param_get(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value);
}

static fa_status no_array(const fa_feedback *fb, const char *name, size_t l)
{
    return status_set(FA_ERR_ARGUMENT, "rule %.40s keeps no array \"%.40s\" for layer %zu", fb->rule.name, name, l);
}

fa_status fa_feedback_set(fa_feedback *fb, const char *name, size_t l, const fa_matrix *array)
{
    feedback_array *found;
    fa_status       status;

    if (!fb || !name || !array)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "array");
    found = feedback_find(fb, name, l);
    if (!found)
        return no_array(fb, name, l);
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
        return no_array(fb, name, l);
    *view = found->operand.matrix;
    return FA_OK;
}

void feedback_draw(feedback_array *array, fa_init init, double scale, uint64_t seed)
{
    const fa_matrix *matrix = &array->operand.matrix;
    fa_stream        stream = {.seed = seed, .step = array->number, .purpose = FA_PURPOSE_FEEDBACK,
                               .layer = (uint32_t)array->l};

    rng_fill(matrix, init, scale, matrix->cols, matrix->rows, &stream);
}

fa_status fa_feedback_init(fa_feedback *fb, const char *name, size_t l, fa_init init, double scale, uint64_t seed)
{
    bool      found = false;
    fa_status status;

    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    status = rng_check(init, scale);
    if (status != FA_OK)
        return status;
    for (feedback_array *array = fb->arrays; array; array = array->next) {
        if (strcmp(array->name, name) != 0 || (l != 0 && array->l != l))
            continue;
        found = true;
        feedback_draw(array, init, scale, seed);
    }
    return found ? FA_OK : no_array(fb, name, l);
}
