#include "family_model.h"
#include "model_numbers.h"

#include <string.h>

static const char *const array_names[FAMILY_ARRAYS] = {"B", "M", "R", "F"};

family_array *family_array_of(family *f, const char *name, size_t l)
{
    for (size_t a = 0; a < FAMILY_ARRAYS; a++)
        if (strcmp(array_names[a], name) == 0)
            return &f->arrays[l][a];
    return NULL;
}

static size_t width(const family *f, size_t l)
{
    return f->m->spec.width[l];
}

static bool is(const family *f, const char *rule)
{
    return strcmp(f->rule, rule) == 0;
}

/* --- making and reading --- */

void family_read(family *f, const fa_feedback *fb)
{
    for (size_t l = 0; l <= f->m->spec.depth; l++)
        for (size_t a = 0; a < FAMILY_ARRAYS; a++) {
            family_array *array = &f->arrays[l][a];
            fa_matrix view;
            array->name = array_names[a];
            array->rows = array->cols = 0;
            if (fa_feedback_get(fb, array_names[a], l, &view) != FA_OK)
                continue;
            array->rows = view.rows;
            array->cols = view.cols;
            read_matrix(array->values, &view);
        }
}

family *make_family(model *m, const fa_rule *rule, const fa_feedback *fb, uint64_t seed)
{
    family *f = make_memory(1, sizeof *f);
    f->m = m;
    f->second = make_memory(1, sizeof *m);
    f->rule = rule->name;
    f->seed = seed;
    for (size_t p = 0; p < rule->n_params; p++)
        expect_ok(fa_feedback_param(fb, rule->params[p].name, &f->parameters[p]));
    family_read(f, fb);
    return f;
}

double family_misfit(const family *f, const fa_feedback *fb)
{
    double worst = 0;
    for (size_t l = 0; l <= f->m->spec.depth; l++)
        for (size_t a = 0; a < FAMILY_ARRAYS; a++) {
            fa_matrix view;
            if (fa_feedback_get(fb, array_names[a], l, &view) == FA_OK)
                worst = fmax(worst, misfit(f->arrays[l][a].values, &view));
        }
    return worst;
}

void family_draw(const family *f, bool normal, size_t stream_layer, double scale, size_t rows, size_t cols,
                 num *numbers)
{
    fa_stream stream = {.seed = f->seed, .step = f->step, .purpose = FA_PURPOSE_RULE, .layer = (uint32_t)stream_layer};
    fa_matrix drawn = make_matrix(f->m->spec.dtype, rows, cols);
    expect_ok(normal ? fa_random_normal(&stream, 0, scale, &drawn)
                     : fa_random_uniform(&stream, -scale, scale, &drawn));
    read_matrix(numbers, &drawn);
}

/* --- signals that come through a matrix --- */

/* Row i of `matrix` [? x cols] times the signal of a sample. */
static num times(const family *f, const num *matrix, size_t cols, size_t i, const num *signal)
{
    sum s = {0, 0, 0};
    for (size_t k = 0; k < cols; k++)
        add_product(&s, matrix[i * cols + k], signal[k]);
    return finish_sum(f->m, &s, cols);
}

/* delta_l = (matrix signal) .* f', matrix [n_l x cols], signal [n x cols]. */
static void bring(family *f, size_t l, const num *matrix, size_t cols, const num *signal)
{
    for (size_t at = 0; at < f->m->batch * width(f, l); at++)
        f->m->layer[l].delta[at] = model_finished(
            f->m, l, at, times(f, matrix, cols, at % width(f, l), signal + at / width(f, l) * cols));
}

static num sign_of(num x)
{
    if (x.e > 0 && fabs(x.v) <= x.e)
        return (num){0, 1};
    return exact(x.v > 0 ? 1 : x.v < 0 ? -1 : 0);
}

static void layerwise(family *f)
{
    for (size_t l = f->m->spec.depth - 1; l >= 1; l--)
        bring(f, l, family_array_of(f, "B", l)->values, width(f, l + 1), f->m->layer[l + 1].delta);
}

static void direct(family *f, const num *signal)
{
    for (size_t l = f->m->spec.depth - 1; l >= 1; l--)
        bring(f, l, family_array_of(f, "B", l)->values, width(f, f->m->spec.depth), signal);
}

/* W_l [n_l x n_{l-1}] carries delta_{l-1} on. */
static void indirect(family *f)
{
    const size_t depth = f->m->spec.depth;
    if (depth > 1)
        bring(f, 1, family_array_of(f, "B", 1)->values, width(f, depth), f->m->layer[depth].delta);
    for (size_t l = 2; l < depth; l++)
        bring(f, l, f->m->layer[l].w, width(f, l - 1), f->m->layer[l - 1].delta);
}

/* B_l = s |M| sign(W_{l+1})^T; M: none, kept in the shape of W_{l+1}, or drawn now in that of B. */
static void sign_symmetry(family *f)
{
    for (size_t l = f->m->spec.depth - 1; l >= 1; l--) {
        const size_t in = width(f, l), out = width(f, l + 1);
        const double scales[] = {1 / sqrt((double)in), 1, sqrt(2 / ((double)in + (double)out))};
        num *b = family_array_of(f, "B", l)->values, *m = family_array_of(f, "M", l)->values;
        if (is(f, "brsf")) {
            fa_stream stream = {.seed = f->seed, .step = f->step, .purpose = FA_PURPOSE_RULE, .layer = (uint32_t)l};
            fa_matrix drawn = make_matrix(f->m->spec.dtype, in, out);
            expect_ok(fa_random_uniform(&stream, f->parameters[1], f->parameters[2], &drawn));
            read_matrix(m, &drawn);
        }
        for (size_t i = 0; i < in; i++)
            for (size_t j = 0; j < out; j++) {
                num size = is(f, "usf") ? exact(1) : exact(fabs(m[is(f, "frsf") ? j * in + i : i * out + j].v));
                size = product(f->m, size, rounded(f->m, scales[(int)f->parameters[0]]));
                b[i * out + j] = product(f->m, size, sign_of(f->m->layer[l + 1].w[j * in + i]));
            }
        bring(f, l, b, out, f->m->layer[l + 1].delta);
    }
}

/* R^T (B^T delta): B [n_{l+1} x m], R [m x n_l]. */
static void through_products(family *f)
{
    for (size_t l = f->m->spec.depth - 1; l >= 1; l--) {
        const family_array *b = family_array_of(f, "B", l), *r = family_array_of(f, "R", l);
        num between[3 * MAX_WIDTH], *turned = make_memory(r->rows * r->cols, sizeof *turned);
        for (size_t k = 0; k < r->rows; k++)
            for (size_t i = 0; i < r->cols; i++)
                turned[i * r->rows + k] = r->values[k * r->cols + i];
        for (size_t s = 0; s < f->m->batch; s++) {
            for (size_t k = 0; k < b->cols; k++) {
                sum total = {0, 0, 0};
                for (size_t j = 0; j < b->rows; j++)
                    add_product(&total, b->values[j * b->cols + k], f->m->layer[l + 1].delta[s * b->rows + j]);
                between[k] = finish_sum(f->m, &total, b->rows);
            }
            for (size_t i = 0; i < r->cols; i++)
                f->m->layer[l].delta[s * r->cols + i] =
                    model_finished(f->m, l, s * r->cols + i, times(f, turned, r->rows, i, between));
        }
    }
}

/* --- further forward passes --- */

/* The second model starts as the first: weights, masks, what went into layer 1. */
static model *second_pass(family *f)
{
    *f->second = *f->m;
    return f->second;
}

/* (x - y) / sigma^2 of two losses. */
static num slope_of(const family *f, num noisy, num clean, double sigma)
{
    num d = minus(f->m, noisy, clean);
    return (num){d.v / (sigma * sigma), d.e / (sigma * sigma) * (1 + 0x1p-50) + f->m->tiny};
}

static void perturb_nodes(family *f, const fa_matrix *target)
{
    const double sigma = f->parameters[0];
    num clean[MAX_BATCH], noisy[MAX_BATCH];
    model *second = second_pass(f);
    for (size_t l = 1; l < f->m->spec.depth; l++) {
        family_draw(f, true, l, sigma, f->m->batch, width(f, l), f->noise[l]);
        second->layer[l].noise = f->noise[l];
    }
    model_run(second, 1);
    model_losses(f->m, target, clean);
    model_losses(second, target, noisy);
    for (size_t l = 1; l < f->m->spec.depth; l++)
        for (size_t at = 0; at < f->m->batch * width(f, l); at++) {
            size_t s = at / width(f, l);
            f->m->layer[l].delta[at] = product(f->m, slope_of(f, noisy[s], clean[s], sigma), f->noise[l][at]);
        }
}

/* The perturbed network is W + Xi, b + xi, layer by layer. */
static void perturb_weights(family *f, const fa_matrix *target)
{
    const size_t depth = f->m->spec.depth;
    const double sigma = f->parameters[0];
    num clean[MAX_BATCH], noisy[MAX_BATCH], mean = exact(0);
    model *second = second_pass(f);
    for (size_t l = 1; l <= depth; l++) {
        const size_t count = width(f, l) * width(f, l - 1);
        family_draw(f, true, l, sigma, width(f, l), width(f, l - 1), f->written[l]);
        for (size_t at = 0; at < count; at++)
            second->layer[l].w[at] = plus(f->m, second->layer[l].w[at], f->written[l][at]);
        if (!f->m->spec.bias[l])
            continue;
        family_draw(f, true, depth + l, sigma, 1, width(f, l), f->written_bias[l]);
        for (size_t at = 0; at < width(f, l); at++)
            second->layer[l].b[at] = plus(f->m, second->layer[l].b[at], f->written_bias[l][at]);
    }
    model_run(second, 1);
    model_losses(f->m, target, clean);
    model_losses(second, target, noisy);
    for (size_t s = 0; s < f->m->batch; s++)
        mean = plus(f->m, mean, slope_of(f, noisy[s], clean[s], sigma));
    mean = product(f->m, mean, rounded(f->m, 1 / (double)f->m->batch));
    for (size_t l = 1; l <= depth; l++) {
        for (size_t at = 0; at < width(f, l) * width(f, l - 1); at++)
            f->written[l][at] = product(f->m, mean, f->written[l][at]);
        for (size_t at = 0; at < width(f, l); at++)
            f->written_bias[l][at] = product(f->m, mean, f->written_bias[l][at]);
    }
    f->writes = true;
}

/* Second pass on x + F e, x with its dropout, 0 where x was dropped. */
static void present_error(family *f, const fa_matrix *target)
{
    const size_t depth = f->m->spec.depth, n_in = width(f, 0), n_out = width(f, depth);
    model *second = second_pass(f);
    for (size_t at = 0; at < f->m->batch * n_in; at++) {
        num *input = &second->layer[0].out[at];
        sum s = {0, 0, 0};
        add_product(&s, *input, exact(1));
        for (size_t k = 0; k < n_out; k++)
            add_product(&s, family_array_of(f, "F", 0)->values[at % n_in * n_out + k],
                        f->m->layer[depth].delta[at / n_in * n_out + k]);
        *input = f->m->layer[0].masked && f->m->layer[0].mask[at] == 0 ? exact(0) : finish_sum(f->m, &s, n_out + 1);
    }
    model_run(second, 1);
    for (size_t l = 0; l < depth; l++) {
        memcpy(f->presynaptic[l], second->layer[l].out, sizeof f->presynaptic[l]);
        for (size_t at = 0; l > 0 && at < f->m->batch * width(f, l); at++) {
            num delta = minus(f->m, f->m->layer[l].out[at], second->layer[l].out[at]);
            f->m->layer[l].delta[at] =
                f->m->layer[l].masked ? product(f->m, delta, rounded(f->m, f->m->layer[l].mask[at])) : delta;
        }
    }
    f->presynaptic_differs = true;
    f->output_differs = f->parameters[0] > 0;
    if (f->output_differs) {
        model_error(second, target);
        memcpy(f->output_error, second->layer[depth].delta, sizeof f->output_error);
    }
}

/* --- deltas --- */

static void direct_signs(family *f, const fa_matrix *target)
{
    const num *e = f->m->layer[f->m->spec.depth].delta;
    num *signs = make_memory(MODEL_ACTIVITIES, sizeof *signs);
    (void)target;
    for (size_t at = 0; at < f->m->batch * width(f, f->m->spec.depth); at++)
        signs[at] = sign_of(e[at]);
    direct(f, signs);
}

static void direct_targets(family *f, const fa_matrix *target)
{
    num *t = make_memory(MODEL_ACTIVITIES, sizeof *t);
    read_matrix(t, target);
    for (size_t at = 0; at < f->m->batch * width(f, f->m->spec.depth); at++)
        t[at] = product(f->m, t[at], rounded(f->m, f->parameters[0]));
    direct(f, t);
}

static void by_model(family *f, const fa_matrix *target)
{
    (void)target;
    model_backward(f->m, f->rule);
}

static void by_layers(family *f, const fa_matrix *target)
{
    (void)target;
    layerwise(f);
}

static void by_output(family *f, const fa_matrix *target)
{
    (void)target;
    direct(f, f->m->layer[f->m->spec.depth].delta);
}

static void by_signs(family *f, const fa_matrix *target)
{
    (void)target;
    sign_symmetry(f);
}

static void by_products(family *f, const fa_matrix *target)
{
    (void)target;
    through_products(f);
}

static void by_carrying(family *f, const fa_matrix *target)
{
    (void)target;
    indirect(f);
}

static const struct rule_model {
    const char *name;
    void (*backward)(family *f, const fa_matrix *target);
} rule_models[] = {
    {"bp", by_model},         {"shallow", by_model},      {"fa", by_layers},
    {"dfa", by_output},       {"ifa", by_carrying},       {"usf", by_signs},
    {"frsf", by_signs},       {"brsf", by_signs},         {"kolen_pollack", by_layers},
    {"dkp", by_output},       {"sdfa", direct_signs},     {"drtp", direct_targets},
    {"pfa", by_products},     {"pepita", present_error},  {"weight_mirror", by_layers},
    {"node_perturbation", perturb_nodes},                 {"weight_perturbation", perturb_weights},
};

static const struct rule_model *model_of(const char *rule)
{
    for (size_t i = 0; i < sizeof rule_models / sizeof rule_models[0]; i++)
        if (strcmp(rule_models[i].name, rule) == 0)
            return &rule_models[i];
    return NULL;
}

bool family_knows(const char *rule)
{
    return model_of(rule) != NULL;
}

void family_backward(family *f, const fa_matrix *target)
{
    f->presynaptic_differs = f->output_differs = f->writes = false;
    model_of(f->rule)->backward(f, target);
}
