#include "io/state.h"

#include "alloc.h"
#include "matrix.h"
#include "network.h"
#include "prune.h"
#include "status.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- saving --- */

static json_t *describe_layer(const layer *l, bool frozen, bool whole)
{
    json_t *object = json_pack("{s:s, s:I, s:s, s:b}", "kind", l->kind->name, "outputs", (json_int_t)l->n_out,
                               "activation", fa_activation_name(l->activation), "bias", l->has_bias);

    if (object != NULL && whole &&
        (json_object_set_new(object, "frozen", json_boolean(frozen)) != 0 ||
         json_object_set_new(object, "dropout", fields_make_real(l->dropout)) != 0 ||
         json_object_set_new(object, "held_norm", fields_make_real(l->held_norm)) != 0 ||
         json_object_set_new(object, "pruned", json_boolean(l->kept != NULL)) != 0)) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

json_t *network_describe(const fa_network *net, const bool *frozen, bool whole)
{
    json_t *layers = json_array();

    for (size_t l = 1; l <= net->depth && layers != NULL; l++) {
        const layer *found = network_layer(net, l);

        if (json_array_append_new(layers, describe_layer(found, frozen ? frozen[l - 1] : found->frozen, whole)) != 0) {
            json_decref(layers);
            layers = NULL;
        }
    }
    return json_pack("{s:s, s:I, s:s, s:o}", "dtype", fa_dtype_name(net->dtype), "inputs", (json_int_t)net->n_inputs,
                     "loss", fa_loss_name(net->loss), "layers", layers);
}

void network_list(tensor_list *list, const fa_network *net, const char *prefix, bool masks)
{
    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        const fa_matrix weights = fa_matrix_transpose(found->weights_t);
        fa_matrix mask = weights;

        tensor_add(list, &weights, 2, "%slayers.%zu.weight", prefix, l - 1);
        if (found->has_bias)
            tensor_add(list, &found->bias, 1, "%slayers.%zu.bias", prefix, l - 1);
        mask.data = found->kept;
        if (masks && found->kept)
            tensor_add(list, &mask, 2, "%slayers.%zu.weight_mask", prefix, l - 1);
    }
}

/* --- loading --- */

/* What an object says of a layer. */
typedef struct layer_plan {
    size_t        outputs;
    fa_activation activation;
    bool          bias;
} layer_plan;

static fa_status take_layer(const fields *l, layer_plan *plan)
{
    const char *kind = "", *activation = "";
    uint64_t outputs = 0;
    fa_status status = fields_text(l, "kind", &kind);

    if (status == FA_OK && strcmp(kind, layer_dense.name) != 0)
        return file_fail(FA_ERR_UNSUPPORTED, l->path,
                         "%s has a layer of the kind \"%.40s\", which this version of libfa does not know", l->what,
                         kind);
    if (status == FA_OK)
        status = fields_count(l, "outputs", &outputs);
    if (status == FA_OK)
        status = fields_text(l, "activation", &activation);
    if (status == FA_OK)
        status = fields_flag(l, "bias", &plan->bias);
    if (status != FA_OK)
        return status;
    if (outputs < 1 || outputs > INT_MAX)
        return fields_fail(l, "a layer has 1 to %d outputs, not %llu", INT_MAX, (unsigned long long)outputs);
    plan->outputs = (size_t)outputs;
    if (fa_activation_find(activation, &plan->activation) != FA_OK)
        return file_fail_again(FA_ERR_FORMAT, l->path);
    return FA_OK;
}

static fa_status take_head(const fields *from, fa_dtype *dtype, uint64_t *inputs, fa_loss *loss)
{
    const char *dtype_name = "", *loss_name = "";
    fa_status status = fields_text(from, "dtype", &dtype_name);

    if (status == FA_OK)
        status = fields_count(from, "inputs", inputs);
    if (status == FA_OK)
        status = fields_text(from, "loss", &loss_name);
    if (status != FA_OK)
        return status;
    *dtype = strcmp(dtype_name, "float64") == 0 ? FA_FLOAT64 : FA_FLOAT32;
    if (strcmp(dtype_name, fa_dtype_name(*dtype)) != 0)
        return fields_fail(from, "there is no dtype \"%.40s\"", dtype_name);
    if (*inputs < 1 || *inputs > INT_MAX)
        return fields_fail(from, "a network takes 1 to %d inputs, not %llu", INT_MAX, (unsigned long long)*inputs);
    return fa_loss_find(loss_name, loss) == FA_OK ? FA_OK : file_fail_again(FA_ERR_FORMAT, from->path);
}

static fa_status take_layers(const fields *from, json_t **layers)
{
    const fa_status status = fields_list(from, "layers", layers);

    if (status == FA_OK && json_array_size(*layers) == 0)
        return fields_fail(from, "\"layers\" names no layer");
    return status;
}

/* What was set on a layer beside its architecture. */
static fa_status take_settings(const fields *l, layer *to)
{
    bool pruned = false;
    fa_status status = fields_flag(l, "frozen", &to->frozen);

    if (status == FA_OK)
        status = fields_real(l, "dropout", &to->dropout);
    if (status == FA_OK)
        status = fields_real(l, "held_norm", &to->held_norm);
    if (status == FA_OK)
        status = fields_flag(l, "pruned", &pruned);
    if (status != FA_OK)
        return status;
    if (!(to->dropout >= 0.0 && to->dropout < 1.0))
        return fields_fail(l, "\"dropout\" = %g is not at least 0 and below 1", to->dropout);
    if (!(to->held_norm >= 0.0 && isfinite(to->held_norm)))
        return fields_fail(l, "\"held_norm\" = %g is not finite and not negative", to->held_norm);
    return pruned ? prune_make_map(to) : FA_OK;
}

/* Another file's layers into a network of the same architecture. */
static fa_status settle_layers(const fields *from, json_t *layers, const fa_network *net)
{
    fa_status status = FA_OK;

    for (size_t l = 1; l <= net->depth && status == FA_OK; l++) {
        const fields one = {from->path, from->what, json_array_get(layers, l - 1)};
        layer *to = &net->layers[l - 1];

        mem_free(to->kept);
        to->kept = NULL;
        status = take_settings(&one, to);
    }
    return status;
}

fa_status network_stage(const fields *from, const fa_network *net, fa_network **staged)
{
    uint64_t inputs = 0;
    fa_dtype dtype;
    fa_loss loss = FA_SQUARED_ERROR;
    json_t *layers;
    fa_status status = take_head(from, &dtype, &inputs, &loss);

    *staged = NULL;
    if (status == FA_OK)
        status = take_layers(from, &layers);
    if (status != FA_OK)
        return status;
    if (dtype != net->dtype || inputs != net->n_inputs || json_array_size(layers) != net->depth)
        return file_fail(FA_ERR_SHAPE, from->path,
                         "the file holds a network of another architecture: %s, %llu inputs, %zu layers",
                         fa_dtype_name(dtype), (unsigned long long)inputs, json_array_size(layers));
    for (size_t l = 1; l <= net->depth; l++) {
        const fields one = {from->path, from->what, json_array_get(layers, l - 1)};
        const layer *live = network_layer(net, l);
        layer_plan plan = {0};

        status = take_layer(&one, &plan);
        if (status != FA_OK)
            return status;
        if (plan.outputs != live->n_out || plan.activation != live->activation || plan.bias != live->has_bias)
            return file_fail(FA_ERR_SHAPE, from->path, "layer %zu of the file has %zu %s outputs and %s bias", l,
                             plan.outputs, fa_activation_name(plan.activation), plan.bias ? "a" : "no");
    }
    status = fa_network_copy(staged, net);
    if (status == FA_OK && fa_network_set_loss(*staged, loss) != FA_OK)
        status = file_fail_again(FA_ERR_FORMAT, from->path);
    if (status == FA_OK)
        status = settle_layers(from, layers, *staged);
    return status;
}

/* The next layer of a new network, if the file has its weights. */
static fa_status add_layer(const fields *from, const safetensors *file, const layer_plan *plan, fa_network *net)
{
    char name[TENSOR_NAME_SIZE];
    safetensors_entry entry;

    (void)snprintf(name, sizeof(name), "layers.%zu.weight", net->depth);
    if (!safetensors_find(file, name, &entry))
        return file_fail(FA_ERR_FORMAT, from->path, "there is no tensor \"%s\"", name);
    if (entry.rank != 2 || entry.shape[0] != plan->outputs || entry.shape[1] != fa_network_width(net, net->depth))
        return fields_fail(from, "tensor %s has another shape than layer %zu", name, net->depth + 1);
    if (strcmp(entry.dtype, "F32") != 0 && strcmp(entry.dtype, "F64") != 0) /* fewer bits than the memory asked for */
        return file_fail(FA_ERR_DTYPE, from->path, "tensor %s is of type %s, not F32 or F64", name, entry.dtype);
    const fa_status status = fa_network_add_dense(net, plan->outputs, plan->activation, plan->bias);
    return status == FA_OK || status == FA_ERR_MEMORY ? status : file_fail_again(FA_ERR_FORMAT, from->path);
}

static fa_status add_layers(const fields *from, json_t *layers, const safetensors *file, fa_network *net)
{
    fa_status status = FA_OK;

    for (size_t i = 0; i < json_array_size(layers) && status == FA_OK; i++) {
        const fields one = {from->path, from->what, json_array_get(layers, i)};
        layer_plan plan = {0};

        status = take_layer(&one, &plan);
        if (status == FA_OK)
            status = add_layer(from, file, &plan, net);
    }
    return status;
}

fa_status network_make(const fields *from, const safetensors *file, fa_network **made)
{
    uint64_t inputs = 0;
    fa_dtype dtype;
    fa_loss loss = FA_SQUARED_ERROR;
    json_t *layers;
    fa_status status = take_head(from, &dtype, &inputs, &loss);

    *made = NULL;
    if (status == FA_OK)
        status = take_layers(from, &layers);
    if (status == FA_OK)
        status = fa_network_create(made, dtype, (size_t)inputs);
    if (status == FA_OK)
        status = add_layers(from, layers, file, *made);
    if (status == FA_OK && fa_network_set_loss(*made, loss) != FA_OK)
        status = file_fail_again(FA_ERR_FORMAT, from->path);
    if (status == FA_OK && json_object_get(json_array_get(layers, 0), "frozen") != NULL)
        status = settle_layers(from, layers, *made);
    return status;
}

fa_status network_settle(const fields *from, const fa_network *staged)
{
    for (size_t l = 1; l <= staged->depth; l++) {
        const layer *found = network_layer(staged, l);
        fa_matrix mask = found->weights_t;

        mask.data = found->kept;
        for (size_t i = 0; found->kept && i < mask.rows; i++)
            for (size_t j = 0; j < mask.cols; j++) {
                const double value = matrix_get(&mask, i, j);

                if (value != 0.0 && value != 1.0)
                    return fields_fail(from, "the weight_mask of layer %zu holds %g, which is neither 0 nor 1", l,
                                       value);
            }
        prune_apply(found, &found->weights_t);
    }
    return FA_OK;
}

/* The arrays of the live network stay where they are: others may hold views of them. */
void network_commit(fa_network *net, fa_network *staged)
{
    net->loss = staged->loss;
    for (size_t l = 1; l <= net->depth; l++) {
        layer *to = &net->layers[l - 1], *from = &staged->layers[l - 1];
        void *kept = to->kept;

        matrix_move(&from->weights_t, &to->weights_t);
        if (to->has_bias)
            matrix_move(&from->bias, &to->bias);
        to->frozen = from->frozen;
        to->dropout = from->dropout;
        to->held_norm = from->held_norm;
        to->kept = from->kept;
        from->kept = kept;
    }
}
