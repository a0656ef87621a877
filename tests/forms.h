/* What the tests of feedback in its forms share. */
#ifndef LIBFA_TESTS_FORMS_H
#define LIBFA_TESTS_FORMS_H

#include "session.h"

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { DEPTH = 3, SEED = 31 };

/* B_1 is wide under fa, B_2 tall; the products of the larger batches are shared out among threads. */
static const size_t widths[DEPTH + 1] = {13, 60, 130, 70};

typedef struct form {
    const char *name;
    const char *param; /* besides feedback_form; or NULL */
    double value;
} form;

static const form forms[] = {
    {"dense", NULL, 0},           {"sparse", "feedback_density", 0.3}, {"sparse", "feedback_density", 0.004},
    {"sparse", "feedback_density", 1}, {"low_rank", "feedback_rank", 3}, {"low_rank", "feedback_rank", 1e6},
    {"shared", NULL, 0},          {"regenerated", NULL, 0},
};

enum { FORMS = sizeof forms / sizeof forms[0], SPARSE = 1, LOW_RANK = 4, SHARED = 6, REGENERATED = 7 };

static inline net_spec make_layers(fa_dtype dtype)
{
    net_spec spec = make_spec(dtype, DEPTH, 7, FA_IDENTITY, true);
    for (size_t l = 0; l <= DEPTH; l++)
        spec.width[l] = widths[l];
    return spec;
}

static inline void set_form(fa_feedback *fb, const form *f)
{
    expect_ok(fa_feedback_set_choice(fb, "feedback_form", f->name));
    if (f->param)
        expect_ok(fa_feedback_set_param(fb, f->param, f->value));
}

static inline fa_feedback *make_formed(const fa_network *net, const char *rule, const form *f)
{
    fa_feedback *fb = make_feedback(net, fa_rule_find(rule), NULL, SEED);
    set_form(fb, f);
    return fb;
}

/* B_l [n_l x m], m = n_{l+1} under fa and n_L under direct rules. */
static inline fa_matrix dense_of(const fa_feedback *fb, fa_dtype dtype, bool direct, size_t l)
{
    fa_matrix b = make_matrix(dtype, widths[l], widths[direct ? DEPTH : l + 1]);
    expect_ok(fa_feedback_dense(fb, l, &b));
    return b;
}

#endif
