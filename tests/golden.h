/* The files of tests/data/golden: what they were written from. README.md there says how. */
#ifndef LIBFA_TESTS_GOLDEN_H
#define LIBFA_TESTS_GOLDEN_H

#include "descent.h"
#include "files.h"
#include "training.h"

/* A file. It holds all handles, or weights only. */
typedef struct golden {
    const char *name;
    const char *rule, *form; /* form of B, or NULL */
    recipe recipe;
    fa_dtype dtype;
    bool inside;       /* an epoch; else between two */
    bool everything;   /* removed connections, dropout, a held norm, a frozen layer */
    bool best;         /* weights of the best epoch */
    bool weights_only;
} golden;

static const golden goldens[] = {
    {.name = "fa_adam_inside", .rule = "fa", .recipe = {"adam", {{"learning_rate", 0.01}}}, .dtype = FA_FLOAT32,
     .inside = true},
    {.name = "dfa_sparse", .rule = "dfa", .form = "sparse", .recipe = {"sgd", {{"learning_rate", 0.05}}},
     .dtype = FA_FLOAT64},
    {.name = "fa_low_rank", .rule = "fa", .form = "low_rank", .recipe = {"rmsprop", {{"centered", 1}}},
     .dtype = FA_FLOAT32},
    {.name = "dfa_shared", .rule = "dfa", .form = "shared", .recipe = {"adagrad", {{"learning_rate", 0.05}}},
     .dtype = FA_FLOAT32},
    {.name = "fa_regenerated", .rule = "fa", .form = "regenerated", .recipe = {"manhattan", {{"learning_rate", 0.001}}},
     .dtype = FA_FLOAT32},
    {.name = "kolen_pollack_momentum", .rule = "kolen_pollack", .recipe = {"sgd", {{"momentum", 0.9}}},
     .dtype = FA_FLOAT64, .inside = true},
    {.name = "everything_set", .rule = "fa", .recipe = {"adamw", {{"amsgrad", 1}}}, .dtype = FA_FLOAT32,
     .everything = true},
    {.name = "best_weights", .rule = "bp", .recipe = {"sgd", {{"learning_rate", 0.1}}}, .dtype = FA_FLOAT64,
     .best = true},
    {.name = "weights_only", .rule = "fa", .recipe = {"sgd", {{"learning_rate", 0.05}}}, .dtype = FA_FLOAT32,
     .weights_only = true},
};

enum { GOLDENS = sizeof goldens / sizeof goldens[0], GOLDEN_EPOCHS = 4 };

/* Handles for a file. Another seed makes other weights, B, orders. */
static inline scene make_golden(const golden *g, uint64_t seed)
{
    net_spec spec = make_spec(g->dtype, TRAINING_DEPTH, 7, FA_TANH, true);
    spec.bias[2] = false;
    scene c = {.s = make_session(&spec, fa_rule_find(g->rule), TRAINING_BATCH, seed)};
    c.s.opt = make_recipe_optimizer(c.s.net, &g->recipe);
    c.trainer = make_trainer(c.s.net, seed + 9);
    c.training = make_samples(&spec, TRAINING_SAMPLES, 31);
    c.validation = make_samples(&spec, VALIDATION_SAMPLES, 32);
    if (g->form) {
        expect_ok(fa_feedback_set_param(c.s.fb, "feedback_density", 0.4));
        expect_ok(fa_feedback_set_param(c.s.fb, "feedback_rank", 3));
        expect_ok(fa_feedback_set_choice(c.s.fb, "feedback_form", g->form));
    }
    scene_set(&c, "epochs", GOLDEN_EPOCHS);
    return c;
}

#endif
