#include "io/state.h"

#include "alloc.h"
#include "feedback.h"
#include "network.h"
#include "status.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#define STATE_NAME "rule.state"

/* --- saving --- */

/* How a B is drawn that is not stored. */
static json_t *describe_regenerated(const feedback_array *array)
{
    const operand_regenerated *r = &array->operand.regenerated;

    return json_pack("{s:I, s:s, s:o, s:o, s:o}", "layer", (json_int_t)array->l, "init", fa_init_name(r->init), "scale",
                     fields_make_real(r->scale), "seed", fields_make_number(r->stream.seed), "step",
                     fields_make_number(r->stream.step));
}

static json_t *describe_all_regenerated(const fa_feedback *fb)
{
    json_t *all = json_array();

    for (const feedback_array *array = fb->arrays; array && all != NULL; array = array->next)
        if (array->operand.form == OPERAND_REGENERATED &&
            json_array_append_new(all, describe_regenerated(array)) != 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

/* Layers that use W in the place of B. */
static json_t *describe_weights(const fa_feedback *fb)
{
    json_t *layers = json_array();

    for (size_t l = 1; l <= fb->depth && layers != NULL; l++)
        if (fb->weights[l - 1] && json_array_append_new(layers, json_integer((json_int_t)l)) != 0) {
            json_decref(layers);
            layers = NULL;
        }
    return layers;
}

/* JSON is UTF-8; what a rule calls its parameters may be anything. */
fa_status feedback_check_names(const fa_feedback *fb)
{
    size_t at = 0;

    for (size_t i = 0; i < fb->rule.n_params; i++) {
        const fa_param *param = &fb->rule.params[i];

        if (!utf8_check(param->name, strlen(param->name), &at) ||
            (param->type == FA_PARAM_CHOICE && !utf8_check(param->choices, strlen(param->choices), &at)))
            return status_set(FA_ERR_UNSUPPORTED, "rule %.40s: the name of parameter %zu, or of one of its choices, is "
                                                  "not UTF-8", fb->rule.name, i + 1);
    }
    return FA_OK;
}

json_t *feedback_describe(const fa_feedback *fb)
{
    const fa_param *common = fa_feedback_params(NULL);

    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "rule", fb->rule.name, "seed", fields_make_number(fb->seed),
                     "steps", fields_make_number(fb->steps), "params",
                     fields_make_params(fb->rule.params, fb->rule.n_params, fb->values), "feedback_params",
                     fields_make_params(common, FEEDBACK_PARAMS, fb->common), "weights", describe_weights(fb),
                     "regenerated", describe_all_regenerated(fb));
}

/* Rows and columns of the entries, by which they are a matrix in coordinates. */
static void list_places(tensor_list *list, const feedback_array *array, size_t count)
{
    const kernels_sparse *sparse = &array->operand.sparse;
    uint32_t *rows = tensor_memory(list, count, sizeof(*rows));
    /* A copy: a file must not be read into the operand's own. */
    uint32_t *columns = tensor_memory(list, count, sizeof(*columns));

    if (columns == NULL)
        return;
    memcpy(columns, sparse->columns, count * sizeof(*columns));
    for (size_t row = 0; row < sparse->blocks * sparse->rows; row++)
        for (size_t p = sparse->starts[row]; p < sparse->starts[row + 1]; p++)
            rows[p] = (uint32_t)(row % sparse->rows);
    tensor_add_integers(list, TENSOR_U32, rows, 1, count, 1, "rule.%s.%zu.rows", array->name, array->l);
    tensor_add_integers(list, TENSOR_U32, columns, 1, count, 1, "rule.%s.%zu.columns", array->name, array->l);
}

static void list_sparse(tensor_list *list, const feedback_array *array)
{
    const kernels_sparse *sparse = &array->operand.sparse;
    const size_t count = sparse->starts[sparse->blocks * sparse->rows];
    const fa_matrix values = fa_matrix_view(sparse->values, 1, count, array->operand.matrix.dtype);

    if (count == 0)
        return;
    list_places(list, array, count);
    tensor_add(list, &values, 1, "rule.%s.%zu.values", array->name, array->l);
}

static void list_array(tensor_list *list, const feedback_array *array)
{
    const fa_operand *operand = &array->operand;

    switch (operand->form) {
    case OPERAND_DENSE:
        tensor_add(list, &operand->matrix, 2, "rule.%s.%zu", array->name, array->l);
        break;
    case OPERAND_SPARSE:
        list_sparse(list, array);
        break;
    case OPERAND_LOW_RANK:
        tensor_add(list, &operand->low_rank.left, 2, "rule.%s.%zu.left", array->name, array->l);
        tensor_add(list, &operand->low_rank.right, 2, "rule.%s.%zu.right", array->name, array->l);
        break;
    case OPERAND_REGENERATED:
        break;
    }
}

/* Derived arrays too: a rule may keep one for some steps. */
void feedback_list(tensor_list *list, const fa_feedback *fb)
{
    if (fb->shared)
        list_array(list, fb->shared);
    for (const feedback_array *array = fb->arrays; array; array = array->next)
        if (array->kind != FEEDBACK_SCRATCH && !feedback_is_shared(fb, array))
            list_array(list, array);
}

fa_status feedback_list_state(tensor_list *list, const fa_feedback *fb)
{
    size_t size;

    if (fb->rule.state_size == 0)
        return FA_OK;
    if (!fb->rule.save)
        return status_set(FA_ERR_UNSUPPORTED, "rule %.40s has private state that it cannot save", fb->rule.name);
    size = fb->rule.save(fb->state, NULL, 0);
    if (size == 0)
        return status_set(FA_ERR_RULE, "rule %.40s could not save its private state", fb->rule.name);
    void *bytes = tensor_memory(list, size, 1);
    if (bytes == NULL)
        return FA_ERR_MEMORY;
    if (fb->rule.save(fb->state, bytes, size) != size)
        return status_set(FA_ERR_RULE, "rule %.40s saved another number of bytes than it had said", fb->rule.name);
    tensor_add_integers(list, TENSOR_U8, bytes, 1, size, 1, STATE_NAME);
    return FA_OK;
}

/* --- loading --- */

static fa_status differs(const fields *from, const char *name, double value, double live)
{
    return file_fail(FA_ERR_ARGUMENT, from->path,
                     "%s is %g in the file and %g here; it decides which arrays there are, so set it before loading",
                     name, value, live);
}

/* Values that decide on arrays have to be the live ones: the file's could ask for any amount of memory. */
static fa_status check_structure(const fields *from, const fa_feedback *fb, const double *values, const double *common)
{
    static const int structural[] = {FORM, DENSITY, RANK};
    const fa_param *params = fa_feedback_params(NULL);

    for (size_t i = 0; i < fb->rule.n_params; i++)
        if (fb->structural[i] && values[i] != fb->values[i])
            return differs(from, fb->rule.params[i].name, values[i], fb->values[i]);
    for (size_t k = 0; k < sizeof(structural) / sizeof(structural[0]); k++)
        if (common[structural[k]] != fb->common[structural[k]])
            return differs(from, params[structural[k]].name, common[structural[k]], fb->common[structural[k]]);
    return FA_OK;
}

static fa_status take_weights(const fields *from, fa_feedback *staged)
{
    json_t *layers;
    fa_status status = fields_list(from, "weights", &layers);
    const size_t count = json_array_size(layers);

    if (status == FA_OK && count >= staged->depth) /* looking each up takes time in proportion to the depth */
        return fields_fail(from, "\"weights\" names %zu layers, more than have feedback", count);
    if (status != FA_OK)
        return status;
    for (size_t l = 0; l < staged->depth; l++)
        staged->weights[l] = false;
    for (size_t i = 0; i < count; i++) {
        const json_t *l = json_array_get(layers, i);

        if (!json_is_integer(l) || json_integer_value(l) < 1 || json_integer_value(l) >= (json_int_t)staged->depth ||
            fa_feedback_use_weights(staged, (size_t)json_integer_value(l), true) != FA_OK)
            return fields_fail(from, "\"weights\" has a member that is no layer with feedback");
    }
    return FA_OK;
}

/* How the B of one array is drawn. */
static fa_status take_one_regenerated(const fields *one, fa_feedback *staged, const feedback_array *array)
{
    const char *init = "";
    uint64_t l = 0;
    operand_regenerated r = {0};
    fa_status status = fields_count(one, "layer", &l);

    if (status == FA_OK)
        status = fields_text(one, "init", &init);
    if (status == FA_OK)
        status = fields_real(one, "scale", &r.scale);
    if (status == FA_OK)
        status = fields_number(one, "seed", &r.stream.seed);
    if (status == FA_OK)
        status = fields_number(one, "step", &r.stream.step);
    if (status != FA_OK)
        return status;
    if (l != array->l)
        return fields_fail(one, "\"regenerated\" names layer %llu where layer %zu has to be", (unsigned long long)l,
                           array->l);
    if (r.stream.step != array->number)
        return fields_fail(one, "\"regenerated\" draws layer %zu from another stream, \"step\" = %llu", array->l,
                           (unsigned long long)r.stream.step);
    if (fa_init_find(init, &r.init) != FA_OK || fa_feedback_init(staged, array->name, array->l, r.init, r.scale,
                                                                 r.stream.seed) != FA_OK)
        return file_fail_again(FA_ERR_FORMAT, one->path);
    return FA_OK;
}

static fa_status take_regenerated(const fields *from, fa_feedback *staged)
{
    size_t count = 0, i = 0;
    json_t *all;

    for (const feedback_array *array = staged->arrays; array; array = array->next)
        count += array->operand.form == OPERAND_REGENERATED;
    fa_status status = fields_array(from, "regenerated", count, &all);
    for (const feedback_array *array = staged->arrays; array && status == FA_OK; array = array->next) {
        if (array->operand.form != OPERAND_REGENERATED)
            continue;
        const fields one = {from->path, from->what, json_array_get(all, i++)};

        status = take_one_regenerated(&one, staged, array);
    }
    return status;
}

/* Both tables of parameters, checked. */
static fa_status take_params(const fields *from, const fa_feedback *fb, double *values, double *common)
{
    fields params, shared;
    fa_status status = fields_object(from, "params", &params);

    if (status == FA_OK)
        status = fields_params(&params, fb->rule.params, fb->rule.n_params, values);
    if (status == FA_OK)
        status = fields_object(from, "feedback_params", &shared);
    if (status == FA_OK)
        status = fields_params(&shared, fa_feedback_params(NULL), FEEDBACK_PARAMS, common);
    return status == FA_OK ? check_structure(from, fb, values, common) : status;
}

static fa_status make_like(const fields *from, const fa_feedback *fb, uint64_t seed, fa_feedback *staged)
{
    double common[FEEDBACK_PARAMS];
    double *values = mem_zeroed(fb->rule.n_params + 1, sizeof(*values));
    fa_status status = values != NULL ? take_params(from, fb, values, common) : FA_ERR_MEMORY;

    if (status == FA_OK)
        status = feedback_make_like(fb, values, common, seed, staged);
    mem_free(values);
    return status;
}

fa_status feedback_stage(const fields *from, const fa_feedback *fb, fa_feedback *staged)
{
    const char *rule = "";
    uint64_t seed = 0, steps = 0;
    fa_status status = fields_text(from, "rule", &rule);

    if (status == FA_OK && strcmp(rule, fb->rule.name) != 0)
        return file_fail(FA_ERR_ARGUMENT, from->path, "the rule is %.40s in the file and %.40s here", rule,
                         fb->rule.name);
    if (status == FA_OK)
        status = fields_number(from, "seed", &seed);
    if (status == FA_OK)
        status = fields_number(from, "steps", &steps);
    if (status == FA_OK)
        status = make_like(from, fb, seed, staged);
    if (status != FA_OK)
        return status;
    staged->steps = steps;
    status = take_weights(from, staged);
    if (status == FA_OK)
        status = take_regenerated(from, staged);
    if (status != FA_OK)
        feedback_release(staged);
    return status;
}

/* --- after the tensors were read --- */

static fa_status check_places(const fields *from, const tensor_list *list, const feedback_array *array)
{
    const kernels_sparse *sparse = &array->operand.sparse;
    char name[TENSOR_NAME_SIZE];

    (void)snprintf(name, sizeof(name), "rule.%s.%zu.rows", array->name, array->l);
    const tensor *rows = tensor_find(list, name);
    (void)snprintf(name, sizeof(name), "rule.%s.%zu.columns", array->name, array->l);
    const tensor *columns = tensor_find(list, name);

    for (size_t row = 0; rows != NULL && row < sparse->blocks * sparse->rows; row++)
        for (size_t p = sparse->starts[row]; p < sparse->starts[row + 1]; p++)
            if (((const uint32_t *)rows->integers)[p] != row % sparse->rows ||
                ((const uint32_t *)columns->integers)[p] != sparse->columns[p])
                return fields_fail(from, "%s of layer %zu has an entry where its seed puts none", array->name,
                                   array->l);
    return FA_OK;
}

/* A rule that refuses without a sentence gets one, so that fa_last_error() does not tell of something older. */
static fa_status hand_over(const fa_feedback *staged, const void *bytes, size_t size)
{
    const unsigned long sentences = status_count();
    const fa_status status = staged->rule.load(staged->state, bytes, size);

    if (status != FA_OK && status_count() == sentences)
        return status_set(status, "rule %.40s: load failed: %s", staged->rule.name, fa_status_string(status));
    return status;
}

static fa_status load_state(const safetensors_entry *entry, safetensors *file, const fa_feedback *staged)
{
    tensor_list list = {0};
    const size_t size = (size_t)(entry->end - entry->begin);
    void *bytes = tensor_memory(&list, size + 1, 1);

    if (bytes != NULL)
        tensor_add_integers(&list, TENSOR_U8, bytes, 1, size, 1, STATE_NAME);
    fa_status status = safetensors_read(file, &list, 0);
    if (status == FA_OK)
        status = hand_over(staged, bytes, size);
    tensor_list_free(&list);
    return status;
}

static fa_status settle_state(const fields *from, safetensors *file, const fa_feedback *staged)
{
    safetensors_entry entry;

    if (staged->rule.state_size == 0)
        return FA_OK;
    if (!staged->rule.load)
        return status_set(FA_ERR_UNSUPPORTED, "rule %.40s has private state that it cannot load", staged->rule.name);
    if (!safetensors_find(file, STATE_NAME, &entry))
        return fields_fail(from, "there is no tensor " STATE_NAME);
    return load_state(&entry, file, staged);
}

fa_status feedback_settle(const fields *from, safetensors *file, const fa_feedback *staged, const tensor_list *list)
{
    fa_status status = FA_OK;

    for (const feedback_array *array = staged->arrays; array && status == FA_OK; array = array->next)
        if (array->operand.form == OPERAND_SPARSE)
            status = check_places(from, list, array);
    return status == FA_OK ? settle_state(from, file, staged) : status;
}

void feedback_commit(fa_feedback *fb, const fa_feedback *staged)
{
    feedback_release(fb);
    *fb = *staged;
}
