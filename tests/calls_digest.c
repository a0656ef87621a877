/* What there is of a world, in one number (FNV-1a over everything that can be asked for). */
#include "calls.h"

#include <string.h>

static void add(uint64_t *digest, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    for (size_t i = 0; i < count; i++)
        *digest = (*digest ^ from[i]) * UINT64_C(0x100000001b3);
}

static void add_count(uint64_t *digest, uint64_t count)
{
    add(digest, &count, sizeof count);
}

static void add_number(uint64_t *digest, double number)
{
    add(digest, &number, sizeof number);
}

static void add_matrix(uint64_t *digest, fa_status status, const fa_matrix *m)
{
    for (size_t i = 0; status == FA_OK && i < m->rows; i++)
        for (size_t j = 0; j < m->cols; j++)
            add(digest, (const double *)m->data + i * m->row_stride + j * m->col_stride, sizeof(double));
}

static void add_network(uint64_t *digest, const fa_network *net)
{
    fa_matrix view;
    add_count(digest, fa_network_depth(net));
    add_count(digest, (uint64_t)fa_network_loss(net));
    add_number(digest, fa_network_dropout(net, 0));
    for (size_t l = 1; l <= fa_network_depth(net); l++) {
        add_matrix(digest, fa_network_weights(net, l, &view), &view);
        if (fa_network_has_bias(net, l))
            add_matrix(digest, fa_network_bias(net, l, &view), &view);
        add_number(digest, fa_network_dropout(net, l));
        add_number(digest, fa_network_held_norm(net, l));
        add_count(digest, fa_network_is_frozen(net, l));
        add_count(digest, fa_network_is_pruned(net, l));
    }
}

static void add_feedback(uint64_t *digest, const fa_feedback *fb, const fa_network *net)
{
    static const char *const arrays[] = {"B", "M"};
    const fa_rule *rule = fa_rule_find(fa_feedback_rule_name(fb));
    size_t         common;
    const fa_param *params = fa_feedback_params(&common);
    fa_matrix      view;
    double         value = 0;
    for (size_t i = 0; i < common; i++)
        if (fa_feedback_param(fb, params[i].name, &value) == FA_OK)
            add_number(digest, value);
    for (size_t i = 0; rule && i < rule->n_params; i++)
        if (fa_feedback_param(fb, rule->params[i].name, &value) == FA_OK)
            add_number(digest, value);
    for (size_t l = 1; l < fa_network_depth(net); l++)
        for (size_t i = 0; i < 2; i++)
            add_matrix(digest, fa_feedback_get(fb, arrays[i], l, &view), &view);
    for (size_t l = 1; l < fa_network_depth(net); l++)
        add_count(digest, fa_feedback_uses_weights(fb, l));
}

static void add_optimizer(uint64_t *digest, const fa_optimizer *opt, const char *name)
{
    size_t          count;
    const fa_param *params = fa_optimizer_params(name, &count);
    double          value = 0;
    add_count(digest, fa_optimizer_steps(opt));
    for (size_t i = 0; i < count; i++)
        if (fa_optimizer_get(opt, params[i].name, &value) == FA_OK)
            add_number(digest, value);
}

static void add_trainer(uint64_t *digest, const fa_trainer *trainer)
{
    size_t          count;
    const fa_param *params = fa_trainer_params(&count);
    fa_epoch_record record;
    double          value = 0;
    for (size_t i = 0; i < count; i++)
        if (fa_trainer_get(trainer, params[i].name, &value) == FA_OK)
            add_number(digest, value);
    add_count(digest, fa_trainer_epochs(trainer));
    add_count(digest, fa_trainer_best(trainer));
    for (uint64_t epoch = 1; epoch <= fa_trainer_epochs(trainer); epoch++)
        if (fa_trainer_record(trainer, epoch, &record) == FA_OK) {
            add_number(digest, record.training.loss);
            add_number(digest, record.validation.loss);
            add_count(digest, record.training.samples);
            add_count(digest, record.validation.samples);
        }
}

static void add_dataset(uint64_t *digest, const fa_dataset *data)
{
    double    x[CALLS_SAMPLES * 5], target[CALLS_SAMPLES * 3];
    fa_matrix inputs = fa_matrix_view(x, CALLS_SAMPLES, 5, FA_FLOAT64);
    fa_matrix targets = fa_matrix_view(target, CALLS_SAMPLES, 3, FA_FLOAT64);
    add_count(digest, fa_dataset_size(data));
    const fa_status status = fa_dataset_gather(data, NULL, CALLS_SAMPLES, &inputs, &targets);
    add_matrix(digest, status, &inputs);
    add_matrix(digest, status, &targets);
}

static void add_recorder(uint64_t *digest, const fa_recorder *rec)
{
    double value = 0;
    add_count(digest, fa_recorder_count(rec));
    for (size_t l = 1; l < CALLS_DEPTH; l++)
        if (fa_recorder_value(rec, "delta_angle", l, &value) == FA_OK)
            add_number(digest, value);
}

uint64_t world_digest(const world *w)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    add_network(&digest, w->net);
    add_network(&digest, w->bare);
    add_network(&digest, w->linear);
    add_feedback(&digest, w->fb, w->net);
    add_feedback(&digest, w->regenerated, w->net);
    add_feedback(&digest, w->direct, w->net);
    add_feedback(&digest, w->mirror, w->net);
    add_feedback(&digest, w->linear_fb, w->linear);
    add_optimizer(&digest, w->opt, "sgd");
    add_optimizer(&digest, w->linear_opt, "sgd");
    add_trainer(&digest, w->trainer);
    add_trainer(&digest, w->trained);
    add_dataset(&digest, w->data);
    add_dataset(&digest, w->labelled);
    add_dataset(&digest, w->own);
    add_recorder(&digest, w->rec);
    add_recorder(&digest, w->observed);
    add_count(&digest, fa_pass_threads(w->pass));
    add_count(&digest, fa_pass_gradient_samples(w->pass));
    add(&digest, w->memory, sizeof w->memory);
    add(&digest, w->labels, sizeof w->labels);
    return digest;
}
