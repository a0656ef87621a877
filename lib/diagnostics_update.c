/* The gradient of a layer's weights against that of back-propagation. */
#include "diagnostics.h"

#include <math.h>

#include "blas.h"
#include "kernels.h"
#include "matrix.h"
#include "prune.h"
#include "status.h"

/* Below so many samples of a layer it is cheaper to multiply samples with samples than to form two gradients: about
 * n^2 (2 n_out + 3/4 n_in) multiplications, see by_samples(), against 2 n n_in n_out. */
static size_t few_samples(const layer *l)
{
    return (size_t)(2.0 * (double)l->n_in * (double)l->n_out / (2.0 * (double)l->n_out + 0.75 * (double)l->n_in));
}

/* What stands for delta_l in the gradient. */
static const fa_matrix *signal_of(const pass_layer *at)
{
    return at->postsynaptic.data ? &at->postsynaptic : &at->delta;
}

/* Whether a gradient has to be seen element by element, whatever it costs. */
static bool is_special(const layer *l, const pass_layer *at)
{
    return at->own_gradient || l->kept || l->kind != &layer_dense;
}

void diagnostics_update_lay(arena *a, const fa_network *net, const fa_pass *pass, update_scratch *s)
{
    const size_t size = fa_dtype_size(net->dtype), batch = pass->max_batch;
    size_t widest = net->n_inputs, rows = 0, row = 0;

    for (size_t l = 1; l <= net->depth; l++) {
        const layer *found = network_layer(net, l);
        const size_t few = few_samples(found), samples = batch < few ? batch : few;
        const bool   formed = batch >= few || pass->written || is_special(found, pass_at(pass, l));
        const size_t n_in = formed && found->n_in > samples ? found->n_in : samples;
        const size_t n_out = matrix_padded(found->n_out > samples ? found->n_out : samples, net->dtype);

        widest = found->n_in > widest ? found->n_in : widest;
        rows = n_in > rows ? n_in : rows;
        row = n_out > row ? n_out : row;
    }
    for (size_t i = 0; i < 2; i++) {
        s->in[i] = arena_matrix(a, batch, widest, net->dtype);
        s->own[i] = arena_take(a, rows, row * size);
    }
}

/* The presynaptic factors of a layer, as inner matrices. */
typedef struct factors {
    fa_matrix h;    /* back-propagation's: h_{l-1} */
    fa_matrix used; /* the rule's */
    bool      same;
} factors;

static fa_matrix take_in(const fa_matrix *from, const fa_matrix *copy)
{
    const fa_matrix to = matrix_inner(copy->data, from->rows, from->cols, from->dtype);

    matrix_move(from, &to);
    return to;
}

static factors factors_of(const fa_pass *pass, size_t l, const update_scratch *s)
{
    const fa_matrix *h = pass_h(pass, l - 1), *replaced = &pass_at(pass, l)->presynaptic;
    factors          f = {.same = !replaced->data};

    f.h = h == &pass->x ? take_in(h, &s->in[0]) : *h;
    f.used = f.same ? f.h : take_in(replaced, &s->in[1]);
    return f;
}

/* c = A A^T, which is symmetric: the right half of the upper rows is copied from the lower ones. */
static void with_themselves(const fa_matrix *a, const fa_matrix *c)
{
    const size_t half = a->rows / 16 * 8;
    fa_matrix    top = *a, bottom = *a, upper = *c, lower = *c;

    top.rows = upper.rows = upper.cols = half;
    bottom.rows = lower.rows = a->rows - half;
    bottom.data = matrix_at(a, half, 0);
    lower.data = matrix_at(c, half, 0);

    const fa_matrix a_t = fa_matrix_transpose(*a), top_t = fa_matrix_transpose(top);
    blas_product(1.0, &bottom, &a_t, 0.0, &lower);
    if (half == 0)
        return;
    blas_product(1.0, &top, &top_t, 0.0, &upper);
    kernels_for(c->dtype)->transpose(lower.rows, half, lower.data, lower.row_stride, matrix_at(c, 0, half),
                                     c->row_stride);
}

/* <D^T H, E^T K> = <D, (H K^T) E>, with what is behind the comma in s->own[1] and H K^T in s->own[0]; h NULL: it is
 * there already. */
static double product_of_samples(const fa_matrix *d, const fa_matrix *h, const fa_matrix *e, const fa_matrix *k,
                                 const update_scratch *s)
{
    const fa_matrix pairs = matrix_inner(s->own[0], d->rows, d->rows, d->dtype), k_t = fa_matrix_transpose(*k);
    const fa_matrix seen = matrix_inner(s->own[1], e->rows, e->cols, e->dtype);

    if (h && h->data == k->data)
        with_themselves(h, &pairs);
    else if (h)
        blas_product(1.0, h, &k_t, 0.0, &pairs);
    blas_product(1.0, &pairs, e, 0.0, &seen);
    return angle_dot(d, &seen);
}

static products by_samples(const fa_matrix *rule, const fa_matrix *bp, const factors *f, const update_scratch *s)
{
    const fa_matrix seen = matrix_inner(s->own[1], bp->rows, bp->cols, bp->dtype);
    products        p = {.bb = product_of_samples(bp, &f->h, bp, &f->h, s)};

    if (!f->same) {
        p.ab = product_of_samples(rule, &f->used, bp, &f->h, s);
        p.aa = product_of_samples(rule, &f->used, rule, &f->used, s);
        return p;
    }
    p.ab = angle_dot(rule, &seen);
    p.aa = rule->data == bp->data ? p.bb : product_of_samples(rule, NULL, rule, &f->h, s);
    return p;
}

static fa_matrix form(const layer *l, const fa_matrix *h, const fa_matrix *delta, void *memory)
{
    const fa_matrix g = matrix_inner(memory, l->n_in, l->n_out, l->dtype);

    l->kind->gradient(NULL, 1.0, h, delta, 0.0, &g);
    prune_apply(l, &g);
    return g;
}

/* Gradients as they are applied. One that the rule wrote is a mean, and becomes the sum that the others are. */
static products by_gradients(const fa_network *net, const fa_pass *pass, size_t l, const fa_matrix *bp,
                             const factors *f, const update_scratch *s)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);
    const fa_matrix   other = form(found, &f->h, bp, s->own[0]);
    const double      n = at->own_gradient ? (double)pass->batch : 1.0;
    fa_matrix         rule, written, bias;

    if (at->own_gradient) {
        pass_written(pass, net, l, &written, &bias);
        rule = matrix_inner(s->own[1], found->n_in, found->n_out, found->dtype);
        matrix_move(&written, &rule);
        prune_apply(found, &rule);
    } else if (f->same && signal_of(at)->data == bp->data) {
        rule = other;
    } else {
        rule = form(found, &f->used, signal_of(at), s->own[1]);
    }
    return (products){.ab = n * angle_dot(&rule, &other),
                      .aa = n * n * angle_dot(&rule, &rule),
                      .bb = angle_dot(&other, &other)};
}

fa_status diagnostics_update(const fa_network *net, const fa_pass *pass, size_t l, const fa_matrix *bp,
                             const update_scratch *s, products *p)
{
    const layer      *found = network_layer(net, l);
    const pass_layer *at = pass_at(pass, l);
    const factors     f = factors_of(pass, l, s);
    const double      squared_mean = 1.0 / ((double)pass->batch * (double)pass->batch);

    if (pass->batch >= few_samples(found) || is_special(found, at))
        *p = by_gradients(net, pass, l, bp, &f, s);
    else
        *p = by_samples(signal_of(at), bp, &f, s);
    if (!isfinite(p->aa) || !isfinite(p->bb) || !isfinite(p->ab))
        return status_set(FA_ERR_NOT_FINITE, "the gradient of layer %zu, or its square, is NaN or infinite", l);
    p->ab *= squared_mean;
    p->aa = fmax(p->aa, 0.0) * squared_mean;
    p->bb = fmax(p->bb, 0.0) * squared_mean;
    return FA_OK;
}
