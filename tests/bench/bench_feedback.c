/* Bringing an error through B in each of its forms, by the library's own products, timed in turn in one run.
 *
 * B is 1000 x 1000; batches of 64 and 1. Ratios are to the dense product: "sparse of density d costs about d". */
#define _POSIX_C_SOURCE 200809L
#include "alloc.h"
#include "blas.h"
#include "cpu.h"
#include "matrix.h"
#include "operand_form.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WIDTH = 1000, ROUNDS = 60 };

typedef struct candidate {
    const char  *name;
    operand_plan plan;
    fa_operand   operand;
    void        *memory;
    size_t       bytes;
    void        *scratch;
    double       least; /* seconds */
} candidate;

/* Of this thread's processor, so that other programs' turns do not count. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *room(size_t bytes)
{
    void *memory = mem_zeroed(1, bytes);
    if (memory == NULL)
        exit(EXIT_FAILURE);
    return memory;
}

static void prepare(candidate *c, fa_dtype dtype, size_t batch)
{
    const fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_FEEDBACK};
    size_t          scratch;
    c->plan.rows = c->plan.cols = WIDTH;
    c->plan.dtype = dtype;
    c->plan.stream = (fa_stream){.seed = 1, .purpose = FA_PURPOSE_FORM};
    if (operand_make(&c->operand, &c->plan, &c->memory, &c->bytes) != FA_OK)
        exit(EXIT_FAILURE);
    operand_draw(&c->operand, FA_INIT_UNIFORM, 1.0 / sqrt(WIDTH), &stream, &c->plan.stream);
    scratch = operand_scratch(&c->operand, batch);
    c->scratch = scratch > 0 ? room(scratch) : NULL;
    c->least = 1e300;
}

static void release(candidate *c)
{
    mem_free(c->memory);
    mem_free(c->scratch);
}

static void measure(fa_dtype dtype, size_t batch)
{
    candidate candidates[] = {
        {.name = "dense", .plan = {.form = OPERAND_DENSE}},
        {.name = "sparse 0.5", .plan = {.form = OPERAND_SPARSE, .density = 0.5}},
        {.name = "sparse 0.1", .plan = {.form = OPERAND_SPARSE, .density = 0.1}},
        {.name = "sparse 0.01", .plan = {.form = OPERAND_SPARSE, .density = 0.01}},
        {.name = "low rank 10", .plan = {.form = OPERAND_LOW_RANK, .rank = 10}},
        {.name = "regenerated", .plan = {.form = OPERAND_REGENERATED}},
    };
    const size_t    count = sizeof candidates / sizeof *candidates;
    const size_t    bytes = batch * matrix_padded(WIDTH, dtype) * fa_dtype_size(dtype);
    const fa_matrix delta = matrix_inner(room(bytes), batch, WIDTH, dtype);
    const fa_matrix out = matrix_inner(room(bytes), batch, WIDTH, dtype);
    const fa_stream stream = {.seed = 1, .purpose = FA_PURPOSE_USER};
    (void)fa_random_uniform(&stream, -1.0, 1.0, &delta);
    for (size_t i = 0; i < count; i++)
        prepare(&candidates[i], dtype, batch);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            candidate *c = &candidates[i];
            double     start = seconds(), time;
            operand_product(NULL, &c->operand, &delta, &out, c->scratch);
            time = seconds() - start;
            c->least = time < c->least ? time : c->least;
        }
    for (size_t i = 0; i < count; i++) {
        printf("%s  batch %2zu  %-12s %9.1f us  %5.1f%% of dense  %9zu bytes\n", fa_dtype_name(dtype), batch,
               candidates[i].name, 1e6 * candidates[i].least, 100.0 * candidates[i].least / candidates[0].least,
               candidates[i].bytes);
        release(&candidates[i]);
    }
    mem_free(delta.data);
    mem_free(out.data);
}

int main(void)
{
    printf("CPU level %s, BLAS %s\n", cpu_level_name(cpu_level_now()), blas_file());
    measure(FA_FLOAT32, 64);
    measure(FA_FLOAT32, 1);
    measure(FA_FLOAT64, 64);
    measure(FA_FLOAT64, 1);
    return 0;
}
