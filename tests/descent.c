#include "descent.h"

#include <math.h>
#include <string.h>

/* Every option alone, then the three readings of decay, then options together. */
const recipe recipes[] = {
    {"sgd", {{"learning_rate", 0.05}}},
    {"sgd", {{"learning_rate", 0.002}, {"momentum", 0.9}}},
    {"sgd", {{"learning_rate", 0.002}, {"momentum", 0.9}, {"nesterov", 1}}},
    {"sgd", {{"weight_decay", 0.3}}},
    {"sgd", {{"decoupled_weight_decay", 0.3}}},
    {"sgd", {{"unscaled_weight_decay", 0.003}}},
    {"sgd", {{"momentum", 0.5}, {"nesterov", 1}, {"weight_decay", 0.1}, {"decoupled_weight_decay", 0.2},
             {"unscaled_weight_decay", 0.001}}},
    {"rmsprop", {{NULL, 0}}},
    {"rmsprop", {{"momentum", 0.9}, {"learning_rate", 0.002}}},
    {"rmsprop", {{"centered", 1}, {"alpha", 0.9}}},
    {"rmsprop", {{"eps", 0.1}}},
    {"rmsprop", {{"weight_decay", 0.01}, {"eps", 0.01}}},
    {"rmsprop", {{"centered", 1}, {"momentum", 0.5}, {"alpha", 0.95}, {"eps", 1e-3}, {"weight_decay", 0.1},
                 {"unscaled_weight_decay", 0.001}}},
    {"adam", {{NULL, 0}}},
    {"adam", {{"beta1", 0.5}, {"beta2", 0.9}, {"learning_rate", 0.02}}},
    {"adam", {{"amsgrad", 1}, {"beta2", 0.7}}},
    {"adam", {{"weight_decay", 0.3}, {"eps", 0.01}}},
    {"adam", {{"beta1", 0}, {"beta2", 0}}},
    {"adam", {{"amsgrad", 1}, {"beta2", 0.8}, {"weight_decay", 0.1}, {"unscaled_weight_decay", 0.001}}},
    {"adamw", {{NULL, 0}}},
    {"adamw", {{"weight_decay", 2}, {"learning_rate", 0.01}}},
    {"adamw", {{"amsgrad", 1}, {"beta2", 0.8}, {"weight_decay", 0}, {"unscaled_weight_decay", 0.001}}},
    {"adagrad", {{NULL, 0}}},
    {"adagrad", {{"learning_rate", 0.1}, {"learning_rate_decay", 0.05}}},
    {"adagrad", {{"initial_accumulator", 0.1}}},
    {"adagrad", {{"weight_decay", 0.3}, {"eps", 0.1}, {"initial_accumulator", 1}, {"unscaled_weight_decay", 0.001}}},
    {"manhattan", {{NULL, 0}}},
    {"manhattan", {{"momentum", 0.9}, {"learning_rate", 0.002}}},
    {"manhattan", {{"momentum", 0.5}, {"decoupled_weight_decay", 0.2}, {"unscaled_weight_decay", 0.001}}},
};

const size_t recipe_count = sizeof recipes / sizeof recipes[0];

/* --- settings --- */

/* PyTorch's, which has no manhattan. */
static const struct {
    const char *kind; /* NULL: every other */
    const char *name;
    double value;
} defaults[] = {
    {"adam", "learning_rate", 1e-3}, {"adamw", "learning_rate", 1e-3}, {"manhattan", "learning_rate", 1e-3},
    {NULL, "learning_rate", 1e-2},   {"adagrad", "eps", 1e-10},        {NULL, "eps", 1e-8},
    {NULL, "alpha", 0.99},           {NULL, "beta1", 0.9},             {NULL, "beta2", 0.999},
    {"adamw", "weight_decay", 1e-2},
};

double recipe_value(const recipe *r, const char *name)
{
    for (size_t i = 0; i < RECIPE_SETTINGS && r->settings[i].name != NULL; i++)
        if (strcmp(r->settings[i].name, name) == 0)
            return r->settings[i].value;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (strcmp(defaults[i].name, name) == 0 &&
            (defaults[i].kind == NULL || strcmp(defaults[i].kind, r->kind) == 0))
            return defaults[i].value;
    return 0;
}

static void release_optimizer(void *opt)
{
    fa_optimizer_destroy(opt);
}

fa_optimizer *make_recipe_optimizer(const fa_network *net, const recipe *r)
{
    fa_optimizer *opt;
    expect_ok(fa_optimizer_create(&opt, net, r->kind));
    keep(opt, release_optimizer);
    for (size_t i = 0; i < RECIPE_SETTINGS && r->settings[i].name != NULL; i++)
        expect_ok(fa_optimizer_set(opt, r->settings[i].name, r->settings[i].value));
    return opt;
}

/* --- arithmetic; underflow may take away 1e-36 in float32, 1e-300 in float64 --- */

/* A result: the library rounds it, and so does the reference. */
static num rounded(double u, double v, double e)
{
    return (num){v, e + (u + 0x1p-53) * (fabs(v) + e) + (u > 1e-10 ? 1e-36 : 1e-300)};
}

static num constant(double u, double v)
{
    return (num){v, v == 0 || v == 1 ? 0 : (u + 0x1p-53) * fabs(v)};
}

static num sum_of(double u, num x, num y)
{
    return rounded(u, x.v + y.v, x.e + y.e);
}

static num product_of(double u, num x, num y)
{
    if ((x.v == 0 && x.e == 0) || (y.v == 0 && y.e == 0))
        return (num){0, 0};
    return rounded(u, x.v * y.v, fabs(x.v) * y.e + fabs(y.v) * x.e + x.e * y.e);
}

static num quotient_of(double u, num x, num y)
{
    double q = x.v / y.v;
    return rounded(u, q, fabs(y.v) > y.e ? (x.e + fabs(q) * y.e) / (fabs(y.v) - y.e) : (double)INFINITY);
}

/* |sqrt a - sqrt b| = |a - b| / (sqrt a + sqrt b), which is at most sqrt |a - b|. */
static num root_of(double u, num x)
{
    double root = sqrt(fmax(x.v, 0)), lowest = sqrt(fmax(x.v - x.e, 0));
    return rounded(u, root, root > 0 ? fmin(x.e / (root + lowest), sqrt(x.e)) : sqrt(x.e));
}

static num largest_of(num x, num y)
{
    return (num){fmax(x.v, y.v), fmax(x.e, y.e)};
}

num scaled(double u, double scale, num g)
{
    return product_of(u, constant(u, scale), g);
}

/* keep x old + (1 - keep) x new */
static num blend(double u, double keep_share, num old, num new)
{
    return sum_of(u, scaled(u, keep_share, old), scaled(u, 1 - keep_share, new));
}

/* --- the kinds: each returns what the learning rate multiplies --- */

static num sgd(const recipe *r, double u, num g, parameter *p)
{
    double momentum = recipe_value(r, "momentum");
    p->m = sum_of(u, scaled(u, momentum, p->m), g);
    return recipe_value(r, "nesterov") > 0 ? sum_of(u, g, scaled(u, momentum, p->m)) : p->m;
}

static num rmsprop(const recipe *r, double u, num g, parameter *p)
{
    double alpha = recipe_value(r, "alpha");
    num square;
    p->v = blend(u, alpha, p->v, product_of(u, g, g));
    p->m = blend(u, alpha, p->m, g);
    square = p->v;
    if (recipe_value(r, "centered") > 0) {
        num mean = product_of(u, p->m, p->m);
        square = sum_of(u, square, (num){-mean.v, mean.e});
    }
    num step = quotient_of(u, g, sum_of(u, root_of(u, square), constant(u, recipe_value(r, "eps"))));
    p->b = sum_of(u, scaled(u, recipe_value(r, "momentum"), p->b), step);
    return p->b;
}

/* The corrections' own rounding: 1 - beta^t has the error of beta^t, t roundings in a number below 1. */
static num adam(const recipe *r, double u, num g, parameter *p)
{
    double beta1 = recipe_value(r, "beta1"), beta2 = recipe_value(r, "beta2");
    double correction1 = 1 - pow(beta1, p->t), correction2 = 1 - pow(beta2, p->t);
    num mean, root, square;
    p->m = blend(u, beta1, p->m, g);
    p->v = blend(u, beta2, p->v, product_of(u, g, g));
    p->largest = largest_of(p->largest, p->v);
    square = recipe_value(r, "amsgrad") > 0 ? p->largest : p->v;
    mean = quotient_of(u, p->m, (num){correction1, 4 * u * correction1 + p->t * 0x1p-52});
    root = root_of(u, quotient_of(u, square, (num){correction2, 4 * u * correction2 + p->t * 0x1p-52}));
    return quotient_of(u, mean, sum_of(u, root, constant(u, recipe_value(r, "eps"))));
}

static num adagrad(const recipe *r, double u, num g, parameter *p)
{
    num square;
    p->v = sum_of(u, p->v, product_of(u, g, g));
    square = sum_of(u, p->v, constant(u, recipe_value(r, "initial_accumulator")));
    num step = quotient_of(u, g, sum_of(u, root_of(u, square), constant(u, recipe_value(r, "eps"))));
    return scaled(u, 1 / (1 + (p->t - 1) * recipe_value(r, "learning_rate_decay")), step);
}

/* An exact number, unless nobody can tell the sign. */
static num sign_of(num x)
{
    if (fabs(x.v) > x.e)
        return (num){x.v > 0 ? 1 : -1, 0};
    return (num){0, x.v == 0 && x.e == 0 ? 0 : 1};
}

static num manhattan(const recipe *r, double u, num g, parameter *p)
{
    p->m = sum_of(u, scaled(u, recipe_value(r, "momentum"), p->m), sign_of(g));
    return p->m;
}

void descend(const recipe *r, double u, double factor, num g, parameter *p)
{
    double rate = recipe_value(r, "learning_rate") * factor, decay = recipe_value(r, "weight_decay");
    bool decoupled = strcmp(r->kind, "adamw") == 0;
    double shrink = recipe_value(r, "unscaled_weight_decay") +
                    rate * (decoupled ? decay : recipe_value(r, "decoupled_weight_decay"));
    num step;
    p->t++;
    if (!decoupled)
        g = sum_of(u, g, scaled(u, decay, p->w));
    if (strcmp(r->kind, "sgd") == 0)
        step = sgd(r, u, g, p);
    else if (strcmp(r->kind, "rmsprop") == 0)
        step = rmsprop(r, u, g, p);
    else if (strcmp(r->kind, "adagrad") == 0)
        step = adagrad(r, u, g, p);
    else if (strcmp(r->kind, "manhattan") == 0)
        step = manhattan(r, u, g, p);
    else
        step = adam(r, u, g, p);
    p->w = sum_of(u, scaled(u, 1 - shrink, p->w), scaled(u, -rate, step));
}
