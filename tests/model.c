#include "model.h"
#include "model_numbers.h"

#include <math.h>
#include <string.h>

/* --- setting up --- */

void model_read_weights(model *m, const fa_network *net)
{
    for (size_t l = 1; l <= m->spec.depth; l++) {
        fa_matrix view = weights_of(net, l);
        read_matrix(m->layer[l].w, &view);
        if (m->spec.bias[l]) {
            view = bias_of(net, l);
            read_matrix(m->layer[l].b, &view);
        }
    }
}

model *make_model(const net_spec *spec, const fa_network *net, const fa_feedback *fb)
{
    model *m = make_memory(1, sizeof *m);
    m->spec = *spec;
    m->u = spec->dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
    m->tiny = spec->dtype == FA_FLOAT32 ? 1e-36 : 1e-300;
    model_read_weights(m, net);
    for (size_t l = 1; l <= spec->depth; l++) {
        model_layer *layer = &m->layer[l];
        fa_matrix view;
        if (fa_feedback_get(fb, "B", l, &view) == FA_OK)
            read_matrix(layer->feedback, &view);
        layer->w_factor = layer->b_factor = 1;
    }
    return m;
}

/* --- forward --- */

/* f(z), f Lipschitz with constant 1, from a library function good to a few units in the last place. */
static num activate(const model *m, fa_activation f, num z)
{
    double h = 0;
    switch (f) {
    case FA_TANH:
        h = tanh(z.v);
        break;
    case FA_LOGISTIC:
        h = 1 / (1 + exp(-z.v));
        break;
    case FA_RELU:
        h = z.v > 0 ? z.v : 0;
        break;
    case FA_ERF:
        h = erf(z.v / sqrt(2));
        break;
    default:
        h = z.v;
    }
    return (num){h, z.e + 12 * m->u * fabs(h) + (h == 0 ? 0 : m->tiny)};
}

/* p_i = exp(z_i - max) / sum: errors of z and of the rounded difference enter as relative ones, e^(2 r) - 1. */
static void softmax(const model *m, size_t n, const num *z, num *h)
{
    double max = z[0].v, total = 0, worst = 0;
    for (size_t i = 1; i < n; i++)
        max = fmax(max, z[i].v);
    for (size_t i = 0; i < n; i++) {
        total += exp(z[i].v - max);
        worst = fmax(worst, z[i].e + 2 * m->u * (max - z[i].v));
    }
    for (size_t i = 0; i < n; i++) {
        double p = exp(z[i].v - max) / total;
        h[i] = (num){p, p * (expm1(2 * worst) + gamma_of(m, n + 10)) + m->tiny};
    }
}

static void forward_sample(const model *m, size_t l, const num *input, const num *noise, num *z, num *h)
{
    const model_layer *layer = &m->layer[l];
    size_t n_in = m->spec.width[l - 1], n_out = m->spec.width[l];
    for (size_t j = 0; j < n_out; j++) {
        sum s = {0, 0, 0};
        for (size_t k = 0; k < n_in; k++)
            add_product(&s, input[k], layer->w[j * n_in + k]);
        add_product(&s, layer->b[j], exact(1));
        z[j] = finish_sum(m, &s, n_in + 1);
        if (noise)
            z[j] = plus(m, z[j], noise[j]);
        h[j] = activate(m, m->spec.activation[l], z[j]);
    }
    if (m->spec.activation[l] == FA_SOFTMAX)
        softmax(m, n_out, z, h);
}

static num dropped(const model *m, size_t l, size_t at, num value)
{
    return m->layer[l].masked ? product(m, value, rounded(m, m->layer[l].mask[at])) : value;
}

static void drop(model *m, size_t l)
{
    for (size_t at = 0; at < m->batch * m->spec.width[l]; at++)
        m->layer[l].out[at] = dropped(m, l, at, m->layer[l].h[at]);
}

void model_forward(model *m, const fa_matrix *x)
{
    m->batch = x->rows;
    read_matrix(m->layer[0].h, x);
    drop(m, 0);
    model_run(m, 1);
}

void model_run(model *m, size_t first)
{
    for (size_t l = first; l <= m->spec.depth; l++) {
        for (size_t s = 0; s < m->batch; s++)
            forward_sample(m, l, m->layer[l - 1].out + s * m->spec.width[l - 1],
                           m->layer[l].noise ? m->layer[l].noise + s * m->spec.width[l] : NULL,
                               m->layer[l].z + s * m->spec.width[l], m->layer[l].h + s * m->spec.width[l]);
        drop(m, l);
    }
}

/* --- error --- */

static num slope(const model *m, fa_activation f, num z, num h)
{
    num one = exact(1);
    switch (f) {
    case FA_TANH:
        return minus(m, one, product(m, h, h));
    case FA_LOGISTIC:
        return product(m, h, minus(m, one, h));
    case FA_RELU: /* next to the kink either slope is right */
        return z.e > 0 && fabs(z.v) <= z.e ? (num){0.5, 0.5} : exact(z.v > 0 ? 1 : 0);
    case FA_ERF: { /* |f''| <= 1/2; the square in the exponent magnifies rounding by z^2 */
        double d = sqrt(2 / acos(-1)) * exp(-z.v * z.v / 2);
        return (num){d, 0.5 * z.e + m->u * d * (16 + 4 * z.v * z.v) + m->tiny};
    }
    default:
        return one;
    }
}

static num squared_error(const model *m, size_t n, const num *y, const num *t)
{
    sum s = {0, 0, 0};
    for (size_t j = 0; j < n; j++) {
        num d = minus(m, y[j], t[j]);
        add_product(&s, d, d);
    }
    num total = finish_sum(m, &s, n);
    return (num){total.v / 2, total.e / 2};
}

/* Sum of max(z, 0) - z t + ln(1 + exp(-|z|)), whose derivative is y - t, itself Lipschitz with 1/4. */
static num binary_cross_entropy(const model *m, size_t n, const num *z, const num *t)
{
    num loss = exact(0);
    for (size_t j = 0; j < n; j++) {
        double y = 1 / (1 + exp(-z[j].v)), hinge = fmax(z[j].v, 0), soft = log1p(exp(-fabs(z[j].v)));
        double size = hinge + fabs(z[j].v * t[j].v) + soft;
        num term = {hinge - z[j].v * t[j].v + soft,
                    (fabs(y - t[j].v) + z[j].e) * z[j].e + 12 * m->u * size + m->tiny};
        loss = plus(m, loss, term);
    }
    return loss;
}

/* s ln sum_k exp z_k - z . t: ln sum exp is Lipschitz with 1 in the largest |z_k| error. */
static num cross_entropy(const model *m, size_t n, const num *z, const num *t)
{
    double max = z[0].v, total = 0, worst = 0;
    for (size_t j = 1; j < n; j++)
        max = fmax(max, z[j].v);
    for (size_t j = 0; j < n; j++) {
        total += exp(z[j].v - max);
        worst = fmax(worst, z[j].e + 2 * m->u * (max - z[j].v));
    }
    num log_sum = {max + log(total), worst + gamma_of(m, n + 10) * (1 + fabs(max) + log(total))};
    sum targets = {0, 0, 0}, dot = {0, 0, 0};
    for (size_t j = 0; j < n; j++) {
        add_product(&targets, t[j], exact(1));
        add_product(&dot, z[j], t[j]);
    }
    return minus(m, product(m, finish_sum(m, &targets, n), log_sum), finish_sum(m, &dot, n));
}

static num sample_loss(const model *m, const num *z, const num *y, const num *t)
{
    size_t n = m->spec.width[m->spec.depth];
    switch (m->spec.loss) {
    case FA_BINARY_CROSS_ENTROPY:
        return binary_cross_entropy(m, n, z, t);
    case FA_CROSS_ENTROPY:
        return cross_entropy(m, n, z, t);
    default:
        return squared_error(m, n, y, t);
    }
}

/* dloss/dz_L. Softmax under squared error: y_i (d_i - sum_j y_j d_j), d = y - t. */
static void sample_error(const model *m, const num *z, const num *y, const num *t, num *e)
{
    size_t n = m->spec.width[m->spec.depth];
    fa_activation f = m->spec.activation[m->spec.depth];
    sum targets = {0, 0, 0}, mix = {0, 0, 0};
    for (size_t j = 0; j < n; j++) {
        add_product(&targets, t[j], exact(1));
        add_product(&mix, y[j], minus(m, y[j], t[j]));
    }
    num weight = m->spec.loss == FA_CROSS_ENTROPY ? finish_sum(m, &targets, n) : exact(1);
    for (size_t j = 0; j < n; j++) {
        e[j] = minus(m, product(m, y[j], weight), t[j]);
        if (m->spec.loss == FA_SQUARED_ERROR && f == FA_SOFTMAX)
            e[j] = product(m, y[j], minus(m, e[j], finish_sum(m, &mix, n)));
        else if (m->spec.loss == FA_SQUARED_ERROR)
            e[j] = product(m, e[j], slope(m, f, z[j], y[j]));
    }
}

void model_losses(const model *m, const fa_matrix *target, num *losses)
{
    const model_layer *out = &m->layer[m->spec.depth];
    size_t n = m->spec.width[m->spec.depth];
    num t[MAX_WIDTH];
    for (size_t s = 0; s < m->batch; s++) {
        fa_matrix row;
        expect_ok(fa_matrix_rows(target, s, 1, &row));
        read_matrix(t, &row);
        losses[s] = sample_loss(m, out->z + s * n, out->h + s * n, t);
    }
}

void model_error(model *m, const fa_matrix *target)
{
    model_layer *out = &m->layer[m->spec.depth];
    size_t n = m->spec.width[m->spec.depth];
    num t[MAX_WIDTH], total = exact(0);
    for (size_t s = 0; s < m->batch; s++) {
        fa_matrix row;
        expect_ok(fa_matrix_rows(target, s, 1, &row));
        read_matrix(t, &row);
        total = plus(m, total, sample_loss(m, out->z + s * n, out->h + s * n, t));
        sample_error(m, out->z + s * n, out->h + s * n, t, out->delta + s * n);
    }
    m->loss = product(m, total, exact(1 / (double)m->batch));
}

/* --- deltas, gradient, update --- */

num model_finished(const model *m, size_t l, size_t at, num signal)
{
    const model_layer *layer = &m->layer[l];
    return dropped(m, l, at, product(m, signal, slope(m, m->spec.activation[l], layer->z[at], layer->h[at])));
}

static num transported(const model *m, const char *rule, size_t l, size_t sample, size_t i)
{
    size_t n = m->spec.width[l], above = m->spec.width[l + 1];
    const model_layer *layer = &m->layer[l], *next = &m->layer[l + 1];
    sum s = {0, 0, 0};
    for (size_t k = 0; k < above; k++)
        add_product(&s, next->delta[sample * above + k],
                    strcmp(rule, "bp") == 0 ? next->w[k * n + i] : layer->feedback[i * above + k]);
    return finish_sum(m, &s, above);
}

void model_backward(model *m, const char *rule)
{
    for (size_t l = m->spec.depth - 1; l >= 1; l--) {
        model_layer *layer = &m->layer[l];
        size_t n = m->spec.width[l];
        for (size_t at = 0; at < m->batch * n; at++)
            layer->delta[at] = strcmp(rule, "shallow") == 0
                                   ? exact(0)
                                   : model_finished(m, l, at, transported(m, rule, l, at / n, at % n));
    }
}

/* total + the sum over the batch; a product that accumulates rounds the old total at every sample. */
static void accumulate(const model *m, num *total, const sum *batch)
{
    sum s = *batch;
    s.v += total->v;
    s.e += total->e;
    s.a += fabs(total->v) + total->e;
    *total = finish_sum(m, &s, m->batch + 1);
}

void model_gradient(model *m)
{
    for (size_t l = 1; l <= m->spec.depth; l++) {
        model_layer *layer = &m->layer[l];
        size_t n_in = m->spec.width[l - 1], n_out = m->spec.width[l];
        for (size_t at = 0; at < n_in * n_out; at++) {
            sum s = {0, 0, 0};
            for (size_t k = 0; k < m->batch; k++)
                add_product(&s, layer->delta[k * n_out + at / n_in], m->layer[l - 1].out[k * n_in + at % n_in]);
            accumulate(m, &layer->w_gradient[at], &s);
            if (layer->removed[at])
                layer->w_gradient[at] = exact(0);
        }
        for (size_t j = 0; j < n_out && m->spec.bias[l]; j++) {
            sum s = {0, 0, 0};
            for (size_t k = 0; k < m->batch; k++)
                add_product(&s, layer->delta[k * n_out + j], exact(1));
            accumulate(m, &layer->b_gradient[j], &s);
        }
    }
    m->samples += m->batch;
}

/* The equations of <fa/optimizer.h>. The gradient may be accumulated right into w, rounding w at every sample. */
static void update(const model *m, size_t count, double factor, num scale, num *w, num *velocity, num *gradient,
                   num *increment)
{
    double rate = m->learning_rate * factor;
    for (size_t i = 0; i < count; i++) {
        num g = product(m, gradient[i], scale);
        g = plus(m, g, product(m, rounded(m, m->weight_decay), w[i]));
        velocity[i] = plus(m, product(m, rounded(m, m->momentum), velocity[i]), g);
        num d = m->nesterov ? plus(m, g, product(m, rounded(m, m->momentum), velocity[i])) : velocity[i];
        num kept = product(m, rounded(m, 1 - rate * m->decoupled_weight_decay), w[i]);
        increment[i] = product(m, rounded(m, -rate), d);
        w[i] = plus(m, kept, increment[i]);
        w[i].e += gamma_of(m, m->samples) * fabs(kept.v);
        gradient[i] = exact(0);
    }
}

static void add_squares(sum *s, size_t count, const num *g)
{
    for (size_t i = 0; i < count; i++)
        add_product(s, g[i], g[i]);
}

/* min(1, clip_norm / (norm of the mean gradient + 1e-6)) / samples. */
static num gradient_scale(const model *m)
{
    sum s = {0, 0, 0};
    for (size_t l = 1; l <= m->spec.depth && m->clip_norm > 0; l++) {
        if (m->layer[l].frozen)
            continue;
        add_squares(&s, m->spec.width[l] * m->spec.width[l - 1], m->layer[l].w_gradient);
        if (m->spec.bias[l])
            add_squares(&s, m->spec.width[l], m->layer[l].b_gradient);
    }
    double n = (double)m->samples, norm = sqrt(s.v) / n;
    double low = sqrt(fmax(s.v - s.e, 0)) / n, high = sqrt(s.v + s.e) / n;
    if (m->clip_norm == 0 || high + 1e-6 < m->clip_norm)
        return rounded(m, 1 / n);
    num factor = {fmin(1, m->clip_norm / (norm + 1e-6)) / n, 0};
    factor.e = m->clip_norm / (low + 1e-6) / n - m->clip_norm / (high + 1e-6) / n;
    return (num){factor.v, factor.e + gamma_of(m, 20) * factor.v};
}

void model_update(model *m)
{
    num scale = gradient_scale(m);
    for (size_t l = 1; l <= m->spec.depth; l++) {
        model_layer *layer = &m->layer[l];
        size_t count = m->spec.width[l] * m->spec.width[l - 1];
        if (layer->frozen) {
            memset(layer->w_gradient, 0, sizeof layer->w_gradient);
            memset(layer->b_gradient, 0, sizeof layer->b_gradient);
            memset(layer->w_increment, 0, sizeof layer->w_increment);
            continue;
        }
        update(m, count, layer->w_factor, scale, layer->w, layer->w_velocity, layer->w_gradient, layer->w_increment);
        for (size_t at = 0; at < count; at++)
            if (layer->removed[at])
                layer->w[at] = layer->w_increment[at] = exact(0);
        if (m->spec.bias[l])
            update(m, m->spec.width[l], layer->b_factor, scale, layer->b, layer->b_velocity, layer->b_gradient,
                   layer->b_increment);
    }
    m->samples = 0;
}
