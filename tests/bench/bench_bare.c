#include "bench_bare.h"

#include <cblas.h>
#include <stdlib.h>

/* Increments are tiny, so that numbers stay what they are however often it runs. */
static const float alpha = -1e-9f;

static float *array(size_t count)
{
    float *a = aligned_alloc(64, (count * sizeof *a + 63) / 64 * 64);

    for (size_t i = 0; a && i < count; i++)
        a[i] = (float)((i * 31) % 19) / 19.0f * 0.02f - 0.01f;
    return a;
}

bool bare_make(bare *s, size_t n, bool bp, bool x_out, const float *x)
{
    *s = (bare){.n = n, .bp = bp, .x_out = x_out, .x = x};
    s->w1 = array((size_t)N_IN * N_HIDDEN);
    s->w2 = array((size_t)N_HIDDEN * N_OUT);
    s->b = array((size_t)N_HIDDEN * N_OUT);
    s->h = array(n * N_HIDDEN);
    s->y = array(n * N_OUT);
    s->e = array(n * N_OUT);
    s->delta = array(n * N_HIDDEN);
    return s->w1 && s->w2 && s->b && s->h && s->y && s->e && s->delta;
}

void bare_free(bare *s)
{
    float *const arrays[] = {s->w1, s->w2, s->b, s->h, s->y, s->e, s->delta};

    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

/* C = scale op(A) op(B) + add C, everything row by row without gaps. */
static void gemm(bool ta, bool tb, size_t m, size_t n, size_t k, float scale, const float *a, const float *b, float add,
                 float *c)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                scale, a, (int)(ta ? m : k), b, (int)(tb ? k : n), add, c, (int)n);
}

void bare_step(const bare *s)
{
    const bool out_x = !s->x_out;

    gemm(false, out_x, s->n, N_HIDDEN, N_IN, 1.0f, s->x, s->w1, 0.0f, s->h);
    gemm(false, out_x, s->n, N_OUT, N_HIDDEN, 1.0f, s->h, s->w2, 0.0f, s->y);
    /* W2 is transposed on its way back where it is not on its way forward; B lies as it is wanted. */
    gemm(false, s->bp && s->x_out, s->n, N_HIDDEN, N_OUT, 1.0f, s->e, s->bp ? s->w2 : s->b, 0.0f, s->delta);
    if (s->x_out) {
        gemm(true, false, N_HIDDEN, N_OUT, s->n, alpha, s->h, s->e, 1.0f, s->w2);
        gemm(true, false, N_IN, N_HIDDEN, s->n, alpha, s->x, s->delta, 1.0f, s->w1);
    } else {
        gemm(true, false, N_OUT, N_HIDDEN, s->n, alpha, s->e, s->h, 1.0f, s->w2);
        gemm(true, false, N_HIDDEN, N_IN, s->n, alpha, s->delta, s->x, 1.0f, s->w1);
    }
}

void bare_sample(const bare *s, const float *x)
{
    cblas_sgemv(CblasRowMajor, CblasTrans, N_IN, N_HIDDEN, 1.0f, s->w1, N_HIDDEN, x, 1, 0.0f, s->h, 1);
    cblas_sgemv(CblasRowMajor, CblasTrans, N_HIDDEN, N_OUT, 1.0f, s->w2, N_OUT, s->h, 1, 0.0f, s->y, 1);
    cblas_sgemv(CblasRowMajor, CblasNoTrans, N_HIDDEN, N_OUT, 1.0f, s->bp ? s->w2 : s->b, N_OUT, s->e, 1, 0.0f,
                s->delta, 1);
    cblas_sger(CblasRowMajor, N_HIDDEN, N_OUT, alpha, s->h, 1, s->e, 1, s->w2, N_OUT);
    cblas_sger(CblasRowMajor, N_IN, N_HIDDEN, alpha, x, 1, s->delta, 1, s->w1, N_HIDDEN);
}
