#include "feedback.h"

#include <math.h>
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

/* Release everything but the handle itself. */
static void release(fa_feedback *fb)
{
    feedback_array *next;

    if (fb->has_state && fb->rule.fini)
        fb->rule.fini(fb->state);
    for (feedback_array *array = fb->arrays; array; array = next) {
        next = array->next;
        mem_free(array->memory);
        mem_free(array);
    }
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
    release(fb);
    mem_free(fb);
}

/* The same feedback made anew with one parameter changed: every array drawn from the seed again. */
static fa_status rebuild(fa_feedback *fb, size_t changed, double value)
{
    fa_feedback fresh = {.fingerprint = fb->fingerprint, .dtype = fb->dtype, .depth = fb->depth, .rule = fb->rule,
                         .user_data = fb->user_data, .seed = fb->seed};
    fa_status   status = make_room(&fresh);

    if (status == FA_OK) {
        memcpy(fresh.values, fb->values, fb->rule.n_params * sizeof *fb->values);
        memcpy(fresh.widths, fb->widths, (fb->depth + 1) * sizeof *fb->widths);
        memcpy(fresh.weights, fb->weights, fb->depth * sizeof *fb->weights);
        fresh.values[changed] = value;
        status = run_callbacks(&fresh);
    }
    if (status != FA_OK) {
        release(&fresh);
        return status;
    }
    release(fb);
    *fb = fresh;
    return FA_OK;
}

/* After a parameter was set: arrays that it decides on follow. */
static fa_status follow(fa_feedback *fb, size_t i, double before)
{
    const double value = fb->values[i];

    if (value == before || !fb->structural[i])
        return FA_OK;
    fb->values[i] = before;
    if (fb->steps > 0)
        return status_set(FA_ERR_STATE, "rule %.40s: %s decides which arrays there are; the rule has been at work "
                                        "with them", fb->rule.name, fb->rule.params[i].name);
    return rebuild(fb, i, value);
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
    size_t    i;
    double    before;
    fa_status status;

    if (!fb || !name)
        return status_null(__func__, !fb ? "fb" : "name");
    i = param_find(fb->rule.params, fb->rule.n_params, fb->rule.name, name);
    before = i < fb->rule.n_params ? fb->values[i] : 0.0;
    status = param_set(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, value);
    return status == FA_OK ? follow(fb, i, before) : status;
}

fa_status fa_feedback_set_choice(fa_feedback *fb, const char *name, const char *choice)
{
    size_t    i;
    double    before;
    fa_status status;

    if (!fb || !name || !choice)
        return status_null(__func__, !fb ? "fb" : !name ? "name" : "choice");
    i = param_find(fb->rule.params, fb->rule.n_params, fb->rule.name, name);
    before = i < fb->rule.n_params ? fb->values[i] : 0.0;
    status = param_set_choice(fb->rule.params, fb->rule.n_params, fb->values, fb->rule.name, name, choice);
    return status == FA_OK ? follow(fb, i, before) : status;
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

static fa_status derived(const fa_feedback *fb, const char *name)
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
        return no_array(fb, name, l);
    if (found->kind != FEEDBACK_KEPT)
        return derived(fb, name);
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

/* Width of the widest hidden layer. */
static size_t widest(const fa_feedback *fb)
{
    size_t found = 1;

    for (size_t l = 1; l < fb->depth; l++)
        if (fb->widths[l] > found)
            found = fb->widths[l];
    return found;
}

void feedback_draw_as(const fa_feedback *fb, feedback_array *array, fa_feedback_draw draw, uint64_t seed)
{
    const double rows = (double)array->operand.matrix.rows, cols = (double)array->operand.matrix.cols;

    switch (draw) {
    case FA_DRAW_NOKLAND:
        feedback_draw(array, FA_INIT_UNIFORM, 1.0 / sqrt(rows), seed);
        break;
    case FA_DRAW_BIOTORCH:
        feedback_draw(array, FA_INIT_UNIFORM, sqrt(6.0 / (rows + cols)), seed);
        break;
    case FA_DRAW_LAUNAY:
        feedback_draw(array, FA_INIT_UNIFORM, 1.0 / sqrt((double)widest(fb)), seed);
        break;
    case FA_DRAW_LILLICRAP:
        feedback_draw(array, FA_INIT_UNIFORM, 0.5, seed);
        break;
    case FA_DRAW_FRENKEL:
        feedback_draw(array, FA_INIT_UNIFORM, sqrt(6.0 / rows), seed);
        break;
    case FA_DRAW_AKROUT:
        feedback_draw(array, FA_INIT_NORMAL, 1.0 / sqrt(rows + cols), seed);
        break;
    case FA_DRAW_REFINETTI:
        feedback_draw(array, FA_INIT_NORMAL, 1.0 / sqrt((double)widest(fb)), seed);
        break;
    }
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
        if (array->kind != FEEDBACK_KEPT)
            return derived(fb, name);
        found = true;
        feedback_draw(array, init, scale, seed);
    }
    return found ? FA_OK : no_array(fb, name, l);
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
