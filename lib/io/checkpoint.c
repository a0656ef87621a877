/* All that training needs to go on, in one file. */
#include <fa/io.h>

#include "feedback.h"
#include "io/state.h"
#include "network.h"
#include "optimizer.h"
#include "pass.h"
#include "status.h"
#include "trainer.h"

#include <string.h>

/* The handles of a call; all but the network may be NULL. */
typedef struct handles {
    const fa_network   *net;
    const fa_feedback  *fb;
    const fa_optimizer *opt;
    const fa_pass      *pass;
    const fa_trainer   *trainer;
} handles;

static fa_status check_handles(const handles *h, const char *function, const char *path)
{
    if (path == NULL || h->net == NULL)
        return status_null(function, path == NULL ? "path" : "net");
    fa_status status = network_check_built(h->net, function);
    if (status == FA_OK && h->fb)
        status = network_check_fits(h->net, h->fb->fingerprint, "feedback");
    if (status == FA_OK && h->opt)
        status = network_check_fits(h->net, h->opt->fingerprint, "optimizer");
    if (status == FA_OK && h->pass)
        status = network_check_fits(h->net, h->pass->fingerprint, "pass");
    if (status == FA_OK && h->trainer)
        status = network_check_fits(h->net, h->trainer->fingerprint, "trainer");
    return status;
}

/* --- saving --- */

/* A step is whole or not at all. */
static fa_status check_between_steps(const handles *h)
{
    const bool inside = (h->trainer && h->trainer->at.in_step) ||
                        (h->pass && h->pass->busy && h->pass->stage == PASS_BACKWARD);

    if (inside)
        return status_set(FA_ERR_STATE, "fa_checkpoint_save: the step is not done at FA_AFTER_DELTAS; save at "
                                        "FA_AFTER_UPDATE or FA_AFTER_EPOCH");
    if (h->pass && h->pass->gradient_samples > 0)
        return status_set(FA_ERR_STATE, "fa_checkpoint_save: the pass holds a gradient that was not applied yet");
    return FA_OK;
}

static json_t *describe_pass(const fa_pass *pass)
{
    return json_pack("{s:b, s:o, s:o}", "dropout", pass->dropout_seeded, "seed", fields_make_number(pass->dropout_seed),
                     "step", fields_make_number(pass->dropout_step));
}

static fa_status describe(const handles *h, json_t *metadata)
{
    const bool running = h->trainer && h->trainer->running;
    const bool *frozen = running ? h->trainer->frozen : NULL;
    fa_status status = state_put(metadata, STATE_NETWORK, network_describe(h->net, frozen, true));

    if (status == FA_OK && h->fb)
        status = state_put(metadata, STATE_FEEDBACK, feedback_describe(h->fb));
    if (status == FA_OK && h->opt)
        status = state_put(metadata, STATE_OPTIMIZER,
                           optimizer_describe(h->opt, running ? h->trainer->schedule : h->opt->schedule));
    if (status == FA_OK && h->pass)
        status = state_put(metadata, STATE_PASS, describe_pass(h->pass));
    if (status == FA_OK && h->trainer)
        status = state_put(metadata, STATE_TRAINER, trainer_describe(h->trainer));
    return status;
}

static void list_all(tensor_list *list, const handles *h)
{
    network_list(list, h->net, "", true);
    if (h->fb)
        feedback_list(list, h->fb);
    if (h->opt)
        optimizer_list(list, h->opt, h->net);
    if (h->trainer)
        trainer_list(list, h->trainer);
}

fa_status fa_checkpoint_save(const char *path, const fa_network *net, const fa_feedback *fb, const fa_optimizer *opt,
                             const fa_pass *pass, const fa_trainer *trainer)
{
    const handles h = {net, fb, opt, pass, trainer};
    tensor_list list = {0};
    fa_status status = check_handles(&h, "fa_checkpoint_save", path);

    if (status == FA_OK)
        status = check_between_steps(&h);
    if (status == FA_OK && fb)
        status = feedback_check_names(fb);
    if (status != FA_OK)
        return status;
    json_t *metadata = state_metadata();
    status = describe(&h, metadata);
    list_all(&list, &h);
    if (status == FA_OK && fb)
        status = feedback_list_state(&list, fb);
    if (status == FA_OK)
        status = safetensors_write(path, metadata, &list);
    tensor_list_free(&list);
    json_decref(metadata);
    return status;
}

/* --- loading --- */

/* What a pass keeps between steps. */
typedef struct pass_state {
    bool     seeded;
    uint64_t seed;
    uint64_t step;
} pass_state;

/* Handles made from a file, to take the place of live ones; and the objects of the metadata that they were made
 * from. */
enum { NETWORK, FEEDBACK, OPTIMIZER, PASS, TRAINER, PARTS };
typedef struct stage {
    json_t       *objects[PARTS];
    fields        from[PARTS];
    tensor_list   list;
    fa_network   *net;
    fa_feedback   fb;
    bool          has_fb;
    fa_optimizer *opt;
    pass_state    pass;
    fa_trainer   *trainer;
} stage;

static fa_status check_idle(const handles *h)
{
    if ((h->pass && h->pass->busy) || (h->trainer && h->trainer->running))
        return status_set(FA_ERR_STATE, "fa_checkpoint_load: training is running with these handles");
    return FA_OK;
}

static fa_status take_pass(const fields *from, pass_state *pass)
{
    fa_status status = fields_flag(from, "dropout", &pass->seeded);

    if (status == FA_OK)
        status = fields_number(from, "seed", &pass->seed);
    if (status == FA_OK)
        status = fields_number(from, "step", &pass->step);
    return status;
}

/* The objects of the parts that are asked for. */
static fa_status take_objects(stage *s, const safetensors *file, const handles *h)
{
    static const char *const keys[] = {STATE_NETWORK, STATE_FEEDBACK, STATE_OPTIMIZER, STATE_PASS, STATE_TRAINER};
    static const char *const names[] = {"the network", "the feedback", "the optimizer", "the pass", "the trainer"};
    const void *const asked[] = {h->net, h->fb, h->opt, h->pass, h->trainer};
    fa_status status = FA_OK;

    for (int i = 0; i < PARTS && status == FA_OK; i++)
        if (asked[i] != NULL)
            status = state_take(file, keys[i], names[i], &s->objects[i], &s->from[i]);
    return status;
}

static fa_status stage_handles(stage *s, const safetensors *file, const handles *h)
{
    fa_status status = network_stage(&s->from[NETWORK], h->net, &s->net);

    if (status == FA_OK && h->fb) {
        status = feedback_stage(&s->from[FEEDBACK], h->fb, &s->fb);
        s->has_fb = status == FA_OK;
    }
    if (status == FA_OK && h->opt)
        status = optimizer_stage(&s->from[OPTIMIZER], h->opt, s->net, &s->opt);
    if (status == FA_OK && h->pass)
        status = take_pass(&s->from[PASS], &s->pass);
    if (status == FA_OK && h->trainer)
        status = trainer_stage(&s->from[TRAINER], file, h->trainer, s->net, &s->trainer);
    return status;
}

/* Tensors of no part that is asked for; the state of a rule is read apart. */
static bool is_left_alone(const void *data, const char *name)
{
    const handles *h = data;

    if (strncmp(name, "rule.", 5) == 0)
        return h->fb == NULL || (h->fb->rule.state_size > 0 && strcmp(name, "rule.state") == 0);
    if (strncmp(name, "optimizer.", 10) == 0)
        return h->opt == NULL;
    return strncmp(name, "trainer.", 8) == 0 && h->trainer == NULL;
}

/* The feedback comes last: what a user's rule does when it loads its state cannot be taken back. */
static fa_status settle(stage *s, safetensors *file)
{
    fa_status status = network_settle(&s->from[NETWORK], s->net);

    if (status == FA_OK && s->opt)
        status = optimizer_settle(&s->from[OPTIMIZER], s->opt);
    if (status == FA_OK && s->trainer)
        status = trainer_settle(&s->from[TRAINER], s->trainer, &s->list);
    if (status == FA_OK && s->has_fb)
        status = feedback_settle(&s->from[FEEDBACK], file, &s->fb, &s->list);
    return status;
}

static fa_status fill(stage *s, safetensors *file, const handles *h, uint32_t flags)
{
    const handles staged = {s->net, s->has_fb ? &s->fb : NULL, s->opt, NULL, s->trainer};

    list_all(&s->list, &staged);
    fa_status status = safetensors_check_names(file, &s->list, is_left_alone, h);
    if (status == FA_OK)
        status = safetensors_read(file, &s->list, flags);
    return status == FA_OK ? settle(s, file) : status;
}

static void release(stage *s)
{
    tensor_list_free(&s->list);
    fa_network_destroy(s->net);
    if (s->has_fb)
        feedback_release(&s->fb);
    fa_optimizer_destroy(s->opt);
    fa_trainer_destroy(s->trainer);
    for (int i = 0; i < PARTS; i++)
        json_decref(s->objects[i]);
}

static void commit(stage *s, fa_network *net, fa_feedback *fb, fa_optimizer *opt, fa_pass *pass, fa_trainer *trainer)
{
    network_commit(net, s->net);
    if (fb) {
        feedback_commit(fb, &s->fb);
        s->has_fb = false;
    }
    if (opt)
        optimizer_commit(opt, s->opt);
    if (pass) {
        pass_abandon(pass); /* with what was accumulated: both come from other weights */
        pass->gradient_samples = 0;
        pass->dropout_seeded = s->pass.seeded;
        pass->dropout_seed = s->pass.seed;
        pass->dropout_step = s->pass.step;
    }
    if (trainer)
        trainer_commit(trainer, s->trainer);
}

fa_status fa_checkpoint_load(const char *path, fa_network *net, fa_feedback *fb, fa_optimizer *opt, fa_pass *pass,
                             fa_trainer *trainer, uint32_t flags)
{
    const handles h = {net, fb, opt, pass, trainer};
    stage s = {0};
    safetensors file;
    fa_status status = check_handles(&h, "fa_checkpoint_load", path);

    if (status == FA_OK && (flags & ~(uint32_t)FA_LOAD_NOT_FINITE))
        status = status_set(FA_ERR_ARGUMENT, "fa_checkpoint_load: flags may be FA_LOAD_NOT_FINITE, not %#x", flags);
    if (status == FA_OK)
        status = check_idle(&h);
    if (status == FA_OK)
        status = safetensors_open(&file, path);
    if (status != FA_OK)
        return status;
    status = take_objects(&s, &file, &h);
    if (status == FA_OK)
        status = stage_handles(&s, &file, &h);
    if (status == FA_OK)
        status = fill(&s, &file, &h, flags);
    if (status == FA_OK)
        commit(&s, net, fb, opt, pass, trainer);
    release(&s);
    safetensors_close(&file);
    return status;
}
