/* One epoch: mini-batches of fa_train_step(), or of its variant for single samples. */
#include "epoch.h"

#include <math.h>

#include "batch.h"
#include "online.h"
#include "optimizer.h"
#include "status.h"
#include "streaming.h"
#include "train.h"
#include "update.h"

/* How an epoch falls into batches. */
typedef struct division {
    size_t batch;   /* samples in a full one */
    size_t samples; /* that will be trained on */
    size_t batches;
} division;

/* An epoch on its way. */
typedef struct epoch {
    const epoch_plan *plan;
    fa_network       *net;
    fa_pass          *pass;
    fa_feedback      *fb;
    fa_optimizer     *opt;
    batch_source      from;
    division          size;
    epoch_state      *at;
    bool              online; /* updates of single samples may wait */
    bool              labels;
    bool              called; /* a callback, which may have changed what it should not */
    bool              stopped;
} epoch;

static fa_status divide(const epoch_plan *plan, const fa_pass *pass, const fa_dataset *data, division *d)
{
    const size_t size = fa_dataset_size(data);

    d->batch = plan->batch ? plan->batch : pass->max_batch;
    if (d->batch > pass->max_batch)
        return status_set(FA_ERR_SHAPE, "a batch of %zu samples was asked for, the pass takes at most %zu", d->batch,
                          pass->max_batch);
    d->samples = plan->drop_last ? size - size % d->batch : size;
    d->batches = d->samples / d->batch + (d->samples % d->batch != 0);
    if (d->samples == 0)
        return status_set(FA_ERR_SHAPE, "drop_last leaves nothing of %zu samples in batches of %zu", size, d->batch);
    return FA_OK;
}

/* Callbacks between deltas and update come too late where every layer has been updated by then. */
static fa_status check_callbacks(const epoch_plan *plan, const fa_pass *pass)
{
    if (pass->streaming && plan->after_deltas.call)
        return status_set(FA_ERR_UNSUPPORTED, "a streaming pass has no point between deltas and update for a callback");
    return FA_OK;
}

fa_status epoch_updates(const epoch_plan *plan, const fa_pass *pass, const fa_dataset *data, uint64_t *updates)
{
    division  d = {0};
    fa_status status = check_callbacks(plan, pass);

    if (status == FA_OK)
        status = divide(plan, pass, data, &d);

    *updates = d.batches;
    return status;
}

static fa_status prepare(epoch *e, const fa_dataset *data)
{
    const epoch_plan *p = e->plan;
    const fa_stream   stream = {.seed = p->seed, .step = p->epoch, .purpose = FA_PURPOSE_ORDER};
    fa_status         status = train_prepare(e->net, e->pass, e->fb);

    e->labels = fa_dataset_has_labels(data);
    e->online = e->size.batch == 1 && online_allowed(e->fb, e->opt);
    if (status == FA_OK && e->online)
        status = online_begin(e->pass, e->net);
    if (status != FA_OK)
        return status;
    return p->shuffle ? batch_prepare_shuffled(&e->from, &e->pass->staging, e->size.batch, data, &stream)
                      : batch_prepare(&e->from, &e->pass->staging, e->size.batch, data);
}

/* Count in the batch that just went forward. */
static void add_result(epoch *e, size_t first, double loss)
{
    fa_result   *r = &e->at->result;
    const size_t n = e->pass->batch;

    r->samples += n;
    e->at->loss_sum += loss * (double)n;
    r->loss = e->at->loss_sum / (double)r->samples;
    if (e->labels) {
        r->correct += batch_correct(&e->from, first, pass_h(e->pass, e->pass->depth), NULL);
        r->accuracy = (double)r->correct / (double)r->samples;
    }
}

static void call_back(epoch *e, const epoch_callback *callback, fa_point point, uint64_t batch)
{
    if (!callback->call || (batch % callback->every != 0 && batch != e->size.batches))
        return;

    const fa_progress progress = {
        .struct_size = sizeof progress, .point = point, .epoch = e->plan->epoch, .batch = batch,
        .batches = e->size.batches, .training = e->at->result,
        .validation = {.loss = (double)NAN, .accuracy = (double)NAN},
        .net = e->net, .pass = e->pass, .fb = e->fb, .opt = e->opt,
    };
    online_flush(e->net, e->pass);
    e->called = true;
    e->stopped = !callback->call(callback->user_data, &progress) || e->stopped;
}

/* A network that a callback gave another layer must not meet the pass again. */
static fa_status check_after_call(const epoch *e)
{
    return e->called ? network_check_fits(e->net, e->pass->fingerprint, "pass") : FA_OK;
}

static fa_status prepare_update(const epoch *e)
{
    fa_status status = check_after_call(e);

    if (status == FA_OK && e->plan->before_update)
        status = e->plan->before_update(e->plan->owner, e->at->done);
    return status;
}

static fa_status update(const epoch *e)
{
    fa_status status = prepare_update(e);

    if (status != FA_OK)
        return status;
    return e->online ? online_apply(e->net, e->pass, e->fb, e->opt) : update_apply(e->net, e->pass, e->fb, e->opt);
}

/* The next mini-batch, and what it needs if a callback has switched on dropout. */
static fa_status begin_step(epoch *e, size_t first, fa_matrix *x, fa_matrix *target)
{
    const size_t left = e->size.samples - first;
    fa_status    status = check_after_call(e);

    if (status == FA_OK && e->called)
        status = train_prepare(e->net, e->pass, e->fb);
    e->called = false;
    if (status == FA_OK)
        batch_get(&e->from, first, left < e->size.batch ? left : e->size.batch, x, target);
    return status;
}

/* One mini-batch that is updated on its way up. */
static fa_status stream(epoch *e)
{
    const size_t first = (size_t)e->at->done * e->size.batch;
    fa_matrix    x, target;
    double       loss = 0.0;
    fa_status    status = prepare_update(e);

    if (status == FA_OK)
        status = streaming_check(e->pass, e->fb, e->opt); /* a callback may have changed the optimizer */
    if (status == FA_OK)
        status = begin_step(e, first, &x, &target);
    if (status == FA_OK)
        status = streaming_step(e->net, e->pass, e->fb, e->opt, &x, &target, &loss);
    if (status != FA_OK)
        return status;
    add_result(e, first, loss);
    e->at->done++;
    call_back(e, &e->plan->after_update, FA_AFTER_UPDATE, e->at->done);
    return FA_OK;
}

/* One mini-batch. */
static fa_status step(epoch *e)
{
    const size_t      first = (size_t)e->at->done * e->size.batch;
    const epoch_state before = *e->at;
    fa_matrix         x, target;
    double            loss = 0.0;
    fa_status         status = begin_step(e, first, &x, &target);

    if (status == FA_OK)
        status = train_to_deltas(e->net, e->pass, e->fb, &x, &target, &loss);
    if (status != FA_OK)
        return status;
    add_result(e, first, loss);
    e->at->in_step = true;
    call_back(e, &e->plan->after_deltas, FA_AFTER_DELTAS, e->at->done + 1);
    e->at->in_step = false;
    status = update(e);
    if (status != FA_OK) {
        *e->at = before;
        pass_abandon(e->pass);
        return status;
    }
    e->at->done++;
    call_back(e, &e->plan->after_update, FA_AFTER_UPDATE, e->at->done);
    return FA_OK;
}

/* Everything after the checks. */
static fa_status run(epoch *e, const fa_dataset *data)
{
    fa_status status = prepare(e, data);

    e->pass->busy = true;
    while (status == FA_OK && !e->stopped && e->at->done < e->size.batches)
        status = e->pass->streaming ? stream(e) : step(e);
    if (e->online)
        online_end(e->net, e->pass);
    e->pass->busy = false;
    return status;
}

epoch_state epoch_start(void)
{
    return (epoch_state){.result = {.loss = (double)NAN, .accuracy = (double)NAN}};
}

fa_status epoch_run(const epoch_plan *plan, fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt,
                    const fa_dataset *data, epoch_state *state, bool *stopped)
{
    epoch     e = {.plan = plan, .net = net, .pass = pass, .fb = fb, .opt = opt, .at = state};
    fa_status status = train_check(net, pass, fb, opt);

    if (status == FA_OK)
        status = batch_check(net, data);
    if (status == FA_OK)
        status = check_callbacks(plan, pass);
    if (status == FA_OK)
        status = divide(plan, pass, data, &e.size);
    if (status == FA_OK)
        status = run(&e, data);
    *stopped = e.stopped;
    return status;
}

static fa_status check_options(const fa_epoch_options *o)
{
    if (o->struct_size != sizeof *o)
        return status_set(FA_ERR_ARGUMENT, "fa_train_epoch: struct_size of the options is %zu, it has to be %zu",
                          o->struct_size, sizeof *o);
    if (o->callback && o->point != FA_AFTER_DELTAS && o->point != FA_AFTER_UPDATE)
        return status_set(FA_ERR_ARGUMENT, "fa_train_epoch: there is no point %d for a callback inside an epoch",
                          (int)o->point);
    return FA_OK;
}

fa_status fa_train_epoch(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_dataset *data,
                         const fa_epoch_options *options, fa_result *result)
{
    const fa_epoch_options o = options ? *options : (fa_epoch_options){.struct_size = sizeof o};
    const epoch_callback   callback = {.every = o.every ? o.every : 1, .call = o.callback, .user_data = o.user_data};
    epoch_plan             plan = {.batch = o.batch, .shuffle = o.shuffle, .drop_last = o.drop_last, .seed = o.seed,
                                   .epoch = o.epoch};
    epoch_state            state = epoch_start();
    bool                   stopped;
    fa_status              status;

    if (result)
        *result = state.result;
    if (!net || !pass || !fb || !opt || !data)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : !fb ? "fb" : !opt ? "opt" : "data");
    status = check_options(&o);
    if (status != FA_OK)
        return status;
    if (o.point == FA_AFTER_DELTAS)
        plan.after_deltas = callback;
    else
        plan.after_update = callback;
    status = epoch_run(&plan, net, pass, fb, opt, data, &state, &stopped);
    if (result)
        *result = state.result;
    return status;
}
