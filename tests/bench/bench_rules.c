/* What a training step costs under each rule: float32, plain SGD, tanh layers, softmax outputs, batches of 64.
 *
 *     bench_rules [-r ROUNDS] [-t THREADS] [RULE...]
 *
 * Without names, every rule that is registered. All rules run in turn, round after round, in one process. Printed are
 * seconds for 60 000 samples (scaled from a few steps; the shortest of all rounds) and the ratios to bp and fa: medians
 * over rounds of the quotient within a round, which other work on the machine disturbs least. If a local rule is among
 * them, the first of them also runs through 20 layers on an ordinary and on a streaming pass. */
#define _POSIX_C_SOURCE 200809L
#include <fa/fa.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N_IN = 784, N_OUT = 10, BATCH = 64, MAX_RULES = 64, MAX_ROUNDS = 400, MAX_STEPS = 8, SLOW_ROUNDS = 10 };

/* Hidden layers of one width. */
typedef struct shape {
    size_t layers, width;
} shape;

typedef struct runner {
    const char   *name;
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    size_t        steps;  /* in a round */
    bool          slow;   /* runs in every SLOW_ROUNDS-th round only */
    double        seconds[MAX_ROUNDS];
} runner;

typedef struct batch {
    fa_matrix x, target;
} batch;

static void need(fa_status status)
{
    if (status == FA_OK)
        return;
    fprintf(stderr, "bench_rules: %s\n", fa_last_error());
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static batch make_batch(void)
{
    batch     b;
    fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};

    need(fa_matrix_alloc(&b.x, BATCH, N_IN, FA_FLOAT32));
    need(fa_matrix_alloc(&b.target, BATCH, N_OUT, FA_FLOAT32));
    need(fa_random_uniform(&stream, 0.0, 1.0, &b.x));
    for (size_t i = 0; i < BATCH; i++)
        ((float *)b.target.data)[i * N_OUT + i % N_OUT] = 1.0f;
    return b;
}

/* --- one rule on one network --- */

static void make_runner(runner *r, const fa_rule *rule, shape s, size_t threads, bool streaming)
{
    *r = (runner){.name = rule->name};
    need(fa_network_create(&r->net, FA_FLOAT32, N_IN));
    for (size_t l = 0; l < s.layers; l++)
        need(fa_network_add_dense(r->net, s.width, FA_TANH, true));
    need(fa_network_add_dense(r->net, N_OUT, FA_SOFTMAX, true));
    need(fa_network_set_loss(r->net, FA_CROSS_ENTROPY));
    need(fa_network_init_weights(r->net, 0, FA_INIT_GLOROT_UNIFORM, 1.0, 1));
    need((streaming ? fa_pass_create_streaming : fa_pass_create)(&r->pass, r->net, BATCH));
    need(fa_pass_set_threads(r->pass, threads));
    need(fa_feedback_create(&r->fb, r->net, rule, NULL, 1));
    need(fa_optimizer_create(&r->opt, r->net, "sgd"));
    need(fa_optimizer_set(r->opt, "learning_rate", 1e-6)); /* no rule gets far */
}

static void free_runner(const runner *r)
{
    fa_optimizer_destroy(r->opt);
    fa_feedback_destroy(r->fb);
    fa_pass_destroy(r->pass);
    fa_network_destroy(r->net);
}

/* Seconds for 60 000 samples. */
static double run(const runner *r, const batch *b, size_t steps)
{
    double start = now();

    for (size_t i = 0; i < steps; i++)
        need(fa_train_step(r->net, r->pass, r->fb, r->opt, &b->x, &b->target, NULL));
    return (now() - start) * 60000.0 / (double)(steps * BATCH);
}

/* The same after a step that wakes the pass's threads and fills the caches, unless steps are long anyway. */
static double run_warm(const runner *r, const batch *b)
{
    if (!r->slow)
        (void)run(r, b, 1);
    return run(r, b, r->steps);
}

/* --- rounds --- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool takes_part(const runner *r, size_t round)
{
    return !r->slow || round % SLOW_ROUNDS == 0;
}

static double least(const runner *r, size_t rounds)
{
    double best = r->seconds[0];

    for (size_t i = 1; i < rounds; i++)
        if (takes_part(r, i) && r->seconds[i] < best)
            best = r->seconds[i];
    return best;
}

/* Of the rounds in which both ran. */
static double median_ratio(const runner *r, const runner *to, size_t rounds)
{
    double ratio[MAX_ROUNDS];
    size_t n = 0;

    for (size_t i = 0; i < rounds; i++)
        if (takes_part(r, i) && takes_part(to, i))
            ratio[n++] = r->seconds[i] / to->seconds[i];
    qsort(ratio, n, sizeof *ratio, ascending);
    return n % 2 ? ratio[n / 2] : 0.5 * (ratio[n / 2 - 1] + ratio[n / 2]);
}

/* Steps of a rule that takes long are fewer, and so are its rounds. */
static void warm_up(runner *r, const batch *b)
{
    double step;

    (void)run(r, b, 1);
    step = run(r, b, 1) * (double)BATCH / 60000.0;
    r->steps = step > 0.02 ? 1 : MAX_STEPS;
    r->slow = step > 0.1;
}

static void run_rounds(runner *runners, size_t count, const batch *b, size_t rounds)
{
    for (size_t i = 0; i < count; i++)
        warm_up(&runners[i], b);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            if (takes_part(&runners[i], round))
                runners[i].seconds[round] = run_warm(&runners[i], b);
}

/* --- what is printed --- */

static const runner *find(const runner *runners, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(runners[i].name, name) == 0)
            return &runners[i];
    return NULL;
}

static void print_ratio(const runner *r, const runner *to, size_t rounds)
{
    if (to)
        printf("  %8.3f", median_ratio(r, to, rounds));
    else
        printf("  %8s", "-");
}

static void compare_rules(const fa_rule *const *rules, size_t count, shape s, size_t threads, size_t rounds)
{
    static runner runners[MAX_RULES];
    batch         b = make_batch();

    for (size_t i = 0; i < count; i++)
        make_runner(&runners[i], rules[i], s, threads, false);
    run_rounds(runners, count, &b, rounds);
    printf("\n784-(%zux%zu)-10, batch %d, threads: %zu\n%-20s  %8s  %8s  %8s\n", s.layers, s.width, BATCH, threads,
           "rule", "seconds", "to bp", "to fa");
    for (size_t i = 0; i < count; i++) {
        printf("%-20s  %8.3f", runners[i].name, least(&runners[i], rounds));
        print_ratio(&runners[i], find(runners, count, "bp"), rounds);
        print_ratio(&runners[i], find(runners, count, "fa"), rounds);
        printf("\n");
    }
    for (size_t i = 0; i < count; i++)
        free_runner(&runners[i]);
    fa_matrix_free(&b.x);
    fa_matrix_free(&b.target);
}

static const fa_rule *find_local(const fa_rule *const *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i]->flags & FA_RULE_LOCAL)
            return rules[i];
    return NULL;
}

/* 20 layers, ordinary and streaming. Memory in activities of one hidden layer, too: with gradients, which are laid out
 * like the network's parameters (streaming: like those of layer 1, the largest), and without. */
static void compare_streaming(const fa_rule *rule, size_t threads, size_t rounds)
{
    static runner both[2];
    const shape   deep = {19, 240};
    const double  activity = 4.0 * (double)BATCH * (double)deep.width;
    batch         b = make_batch();

    for (size_t i = 0; i < 2; i++)
        make_runner(&both[i], rule, deep, threads, i == 1);
    run_rounds(both, 2, &b, rounds);
    printf("\n784-(19x240)-10, %s, batch %d, threads: %zu\n", rule->name, BATCH, threads);
    for (size_t i = 0; i < 2; i++) {
        const double gradients = i ? 4.0 * (N_IN + 1) * (double)deep.width : (double)fa_network_bytes(both[i].net);
        size_t       bytes;

        need((i ? fa_pass_streaming_bytes : fa_pass_bytes)(both[i].net, BATCH, &bytes));
        printf("%-20s  %8.3f s  %8.3f MB, %.1f activities of a layer; without gradients %.1f\n",
               i ? "streaming pass" : "ordinary pass", least(&both[i], rounds), 1e-6 * (double)bytes,
               (double)bytes / activity, ((double)bytes - gradients) / activity);
    }
    printf("%-20s  %8.3f\n", "ratio of times", median_ratio(&both[1], &both[0], rounds));
    for (size_t i = 0; i < 2; i++)
        free_runner(&both[i]);
    fa_matrix_free(&b.x);
    fa_matrix_free(&b.target);
}

/* --- the command line --- */

static bool whole(const char *text, size_t most, size_t *value)
{
    char         *end;
    unsigned long number = strtoul(text, &end, 10);

    *value = (size_t)number;
    return *text != '\0' && *end == '\0' && number >= 1 && number <= most;
}

static size_t choose(int argc, char *const *argv, const fa_rule **rules)
{
    size_t count = 0;

    for (size_t i = 0; i < fa_rule_count() && argc == 0 && count < MAX_RULES; i++)
        rules[count++] = fa_rule_at(i);
    for (int i = 0; i < argc && count < MAX_RULES; i++) {
        rules[count] = fa_rule_find(argv[i]);
        if (!rules[count++]) {
            fprintf(stderr, "bench_rules: %s\n", fa_last_error());
            exit(2);
        }
    }
    return count;
}

int main(int argc, char **argv)
{
    const fa_rule *rules[MAX_RULES];
    size_t         rounds = 60, threads = 1, count;
    bool           good = true;
    int            c;

    while ((c = getopt(argc, argv, "r:t:")) != -1)
        good = good && ((c == 'r' && whole(optarg, MAX_ROUNDS, &rounds)) || (c == 't' && whole(optarg, 256, &threads)));
    if (!good) {
        fprintf(stderr, "usage: bench_rules [-r ROUNDS up to %d] [-t THREADS] [RULE...]\n", MAX_ROUNDS);
        return 2;
    }
    count = choose(argc - optind, argv + optind, rules);
    printf("%s\nseconds for 60 000 samples; ratios are medians of %zu rounds\n", fa_build_info(), rounds);
    compare_rules(rules, count, (shape){7, 240}, threads, rounds);
    compare_rules(rules, count, (shape){1, 1000}, threads, rounds);
    if (find_local(rules, count))
        compare_streaming(find_local(rules, count), threads, rounds);
    else
        printf("\nno local rule here: nothing to stream\n");
    return 0;
}
