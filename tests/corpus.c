#include "corpus.h"

#include <math.h>

fa_epoch_options make_options(size_t batch)
{
    return (fa_epoch_options){.struct_size = sizeof(fa_epoch_options), .batch = batch};
}

/* Samples rows[0 .. count - 1]: where they lie if that is one after the other and nothing is shuffled, else a copy. */
static void take_batch(const corpus *c, const size_t *rows, size_t count, fa_matrix *x, fa_matrix *target)
{
    fa_dtype dtype = fa_dataset_dtype(c->data);
    fa_matrix copied = make_matrix(dtype, count, fa_dataset_n_inputs(c->data));
    fa_matrix wanted = make_matrix(dtype, count, fa_dataset_n_outputs(c->data));
    expect_ok(fa_dataset_gather(c->data, rows, count, &copied, &wanted));
    if (!c->options.shuffle && fa_dataset_view(c->data, rows[0], count, x, target) == FA_OK) {
        if (!target->data)
            *target = wanted;
        return;
    }
    *x = copied;
    *target = wanted;
}

static uint64_t count_correct(const corpus *c, const size_t *rows, const fa_matrix *y)
{
    uint64_t correct = 0;
    for (size_t i = 0; i < y->rows; i++) {
        int32_t label;
        size_t best = 0;
        expect_ok(fa_dataset_labels(c->data, rows[i], 1, &label));
        for (size_t j = 0; j < y->cols; j++)
            if (element(y, i, j) > element(y, i, best))
                best = j;
        correct += best == (size_t)label;
    }
    return correct;
}

fa_status step_by_hand(session *s, const corpus *c, const size_t *order, size_t first, tally *t)
{
    size_t count = c->samples - first < c->batch ? c->samples - first : c->batch;
    fa_matrix x, target, y;
    double loss;
    take_batch(c, order + first, count, &x, &target);
    fa_status status = fa_train_step(s->net, s->pass, s->fb, s->opt, &x, &target, &loss);
    if (status != FA_OK)
        return status;
    expect_ok(fa_pass_activity(s->pass, s->spec.depth, &y));
    t->samples += count;
    t->batches++;
    t->sum += loss * (double)count;
    if (fa_dataset_has_labels(c->data))
        t->correct += count_correct(c, order + first, &y);
    return FA_OK;
}

const size_t *order_of(const corpus *c)
{
    size_t *order = make_memory(c->n, sizeof *order);
    fa_stream stream = {.seed = c->options.seed, .step = c->options.epoch, .purpose = FA_PURPOSE_ORDER};
    for (size_t i = 0; i < c->n; i++)
        order[i] = i;
    if (c->options.shuffle)
        expect_ok(fa_random_permutation(&stream, c->n, order));
    return order;
}

tally epoch_by_hand(session *s, const corpus *c, fa_status *status)
{
    const size_t *order = order_of(c);
    tally t = {0};
    *status = FA_OK;
    for (size_t first = 0; first < c->samples && *status == FA_OK; first += c->batch)
        *status = step_by_hand(s, c, order, first, &t);
    return t;
}

void check_result(const corpus *c, const tally *t, const fa_result *r)
{
    ck_assert_uint_eq(r->samples, t->samples);
    ck_assert_uint_eq(r->correct, t->correct);
    if (t->samples == 0) {
        ck_assert(isnan(r->loss) && isnan(r->accuracy));
        return;
    }
    double loss = t->sum / (double)t->samples;
    ck_assert_double_le(fabs(r->loss - loss), 2 * (double)(t->batches + 2) * 0x1p-53 * fabs(loss));
    if (fa_dataset_has_labels(c->data))
        ck_assert_double_eq(r->accuracy, (double)t->correct / (double)t->samples);
    else
        ck_assert(isnan(r->accuracy));
}
