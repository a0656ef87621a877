/* The model of the family, after the deltas: gradient and adaptation. */
#include "family_model.h"
#include "model_numbers.h"

#include <string.h>

static void swap(num *a, num *b)
{
    for (size_t i = 0; i < MODEL_ACTIVITIES; i++) {
        num kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

/* Put the rule's own factors in the place of h_{l-1} and e, or take them out again. */
static void exchange(family *f)
{
    const size_t depth = f->m->spec.depth;
    for (size_t l = 0; l < depth && f->presynaptic_differs; l++)
        swap(f->m->layer[l].out, f->presynaptic[l]);
    if (f->output_differs)
        swap(f->m->layer[depth].delta, f->output_error);
}

void family_gradient(family *f)
{
    const net_spec *spec = &f->m->spec;
    num n = exact((double)f->m->batch);
    exchange(f);
    model_gradient(f->m);
    exchange(f);
    for (size_t l = 1; l <= spec->depth && f->writes; l++) {
        model_layer *layer = &f->m->layer[l];
        for (size_t at = 0; at < spec->width[l] * spec->width[l - 1]; at++)
            layer->w_gradient[at] = layer->removed[at] ? exact(0) : product(f->m, n, f->written[l][at]);
        for (size_t at = 0; at < spec->width[l] && spec->bias[l]; at++)
            layer->b_gradient[at] = product(f->m, n, f->written_bias[l][at]);
    }
}

/* --- adaptation --- */

static void shrink(const family *f, size_t l, num keep)
{
    model_layer *layer = &f->m->layer[l];
    for (size_t at = 0; at < f->m->spec.width[l] * f->m->spec.width[l - 1]; at++)
        layer->w[at] = product(f->m, keep, layer->w[at]);
}

/* B^T and W_{l+1} alike. */
static void kolen_pollack(family *f, size_t l)
{
    const size_t in = f->m->spec.width[l], out = f->m->spec.width[l + 1];
    num keep = rounded(f->m, 1 - f->parameters[0]), *b = family_array_of(f, "B", l)->values;
    for (size_t i = 0; i < in; i++)
        for (size_t j = 0; j < out; j++)
            b[i * out + j] = product(f->m, keep, plus(f->m, b[i * out + j],
                                                      f->m->layer[l + 1].w_increment[j * in + i]));
    shrink(f, l + 1, keep);
}

/* R += B^T D, then the decay. */
static void product_feedback(family *f, size_t l)
{
    const family_array *b = family_array_of(f, "B", l);
    family_array *r = family_array_of(f, "R", l);
    num keep = rounded(f->m, 1 - f->parameters[1]);
    for (size_t k = 0; k < r->rows; k++)
        for (size_t i = 0; i < r->cols; i++) {
            sum s = {0, 0, 0};
            for (size_t j = 0; j < b->rows; j++)
                add_product(&s, b->values[j * b->cols + k], f->m->layer[l + 1].w_increment[j * r->cols + i]);
            num *at = &r->values[k * r->cols + i];
            *at = product(f->m, keep, plus(f->m, *at, finish_sum(f->m, &s, b->rows)));
        }
    shrink(f, l + 1, keep);
}

/* B = (1 - decay) B + scale mean(left right^T), left [n x n_l], right [n x cols]; the products may be rounded into B
 * one after the other. */
static void learn_outer(family *f, size_t l, double decay, double scale, const num *left, const num *right)
{
    family_array *b = family_array_of(f, "B", l);
    num keep = rounded(f->m, 1 - decay), mean = rounded(f->m, scale / (double)f->m->batch);
    for (size_t i = 0; i < b->rows; i++)
        for (size_t j = 0; j < b->cols; j++) {
            num *at = &b->values[i * b->cols + j], kept = product(f->m, keep, *at);
            sum s = {0, 0, 0};
            for (size_t k = 0; k < f->m->batch; k++)
                add_product(&s, left[k * b->rows + i], right[k * b->cols + j]);
            *at = plus(f->m, kept, product(f->m, mean, finish_sum(f->m, &s, f->m->batch)));
            at->e += gamma_of(f->m, f->m->batch + 1) * fabs(kept.v);
        }
}

/* Noise below layer l + 1 and its response, by weights that are updated already. */
static void mirror(family *f, size_t l)
{
    const size_t in = f->m->spec.width[l], out = f->m->spec.width[l + 1];
    const double *p = f->parameters; /* rate, noise, decay, every, response */
    num *xi = make_memory(MODEL_ACTIVITIES, sizeof *xi), *zeta = make_memory(MODEL_ACTIVITIES, sizeof *zeta);
    family_draw(f, false, l, p[1], f->m->batch, in, xi);
    *f->second = *f->m;
    memcpy(f->second->layer[l].out, xi, sizeof f->second->layer[l].out);
    model_run(f->second, l + 1);
    memcpy(zeta, f->second->layer[l + 1].h, sizeof f->second->layer[l + 1].h);
    for (size_t at = 0; at < f->m->batch * out && p[4] > 0; at++) {
        sum s = {0, 0, 0};
        for (size_t k = 0; k < in; k++)
            add_product(&s, xi[at / out * in + k], f->m->layer[l + 1].w[at % out * in + k]);
        zeta[at] = finish_sum(f->m, &s, in);
    }
    learn_outer(f, l, p[2], p[0], xi, zeta);
}

void family_adapt(family *f)
{
    const size_t depth = f->m->spec.depth;
    for (size_t l = 1; l < depth; l++) {
        if (strcmp(f->rule, "kolen_pollack") == 0 && !f->m->layer[l + 1].frozen)
            kolen_pollack(f, l);
        else if (strcmp(f->rule, "pfa") == 0 && !f->m->layer[l + 1].frozen)
            product_feedback(f, l);
        else if (strcmp(f->rule, "dkp") == 0)
            learn_outer(f, l, f->parameters[1], -f->parameters[0] * f->rate, f->m->layer[l].out,
                        f->m->layer[depth].delta);
        else if (strcmp(f->rule, "weight_mirror") == 0 && (f->step + 1) % (uint64_t)f->parameters[3] == 0)
            mirror(f, l);
    }
    f->step++;
}
