#include "calls.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

enum { STATE_SIZE = 16 };

/* --- the rule whose callbacks make calls --- */

static fa_status make_call(world *w)
{
    fa_status status;
    MEASURED(w, status, w->call->run(w));
    return status;
}

static bool is_due(const world *w, call_place place)
{
    return w->call && w->call->place == place;
}

static fa_status setup(fa_setup *setup)
{
    world    *w = fa_setup_user_data(setup);
    fa_status status;
    w->setup = setup;
    if (is_due(w, IN_SETUP))
        return make_call(w);
    status = fa_setup_feedback(setup, w->rule.summary ? FA_DIRECT : FA_LAYERWISE);
    if (status == FA_OK)
        status = fa_setup_array(setup, "M", 1, 6, 3, FA_INIT_UNIFORM, 1);
    if (status == FA_OK)
        status = fa_setup_scratch(setup, "S", 1, 6, 4);
    if (status == FA_OK)
        status = fa_setup_scratch(setup, "T", 1, 4, 6);
    if (status == FA_OK)
        status = fa_setup_scratch(setup, "U", 1, 6, 6);
    return status == FA_OK ? fa_setup_slots(setup, 2) : status;
}

static fa_status backward(fa_step *step)
{
    world    *w = fa_step_user_data(step);
    fa_status status = FA_OK;
    w->step = step;
    if (is_due(w, IN_BACKWARD_FORM) || is_due(w, IN_BACKWARD_DIRECT_FORM))
        return make_call(w);
    for (size_t l = CALLS_DEPTH - 1; l >= 1 && status == FA_OK; l--)
        status = w->rule.summary ? fa_step_inject(step, l) : fa_step_transport(step, l);
    if (status == FA_OK && (is_due(w, IN_BACKWARD) || is_due(w, IN_BACKWARD_DIRECT)))
        status = make_call(w);
    return status;
}

static void adapt(fa_step *step)
{
    world *w = fa_step_user_data(step);
    w->step = step;
    if (is_due(w, IN_ADAPT))
        w->status = make_call(w);
}

static const fa_param gain = {"gain", FA_PARAM_REAL, 1, 0, 10, NULL, "of nothing"};

/* Its private state is bytes that mean nothing. */
static size_t save_state(const void *state, void *bytes, size_t room)
{
    if (room >= STATE_SIZE)
        memcpy(bytes, state, STATE_SIZE);
    return STATE_SIZE;
}

static fa_status load_state(void *state, const void *bytes, size_t size)
{
    if (size != STATE_SIZE)
        return fa_rule_fail("another size");
    memcpy(state, bytes, size);
    return FA_OK;
}

/* --- making --- */

fa_matrix world_matrix(world *w, size_t room, size_t rows, size_t cols)
{
    return fa_matrix_view(w->memory[room], rows, cols, FA_FLOAT64);
}

const char *world_path(world *w, const char *name)
{
    snprintf(w->path, sizeof w->path, "%s/%s", w->directory, name);
    return w->path;
}

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        const fa_status status_ = (expression);                                                                        \
        if (status_ != FA_OK)                                                                                          \
            return status_;                                                                                            \
    } while (0)

static fa_status make_networks(world *w)
{
    static const size_t widths[] = {5, 6, 4, 3};
    TRY(fa_network_create(&w->net, FA_FLOAT64, widths[0]));
    for (size_t l = 1; l <= CALLS_DEPTH; l++) {
        TRY(fa_network_add_dense(w->net, widths[l], l < CALLS_DEPTH ? FA_TANH : FA_IDENTITY, true));
        TRY(fa_network_init_weights(w->net, l, FA_INIT_GLOROT_UNIFORM, 1, 1));
    }
    TRY(fa_network_set_dropout(w->net, 1, 0.25));
    TRY(fa_network_copy(&w->spare_net, w->net));
    TRY(fa_network_create(&w->bare, FA_FLOAT64, 2));
    TRY(fa_network_add_dense(w->bare, 2, FA_TANH, true));
    TRY(fa_network_create(&w->linear, FA_FLOAT64, 5));
    TRY(fa_network_add_dense(w->linear, 4, FA_IDENTITY, false));
    return fa_network_add_dense(w->linear, 3, FA_IDENTITY, false);
}

static fa_status make_pass(fa_pass **pass, const fa_network *net)
{
    fa_status status = fa_pass_create(pass, net, CALLS_SAMPLES);
    return status == FA_OK ? fa_pass_set_dropout(*pass, 1, 0) : status;
}

static fa_status make_feedbacks(world *w, call_place place)
{
    TRY(fa_feedback_create(&w->fb, w->net, &w->rule, w, 1));
    if (place == IN_BACKWARD_FORM || place == IN_BACKWARD_DIRECT_FORM) {
        TRY(fa_feedback_set_choice(w->fb, "feedback_form", "low_rank"));
        TRY(fa_feedback_set_param(w->fb, "feedback_rank", 2));
    }
    TRY(fa_feedback_create(&w->regenerated, w->net, fa_rule_find("fa"), NULL, 1));
    TRY(fa_feedback_set_choice(w->regenerated, "feedback_form", "regenerated"));
    TRY(fa_feedback_create(&w->direct, w->net, fa_rule_find("dfa"), NULL, 1));
    TRY(fa_feedback_create(&w->mirror, w->net, fa_rule_find("weight_mirror"), NULL, 1));
    TRY(fa_feedback_create(&w->linear_fb, w->linear, fa_rule_find("fa"), NULL, 1));
    return fa_feedback_create(&w->spare_fb, w->net, fa_rule_find("fa"), NULL, 1);
}

static fa_status make_samples(world *w)
{
    w->x = world_matrix(w, 0, CALLS_SAMPLES, 5);
    w->target = world_matrix(w, 1, CALLS_SAMPLES, 3);
    for (size_t room = 0; room < CALLS_ROOMS; room++)
        for (size_t i = 0; i < CALLS_ROOM; i++)
            w->memory[room][i] = (double)((31 * i + 17 * room + i * i) % 101) / 101 - 0.5;
    for (size_t i = 0; i < CALLS_SAMPLES; i++)
        w->labels[i] = (int32_t)(i % 3);
    TRY(fa_dataset_create(&w->data, &w->x, &w->target));
    TRY(fa_dataset_create_labelled(&w->labelled, &w->x, w->labels, 3));
    TRY(fa_dataset_copy(&w->own, w->data));
    for (size_t j = 0; j < 5; j++)
        w->memory[4][j] = 1 + (double)j;
    return fa_dataset_create(&w->spare_data, &w->x, &w->target);
}

static fa_status make_trainers(world *w)
{
    TRY(fa_trainer_create(&w->trainer, w->net, 1));
    TRY(fa_trainer_create(&w->spare_trainer, w->net, 1));
    TRY(fa_trainer_create(&w->trained, w->net, 1));
    TRY(fa_trainer_set(w->trained, "epochs", 1));
    TRY(fa_trainer_set(w->trainer, "epochs", 2));
    TRY(fa_trainer_set_choice(w->trainer, "keep_best", "yes"));
    return fa_trainer_run(w->trained, w->net, w->pass, w->fb, w->opt, w->labelled, w->labelled);
}

static fa_status make_observers(world *w)
{
    TRY(fa_recorder_create(&w->rec, w->net, "delta_angle,weight_norm", 1));
    TRY(fa_recorder_create(&w->observed, w->net, "delta_angle,weight_norm", 1));
    TRY(fa_recorder_create(&w->spare_rec, w->net, NULL, 1));
    TRY(fa_recorder_observe(w->observed, w->net, w->pass, w->fb, 1, 1));
    TRY(fa_invariant_create(&w->invariant, w->linear, w->linear_fb, CALLS_SAMPLES));
    return fa_invariant_create(&w->spare_invariant, w->linear, w->linear_fb, CALLS_SAMPLES);
}

fa_status world_make(world *w, call_place place, const char *directory)
{
    const bool direct = place == IN_BACKWARD_DIRECT || place == IN_BACKWARD_DIRECT_FORM;
    const bool dense = place != IN_BACKWARD_FORM && place != IN_BACKWARD_DIRECT_FORM;
    *w = (world){.directory = directory};
    w->rule = (fa_rule){.struct_size = sizeof w->rule, .name = "calling", .params = &gain, .n_params = 1,
                        .flags = FA_RULE_WRITES_GRADIENT | (dense ? FA_RULE_NEEDS_INCREMENT : 0),
                        .state_size = STATE_SIZE, .setup = setup, .save = save_state, .load = load_state,
                        .backward = backward, .adapt = dense ? adapt : NULL,
                        .summary = direct ? "direct feedback" : NULL};
    TRY(make_samples(w));
    TRY(make_networks(w));
    TRY(make_pass(&w->pass, w->net));
    TRY(make_pass(&w->fresh, w->net));
    TRY(make_pass(&w->spare_pass, w->net));
    TRY(make_pass(&w->linear_pass, w->linear));
    TRY(make_feedbacks(w, place));
    TRY(fa_optimizer_create(&w->opt, w->net, "sgd"));
    TRY(fa_optimizer_create(&w->spare_opt, w->net, "adam"));
    TRY(fa_optimizer_create(&w->linear_opt, w->linear, "sgd"));
    TRY(make_trainers(w));
    TRY(world_to_deltas(w, w->pass));
    TRY(fa_forward(w->linear, w->linear_pass, &w->x));
    TRY(fa_error(w->linear, w->linear_pass, &w->target, NULL));
    TRY(fa_backward(w->linear, w->linear_pass, w->linear_fb));
    TRY(make_observers(w));
#if FA_HAVE_JANSSON
    TRY(fa_network_save(w->net, world_path(w, "net.safetensors")));
    TRY(fa_checkpoint_save(world_path(w, "run.safetensors"), w->net, w->fb, w->opt, w->pass, w->trained));
#endif
    TRY(fa_gradient(w->net, w->pass, w->fb));
    TRY(fa_matrix_alloc(&w->spare_matrix, 3, 4, FA_FLOAT64));
    size_t count;
    return fa_npy_read_labels(world_path(w, "labels.npy"), &w->spare_labels, &count);
}

void world_destroy(world *w)
{
    fa_network *nets[] = {w->net, w->bare, w->linear, w->spare_net};
    fa_pass *passes[] = {w->pass, w->fresh, w->linear_pass, w->spare_pass};
    fa_feedback *fbs[] = {w->fb, w->regenerated, w->direct, w->mirror, w->linear_fb, w->spare_fb};
    fa_trainer *trainers[] = {w->trainer, w->trained, w->spare_trainer};
    fa_recorder *recs[] = {w->rec, w->observed, w->spare_rec};
    for (size_t i = 0; i < 6; i++)
        fa_feedback_destroy(fbs[i]);
    for (size_t i = 0; i < 4; i++)
        fa_pass_destroy(passes[i]);
    for (size_t i = 0; i < 3; i++) {
        fa_trainer_destroy(trainers[i]);
        fa_recorder_destroy(recs[i]);
    }
    for (size_t i = 0; i < 4; i++)
        fa_network_destroy(nets[i]);
    fa_optimizer_destroy(w->opt);
    fa_optimizer_destroy(w->spare_opt);
    fa_optimizer_destroy(w->linear_opt);
    fa_dataset_destroy(w->data);
    fa_dataset_destroy(w->labelled);
    fa_dataset_destroy(w->own);
    fa_dataset_destroy(w->spare_data);
    fa_invariant_destroy(w->invariant);
    fa_invariant_destroy(w->spare_invariant);
    fa_matrix_free(&w->spare_matrix);
    fa_labels_free(w->spare_labels);
}

/* --- calling --- */

fa_status world_to_error(world *w, fa_pass *pass)
{
    TRY(fa_forward(w->net, pass, &w->x));
    return fa_error(w->net, pass, &w->target, NULL);
}

fa_status world_to_deltas(world *w, fa_pass *pass)
{
    TRY(world_to_error(w, pass));
    return fa_backward(w->net, pass, w->fb);
}

static fa_status invoke_in_setup(world *w)
{
    fa_feedback *fb;
    TRY(fa_feedback_create(&fb, w->net, &w->rule, w, 1));
    fa_feedback_destroy(fb);
    return FA_OK;
}

static fa_status invoke(world *w)
{
    fa_status status;
    switch (w->call->place) {
    case IN_SETUP:
        return invoke_in_setup(w);
    case IN_BACKWARD:
    case IN_BACKWARD_DIRECT:
    case IN_BACKWARD_FORM:
    case IN_BACKWARD_DIRECT_FORM:
        return world_to_deltas(w, w->fresh);
    case IN_ADAPT:
        w->status = FA_OK;
        status = fa_train_step(w->net, w->fresh, w->fb, w->opt, &w->x, &w->target, NULL);
        return status == FA_OK ? w->status : status;
    default:
        return w->call->run(w);
    }
}

fa_status world_invoke(world *w, const every_call *call)
{
    const long before = allocations;
    w->call = call;
    w->made = -1;
    const fa_status status = invoke(w);
    w->call = NULL;
    if (w->made < 0)
        w->made = allocations - before;
    return status;
}
