/* The gradient of a layer's weights against that of back-propagation. */
#include "diagnostics.h"

#include <math.h>
#include <string.h>

#include "blas.h"
#include "matrix.h"
#include "prune.h"
#include "status.h"

/* Below so many samples of a layer it is cheaper to multiply samples with samples than to form two gradients: about
 * n^2 (5 n_out + 2 n_in) / 3 multiplications, see by_samples(), against 2 n n_in n_out. A symmetric half takes two
 * thirds of the time of a whole, not one half. */
static size_t few_samples(const layer *l)
{
    return (size_t)(6.0 * (double)l->n_in * (double)l->n_out / (5.0 * (double)l->n_out + 2.0 * (double)l->n_in));
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
    s->in = arena_matrix(a, batch, widest, net->dtype);
    for (size_t i = 0; i < 2; i++)
        s->own[i] = arena_take(a, rows, row * size);
}

/* The presynaptic factors of a layer. */
typedef struct factors {
    fa_matrix h;    /* back-propagation's: h_{l-1}, in anybody's layout */
    fa_matrix used; /* the rule's: the same, or an inner matrix */
    bool      same;
} factors;

static factors factors_of(const fa_pass *pass, size_t l, const update_scratch *s)
{
    const fa_matrix *h = pass_h(pass, l - 1), *replaced = &pass_at(pass, l)->presynaptic;
    factors          f = {.h = *h, .used = *h, .same = !replaced->data};

    if (!f.same) {
        f.used = matrix_inner(s->in.data, replaced->rows, replaced->cols, replaced->dtype);
        matrix_move(replaced, &f.used);
    }
    return f;
}

/* <D^T H, E^T K> = <D, (H K^T) E>, K an inner matrix. */
static double product_of_samples(const fa_matrix *d, const fa_matrix *h, const fa_matrix *e, const fa_matrix *k,
                                 const update_scratch *s)
{
    const fa_matrix pairs = matrix_inner(s->own[0], d->rows, d->rows, d->dtype), k_t = fa_matrix_transpose(*k);
    const fa_matrix seen = matrix_inner(s->own[1], e->rows, e->cols, e->dtype);

    blas_product(1.0, h, &k_t, 0.0, &pairs);
    blas_product(1.0, &pairs, e, 0.0, &seen);
    return angle_dot(d, &seen);
}

/* |D^T H|^2 = <D D^T, H H^T>, both in `s`. */
static double square_of_samples(const fa_matrix *d, const fa_matrix *h, const update_scratch *s)
{
    const fa_matrix pairs = matrix_inner(s->own[0], d->rows, d->rows, d->dtype);
    const fa_matrix signals = matrix_inner(s->own[1], d->rows, d->rows, d->dtype);

    blas_square(h, &pairs);
    blas_square(d, &signals);
    return angle_dot(&pairs, &signals);
}

static bool same_bits(const fa_matrix *a, const fa_matrix *b)
{
    bool same = true;

    for (size_t i = 0; i < a->rows && same; i++)
        same = memcmp(matrix_at(a, i, 0), matrix_at(b, i, 0), a->cols * fa_dtype_size(a->dtype)) == 0;
    return same;
}

/* With P = H H^T: <D^T H, E^T H> = <D, P E>, and what P E is good for once it is there. */
static products by_samples(const fa_matrix *rule, const fa_matrix *bp, const factors *f, const update_scratch *s)
{
    const fa_matrix pairs = matrix_inner(s->own[0], bp->rows, bp->rows, bp->dtype);
    const fa_matrix seen = matrix_inner(s->own[1], bp->rows, bp->cols, bp->dtype);
    const fa_matrix signals = matrix_inner(s->own[1], bp->rows, bp->rows, bp->dtype);
    products        p = {0};

    if (!f->same) {
        p.ab = product_of_samples(bp, &f->h, rule, &f->used, s);
        p.aa = square_of_samples(rule, &f->used, s);
        p.bb = square_of_samples(bp, &f->h, s);
        return p;
    }
    if (same_bits(rule, bp)) {
        p.aa = square_of_samples(bp, &f->h, s);
        p.ab = p.bb = p.aa;
        return p;
    }
    blas_square(&f->h, &pairs);
    blas_product(1.0, &pairs, bp, 0.0, &seen);
    p.ab = angle_dot(rule, &seen);
    p.bb = angle_dot(bp, &seen);
    blas_square(rule, &signals);
    p.aa = angle_dot(&pairs, &signals);
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
    if (rule.data == other.data) {
        const double squares = angle_dot(&rule, &rule);

        return (products){.ab = squares, .aa = squares, .bb = squares};
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
