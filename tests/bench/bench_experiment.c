/* The linear-function experiment (30-20-10, 75 samples, float64, full batch): fa_train_step() against the bare sequence
 * of its matrix products, called on the same CBLAS; and one sample at a time against the same.
 *
 *     bench_experiment [ROUNDS]
 *
 * Both are timed in turn, round after round; medians and the median of the ratios are printed. Weights of the bare
 * sequence lie in x out, the faster way. With the argument --epoch it prints the microseconds of one epoch alone. */
#define _POSIX_C_SOURCE 200809L
#include <fa/fa.h>

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_IN = 30, N_HIDDEN = 20, N_OUT = 10, MAX_ROUNDS = 1001 };

typedef struct library {
    fa_network   *net;
    fa_pass      *pass;
    fa_feedback  *fb;
    fa_optimizer *opt;
    fa_matrix     x;
    fa_matrix     target;
} library;

typedef struct bare {
    size_t n;
    double w1[N_IN * N_HIDDEN], w2[N_HIDDEN * N_OUT], b[N_OUT * N_HIDDEN];
    double h[75 * N_HIDDEN], y[75 * N_OUT], e[75 * N_OUT], d[75 * N_HIDDEN];
    const double *x;
    bool bp;
} bare;

static void need(fa_status status)
{
    if (status == FA_OK)
        return;
    fprintf(stderr, "bench_experiment: %s\n", fa_last_error());
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static library make(const char *rule, size_t n)
{
    library   lib;
    fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};

    need(fa_network_create(&lib.net, FA_FLOAT64, N_IN));
    need(fa_network_add_dense(lib.net, N_HIDDEN, FA_IDENTITY, false));
    need(fa_network_add_dense(lib.net, N_OUT, FA_IDENTITY, false));
    need(fa_network_init_weights(lib.net, 0, FA_INIT_UNIFORM, 0.01, 1));
    need(fa_pass_create(&lib.pass, lib.net, n));
    need(fa_feedback_create(&lib.fb, lib.net, fa_rule_find(rule), NULL, 1));
    need(fa_optimizer_create(&lib.opt, lib.net, "sgd"));
    need(fa_optimizer_set(lib.opt, "learning_rate", 1e-3));
    need(fa_matrix_alloc(&lib.x, n, N_IN, FA_FLOAT64));
    need(fa_matrix_alloc(&lib.target, n, N_OUT, FA_FLOAT64));
    need(fa_random_normal(&stream, 0.0, 1.0, &lib.x));
    stream.layer = 1;
    need(fa_random_normal(&stream, 0.0, 3.0, &lib.target));
    return lib;
}

static void release(library *lib)
{
    fa_matrix_free(&lib->target);
    fa_matrix_free(&lib->x);
    fa_optimizer_destroy(lib->opt);
    fa_feedback_destroy(lib->fb);
    fa_pass_destroy(lib->pass);
    fa_network_destroy(lib->net);
}

static void product(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, const double *b,
                    double beta, double *c)
{
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                alpha, a, (int)(ta ? m : k), b, (int)(tb ? k : n), beta, c, (int)n);
}

/* The five products of an epoch; e is not computed, only multiplied. */
static void bare_step(bare *s)
{
    double alpha = -1e-9 / (double)s->n;

    product(false, false, s->n, N_HIDDEN, N_IN, 1.0, s->x, s->w1, 0.0, s->h);
    product(false, false, s->n, N_OUT, N_HIDDEN, 1.0, s->h, s->w2, 0.0, s->y);
    if (s->bp)
        product(false, true, s->n, N_HIDDEN, N_OUT, 1.0, s->e, s->w2, 0.0, s->d);
    else
        product(false, false, s->n, N_HIDDEN, N_OUT, 1.0, s->e, s->b, 0.0, s->d);
    product(true, false, N_HIDDEN, N_OUT, s->n, alpha, s->h, s->e, 1.0, s->w2);
    product(true, false, N_IN, N_HIDDEN, s->n, alpha, s->x, s->d, 1.0, s->w1);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return values[n / 2];
}

static double time_library(library *lib, size_t steps)
{
    double start = now(), loss;

    for (size_t i = 0; i < steps; i++)
        need(fa_train_step(lib->net, lib->pass, lib->fb, lib->opt, &lib->x, &lib->target, &loss));
    return (now() - start) / (double)steps;
}

static double time_bare(bare *s, size_t steps)
{
    double start = now();

    for (size_t i = 0; i < steps; i++)
        bare_step(s);
    return (now() - start) / (double)steps;
}

static void compare(const char *rule, size_t n, size_t rounds)
{
    static double a[MAX_ROUNDS], b[MAX_ROUNDS], ratio[MAX_ROUNDS];
    library       lib = make(rule, n);
    bare         *s = calloc(1, sizeof *s);
    size_t        steps = n == 1 ? 20000 : 1000;

    if (!s)
        exit(1);
    s->n = n;
    s->x = lib.x.data;
    s->bp = strcmp(rule, "bp") == 0;
    memcpy(s->e, lib.target.data, n * N_OUT * sizeof(double));
    for (size_t i = 0; i < sizeof s->w1 / sizeof s->w1[0]; i++)
        s->w1[i] = 0.01;
    for (size_t i = 0; i < sizeof s->w2 / sizeof s->w2[0]; i++)
        s->w2[i] = s->b[i] = 0.01;
    for (size_t r = 0; r <= rounds; r++) { /* round 0 warms up */
        size_t at = r > 0 ? r - 1 : 0;
        a[at] = time_library(&lib, steps);
        b[at] = time_bare(s, steps);
        ratio[at] = a[at] / b[at];
    }
    printf("%-3s batch %2zu: fa_train_step %7.3f us, bare products %7.3f us, ratio %.3f, difference %+.3f us\n", rule,
           n, median(a, rounds), median(b, rounds), median(ratio, rounds), median(a, rounds) - median(b, rounds));
    free(s);
    release(&lib);
}

int main(int argc, char **argv)
{
    size_t rounds = 21;

    if (argc > 1 && strcmp(argv[1], "--epoch") == 0) {
        library lib = make("fa", 75);
        time_library(&lib, 200);
        printf("%.4f\n", time_library(&lib, 5000));
        release(&lib);
        return 0;
    }
    if (argc > 1)
        rounds = (size_t)strtoul(argv[1], NULL, 10);
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: bench_experiment [ROUNDS up to %d]\n", MAX_ROUNDS);
        return 2;
    }
    printf("%s\n", fa_build_info());
    compare("fa", 75, rounds);
    compare("bp", 75, rounds);
    compare("fa", 1, rounds);
    compare("bp", 1, rounds);
    return 0;
}
