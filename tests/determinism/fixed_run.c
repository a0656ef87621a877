/* Train a network by every rule of the library, from the same numbers every time, and print a checksum of the outcome.
 *
 * usage: fixed_run THREADS SEED
 *
 * A line for each rule and element type: weights, biases, the rule's arrays and the losses, bit by bit (FNV-1a of 64
 * bits). Products are large enough for the BLAS; optimizers take turns. runs.py compares many such runs. */
#include <fa/fa.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAYERS = 3, INPUTS = 110, OUTPUTS = 12, SAMPLES = 192, BATCH = 64, ONLINE = 40 };

static const size_t widths[] = {INPUTS, 90, 80, OUTPUTS};
static const fa_activation activations[] = {0, FA_TANH, FA_RELU, FA_SOFTMAX};

typedef struct objects {
    fa_network *net;
    fa_pass *pass;
    fa_feedback *fb;
    fa_optimizer *opt;
    fa_matrix x, target;
    fa_dataset *data;
} objects;

static void need(fa_status status)
{
    if (status == FA_OK)
        return;
    fprintf(stderr, "fixed_run: %s\n", fa_last_error());
    exit(1);
}

static void add_bytes(uint64_t *sum, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        *sum = (*sum ^ at[i]) * UINT64_C(0x100000001b3);
}

static void add_matrix(uint64_t *sum, const fa_matrix *view)
{
    const size_t size = fa_dtype_size(view->dtype);
    for (size_t i = 0; i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++)
            add_bytes(sum, (const char *)view->data + (i * view->row_stride + j * view->col_stride) * size, size);
}

static void make_network(objects *o, fa_dtype dtype, uint64_t seed)
{
    need(fa_network_create(&o->net, dtype, INPUTS));
    for (size_t l = 1; l <= LAYERS; l++)
        need(fa_network_add_dense(o->net, widths[l], activations[l], true));
    need(fa_network_set_loss(o->net, FA_CROSS_ENTROPY));
    need(fa_network_init_weights(o->net, 0, FA_INIT_GLOROT_NORMAL, 1, seed));
    need(fa_network_init_bias(o->net, 0, FA_INIT_UNIFORM, 0.1, seed));
    need(fa_network_set_dropout(o->net, 1, 0.25));
}

static void make_samples(objects *o, fa_dtype dtype, uint64_t seed)
{
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_USER};
    need(fa_matrix_alloc(&o->x, SAMPLES, INPUTS, dtype));
    need(fa_random_normal(&stream, 0, 1, &o->x));
    stream.layer = 1;
    need(fa_matrix_alloc(&o->target, SAMPLES, OUTPUTS, dtype));
    need(fa_random_uniform(&stream, 0, 2.0 / (double)OUTPUTS, &o->target));
    need(fa_dataset_create(&o->data, &o->x, &o->target));
}

static objects make_objects(size_t rule, fa_dtype dtype, size_t threads, uint64_t seed)
{
    objects o;
    make_network(&o, dtype, seed);
    make_samples(&o, dtype, seed);
    need(fa_pass_create(&o.pass, o.net, BATCH));
    need(fa_pass_set_threads(o.pass, threads));
    need(fa_pass_set_dropout(o.pass, seed, 0));
    need(fa_feedback_create(&o.fb, o.net, fa_rule_at(rule), NULL, seed));
    need(fa_optimizer_create(&o.opt, o.net, fa_optimizer_name_at(rule % fa_optimizer_count())));
    need(fa_optimizer_set(o.opt, "learning_rate", 1e-3));
    return o;
}

static void release(objects *o)
{
    fa_dataset_destroy(o->data);
    fa_matrix_free(&o->target);
    fa_matrix_free(&o->x);
    fa_optimizer_destroy(o->opt);
    fa_feedback_destroy(o->fb);
    fa_pass_destroy(o->pass);
    fa_network_destroy(o->net);
}

/* An epoch of three batches, shuffled. */
static void train(const objects *o, uint64_t seed, uint64_t *sum)
{
    fa_epoch_options options = {.struct_size = sizeof options, .shuffle = true, .seed = seed};
    fa_result result;
    need(fa_train_epoch(o->net, o->pass, o->fb, o->opt, o->data, &options, &result));
    add_bytes(sum, &result.loss, sizeof result.loss);
}

/* Batches of one sample: other code. */
static void train_online(const objects *o, uint64_t *sum)
{
    fa_epoch_options options = {.struct_size = sizeof options, .batch = 1};
    fa_dataset *few;
    fa_result result;
    need(fa_dataset_rows(&few, o->data, 0, ONLINE));
    need(fa_train_epoch(o->net, o->pass, o->fb, o->opt, few, &options, &result));
    add_bytes(sum, &result.loss, sizeof result.loss);
    fa_dataset_destroy(few);
}

static void add_state(const objects *o, uint64_t *sum)
{
    static const char *const arrays[] = {"B", "M", "R", "F"};
    fa_matrix view;
    for (size_t l = 1; l <= LAYERS; l++) {
        need(fa_network_weights(o->net, l, &view));
        add_matrix(sum, &view);
        need(fa_network_bias(o->net, l, &view));
        add_matrix(sum, &view);
    }
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        for (size_t l = 0; l < LAYERS; l++)
            if (fa_feedback_get(o->fb, arrays[i], l, &view) == FA_OK)
                add_matrix(sum, &view);
}

int main(int argc, char **argv)
{
    const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};
    if (argc != 3) {
        fprintf(stderr, "usage: fixed_run THREADS SEED\n");
        return 2;
    }
    const size_t threads = strtoul(argv[1], NULL, 10);
    const uint64_t seed = strtoull(argv[2], NULL, 10);
    for (size_t rule = 0; rule < fa_rule_count(); rule++)
        for (size_t d = 0; d < 2; d++) {
            uint64_t sum = UINT64_C(0xcbf29ce484222325);
            objects o = make_objects(rule, dtypes[d], threads, seed);
            train(&o, seed, &sum);
            train_online(&o, &sum);
            add_state(&o, &sum);
            printf("%s %s %s %016" PRIx64 "\n", fa_rule_at(rule)->name,
                   fa_optimizer_name_at(rule % fa_optimizer_count()), fa_dtype_name(dtypes[d]), sum);
            release(&o);
        }
    return 0;
}
