/* Training 784-1000-10 in float32 (logistic, with biases, plain SGD) against the bare products of it on the same CBLAS.
 *
 *     bench_train [ROUNDS]
 *
 * What is compared runs in turn, round after round, in one process. Times are seconds per 60 000 samples. Of each ratio
 * the quotient of the shortest times and the median over rounds are printed: on a machine with other work the former
 * says more. Peak memory is that of a child that does nothing but train. */
#define _POSIX_C_SOURCE 200809L
#include "bench_bare.h"
#include "blas.h"
#include "matrix.h"

#include <fa/fa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 200, MAX_RUNNERS = 3, ONLINE_SAMPLES = 300, IMAGES = 60000 };

typedef struct model {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_matrix     x;
    fa_matrix     target;
    fa_dataset   *data;
} model;

static void need(fa_status status)
{
    if (status == FA_OK)
        return;
    fprintf(stderr, "bench_train: %s\n", fa_last_error());
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Inputs U[0, 1), a share of them 0. */
static model make_model(const char *rule, size_t samples, size_t batch, double zeros)
{
    model     m = {0};
    fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};

    need(fa_network_create(&m.net, FA_FLOAT32, N_IN));
    need(fa_network_add_dense(m.net, N_HIDDEN, FA_LOGISTIC, true));
    need(fa_network_add_dense(m.net, N_OUT, FA_LOGISTIC, true));
    need(fa_network_set_loss(m.net, FA_BINARY_CROSS_ENTROPY));
    need(fa_network_init_weights(m.net, 0, FA_INIT_UNIFORM, 0.03, 1));
    need(fa_pass_create(&m.pass, m.net, batch));
    need(fa_feedback_create(&m.fb, m.net, fa_rule_find(rule), NULL, 1));
    need(fa_optimizer_create(&m.opt, m.net, "sgd"));
    need(fa_optimizer_set(m.opt, "learning_rate", 1e-3));
    need(fa_matrix_alloc(&m.x, samples, N_IN, FA_FLOAT32));
    need(fa_matrix_alloc(&m.target, samples, N_OUT, FA_FLOAT32));
    need(fa_random_uniform(&stream, -zeros / (1.0 - zeros), 1.0, &m.x));
    for (size_t i = 0; i < samples * N_IN; i++)
        ((float *)m.x.data)[i] *= ((float *)m.x.data)[i] > 0.0f;
    stream.layer = 1;
    need(fa_random_uniform(&stream, 0.0, 1.0, &m.target));
    need(fa_dataset_create(&m.data, &m.x, &m.target));
    return m;
}

static void free_model(model *m)
{
    fa_dataset_destroy(m->data);
    fa_matrix_free(&m->target);
    fa_matrix_free(&m->x);
    fa_optimizer_destroy(m->opt);
    fa_feedback_destroy(m->fb);
    fa_pass_destroy(m->pass);
    fa_network_destroy(m->net);
}

/* --- rounds --- */

typedef struct runner {
    const char *name;
    void      (*run)(const void *data);
    const void *data;
    double      seconds[MAX_ROUNDS]; /* per 60 000 samples */
} runner;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double least(const runner *r, size_t rounds)
{
    double found = r->seconds[0];

    for (size_t i = 1; i < rounds; i++)
        found = r->seconds[i] < found ? r->seconds[i] : found;
    return found;
}

static double median_ratio(const runner *a, const runner *b, size_t rounds)
{
    double ratio[MAX_ROUNDS];

    for (size_t i = 0; i < rounds; i++)
        ratio[i] = a->seconds[i] / b->seconds[i];
    qsort(ratio, rounds, sizeof *ratio, ascending);
    return ratio[rounds / 2];
}

/* Run all in turn; each call is `samples` samples. Print the last one against each of the others. */
static void compare(const char *title, runner *runners, size_t count, size_t rounds, size_t samples)
{
    const runner *last = &runners[count - 1];

    for (size_t i = 0; i <= rounds; i++) /* round 0 warms up and is overwritten */
        for (size_t r = 0; r < count; r++) {
            double start = now();
            runners[r].run(runners[r].data);
            runners[r].seconds[i > 0 ? i - 1 : 0] = (now() - start) * 60000.0 / (double)samples;
        }
    printf("%-22s %s %.3f s", title, last->name, least(last, rounds));
    for (size_t r = 0; r + 1 < count; r++)
        printf("; %s %.3f s, ratio %.3f (median %.3f)", runners[r].name, least(&runners[r], rounds),
               least(last, rounds) / least(&runners[r], rounds), median_ratio(last, &runners[r], rounds));
    printf("\n");
}

/* --- mini-batches --- */

enum { STEPS = 10 }; /* in a call: short, to fall between other programs' moments */

static void run_steps(const void *data)
{
    const model *m = data;

    for (int i = 0; i < STEPS; i++)
        need(fa_train_step(m->net, m->pass, m->fb, m->opt, &m->x, &m->target, NULL));
}

static void run_bare(const void *data)
{
    for (int i = 0; i < STEPS; i++)
        bare_step(data);
}

static void compare_batches(const char *rule, size_t n, size_t rounds)
{
    static runner runners[MAX_RUNNERS];
    model         m = make_model(rule, n, n, 0.0);
    bare          s[2];
    char          title[64];

    for (size_t i = 0; i < 2; i++)
        if (!bare_make(&s[i], n, strcmp(rule, "bp") == 0, i == 1, m.x.data))
            exit(1);
    runners[0] = (runner){.name = "GEMM out x in", .run = run_bare, .data = &s[0]};
    runners[1] = (runner){.name = "GEMM in x out", .run = run_bare, .data = &s[1]};
    runners[2] = (runner){.name = "fa_train_step", .run = run_steps, .data = &m};
    snprintf(title, sizeof title, "%s, batch %zu:", rule, n);
    compare(title, runners, 3, rounds, n * STEPS);
    bare_free(&s[0]);
    bare_free(&s[1]);
    free_model(&m);
}

/* --- share of element-wise work --- */

typedef struct products {
    fa_matrix x, w1, w2, b, h, y, e, delta;
} products;

static fa_matrix inner(size_t rows, size_t cols)
{
    fa_matrix m;

    need(fa_matrix_alloc(&m, rows, matrix_padded(cols, FA_FLOAT32), FA_FLOAT32));
    for (size_t i = 0; i < m.rows * m.cols; i++)
        ((float *)m.data)[i] = (float)((i * 31) % 19) / 19.0f * 0.02f - 0.01f;
    m.cols = cols;
    return m;
}

/* The products of a step under fa as the library runs them. */
static void run_products(const void *data)
{
    const products *p = data;
    const fa_matrix x_t = fa_matrix_transpose(p->x), h_t = fa_matrix_transpose(p->h);

    for (int i = 0; i < STEPS; i++) {
        blas_product(1.0, &p->x, &p->w1, 0.0, &p->h);
        blas_product(1.0, &p->h, &p->w2, 0.0, &p->y);
        blas_product(1.0, &p->e, &p->b, 0.0, &p->delta);
        blas_product(-1e-9, &h_t, &p->e, 1.0, &p->w2);
        blas_product(-1e-9, &x_t, &p->delta, 1.0, &p->w1);
    }
}

static void share_of_elements(size_t n, size_t rounds)
{
    static runner runners[MAX_RUNNERS];
    model         m = make_model("fa", n, n, 0.0);
    products      p = {m.x, inner(N_IN, N_HIDDEN), inner(N_HIDDEN, N_OUT), inner(N_OUT, N_HIDDEN), inner(n, N_HIDDEN),
                       inner(n, N_OUT), inner(n, N_OUT), inner(n, N_HIDDEN)};
    fa_matrix    *arrays[] = {&p.w1, &p.w2, &p.b, &p.h, &p.y, &p.e, &p.delta};
    char          title[64];

    runners[0] = (runner){.name = "its products alone", .run = run_products, .data = &p};
    runners[1] = (runner){.name = "fa_train_step", .run = run_steps, .data = &m};
    snprintf(title, sizeof title, "everything, batch %zu:", n);
    compare(title, runners, 2, rounds, n * STEPS);
    printf("%-22s %.1f %% of a step is element-wise\n", "",
           100.0 * (1.0 - least(&runners[0], rounds) / least(&runners[1], rounds)));
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        fa_matrix_free(arrays[i]);
    free_model(&m);
}

/* --- threads --- */

static void compare_threads(size_t n, size_t rounds)
{
    static runner runners[MAX_RUNNERS];
    model         one = make_model("fa", n, n, 0.0), two = make_model("fa", n, n, 0.0);
    char          title[64];

    need(fa_pass_set_threads(two.pass, 2));
    runners[0] = (runner){.name = "one thread", .run = run_steps, .data = &one};
    runners[1] = (runner){.name = "two threads", .run = run_steps, .data = &two};
    snprintf(title, sizeof title, "threads, batch %zu:", n);
    compare(title, runners, 2, rounds, n * STEPS);
    free_model(&one);
    free_model(&two);
}

/* --- one sample at a time --- */

static void run_epoch(const void *data)
{
    const model           *m = data;
    const fa_epoch_options options = {.struct_size = sizeof options, .batch = 1};

    need(fa_train_epoch(m->net, m->pass, m->fb, m->opt, m->data, &options, NULL));
}

static void run_bare_samples(const void *data)
{
    const bare *s = data;

    for (size_t i = 0; i < ONLINE_SAMPLES; i++)
        bare_sample(s, s->x + i * N_IN);
}

static void compare_online(const char *title, double zeros, size_t rounds)
{
    static runner runners[MAX_RUNNERS];
    model         m = make_model("fa", ONLINE_SAMPLES, 1, zeros);
    bare          s;

    if (!bare_make(&s, 1, false, true, m.x.data))
        exit(1);
    runners[0] = (runner){.name = "GEMV and GER", .run = run_bare_samples, .data = &s};
    runners[1] = (runner){.name = "fa_train_epoch", .run = run_epoch, .data = &m};
    compare(title, runners, 2, rounds, ONLINE_SAMPLES);
    bare_free(&s);
    free_model(&m);
}

/* --- memory --- */

static long peak_kilobytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* An epoch over as many samples as MNIST has. */
static void train_and_report(void)
{
    const fa_epoch_options options = {.struct_size = sizeof options, .shuffle = true, .seed = 1};
    model                  m = make_model("fa", IMAGES, 64, 0.8);
    size_t                 pass = 0;
    double                 data = 4.0 * (double)IMAGES * (double)(N_IN + N_OUT);
    double                 parameters = 4.0 * (double)(N_IN * N_HIDDEN + 16 * N_HIDDEN * 2 + N_HIDDEN + N_OUT);

    need(fa_pass_bytes(m.net, 64, &pass));
    need(fa_train_epoch(m.net, m.pass, m.fb, m.opt, m.data, &options, NULL));
    printf("%-22s peak %.1f MB; data %.1f + parameters and B %.1f + pass %.1f: ratio %.3f\n", "memory, batch 64:",
           (double)peak_kilobytes() * 1.024e-3, data * 1e-6, parameters * 1e-6, (double)pass * 1e-6,
           (double)peak_kilobytes() * 1024.0 / (data + parameters + (double)pass));
    free_model(&m);
}

static void report_memory(void)
{
    int   status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        train_and_report();
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        fprintf(stderr, "bench_train: no figure for memory\n");
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 60;

    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: bench_train [ROUNDS up to %d]\n", MAX_ROUNDS);
        return 2;
    }
    printf("%s\n784-1000-10, float32; seconds per 60 000 samples\n", fa_build_info());
    report_memory();
    for (size_t n = 64; n <= 128; n *= 2) {
        compare_batches("fa", n, rounds);
        compare_batches("bp", n, rounds);
        share_of_elements(n, rounds);
        compare_threads(n, rounds);
    }
    compare_online("online, dense:", 0.0, rounds);
    compare_online("online, 80 % zeros:", 0.8, rounds);
    return 0;
}
