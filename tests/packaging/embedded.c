/* A program for a small machine: learns on its own numbers, and holds libfa to what docs/guide/embedding.md says of
 * memory. Linked with -Wl,--wrap=calloc, through which libfa asks for all its memory. */
#include <fa/fa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_IN = 64, N_HIDDEN = 32, N_OUT = 4, BATCH = 8, STEPS = 400 };

static size_t asked, calls;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    asked += count * size;
    calls++;
    return __real_calloc(count, size);
}

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, fa_last_error());
    return 1;
}

/* Samples of four classes, each a bit pattern with some bits turned. */
static void draw(float *x, float *target, uint32_t *state)
{
    memset(target, 0, BATCH * N_OUT * sizeof *target);
    for (size_t i = 0; i < BATCH; i++) {
        const size_t class = i % N_OUT;
        target[i * N_OUT + class] = 1;
        for (size_t j = 0; j < N_IN; j++) {
            *state = *state * 1664525u + 1013904223u;
            x[i * N_IN + j] = ((j >> class & 1) ^ (*state >> 24 < 26)) != 0 ? 1.0f : 0.0f;
        }
    }
}

/* After the first step nothing is allocated, and the loss falls. */
static int train(fa_network *net, fa_pass *pass, fa_feedback *fb, fa_optimizer *opt)
{
    static float inputs[BATCH * N_IN], targets[BATCH * N_OUT];
    const fa_matrix x = fa_matrix_view(inputs, BATCH, N_IN, FA_FLOAT32);
    const fa_matrix target = fa_matrix_view(targets, BATCH, N_OUT, FA_FLOAT32);
    uint32_t state = 1;
    double first = 0, loss = 0;
    size_t before = 0;

    for (int step = 0; step < STEPS; step++) {
        draw(inputs, targets, &state);
        if (fa_train_step(net, pass, fb, opt, &x, &target, &loss) != FA_OK)
            return fail("fa_train_step");
        if (step == 0) {
            first = loss;
            before = calls;
        }
    }
    printf("loss %.4f -> %.4f\n", first, loss);
    if (calls != before)
        return fprintf(stderr, "%zu allocations in training\n", calls - before), 1;
    return loss < 0.1 * first ? 0 : 1;
}

/* What is asked for is what can be known beforehand, and for every block alignment and bookkeeping. */
static int account(const fa_network *net, const fa_feedback *fb)
{
    enum { EACH = 71, HANDLES = 6144 };
    size_t pass_bytes;

    if (fa_pass_bytes(net, BATCH, &pass_bytes) != FA_OK)
        return fail("fa_pass_bytes");
    const size_t arrays = fa_network_bytes(net) + pass_bytes + fa_feedback_bytes(fb);
    printf("network %zu, pass %zu, feedback %zu: %zu bytes; asked for: %zu bytes in %zu blocks\n",
           fa_network_bytes(net), pass_bytes, fa_feedback_bytes(fb), arrays, asked, calls);
    if (asked < arrays || asked > arrays + calls * EACH + HANDLES)
        return fprintf(stderr, "that is not what docs/guide/embedding.md says\n"), 1;
    return 0;
}

int main(void)
{
    fa_network *net = NULL;
    fa_pass *pass = NULL;
    fa_feedback *fb = NULL;
    fa_optimizer *opt = NULL;
    int bad = 1;

    printf("%s; %zu rules, %zu optimizers\n", fa_build_info(), fa_rule_count(), fa_optimizer_count());
    if (fa_network_create(&net, FA_FLOAT32, N_IN) != FA_OK ||
        fa_network_add_dense(net, N_HIDDEN, FA_TANH, true) != FA_OK ||
        fa_network_add_dense(net, N_OUT, FA_SOFTMAX, true) != FA_OK ||
        fa_network_set_loss(net, FA_CROSS_ENTROPY) != FA_OK ||
        fa_network_init_weights(net, 0, FA_INIT_GLOROT_UNIFORM, 1.0, 1) != FA_OK ||
        fa_pass_create(&pass, net, BATCH) != FA_OK ||
        fa_feedback_create(&fb, net, fa_rule_find("fa"), NULL, 2) != FA_OK ||
        fa_optimizer_create(&opt, net, "sgd") != FA_OK || fa_optimizer_set(opt, "learning_rate", 0.2) != FA_OK)
        fail("setup");
    else
        bad = train(net, pass, fb, opt) || account(net, fb);
    fa_optimizer_destroy(opt);
    fa_feedback_destroy(fb);
    fa_pass_destroy(pass);
    fa_network_destroy(net);
    return bad;
}
