#include "optimizer.h"

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "names.h"
#include "network.h"
#include "optimizer_table.h"
#include "param.h"
#include "shared.h"
#include "status.h"

#define N_OPTIMIZERS (sizeof optimizer_table / sizeof optimizer_table[0])

size_t fa_optimizer_count(void)
{
    return N_OPTIMIZERS;
}

const char *fa_optimizer_name_at(size_t i)
{
    return i < N_OPTIMIZERS ? optimizer_table[i]->name : NULL;
}

static const optimizer_kind *find_kind(const char *name)
{
    names_list known = {0};

    for (size_t i = 0; i < N_OPTIMIZERS; i++) {
        if (strcmp(optimizer_table[i]->name, name) == 0)
            return optimizer_table[i];
        names_list_add(&known, optimizer_table[i]->name, strlen(optimizer_table[i]->name));
    }
    status_say("there is no optimizer \"%.40s\"; known: %s", name, known.text);
    return NULL;
}

const fa_param *fa_optimizer_params(const char *name, size_t *n_params)
{
    const optimizer_kind *kind = name ? find_kind(name) : NULL;

    if (!name)
        (void)status_null(__func__, "name");
    if (n_params)
        *n_params = kind ? kind->n_params : 0;
    return kind ? kind->params : NULL;
}

/* Bytes of one array of moments: the same layout as the arena of gradients of a pass. */
static size_t arena_bytes(const fa_network *net)
{
    size_t total = 0;

    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        size_t       bytes;
        (void)layer_bytes(found->n_in, found->n_out, found->has_bias, net->dtype, &bytes);
        (void)mem_add(&total, 1, bytes);
    }
    return total;
}

/* Everything but the moments, with defaults. */
static fa_status make_arrays(fa_optimizer *opt)
{
    const optimizer_kind *kind = opt->kind;

    if (!(opt->values = mem_zeroed(kind->n_params, sizeof *opt->values)) ||
        !(opt->factors = mem_zeroed(2 * opt->depth, sizeof *opt->factors)) ||
        !(opt->updates = mem_zeroed(opt->depth, sizeof *opt->updates)))
        return FA_ERR_MEMORY;
    param_defaults(kind->params, kind->n_params, opt->values);
    for (size_t i = 0; i < 2 * opt->depth; i++)
        opt->factors[i] = 1.0;
    return FA_OK;
}

fa_status optimizer_make_moment(fa_optimizer *opt, size_t m)
{
    if (!opt->moments[m])
        opt->moments[m] = mem_zeroed(1, opt->moment_bytes);
    return opt->moments[m] ? FA_OK : FA_ERR_MEMORY;
}

fa_status optimizer_make_moments(fa_optimizer *opt)
{
    unsigned  wanted = opt->kind->moments(opt->values);
    fa_status status = FA_OK;

    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS && status == FA_OK; m++)
        if (wanted >> m & 1)
            status = optimizer_make_moment(opt, m);
    return status;
}

fa_status fa_optimizer_create(fa_optimizer **out, const fa_network *net, const char *name)
{
    fa_optimizer         *opt;
    const optimizer_kind *kind;
    fa_status             status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net || !name)
        return status_null(__func__, !net ? "net" : "name");
    status = network_check_built(net, __func__);
    if (status != FA_OK)
        return status;
    kind = find_kind(name);
    if (!kind)
        return FA_ERR_ARGUMENT;
    opt = mem_zeroed(1, sizeof *opt);
    if (!opt)
        return FA_ERR_MEMORY;
    opt->kind = kind;
    opt->fingerprint = net->fingerprint;
    opt->dtype = net->dtype;
    opt->depth = net->depth;
    opt->moment_bytes = arena_bytes(net);
    opt->schedule = 1.0;
    status = make_arrays(opt);
    if (status == FA_OK)
        status = optimizer_make_moments(opt);
    if (status != FA_OK) {
        fa_optimizer_destroy(opt);
        return status;
    }
    *out = opt;
    return FA_OK;
}

void fa_optimizer_destroy(fa_optimizer *opt)
{
    if (!opt)
        return;
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++)
        mem_free(opt->moments[m]);
    mem_free(opt->updates);
    mem_free(opt->factors);
    mem_free(opt->values);
    mem_free(opt);
}

fa_status fa_optimizer_set(fa_optimizer *opt, const char *name, double value)
{
    double    before = 0.0;
    fa_status status;

    if (!opt || !name)
        return status_null(__func__, !opt ? "opt" : "name");
    status = fa_optimizer_get(opt, name, &before);
    if (status == FA_OK)
        status = param_set(opt->kind->params, opt->kind->n_params, opt->values, opt->kind->name, name, value);
    if (status != FA_OK)
        return status;
    status = optimizer_make_moments(opt);
    if (status != FA_OK)
        (void)param_set(opt->kind->params, opt->kind->n_params, opt->values, opt->kind->name, name, before);
    return status;
}

fa_status fa_optimizer_set_choice(fa_optimizer *opt, const char *name, const char *choice)
{
    double    before = 0.0;
    fa_status status;

    if (!opt || !name || !choice)
        return status_null(__func__, !opt ? "opt" : !name ? "name" : "choice");
    status = fa_optimizer_get(opt, name, &before);
    if (status == FA_OK)
        status = param_set_choice(opt->kind->params, opt->kind->n_params, opt->values, opt->kind->name, name, choice);
    if (status != FA_OK)
        return status;
    status = optimizer_make_moments(opt);
    if (status != FA_OK)
        (void)param_set(opt->kind->params, opt->kind->n_params, opt->values, opt->kind->name, name, before);
    return status;
}

fa_status fa_optimizer_get(const fa_optimizer *opt, const char *name, double *value)
{
    if (!opt || !name || !value)
        return status_null(__func__, !opt ? "opt" : !name ? "name" : "value");
    return param_get(opt->kind->params, opt->kind->n_params, opt->values, opt->kind->name, name, value);
}

fa_status fa_optimizer_set_rate_factor(fa_optimizer *opt, size_t l, unsigned which, double factor)
{
    if (!opt)
        return status_null(__func__, "opt");
    if (l > opt->depth)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no layer %zu; the network has %zu", __func__, l, opt->depth);
    if (which == 0 || (which & ~(unsigned)(FA_WEIGHTS | FA_BIASES)))
        return status_set(FA_ERR_ARGUMENT, "%s: which is FA_WEIGHTS, FA_BIASES or both, not %u", __func__, which);
    if (!isfinite(factor) || factor < 0.0)
        return status_set(FA_ERR_ARGUMENT, "a rate factor is finite and not negative; %g is not", factor);
    for (size_t i = l ? l : 1; i <= (l ? l : opt->depth); i++) {
        if (which & FA_WEIGHTS)
            opt->factors[2 * (i - 1)] = factor;
        if (which & FA_BIASES)
            opt->factors[2 * (i - 1) + 1] = factor;
    }
    return FA_OK;
}

fa_status fa_optimizer_set_schedule(fa_optimizer *opt, double factor)
{
    if (!opt)
        return status_null(__func__, "opt");
    if (!isfinite(factor) || factor < 0.0)
        return status_set(FA_ERR_ARGUMENT, "the schedule's factor is finite and not negative; %g is not", factor);
    opt->schedule = factor;
    return FA_OK;
}

uint64_t fa_optimizer_steps(const fa_optimizer *opt)
{
    return opt ? opt->steps : 0;
}

/* --- from inside --- */

/* Everything but the arrays. */
static optimizer_update begin_update(const fa_optimizer *opt, size_t l, bool bias, double scale)
{
    return (optimizer_update){
        .values = opt->values,
        .rate = opt->values[LEARNING_RATE] * opt->factors[2 * (l - 1) + bias] * opt->schedule,
        .scale = scale,
        .t = opt->updates[l - 1] + 1,
        .dtype = opt->dtype,
    };
}

double optimizer_scale(const fa_optimizer *opt, size_t samples)
{
    return opt->values[GRADIENT_SCALE] / (double)samples;
}

bool optimizer_linear(const fa_optimizer *opt, size_t l, bool bias, size_t samples, double *alpha, double *beta)
{
    optimizer_update update = begin_update(opt, l, bias, optimizer_scale(opt, samples));

    return opt->kind->linear && !(opt->values[CLIP_NORM] > 0.0) && opt->kind->linear(&update, alpha, beta);
}

typedef struct apply_job {
    const optimizer_kind *kind;
    optimizer_update      update;
} apply_job;

static void apply_part(void *data, size_t part, size_t parts)
{
    const apply_job *j = data;
    const size_t     size = fa_dtype_size(j->update.dtype);
    optimizer_update own = j->update;
    size_t           first = team_share(j->update.count, 64 / size, part, parts, &own.count);

    own.g = (char *)own.g + first * size;
    own.w = (char *)own.w + first * size;
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++)
        if (own.moments[m])
            own.moments[m] = (char *)own.moments[m] + first * size;
    if (own.count > 0)
        j->kind->apply(&own);
}

void optimizer_apply(const fa_optimizer *opt, team *t, size_t l, bool bias, double scale, size_t offset,
                     size_t count, void *g, void *w)
{
    apply_job j = {opt->kind, begin_update(opt, l, bias, scale)};

    j.update.count = count;
    j.update.g = g;
    j.update.w = w;
    for (size_t m = 0; m < OPTIMIZER_MAX_MOMENTS; m++)
        if (opt->moments[m])
            j.update.moments[m] = (char *)opt->moments[m] + offset;
    team_run(shared_team(t, 1, count, 8), apply_part, &j);
}
