/* What a C programmer would write by hand for 784-1000-10 on CBLAS: the products of a training step and nothing
 * else. */
#ifndef LIBFA_BENCH_BARE_H
#define LIBFA_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

enum { N_IN = 784, N_HIDDEN = 1000, N_OUT = 10 };

typedef struct bare {
    size_t       n;  /* batch */
    bool         bp; /* transport through W2 in the place of B */
    bool         x_out; /* weights lie in x out, else out x in */
    const float *x;
    float       *w1, *w2, *b, *h, *y, *e, *delta;
} bare;

/* x [samples x 784] is borrowed; false if memory is out. */
bool bare_make(bare *s, size_t n, bool bp, bool x_out, const float *x);
void bare_free(bare *s);

/* Forward, transport, gradients added to the weights: five GEMM. */
void bare_step(const bare *s);

/* The same for one sample: three GEMV, two GER. x is its row. */
void bare_sample(const bare *s, const float *x);

#endif
