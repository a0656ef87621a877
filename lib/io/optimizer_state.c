#include "io/state.h"

#include "matrix.h"
#include "network.h"
#include "optimizer.h"
#include "status.h"

#include <math.h>
#include <string.h>

/* --- saving --- */

static json_t *describe_moments(const fa_optimizer *opt)
{
    json_t *names = json_array();

    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS && names != NULL; m++)
        if (opt->moments[m] && json_array_append_new(names, json_string(opt->kind->moment_names[m])) != 0) {
            json_decref(names);
            names = NULL;
        }
    return names;
}

json_t *optimizer_describe(const fa_optimizer *opt, double schedule)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "optimizer", opt->kind->name, "steps", fields_make_number(opt->steps),
                     "schedule", fields_make_real(schedule), "params",
                     fields_make_params(opt->kind->params, opt->kind->n_params, opt->values), "moments",
                     describe_moments(opt));
}

static void list_moment(tensor_list *list, const fa_optimizer *opt, const fa_network *net, size_t m)
{
    char *memory = opt->moments[m];

    for (size_t l = 1; l <= net->depth; l++) {
        const layer *like = network_layer(net, l);
        fa_matrix weights_t, bias;
        size_t bytes = 0;

        layer_lay(like, memory, &weights_t, &bias);
        const fa_matrix weights = fa_matrix_transpose(weights_t);
        tensor_add(list, &weights, 2, "optimizer.layers.%zu.weight.%s", l - 1, opt->kind->moment_names[m]);
        if (like->has_bias)
            tensor_add(list, &bias, 1, "optimizer.layers.%zu.bias.%s", l - 1, opt->kind->moment_names[m]);
        (void)layer_bytes(like->n_in, like->n_out, like->has_bias, like->dtype, &bytes);
        memory += bytes;
    }
}

void optimizer_list(tensor_list *list, const fa_optimizer *opt, const fa_network *net)
{
    const fa_matrix factors = fa_matrix_view(opt->factors, opt->depth, 2, FA_FLOAT64);

    tensor_add(list, &factors, 2, "optimizer.rate_factors");
    tensor_add_integers(list, TENSOR_U64, opt->updates, 1, opt->depth, 1, "optimizer.updates");
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++)
        if (opt->moments[m])
            list_moment(list, opt, net, m);
}

/* --- loading --- */

static fa_status make_moment(const fields *from, fa_optimizer *staged, const char *name)
{
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++)
        if (name != NULL && staged->kind->moment_names[m] && strcmp(staged->kind->moment_names[m], name) == 0)
            return optimizer_make_moment(staged, m);
    return fields_fail(from, "\"moments\" has a member that %s does not keep", staged->kind->name);
}

/* The moments that there were, and those that the values ask for. */
static fa_status take_moments(const fields *from, fa_optimizer *staged)
{
    json_t *names;
    fa_status status = fields_list(from, "moments", &names);
    const size_t count = json_array_size(names);

    for (size_t i = 0; i < count && status == FA_OK; i++)
        status = make_moment(from, staged, json_string_value(json_array_get(names, i)));
    return status == FA_OK ? optimizer_make_moments(staged) : status;
}

static fa_status take(const fields *from, fa_optimizer *staged)
{
    fields params;
    fa_status status = fields_number(from, "steps", &staged->steps);

    if (status == FA_OK)
        status = fields_real(from, "schedule", &staged->schedule);
    if (status == FA_OK && !(staged->schedule >= 0.0 && isfinite(staged->schedule)))
        return fields_fail(from, "\"schedule\" = %g is not finite and not negative", staged->schedule);
    if (status == FA_OK)
        status = fields_object(from, "params", &params);
    if (status == FA_OK)
        status = fields_params(&params, staged->kind->params, staged->kind->n_params, staged->values);
    return status == FA_OK ? take_moments(from, staged) : status;
}

fa_status optimizer_stage(const fields *from, const fa_optimizer *opt, const fa_network *net, fa_optimizer **staged)
{
    const char *name = "";
    fa_status status = fields_text(from, "optimizer", &name);

    *staged = NULL;
    if (status == FA_OK && strcmp(name, opt->kind->name) != 0)
        return file_fail(FA_ERR_ARGUMENT, from->path, "the optimizer is %.40s in the file and %.40s here", name,
                         opt->kind->name);
    if (status == FA_OK)
        status = fa_optimizer_create(staged, net, name);
    return status == FA_OK ? take(from, *staged) : status;
}

/* A count that wraps to 0 would divide by it. */
static fa_status check_counts(const fields *from, const fa_optimizer *staged)
{
    if (staged->steps > INT64_MAX)
        return fields_fail(from, "\"steps\" = %llu is more than there can have been",
                           (unsigned long long)staged->steps);
    for (size_t l = 0; l < staged->depth; l++)
        if (staged->updates[l] > staged->steps)
            return fields_fail(from, "optimizer.updates holds %llu, more than the %llu steps",
                               (unsigned long long)staged->updates[l], (unsigned long long)staged->steps);
    return FA_OK;
}

/* A root would make NaN of them, behind the check that keeps NaN out of the weights. */
static fa_status check_squares(const fields *from, const fa_optimizer *staged)
{
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++) {
        const size_t count = staged->moments[m] ? staged->moment_bytes / fa_dtype_size(staged->dtype) : 0;
        const fa_matrix all = fa_matrix_view(staged->moments[m], 1, count, staged->dtype);

        for (size_t i = 0; staged->kind->squares >> m & 1 && i < count; i++)
            if (matrix_get(&all, 0, i) < 0.0)
                return fields_fail(from, "%s holds %g, and is a sum of squares", staged->kind->moment_names[m],
                                   matrix_get(&all, 0, i));
    }
    return FA_OK;
}

fa_status optimizer_settle(const fields *from, const fa_optimizer *staged)
{
    const fa_status status = check_counts(from, staged);

    for (size_t i = 0; i < 2 * staged->depth; i++)
        if (!(staged->factors[i] >= 0.0 && isfinite(staged->factors[i])))
            return fields_fail(from, "optimizer.rate_factors holds %g, which is not finite and not negative",
                               staged->factors[i]);
    return status == FA_OK ? check_squares(from, staged) : status;
}

void optimizer_commit(fa_optimizer *opt, fa_optimizer *staged)
{
    const fa_optimizer old = *opt;

    *opt = *staged;
    *staged = old;
}
