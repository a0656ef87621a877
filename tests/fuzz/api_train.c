/* <fa/pass.h> and <fa/train.h> */
#include "world.h"

/* --- passes --- */

static fa_status create(world *w, input *in)
{
    fa_pass **slot = &w->pass[slot_of(in)];
    const fa_network *net = PICK(w, in, net);
    const size_t most = take_size(in);
    fa_pass *made = NULL;
    const bool streaming = take_byte(in) % 4 == 0;
    const fa_status status = streaming ? fa_pass_create_streaming(&made, net, most) : fa_pass_create(&made, net, most);
    require((status == FA_OK) == (made != NULL));
    require(fa_pass_is_streaming(made) == (streaming && status == FA_OK));
    if (made != NULL) {
        fa_pass_destroy(*slot);
        *slot = made;
    }
    return status;
}

static fa_status destroy(world *w, input *in)
{
    fa_pass **slot = &w->pass[slot_of(in)];
    if (!may_destroy(in))
        return FA_OK;
    fa_pass_destroy(*slot);
    *slot = NULL;
    return FA_OK;
}

static fa_status bytes(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const size_t most = take_size(in);
    size_t needed = 1;
    const fa_status status = take_byte(in) % 2 == 0 ? fa_pass_bytes(net, most, &needed)
                                                    : fa_pass_streaming_bytes(net, most, &needed);
    require((status == FA_OK) == (needed != 0));
    return status;
}

/* No threads: libFuzzer would not repeat them. */
static fa_status set_threads(world *w, input *in)
{
    static const size_t counts[] = {1, 0, 257, SIZE_MAX};
    fa_pass *pass = PICK(w, in, pass);
    const fa_status status = fa_pass_set_threads(pass, counts[take_index(in, 4)]);
    require(fa_pass_threads(pass) == (pass != NULL));
    return status;
}

static fa_status set_dropout(world *w, input *in)
{
    fa_pass *pass = PICK(w, in, pass);
    return fa_pass_set_dropout(pass, take_byte(in), take_byte(in));
}

static fa_status view(world *w, input *in)
{
    const fa_pass *pass = PICK(w, in, pass);
    const size_t l = take_layer(in, fa_network_depth(w->net[0]));
    fa_matrix part;
    fa_status status;
    switch (take_byte(in) % 4) {
    case 0:
        status = fa_pass_activity(pass, l, &part);
        break;
    case 1:
        status = fa_pass_delta(pass, l, &part);
        break;
    case 2:
        status = fa_pass_gradient(pass, l, &part);
        break;
    default:
        status = fa_pass_bias_gradient(pass, l, &part);
    }
    look_at(status, &part);
    require(status != FA_OK || fa_pass_batch(pass) <= fa_pass_max_batch(pass));
    return status;
}

const operation pass_operations[] = {
    {create, NOTHING},      {destroy, NOTHING}, {bytes, NOTHING}, {set_threads, NOTHING},
    {set_dropout, NOTHING}, {view, NOTHING},    {NULL, NOTHING},
};

/* --- phases --- */

static fa_status forward(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    return fa_forward(net, pass, take_x(w, in, net, take_batch(in, pass)));
}

static fa_status error(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    double loss = 0;
    const fa_status status = fa_error(net, pass, take_target(w, in, net, fa_pass_batch(pass)), &loss);
    require(status != FA_OK || loss - loss == 0);
    return status;
}

static fa_status backward(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    return fa_backward(net, pass, PICK(w, in, fb));
}

static fa_status gradient(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    const size_t before = fa_pass_gradient_samples(pass), batch = fa_pass_batch(pass);
    const fa_status status = fa_gradient(net, pass, PICK(w, in, fb));
    require(status != FA_OK || fa_pass_gradient_samples(pass) == before + batch);
    return status;
}

static fa_status reset(world *w, input *in)
{
    fa_pass *pass = PICK(w, in, pass);
    fa_gradient_reset(pass);
    require(fa_pass_gradient_samples(pass) == 0);
    return FA_OK;
}

static fa_status update(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    fa_feedback *fb = PICK(w, in, fb);
    fa_optimizer *opt = PICK(w, in, opt);
    const uint64_t steps = fa_optimizer_steps(opt);
    const fa_status status = fa_update(net, pass, fb, opt);
    require(fa_optimizer_steps(opt) == steps + (status == FA_OK));
    return status;
}

/* The phases up to the deltas, so that what comes between them and the update is reached often. */
static fa_status to_deltas(world *w, input *in)
{
    const fa_network *net = w->net[0];
    fa_pass *pass = w->pass[0];
    fa_status status = fa_forward(net, pass, take_x(w, in, net, take_batch(in, pass)));
    if (status == FA_OK)
        status = fa_error(net, pass, take_target(w, in, net, fa_pass_batch(pass)), NULL);
    return status == FA_OK ? fa_backward(net, pass, w->fb[0]) : status;
}

static fa_status step(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    fa_feedback *fb = PICK(w, in, fb);
    fa_optimizer *opt = PICK(w, in, opt);
    const fa_matrix *x = take_x(w, in, net, take_batch(in, pass));
    const fa_matrix *target = take_target(w, in, net, x == NULL ? 1 : x->rows);
    const uint64_t steps = fa_optimizer_steps(opt);
    double loss = 0;
    const fa_status status = fa_train_step(net, pass, fb, opt, x, target, &loss);
    w->partly = fa_pass_is_streaming(pass);
    require(fa_optimizer_steps(opt) == steps + (status == FA_OK) || w->partly);
    require(status != FA_OK || loss - loss == 0);
    return status;
}

/* --- epochs --- */

/* Looks, tries to train meanwhile, and sometimes says stop. */
static bool call_back(void *user_data, const fa_progress *progress)
{
    world *w = user_data;
    fa_matrix view;
    require(progress->struct_size >= sizeof *progress && progress->batch >= 1 && progress->batch <= progress->batches);
    const fa_status status = fa_network_weights(progress->net, 1, &view);
    look_at(status, &view);
    if (progress->pass == w->pass[0] && w->pass[0] != NULL && w->net[0] != NULL && w->fb[0] != NULL)
        require(fa_backward(w->net[0], w->pass[0], w->fb[0]) != FA_OK || progress->point == FA_AFTER_EPOCH);
    return progress->batch % 5 != 3;
}

static fa_status epoch(world *w, input *in)
{
    fa_network *net = PICK(w, in, net);
    fa_pass *pass = PICK(w, in, pass);
    fa_feedback *fb = PICK(w, in, fb);
    fa_optimizer *opt = PICK(w, in, opt);
    const fa_dataset *data = PICK(w, in, data);
    fa_result result;
    fa_epoch_options options = {.struct_size = take_chance(in, 4) ? take_byte(in) : sizeof options};
    const uint8_t flags = take_byte(in);
    options.batch = flags & 1 ? take_size(in) : 0;
    options.shuffle = flags & 2;
    options.drop_last = flags & 4;
    options.seed = flags;
    options.epoch = take_byte(in);
    options.point = (fa_point)take_kind(in, 2);
    options.every = take_byte(in) % 4;
    options.callback = flags & 8 ? call_back : NULL;
    options.user_data = w;
    const fa_status status = fa_train_epoch(net, pass, fb, opt, data, flags & 16 ? NULL : &options, &result);
    require(result.samples <= fa_dataset_size(data) && result.correct <= result.samples);
    require(status != FA_OK || result.samples == 0 || result.loss - result.loss == 0);
    return status;
}

static fa_status evaluate(world *w, input *in)
{
    const fa_network *net = PICK(w, in, net);
    const fa_dataset *data = PICK(w, in, data);
    fa_result result;
    const size_t n = fa_dataset_n_outputs(data) <= 100 ? fa_dataset_n_outputs(data) : 1;
    uint64_t *confusion = take_byte(in) % 2 == 0 ? NULL : keep_memory(w, (n * n + 1) * sizeof *confusion);
    const fa_status status = fa_evaluate(net, data, &result, confusion);
    uint64_t counted = 0;
    for (size_t i = 0; status == FA_OK && confusion != NULL && i < n * n; i++)
        counted += confusion[i];
    require(status != FA_OK || confusion == NULL || counted == result.samples);
    return status;
}

const operation training_operations[] = {
    {forward, NOTHING},   {error, NOTHING},   {backward, NOTHING}, {gradient, NOTHING},
    {reset, NOTHING},     {update, LEARNING}, {update, LEARNING},  {to_deltas, NOTHING},
    {to_deltas, NOTHING}, {step, LEARNING},   {step, LEARNING},    {step, LEARNING},
    {epoch, RUNNING},     {epoch, RUNNING},   {evaluate, NOTHING}, {NULL, NOTHING},
};
