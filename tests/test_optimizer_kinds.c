/* Every kind of optimizer with every option against naive optimizers (descent.h): 100 steps of a random small network.
 *
 * The gradients are the library's own, which other tests hold against a model; the naive optimizers take them as exact
 * numbers and follow W and b from the start, so that errors add up over the steps without growing. */
#include "descent.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100, SAMPLES = 8, FROZEN_FROM = 3, FROZEN_TO = 40 };

/* How the network is trained. */
typedef enum variant {
    PLAIN,
    SCHEDULED,   /* rate factors for layers and biases, a schedule */
    SUMMED,      /* gradient_scale = n: the sum over two batches */
    CLIPPED,     /* by a norm that most gradients exceed */
    UNCLIPPED,   /* by one that none does */
    FROZEN,      /* layer 1 learns until and from some step only */
    VARIANTS
} variant;

typedef struct race {
    session s;
    const recipe *recipe;
    variant variant;
    double u;
    double schedule;
    parameter *w[MAX_DEPTH + 1], *b[MAX_DEPTH + 1];
} race;

static double w_factor(const race *r, size_t l)
{
    return (r->variant == SCHEDULED ? 0.5 * (double)l : 1) * r->schedule;
}

static double b_factor(const race *r, size_t l)
{
    return (r->variant == SCHEDULED && l == 1 ? 3 : 1) * r->schedule;
}

static double clip_norm(const race *r)
{
    return r->variant == CLIPPED ? 0.1 : r->variant == UNCLIPPED ? 1e6 : 0;
}

static double gradient_factor(const race *r)
{
    return r->variant == SUMMED ? 2 * SAMPLES : 1;
}

static parameter *start_parameters(const fa_matrix *view)
{
    parameter *p = make_memory(view->rows * view->cols, sizeof *p);
    for (size_t at = 0; at < view->rows * view->cols; at++)
        p[at].w.v = element(view, at / view->cols, at % view->cols);
    return p;
}

static race start(const recipe *chosen, fa_dtype dtype, variant how, const char *rule)
{
    uint64_t state = 77;
    net_spec spec = {.dtype = dtype, .loss = FA_SQUARED_ERROR, .depth = 3, .width = {5, 9, 6, 3},
                     .activation = {0, FA_TANH, FA_LOGISTIC, FA_IDENTITY}, .bias = {false, true, false, true}};
    race r = {.s = make_session(&spec, fa_rule_find(rule), SAMPLES, draw_word(&state)), .recipe = chosen,
              .variant = how, .u = dtype == FA_FLOAT32 ? 0x1p-24 : 0x1p-53, .schedule = 1};
    r.s.opt = make_recipe_optimizer(r.s.net, chosen);
    expect_ok(fa_optimizer_set(r.s.opt, "clip_norm", clip_norm(&r)));
    expect_ok(fa_optimizer_set(r.s.opt, "gradient_scale", gradient_factor(&r)));
    for (size_t l = 1; l <= spec.depth; l++) {
        fa_matrix w = weights_of(r.s.net, l), b = spec.bias[l] ? bias_of(r.s.net, l) : (fa_matrix){0};
        r.w[l] = start_parameters(&w);
        r.b[l] = spec.bias[l] ? start_parameters(&b) : NULL;
        expect_ok(fa_optimizer_set_rate_factor(r.s.opt, l, FA_WEIGHTS, w_factor(&r, l)));
        expect_ok(fa_optimizer_set_rate_factor(r.s.opt, l, FA_BIASES, b_factor(&r, l)));
    }
    return r;
}

/* Forward to gradient, of one batch or two. */
static void gather(race *r, uint64_t *state)
{
    session *s = &r->s;
    for (int batch = 0; batch <= (r->variant == SUMMED ? 1 : 0); batch++) {
        s->x = make_uniform(s->spec.dtype, SAMPLES, s->spec.width[0], LAYOUT_C, 1, state);
        s->target = make_target(&s->spec, SAMPLES, LAYOUT_C, state);
        expect_ok(fa_forward(s->net, s->pass, &s->x));
        expect_ok(fa_error(s->net, s->pass, &s->target, NULL));
        expect_ok(fa_backward(s->net, s->pass, s->fb));
        expect_ok(fa_gradient(s->net, s->pass, s->fb));
    }
}

static fa_matrix gradient_of(const race *r, size_t l, bool bias)
{
    fa_matrix view;
    expect_ok((bias ? fa_pass_bias_gradient : fa_pass_gradient)(r->s.pass, l, &view));
    return view;
}

/* What the summed gradient is multiplied by: torch's clip_grad_norm_ over the layers that learn. */
static double gradient_multiplier(const race *r)
{
    double scale = gradient_factor(r) / (double)fa_pass_gradient_samples(r->s.pass), squares = 0;
    for (size_t l = 1; l <= r->s.spec.depth && clip_norm(r) > 0; l++) {
        for (int bias = 0; bias <= (r->b[l] ? 1 : 0) && !fa_network_is_frozen(r->s.net, l); bias++) {
            fa_matrix g = gradient_of(r, l, bias);
            squares += norm(&g) * norm(&g);
        }
    }
    return clip_norm(r) > 0 ? scale * fmin(1, clip_norm(r) / (scale * sqrt(squares) + 1e-6)) : scale;
}

/* The multiplier comes from sums of fewer than 200 squares in double: 200 roundings here, as many there. */
static void follow(race *r, parameter *p, const fa_matrix *g, double multiplier, double factor)
{
    double slack = clip_norm(r) > 0 ? 400 * 0x1p-53 : 0;
    for (size_t at = 0; at < g->rows * g->cols; at++) {
        double value = element(g, at / g->cols, at % g->cols);
        descend(r->recipe, r->u, factor, scaled(r->u, multiplier, (num){value, slack * fabs(value)}), &p[at]);
    }
}

/* Returns how many bounds are so wide, beside the weight, that they prove little. A variance may be all cancellation,
 * so that the bound of a centered step is anything: the next one starts from the library's weight. */
static size_t compare(const race *r, parameter *p, const fa_matrix *view, int step)
{
    bool cancels = recipe_value(r->recipe, "centered") > 0;
    size_t wide = 0;
    for (size_t at = 0; at < view->rows * view->cols; at++) {
        double got = element(view, at / view->cols, at % view->cols);
        if (!(misfit_number(p[at].w, got) <= 1)) /* an assertion writes to a file, even one that holds */
            ck_abort_msg("%s, step %d: %.17g, expected %.17g within %.3g", r->recipe->kind, step, got, p[at].w.v,
                         p[at].w.e);
        wide += p[at].w.e > r->u * 0x1p12 * fmax(1, fabs(got));
        if (cancels)
            p[at].w = (num){got, 0};
    }
    return wide;
}

static void run_step(race *r, int step, uint64_t *state)
{
    if (r->variant == FROZEN)
        expect_ok(fa_network_set_frozen(r->s.net, 1, step >= FROZEN_FROM && step < FROZEN_TO));
    if (r->variant == SCHEDULED) {
        r->schedule = 1 / (1 + 0.1 * step);
        expect_ok(fa_optimizer_set_schedule(r->s.opt, r->schedule));
    }
    gather(r, state);
    double multiplier = gradient_multiplier(r);
    for (size_t l = 1; l <= r->s.spec.depth; l++) {
        if (fa_network_is_frozen(r->s.net, l))
            continue;
        fa_matrix g = gradient_of(r, l, false);
        follow(r, r->w[l], &g, multiplier, w_factor(r, l));
        if (r->b[l]) {
            g = gradient_of(r, l, true);
            follow(r, r->b[l], &g, multiplier, b_factor(r, l));
        }
    }
    expect_ok(fa_update(r->s.net, r->s.pass, r->s.fb, r->s.opt));
}

START_TEST(follows_the_naive_optimizer)
{
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    race r = start(&recipes[_i / 2 / VARIANTS], dtype, (variant)(_i / 2 % VARIANTS), _i / 2 % 3 ? "fa" : "bp");
    uint64_t state = (uint64_t)_i + 1;
    size_t wide = 0, all = 0;
    for (int step = 0; step < STEPS; step++) {
        run_step(&r, step, &state);
        for (size_t l = 1; l <= r.s.spec.depth; l++) {
            fa_matrix w = weights_of(r.s.net, l), b = r.b[l] ? bias_of(r.s.net, l) : (fa_matrix){0};
            wide += compare(&r, r.w[l], &w, step) + compare(&r, r.b[l], &b, step);
            all += w.rows * w.cols + b.cols;
        }
    }
    ck_assert_msg(wide <= all / 20, "%s: %zu of %zu bounds are wide", r.recipe->kind, wide, all);
    ck_assert_uint_eq(fa_optimizer_steps(r.s.opt), STEPS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer kinds");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, follows_the_naive_optimizer, 0, 2 * VARIANTS * (int)recipe_count);
    return support_run(suite, true);
}
