/* Every rule of the library against an independent reading of its equations (family_model.c), over dtypes, depths,
 * batch sizes, activations, losses, optimizers, dropout, frozen layers and removed connections. */
#include "family_model.h"

#include <math.h>
#include <string.h>

enum { VARIANTS = 60, STEPS = 3, DROPOUT_SEED = 41 };

/* Parameters that are not left at their defaults: of perturbations, whose differences of losses are divided by sigma^2,
 * and of what would have no effect. Every second variant. */
static const struct setting {
    const char *rule, *name;
    double values[3];
} settings[] = {
    {"usf", "scale", {0, 1, 2}},
    {"frsf", "scale", {2, 0, 1}},
    {"brsf", "scale", {1, 2, 0}},
    {"brsf", "low", {0, 0.5, 0.75}},
    {"brsf", "high", {1, 0.5, 1.25}},
    {"kolen_pollack", "decay", {0.1, 0, 0.01}},
    {"pfa", "expansion", {1, 2, 3}},
    {"pfa", "decay", {0.1, 0, 0.01}},
    {"dkp", "rate_factor", {1, 0.5, 3}},
    {"dkp", "decay", {0.1, 0, 0.01}},
    {"drtp", "sign", {1, -1, 0.5}},
    {"pepita", "output_error", {0, 1, 1}},
    {"weight_mirror", "noise", {0.5, 0.05, 1}},
    {"weight_mirror", "decay", {0.1, 0, 0.01}},
    {"weight_mirror", "every", {1, 2, 1}},
    {"weight_mirror", "response", {0, 1, 0}},
    {"node_perturbation", "sigma", {0.5, 1, 0.25}},
    {"weight_perturbation", "sigma", {0.5, 1, 0.25}},
};

typedef struct trial {
    session s;
    family *f;
    model *m;
    bool kinked; /* bounds may be as wide as the numbers */
    uint64_t state;
} trial;

static void set(trial *t, const char *name, double *copy, double value)
{
    expect_ok(fa_optimizer_set(t->s.opt, name, value));
    *copy = value;
}

/* Plain, with momentum, clipped, and with everything that no rule refuses. */
static void choose_optimizer(trial *t, int kind)
{
    set(t, "learning_rate", &t->m->learning_rate, 0.1);
    set(t, "momentum", &t->m->momentum, kind % 2 ? 0.5 : 0);
    set(t, "clip_norm", &t->m->clip_norm, kind / 2 % 2 ? 0.3 : 0);
    if (kind == 3)
        set(t, "decoupled_weight_decay", &t->m->decoupled_weight_decay, 0.1);
    t->f->rate = 0.1;
}

/* Nothing, dropout of inputs and hidden layers, a frozen layer, removed connections. */
static void choose_trouble(const trial *t, int kind)
{
    const size_t depth = t->s.spec.depth, l = 1 + (size_t)kind / 4 % depth;
    if (kind % 4 == 1) {
        expect_ok(fa_pass_set_dropout(t->s.pass, DROPOUT_SEED, 0));
        for (size_t k = 0; k < depth; k++)
            expect_ok(fa_network_set_dropout(t->s.net, k, 0.25));
    } else if (kind % 4 == 2) {
        expect_ok(fa_network_set_frozen(t->s.net, l, true));
        t->m->layer[l].frozen = true;
    } else if (kind % 4 == 3) {
        expect_ok(fa_network_prune(t->s.net, 0, 0.3, 8));
        model_read_weights(t->m, t->s.net);
        for (size_t k = 1; k <= depth; k++)
            for (size_t at = 0; at < t->s.spec.width[k] * t->s.spec.width[k - 1]; at++)
                t->m->layer[k].removed[at] = t->m->layer[k].w[at].v == 0;
    }
}

static net_spec choose_spec(int i, uint64_t *state)
{
    static const fa_activation hidden[] = {FA_TANH, FA_LOGISTIC, FA_RELU, FA_ERF, FA_IDENTITY};
    net_spec spec = {.dtype = i % 2 ? FA_FLOAT32 : FA_FLOAT64, .depth = 1 + (size_t)i / 2 % MAX_DEPTH};
    for (size_t l = 0; l <= spec.depth; l++) {
        spec.width[l] = 1 + draw_index(state, i % 5 == 0 ? 3 : 11);
        spec.activation[l] = hidden[(size_t)i % 5];
        spec.bias[l] = i / 3 % 2;
    }
    set_output_pair(&spec, draw_index(state, output_pair_count()));
    return spec;
}

static trial make_trial(const fa_rule *rule, int i)
{
    static const size_t batches[] = {1, 7, 3, 12, 5};
    trial t = {.state = (uint64_t)i + 1};
    net_spec spec = choose_spec(i, &t.state);
    for (size_t l = 1; l <= spec.depth; l++)
        t.kinked = t.kinked || spec.activation[l] == FA_RELU;
    t.kinked = t.kinked || strcmp(rule->name, "sdfa") == 0; /* an error within rounding of 0 has no sign */
    t.s = make_session(&spec, rule, batches[i % 5], (uint64_t)i);
    for (size_t k = 0; k < sizeof settings / sizeof settings[0] && i % 4; k++)
        if (strcmp(settings[k].rule, rule->name) == 0)
            expect_ok(fa_feedback_set_param(t.s.fb, settings[k].name, settings[k].values[i % 3]));
    t.m = make_model(&spec, t.s.net, t.s.fb);
    t.f = make_family(t.m, rule, t.s.fb, (uint64_t)i);
    choose_optimizer(&t, i / 2 % 4);
    choose_trouble(&t, i / 4);
    return t;
}

static void check(const trial *t, const char *what, size_t l, const num *expected, const fa_matrix *got)
{
    double worst = misfit(expected, got), bound = relative_bound(expected, got->rows * got->cols);
    ck_assert_msg(worst <= 1, "%s: %s of layer %zu is off by %.3g times its bound", t->f->rule, what, l, worst);
    ck_assert_msg(t->kinked || got->dtype == FA_FLOAT32 || bound < 1e-9, "%s: the bound of %s, layer %zu, is %.3g",
                  t->f->rule, what, l, bound);
}

static void check_deltas(const trial *t)
{
    for (size_t l = 1; l <= t->s.spec.depth; l++) {
        fa_matrix view = delta_of(t->s.pass, l);
        check(t, "delta", l, t->m->layer[l].delta, &view);
    }
}

static void check_state(const trial *t)
{
    double worst = family_misfit(t->f, t->s.fb);
    for (size_t l = 1; l <= t->s.spec.depth; l++) {
        fa_matrix view = weights_of(t->s.net, l);
        check(t, "W", l, t->m->layer[l].w, &view);
        if (t->s.spec.bias[l]) {
            view = bias_of(t->s.net, l);
            check(t, "b", l, t->m->layer[l].b, &view);
        }
    }
    ck_assert_msg(worst <= 1, "%s: an array is off by %.3g times its bound", t->f->rule, worst);
    model_read_weights(t->m, t->s.net);
    family_read(t->f, t->s.fb);
}

static void go(trial *t, uint64_t step, bool phases)
{
    for (size_t l = 0; l < t->s.spec.depth; l++) {
        double probability = fa_network_dropout(t->s.net, l);
        t->m->layer[l].masked = probability > 0;
        if (probability > 0)
            draw_mask(probability, DROPOUT_SEED, step, l, t->s.x.rows * t->s.spec.width[l], t->m->layer[l].mask);
    }
    model_forward(t->m, &t->s.x);
    model_error(t->m, &t->s.target);
    family_backward(t->f, &t->s.target);
    if (phases) {
        expect_ok(fa_forward(t->s.net, t->s.pass, &t->s.x));
        expect_ok(fa_error(t->s.net, t->s.pass, &t->s.target, NULL));
        expect_ok(fa_backward(t->s.net, t->s.pass, t->s.fb));
        check_deltas(t);
        expect_ok(fa_update(t->s.net, t->s.pass, t->s.fb, t->s.opt));
    } else {
        expect_ok(session_step(&t->s, NULL));
    }
    family_gradient(t->f);
    model_update(t->m);
    family_adapt(t->f);
    check_state(t);
}

START_TEST(rules_keep_their_equations)
{
    const fa_rule *rule = fa_rule_at((size_t)_i / VARIANTS);
    if (!family_knows(rule->name))
        return;
    trial t = make_trial(rule, _i % VARIANTS);
    for (uint64_t step = 0; step < STEPS; step++)
        go(&t, step, (_i + (int)step) % 2);
}
END_TEST

/* A new rule is to be modelled, or named here with the test that holds it instead. */
START_TEST(no_rule_is_forgotten)
{
    const char *name = fa_rule_at((size_t)_i)->name;
    ck_assert_msg(family_knows(name) || strcmp(name, "pseudo_backprop") == 0, "%s has no model", name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("family");
    TCase *tcase = support_case(suite);
    int count = (int)fa_rule_count();
    tcase_add_loop_test(tcase, rules_keep_their_equations, 0, count * VARIANTS);
    tcase_add_loop_test(tcase, no_rule_is_forgotten, 0, count);
    return support_run(suite, true);
}
