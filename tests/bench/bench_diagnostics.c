/* What an observation costs beside a backward pass of back-propagation (deltas and gradients), in float32.
 *
 *     bench_diagnostics [ROUNDS]
 *
 * Both run in turn, round after round, in one process, on the same batch; of the ratio the quotient of the shortest
 * times and the median over rounds are printed, for all quantities that are not of cost "svd", and for each kind alone.
 * */
#define _POSIX_C_SOURCE 200809L
#include <fa/fa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ROUNDS = 1000, REPEATS = 4, MAX_DEPTH = 8 };

typedef struct shape {
    const char *name;
    size_t      batch;
    size_t      depth;
    size_t      width[MAX_DEPTH + 1];
} shape;

static const shape shapes[] = {
    {"784-(7x240)-10, batch 64", 64, 8, {784, 240, 240, 240, 240, 240, 240, 240, 10}},
    {"784-256-256-10, batch 128", 128, 3, {784, 256, 256, 10}},
    {"784-1000-10, batch 64", 64, 2, {784, 1000, 10}},
};

static const char *const chosen[] = {
    NULL, "delta_angle", "update_angle", "weight_angle", "alignment_angle", "weight_norm", "saturation",
};

typedef struct model {
    fa_network  *net;
    fa_pass     *pass;
    fa_feedback *fb;
    fa_feedback *bp;
    fa_matrix    x;
    fa_matrix    target;
} model;

static void need(fa_status status)
{
    if (status == FA_OK)
        return;
    fprintf(stderr, "bench_diagnostics: %s\n", fa_last_error());
    exit(1);
}

/* Of this process: what other programs take does not count. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- direct feedback, whose alignment is another sum --- */

static fa_status setup_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status inject(fa_step *step)
{
    for (size_t l = 1; l < fa_step_depth(step); l++)
        if (fa_step_inject(step, l) != FA_OK)
            return FA_ERR_RULE;
    return FA_OK;
}

static const fa_rule direct = {.struct_size = sizeof(fa_rule), .name = "direct", .setup = setup_direct,
                               .backward = inject};

static model make_model(const shape *s, const fa_rule *rule)
{
    model     m = {0};
    fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};

    need(fa_network_create(&m.net, FA_FLOAT32, s->width[0]));
    for (size_t l = 1; l <= s->depth; l++)
        need(fa_network_add_dense(m.net, s->width[l], l < s->depth ? FA_TANH : FA_LOGISTIC, true));
    need(fa_network_set_loss(m.net, FA_BINARY_CROSS_ENTROPY));
    need(fa_network_init_weights(m.net, 0, FA_INIT_UNIFORM, 0.05, 1));
    need(fa_pass_create(&m.pass, m.net, s->batch));
    need(fa_feedback_create(&m.fb, m.net, rule, NULL, 1));
    need(fa_feedback_create(&m.bp, m.net, fa_rule_find("bp"), NULL, 1));
    need(fa_matrix_alloc(&m.x, s->batch, s->width[0], FA_FLOAT32));
    need(fa_matrix_alloc(&m.target, s->batch, s->width[s->depth], FA_FLOAT32));
    need(fa_random_uniform(&stream, 0.0, 1.0, &m.x));
    stream.layer = 1;
    need(fa_random_uniform(&stream, 0.0, 1.0, &m.target));
    return m;
}

static void free_model(model *m)
{
    fa_matrix_free(&m->target);
    fa_matrix_free(&m->x);
    fa_feedback_destroy(m->bp);
    fa_feedback_destroy(m->fb);
    fa_pass_destroy(m->pass);
    fa_network_destroy(m->net);
}

static void to_error(const model *m)
{
    need(fa_forward(m->net, m->pass, &m->x));
    need(fa_error(m->net, m->pass, &m->target, NULL));
}

static double time_backward(const model *m)
{
    double seconds = 0.0;

    for (int i = 0; i < REPEATS; i++) {
        to_error(m);
        const double start = now();
        need(fa_backward(m->net, m->pass, m->bp));
        need(fa_gradient(m->net, m->pass, m->bp));
        seconds += now() - start;
        fa_gradient_reset(m->pass);
    }
    return seconds / (double)REPEATS;
}

static double time_observation(const model *m, fa_recorder *rec)
{
    double seconds = 0.0;

    for (int i = 0; i < REPEATS; i++) {
        to_error(m);
        need(fa_backward(m->net, m->pass, m->fb));
        const double start = now();
        need(fa_recorder_observe(rec, m->net, m->pass, m->fb, 1, 1));
        seconds += now() - start;
    }
    return seconds / (double)REPEATS;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void compare(const shape *s, const fa_rule *rule, const char *quantities, int rounds)
{
    static double ratio[MAX_ROUNDS];
    double        backward = 1e9, observation = 1e9;
    fa_recorder  *rec;
    model         m = make_model(s, rule);

    need(fa_recorder_create(&rec, m.net, quantities, 1));
    for (int i = -1; i < rounds; i++) { /* round -1 warms up */
        const double b = time_backward(&m), o = time_observation(&m, rec);

        if (i < 0)
            continue;
        ratio[i] = o / b;
        backward = b < backward ? b : backward;
        observation = o < observation ? o : observation;
    }
    qsort(ratio, (size_t)rounds, sizeof *ratio, ascending);
    printf("%-26s %-7s %-18s BP backward %.3f ms, observation %.3f ms, ratio %.2f (median %.2f)\n", s->name, rule->name,
           quantities ? quantities : "all but svd", backward * 1e3, observation * 1e3, observation / backward,
           ratio[rounds / 2]);
    fa_recorder_destroy(rec);
    free_model(&m);
}

int main(int argc, char **argv)
{
    const int given = argc > 1 ? atoi(argv[1]) : 50, rounds = given < 1 ? 1 : given > MAX_ROUNDS ? MAX_ROUNDS : given;

    puts(fa_build_info());
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t k = 0; k < sizeof chosen / sizeof *chosen; k++)
            for (int rule = 0; rule < 2; rule++)
                if (rule == 0 || k == 0 || k == 4)
                    compare(&shapes[i], rule ? &direct : fa_rule_find("fa"), chosen[k], rounds);
    return 0;
}
