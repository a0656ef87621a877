#include "recorder.h"

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "network.h"
#include "status.h"

/* --- making ------------------------------------------------------------------------------------------------------- */

/* The names that are chosen, one by one. */
static fa_status choose(fa_recorder *rec, const recorder_quantity *q)
{
    for (size_t i = 0; i < rec->n_chosen; i++)
        if (rec->chosen[i] == q)
            return status_set(FA_ERR_ARGUMENT, "quantity %s is chosen twice", q->told.name);
    rec->chosen[rec->n_chosen++] = q;
    return FA_OK;
}

static fa_status choose_by_name(fa_recorder *rec, const char *names)
{
    for (;;) {
        const size_t             length = strcspn(names, ",");
        const recorder_quantity *q = recorder_find(names, length);
        const fa_status          status = q ? choose(rec, q) : FA_ERR_ARGUMENT;

        if (status != FA_OK || names[length] == '\0')
            return status;
        names += length + 1;
    }
}

static fa_status choose_cheap(fa_recorder *rec)
{
    fa_status status = FA_OK;

    for (size_t i = 0; i < fa_quantity_count() && status == FA_OK; i++) {
        const fa_quantity *told = fa_quantity_at(i);

        if (strcmp(told->cost, "svd") != 0)
            status = choose(rec, recorder_find(told->name, strlen(told->name)));
    }
    return status;
}

static fa_status make_reports(fa_recorder *rec)
{
    for (size_t i = 0; i < rec->n_chosen; i++) {
        const recorder_group group = rec->chosen[i]->group;

        if (!rec->reports[group])
            rec->reports[group] = mem_zeroed(rec->depth + 1, recorder_report_size(group));
        if (!rec->reports[group])
            return FA_ERR_MEMORY;
    }
    recorder_clear(rec);
    return FA_OK;
}

fa_status fa_recorder_create(fa_recorder **out, const fa_network *net, const char *quantities, uint64_t every)
{
    fa_recorder *rec;
    fa_status    status;

    if (!out)
        return status_null(__func__, "out");
    *out = NULL;
    if (!net)
        return status_null(__func__, "net");
    status = network_check_built(net, __func__);
    if (status != FA_OK)
        return status;
    rec = mem_zeroed(1, sizeof *rec);
    if (!rec)
        return FA_ERR_MEMORY;
    rec->fingerprint = net->fingerprint;
    rec->depth = net->depth;
    rec->every = every ? every : 1;
    rec->threshold = 0.01;
    rec->chosen = mem_zeroed(fa_quantity_count(), sizeof *rec->chosen);
    status = !rec->chosen ? FA_ERR_MEMORY : quantities ? choose_by_name(rec, quantities) : choose_cheap(rec);
    if (status == FA_OK)
        status = make_reports(rec);
    if (status != FA_OK) {
        fa_recorder_destroy(rec);
        return status;
    }
    *out = rec;
    return FA_OK;
}

void fa_recorder_destroy(fa_recorder *rec)
{
    if (!rec)
        return;
    (void)fa_recorder_close(rec);
    arena_release(&rec->descent);
    arena_release(&rec->arena);
    for (size_t group = 0; group < GROUPS; group++)
        mem_free(rec->reports[group]);
    mem_free(rec->chosen);
    mem_free(rec);
}

fa_status fa_recorder_set_threshold(fa_recorder *rec, double threshold)
{
    if (!rec)
        return status_null(__func__, "rec");
    if (!(threshold >= 0.0 && threshold <= 1.0))
        return status_set(FA_ERR_ARGUMENT, "%s: threshold = %.9g has to be 0 .. 1", __func__, threshold);
    rec->threshold = threshold;
    return FA_OK;
}

/* --- observing ---------------------------------------------------------------------------------------------------- */

fa_status fa_recorder_observe(fa_recorder *rec, const fa_network *net, const fa_pass *pass, const fa_feedback *fb,
                              uint64_t epoch, uint64_t batch)
{
    if (!rec || !net || !pass)
        return status_null(__func__, !rec ? "rec" : !net ? "net" : "pass");
    if (batch % rec->every != 0)
        return FA_OK;
    rec->status = network_check_fits(net, rec->fingerprint, "recorder");
    if (rec->status == FA_OK)
        rec->status = recorder_fill(rec, net, pass, fb);
    if (rec->status != FA_OK)
        return rec->status;
    rec->count++;
    rec->status = recorder_write(rec, epoch, batch);
    return rec->status;
}

bool fa_recorder_callback(void *rec, const fa_progress *progress)
{
    return fa_recorder_observe(rec, progress->net, progress->pass, progress->fb, progress->epoch,
                               progress->batch) == FA_OK;
}

fa_status fa_recorder_status(const fa_recorder *rec)
{
    return rec ? rec->status : status_null(__func__, "rec");
}

uint64_t fa_recorder_count(const fa_recorder *rec)
{
    return rec ? rec->count : 0;
}

double recorder_value(const fa_recorder *rec, const recorder_quantity *q, size_t l)
{
    const char *report = (const char *)rec->reports[q->group] + l * recorder_report_size(q->group);
    double      value;

    memcpy(&value, report + q->offset, sizeof value);
    return value;
}

fa_status fa_recorder_value(const fa_recorder *rec, const char *quantity, size_t l, double *value)
{
    const recorder_quantity *q;

    if (!value)
        return status_null(__func__, "value");
    *value = (double)NAN;
    if (!rec || !quantity)
        return status_null(__func__, !rec ? "rec" : "quantity");
    q = recorder_find(quantity, strlen(quantity));
    if (!q)
        return FA_ERR_ARGUMENT;
    for (size_t i = 0; i < rec->n_chosen; i++) {
        if (rec->chosen[i] != q)
            continue;
        if (l < q->lowest || l > recorder_last(q, rec->depth))
            return status_set(FA_ERR_ARGUMENT, "layer %zu of a network with %zu has no %s", l, rec->depth, quantity);
        *value = recorder_value(rec, q, l);
        return FA_OK;
    }
    return status_set(FA_ERR_ARGUMENT, "quantity %s is not recorded", quantity);
}
