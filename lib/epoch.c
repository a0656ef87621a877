/* One epoch: mini-batches of fa_train_step(), or of its variant for single samples. */
#include <fa/train.h>

#include <math.h>

#include "batch.h"
#include "matrix.h"
#include "online.h"
#include "optimizer.h"
#include "status.h"
#include "train.h"
#include "update.h"

/* An epoch on its way. */
typedef struct epoch {
    fa_network      *net;
    fa_pass         *pass;
    fa_feedback     *fb;
    fa_optimizer    *opt;
    fa_epoch_options options;
    batch_source     from;
    size_t           samples; /* that will be trained on */
    size_t           batches;
    size_t           done;    /* batches */
    bool             online;  /* updates of single samples may wait */
    bool             labels;
    double           loss_sum;
    fa_result        result;
} epoch;

static fa_status read_options(const fa_epoch_options *options, const fa_pass *pass, fa_epoch_options *read)
{
    *read = options ? *options : (fa_epoch_options){.struct_size = sizeof *read};
    if (read->struct_size != sizeof *read)
        return status_set(FA_ERR_ARGUMENT, "fa_train_epoch: struct_size of the options is %zu, it has to be %zu",
                          read->struct_size, sizeof *read);
    if (read->callback && read->point != FA_AFTER_DELTAS && read->point != FA_AFTER_UPDATE)
        return status_set(FA_ERR_ARGUMENT, "fa_train_epoch: there is no point %d for a callback inside an epoch",
                          (int)read->point);
    if (read->batch == 0)
        read->batch = pass->max_batch;
    if (read->batch > pass->max_batch)
        return status_set(FA_ERR_SHAPE, "a batch of %zu samples was asked for, the pass takes at most %zu",
                          read->batch, pass->max_batch);
    if (read->every == 0)
        read->every = 1;
    return FA_OK;
}

/* How many samples and batches there will be. */
static fa_status count_batches(epoch *e, size_t size)
{
    const size_t batch = e->options.batch;

    e->samples = e->options.drop_last ? size - size % batch : size;
    e->batches = e->samples / batch + (e->samples % batch != 0);
    if (e->samples == 0)
        return status_set(FA_ERR_SHAPE, "drop_last leaves nothing of %zu samples in batches of %zu", size, batch);
    return FA_OK;
}

static fa_status prepare(epoch *e, const fa_dataset *data)
{
    const fa_epoch_options *o = &e->options;
    const fa_stream         stream = {.seed = o->seed, .step = o->epoch, .purpose = FA_PURPOSE_ORDER};
    fa_status               status = train_prepare(e->net, e->pass, e->fb);

    e->labels = fa_dataset_has_labels(data);
    e->online = o->batch == 1 && online_allowed(e->fb, e->opt);
    if (status == FA_OK && e->online)
        status = online_prepare(e->pass, e->net);
    if (status != FA_OK)
        return status;
    return o->shuffle ? batch_prepare_shuffled(&e->from, &e->pass->staging, o->batch, data, &stream)
                      : batch_prepare(&e->from, &e->pass->staging, o->batch, data);
}

static void add_result(epoch *e, size_t first, double loss)
{
    fa_result    *r = &e->result;
    const size_t  n = e->pass->batch;

    r->samples += n;
    e->loss_sum += loss * (double)n;
    r->loss = e->loss_sum / (double)r->samples;
    if (e->labels) {
        r->correct += batch_correct(&e->from, first, pass_h(e->pass, e->pass->depth), NULL);
        r->accuracy = (double)r->correct / (double)r->samples;
    }
}

/* Whether training goes on after the callback, if it is its turn. */
static bool call_back(const epoch *e, fa_point point, size_t batch)
{
    const fa_epoch_options *o = &e->options;
    const fa_progress       progress = {
              .struct_size = sizeof progress, .point = point, .epoch = o->epoch, .batch = batch,
              .batches = e->batches, .training = e->result, .validation = {.loss = (double)NAN, .accuracy = (double)NAN},
              .net = e->net, .pass = e->pass, .fb = e->fb, .opt = e->opt,
    };

    if (!o->callback || o->point != point || (batch % o->every != 0 && batch != e->batches))
        return true;
    online_flush(e->net, e->pass);
    return o->callback(o->user_data, &progress);
}

/* One mini-batch; *more is whether the callback lets training go on. */
static fa_status step(epoch *e, bool *more)
{
    const size_t first = e->done * e->options.batch;
    const size_t left = e->samples - first;
    fa_matrix    x, target;
    double       loss;
    fa_status    status;

    batch_get(&e->from, first, left < e->options.batch ? left : e->options.batch, &x, &target);
    status = train_to_deltas(e->net, e->pass, e->fb, &x, &target, &loss);
    if (status != FA_OK)
        return status;
    fa_result before = e->result;
    double    loss_before = e->loss_sum;
    add_result(e, first, loss);
    *more = call_back(e, FA_AFTER_DELTAS, e->done + 1);
    status = e->online ? online_apply(e->net, e->pass, e->fb, e->opt)
                       : update_apply(e->net, e->pass, e->fb, e->opt);
    if (status != FA_OK) {
        e->result = before;
        e->loss_sum = loss_before;
        return status;
    }
    e->done++;
    *more = call_back(e, FA_AFTER_UPDATE, e->done) && *more;
    return FA_OK;
}

static fa_status check(epoch *e, const fa_dataset *data, const fa_epoch_options *options)
{
    fa_status status = train_check(e->net, e->pass, e->fb, e->opt);

    if (status == FA_OK)
        status = batch_check(e->net, data);
    if (status == FA_OK)
        status = read_options(options, e->pass, &e->options);
    return status == FA_OK ? count_batches(e, fa_dataset_size(data)) : status;
}

fa_status fa_train_epoch(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt, const fa_dataset *data,
                         const fa_epoch_options *options, fa_result *result)
{
    epoch     e = {.net = net, .pass = pass, .fb = fb, .opt = opt,
                   .result = {.loss = (double)NAN, .accuracy = (double)NAN}};
    bool      more = true;
    fa_status status;

    if (result)
        *result = e.result;
    if (!net || !pass || !fb || !opt || !data)
        return status_null(__func__, !net ? "net" : !pass ? "pass" : !fb ? "fb" : !opt ? "opt" : "data");
    status = check(&e, data, options);
    if (status == FA_OK)
        status = prepare(&e, data);
    while (status == FA_OK && more && e.done < e.batches)
        status = step(&e, &more);
    online_flush(net, pass);
    if (result)
        *result = e.result;
    return status;
}
