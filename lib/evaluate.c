#include "evaluate.h"

#include <math.h>
#include <string.h>

#include "alloc.h"
#include "loss.h"
#include "status.h"

fa_status evaluation_make(evaluation *e, const fa_network *net, const fa_dataset *data)
{
    const size_t n = fa_dataset_size(data);
    fa_status    status = batch_prepare(&e->from, &e->staging, n < PREDICT_PIECE ? n : PREDICT_PIECE, data);

    return status == FA_OK ? predict_scratch_make(&e->scratch, net, n) : status;
}

void evaluation_free(evaluation *e)
{
    mem_free(e->scratch.memory);
    batch_staging_free(&e->staging);
}

/* Add the samples from `first` on to the counts; the sum of their losses. */
static double evaluate_piece(const evaluation *e, const fa_network *net, size_t first, fa_result *result,
                             uint64_t *confusion)
{
    const size_t left = fa_dataset_size(e->from.data) - first;
    fa_matrix    x, target, y;

    batch_get(&e->from, first, left < PREDICT_PIECE ? left : PREDICT_PIECE, &x, &target);
    y = predict_run(net, &x, net->depth, &e->scratch, true);
    result->samples += y.rows;
    if (fa_dataset_has_labels(e->from.data))
        result->correct += batch_correct(&e->from, first, &y, confusion);
    return loss_sum(net, &y, e->scratch.z, &target, NULL);
}

fa_status evaluation_run(const evaluation *e, const fa_network *net, fa_result *result, uint64_t *confusion)
{
    const fa_dataset *data = e->from.data;
    double            sum = 0.0;

    *result = (fa_result){.accuracy = (double)NAN};
    if (confusion)
        memset(confusion, 0, fa_dataset_n_outputs(data) * fa_dataset_n_outputs(data) * sizeof *confusion);
    for (size_t first = 0; first < fa_dataset_size(data); first += PREDICT_PIECE)
        sum += evaluate_piece(e, net, first, result, confusion);
    result->loss = sum / (double)result->samples;
    if (fa_dataset_has_labels(data))
        result->accuracy = (double)result->correct / (double)result->samples;
    if (!isfinite(sum))
        return status_set(FA_ERR_NOT_FINITE, "the loss is %s", isnan(sum) ? "NaN" : "infinite");
    return FA_OK;
}

fa_status fa_evaluate(const fa_network *net, const fa_dataset *data, fa_result *result, uint64_t *confusion)
{
    evaluation e = {0};
    fa_status  status;

    if (!result)
        return status_null(__func__, "result");
    *result = (fa_result){.loss = (double)NAN, .accuracy = (double)NAN};
    if (!net || !data)
        return status_null(__func__, !net ? "net" : "data");
    status = network_check_built(net, __func__);
    if (status == FA_OK)
        status = batch_check(net, data);
    if (status == FA_OK && confusion && !fa_dataset_has_labels(data))
        status = status_set(FA_ERR_STATE, "%s: without labels there is no confusion matrix", __func__);
    if (status == FA_OK)
        status = evaluation_make(&e, net, data);
    if (status == FA_OK)
        status = evaluation_run(&e, net, result, confusion);
    evaluation_free(&e);
    return status;
}
