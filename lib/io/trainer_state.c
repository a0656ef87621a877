#include "io/state.h"

#include "alloc.h"
#include "network.h"
#include "status.h"
#include "trainer.h"

#include <string.h>

#define COUNTS "trainer.records.counts"
#define VALUES "trainer.records.values"
#define LOSS_SUM "trainer.loss_sum"

/* A record as a row of either table; rows have these columns. */
enum { TRAINING_SAMPLES, TRAINING_CORRECT, VALIDATION_SAMPLES, VALIDATION_CORRECT, N_COUNTS };
enum { TRAINING_LOSS, TRAINING_ACCURACY, VALIDATION_LOSS, VALIDATION_ACCURACY, SCHEDULE, N_VALUES };

/* --- saving --- */

static json_t *describe_spans(const fa_trainer *trainer)
{
    json_t *spans = json_array();

    for (size_t s = 0; s < trainer->n_spans && spans != NULL; s++) {
        const trainer_span *span = &trainer->spans[s];
        json_t *one = json_pack("{s:I, s:o, s:o}", "layer", (json_int_t)span->l, "first",
                                fields_make_number(span->first), "last", fields_make_number(span->last));

        if (json_array_append_new(spans, one) != 0) {
            json_decref(spans);
            spans = NULL;
        }
    }
    return spans;
}

/* Whether there is a run to go on with. A resumed one that failed before its first step is still inside its epoch. */
static bool is_inside_run(const fa_trainer *trainer)
{
    return trainer->running || trainer->resumed || trainer->at.done > 0;
}

json_t *trainer_describe(const fa_trainer *trainer)
{
    size_t n = 0;
    const fa_param *params = fa_trainer_params(&n);

    return json_pack("{s:o, s:o, s:o, s:o, s:i, s:b, s:b, s:o, s:o}", "seed", fields_make_number(trainer->seed),
                     "params", fields_make_params(params, n, trainer->values),
                     "epochs", fields_make_number(trainer->epochs), "best", fields_make_number(trainer->best),
                     "stop", (int)trainer->stop, "best_weights",
                     trainer->best_net != NULL, "running", is_inside_run(trainer), "batches",
                     fields_make_number(trainer->at.done), "frozen_spans", describe_spans(trainer));
}

/* The records as they are now, with what is done of the epoch that a run is inside. */
static fa_epoch_record record_now(const fa_trainer *trainer, uint64_t i)
{
    fa_epoch_record record = trainer->records[i];

    if (i + 1 == trainer->epochs && trainer->at.done > 0)
        record.training = trainer->at.result;
    return record;
}

static void fill_tables(const fa_trainer *trainer, uint64_t *counts, double *values)
{
    for (uint64_t i = 0; i < trainer->epochs; i++, counts += N_COUNTS, values += N_VALUES) {
        const fa_epoch_record record = record_now(trainer, i);

        counts[TRAINING_SAMPLES] = record.training.samples;
        counts[TRAINING_CORRECT] = record.training.correct;
        counts[VALIDATION_SAMPLES] = record.validation.samples;
        counts[VALIDATION_CORRECT] = record.validation.correct;
        values[TRAINING_LOSS] = record.training.loss;
        values[TRAINING_ACCURACY] = record.training.accuracy;
        values[VALIDATION_LOSS] = record.validation.loss;
        values[VALIDATION_ACCURACY] = record.validation.accuracy;
        values[SCHEDULE] = record.schedule;
    }
}

static void list_records(tensor_list *list, const fa_trainer *trainer)
{
    const size_t epochs = (size_t)trainer->epochs;
    uint64_t *counts = tensor_memory(list, epochs * N_COUNTS, sizeof(*counts));
    double *values = tensor_memory(list, epochs * N_VALUES, sizeof(*values));

    if (values == NULL)
        return;
    fill_tables(trainer, counts, values);
    const fa_matrix view = fa_matrix_view(values, epochs, N_VALUES, FA_FLOAT64);
    tensor_add_integers(list, TENSOR_U64, counts, epochs, N_COUNTS, 2, COUNTS);
    tensor_add(list, &view, 2, VALUES)->any_value = true;
}

static void list_loss_sum(tensor_list *list, const fa_trainer *trainer)
{
    double *sum = tensor_memory(list, 1, sizeof(*sum));

    if (sum == NULL)
        return;
    *sum = trainer->at.loss_sum;
    const fa_matrix view = fa_matrix_view(sum, 1, 1, FA_FLOAT64);
    tensor_add(list, &view, 1, LOSS_SUM)->any_value = true;
}

void trainer_list(tensor_list *list, const fa_trainer *trainer)
{
    list_loss_sum(list, trainer);
    if (trainer->epochs > 0)
        list_records(list, trainer);
    if (trainer->best_net)
        network_list(list, trainer->best_net, "trainer.best.", false);
}

/* --- loading --- */

static fa_status take_span(const fields *one, const fa_trainer *like, fa_trainer *staged)
{
    uint64_t l = 0, first = 0, last = 0;
    fa_status status = fields_count(one, "layer", &l);

    if (status == FA_OK)
        status = fields_number(one, "first", &first);
    if (status == FA_OK)
        status = fields_number(one, "last", &last);
    if (status != FA_OK)
        return status;
    if (l > like->depth)
        return fields_fail(one, "\"frozen_spans\" names layer %llu of %zu", (unsigned long long)l, like->depth);
    status = fa_trainer_freeze(staged, (size_t)l, first, last);
    return status == FA_OK || status == FA_ERR_MEMORY ? status : file_fail_again(FA_ERR_FORMAT, one->path);
}

static fa_status take_spans(const fields *from, const fa_trainer *like, fa_trainer *staged)
{
    json_t *spans;
    fa_status status = fields_list(from, "frozen_spans", &spans);

    for (size_t i = 0; i < json_array_size(spans) && status == FA_OK; i++) {
        const fields one = {from->path, from->what, json_array_get(spans, i)};

        status = take_span(&one, like, staged);
    }
    return status;
}

/* Room for records, no more of them than the file has. */
static fa_status make_records(const fields *from, const safetensors *file, fa_trainer *staged)
{
    safetensors_entry counts = {0}, values = {0};

    if (staged->epochs == 0)
        return FA_OK;
    if (!safetensors_find(file, COUNTS, &counts) || !safetensors_find(file, VALUES, &values) || counts.rank != 2 ||
        values.rank != 2 || strcmp(counts.dtype, "U64") != 0 || strcmp(values.dtype, "F64") != 0 ||
        counts.shape[0] != staged->epochs || values.shape[0] != staged->epochs ||
        counts.shape[1] != N_COUNTS || values.shape[1] != N_VALUES)
        return fields_fail(from, "there are not %llu records of epochs", (unsigned long long)staged->epochs);
    staged->records = mem_zeroed((size_t)staged->epochs, sizeof(*staged->records));
    staged->room = staged->epochs;
    return staged->records != NULL ? FA_OK : FA_ERR_MEMORY;
}

static fa_status take_counters(const fields *from, fa_trainer *staged, bool *best_weights)
{
    uint64_t stop = 0;
    fa_status status = fields_number(from, "seed", &staged->seed);

    if (status == FA_OK)
        status = fields_number(from, "epochs", &staged->epochs);
    if (status == FA_OK)
        status = fields_number(from, "best", &staged->best);
    if (status == FA_OK)
        status = fields_count(from, "stop", &stop);
    if (status == FA_OK)
        status = fields_flag(from, "best_weights", best_weights);
    if (status == FA_OK)
        status = fields_flag(from, "running", &staged->resumed);
    if (status == FA_OK)
        status = fields_number(from, "batches", &staged->at.done);
    if (status != FA_OK)
        return status;
    if (stop > FA_STOP_CALLBACK)
        return fields_fail(from, "\"stop\" = %llu is no reason to stop", (unsigned long long)stop);
    if (staged->best > staged->epochs || (*best_weights && staged->best == 0))
        return fields_fail(from, "\"best\" contradicts \"epochs\" or \"best_weights\"");
    if (staged->at.done > 0 && (staged->epochs == 0 || !staged->resumed))
        return fields_fail(from, "\"batches\" contradicts \"epochs\" or \"running\"");
    staged->stop = (fa_stop)stop;
    return FA_OK;
}

fa_status trainer_stage(const fields *from, const safetensors *file, const fa_trainer *trainer, const fa_network *net,
                        fa_trainer **staged)
{
    size_t n = 0;
    const fa_param *params = fa_trainer_params(&n);
    bool best_weights = false;
    fields values;
    fa_status status = fa_trainer_create(staged, net, 0);

    if (status == FA_OK)
        status = take_counters(from, *staged, &best_weights);
    if (status == FA_OK)
        status = fields_object(from, "params", &values);
    if (status == FA_OK)
        status = fields_params(&values, params, n, (*staged)->values);
    if (status == FA_OK)
        status = take_spans(from, trainer, *staged);
    if (status == FA_OK)
        status = make_records(from, file, *staged);
    if (status == FA_OK && best_weights)
        status = fa_network_copy(&(*staged)->best_net, net);
    if (status == FA_OK)
        memcpy((*staged)->callbacks, trainer->callbacks, sizeof(trainer->callbacks));
    return status;
}

fa_status trainer_settle(const fields *from, fa_trainer *staged, const tensor_list *list)
{
    const tensor *counts = tensor_find(list, COUNTS), *values = tensor_find(list, VALUES);

    for (uint64_t i = 0; i < staged->epochs; i++) {
        const uint64_t *c = (const uint64_t *)counts->integers + i * N_COUNTS;
        const double *v = (const double *)values->matrix.data + i * N_VALUES;

        staged->records[i] = (fa_epoch_record){
            .epoch = i + 1,
            .training = {c[TRAINING_SAMPLES], c[TRAINING_CORRECT], v[TRAINING_LOSS], v[TRAINING_ACCURACY]},
            .validation = {c[VALIDATION_SAMPLES], c[VALIDATION_CORRECT], v[VALIDATION_LOSS], v[VALIDATION_ACCURACY]},
            .schedule = v[SCHEDULE],
        };
    }
    staged->at.loss_sum = *(const double *)tensor_find(list, LOSS_SUM)->matrix.data;
    if (staged->at.done > 0)
        staged->at.result = staged->records[staged->epochs - 1].training;
    return staged->best_net ? network_settle(from, staged->best_net) : FA_OK;
}

void trainer_commit(fa_trainer *trainer, fa_trainer *staged)
{
    const fa_trainer old = *trainer;

    *trainer = *staged;
    *staged = old;
}
