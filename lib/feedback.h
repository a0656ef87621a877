/* The feedback from inside. */
#ifndef LIBFA_FEEDBACK_PRIVATE_H
#define LIBFA_FEEDBACK_PRIVATE_H

#include <fa/feedback.h>

#include "network.h"
#include "operand_form.h"

#define FEEDBACK_NAME_MAX 15

/* Who fills an array, and how long it lives. */
typedef enum feedback_kind {
    FEEDBACK_KEPT,    /* drawn, then changed by `adapt` or the user only */
    FEEDBACK_DERIVED, /* computed by `backward` in every step */
    FEEDBACK_SCRATCH  /* means nothing beyond a step */
} feedback_kind;

/* Parameters that every rule with feedback has, by their place in fa_feedback_params(). */
enum { FORM, DENSITY, RANK, DRAW, SCALE, FEEDBACK_PARAMS };

/* Choices of FORM. */
typedef enum feedback_form { FORM_DENSE, FORM_SPARSE, FORM_LOW_RANK, FORM_SHARED, FORM_REGENERATED } feedback_form;

/* One array of the rule: named, labelled with a layer. A dense one that is kept runs column by column, so that its
 * transpose, by which errors are multiplied, runs row by row. What is written in every step runs row by row, as the
 * transpose of W does, from which it is made element by element. */
typedef struct feedback_array feedback_array;
struct feedback_array {
    feedback_array *next;
    char            name[FEEDBACK_NAME_MAX + 1];
    size_t          l;
    feedback_kind   kind;
    uint64_t        number; /* of the name, in the order of declaration: the step of its stream */
    bool            drawn;  /* as the rule's authors do */
    fa_operand      operand;
    size_t          bytes;
    void           *memory; /* NULL: a part of the shared array, or nothing is stored */
};

struct fa_feedback {
    uint64_t           fingerprint;
    fa_dtype           dtype;
    size_t             depth;
    size_t            *widths;    /* n_l, l = 0 .. depth */
    fa_rule            rule;
    void              *user_data;
    uint64_t           seed;
    uint64_t           steps;     /* completed */
    double            *values;    /* [rule.n_params] */
    bool              *structural; /* [rule.n_params]: setup asked for it */
    void              *state;     /* rule.state_size bytes, or NULL */
    bool               has_state; /* init succeeded: fini is owed */
    double             common[FEEDBACK_PARAMS];
    feedback_array    *arrays;    /* in the order of declaration */
    feedback_array    *shared;    /* what every "B" is a part of; NULL in other forms */
    fa_topology        topology;  /* of "B"; 0 if the rule keeps none */
    bool               derived;   /* "B" is computed by `backward` */
    const fa_operand **operands;  /* [depth]: "B" of layer l = 1 .. L - 1 at l - 1; NULL elsewhere */
    bool              *weights;   /* [depth]: layer l is reached through W_{l+1} instead, at l - 1 */
    size_t             n_slots;
    size_t             increments; /* the first layer whose increment the rule asks for, if it has the flag */
};

struct fa_setup {
    fa_feedback *fb;
};

/* An array by name and label, or NULL. */
feedback_array *feedback_find(const fa_feedback *fb, const char *name, size_t l);

/* Whether an array is a part of the shared one. */
bool feedback_is_shared(const fa_feedback *fb, const feedback_array *array);

/* The sentence for an array that there is not. */
fa_status feedback_no_array(const fa_feedback *fb, const char *name, size_t l);

/* The sentence for an array that the rule computes. */
fa_status feedback_derived(const fa_feedback *fb, const char *name);

/* An array of zeros that belongs to no list yet. */
fa_status feedback_array_make(feedback_array **made, const char *name, size_t l, uint64_t number, feedback_kind kind,
                              const operand_plan *plan);

/* NULL is fine. */
void feedback_array_free(feedback_array *array);

/* A feedback of the same rule and network, made anew with other values and another seed; on failure there is nothing to
 * release. */
fa_status feedback_make_like(const fa_feedback *fb, const double *values, const double *common, uint64_t seed,
                             fa_feedback *made);

/* Release everything but the handle itself. */
void feedback_release(fa_feedback *fb);

/* The same feedback made anew with these values of its parameters, or left as it is. */
fa_status feedback_rebuild(fa_feedback *fb, const double *values, const double *common);

/* The stream of a purpose that an array is drawn from. */
fa_stream feedback_stream(const feedback_array *array, fa_purpose purpose, uint64_t seed);

/* Draw an array from its stream under a seed; for a part of the shared array, all of that. */
void feedback_draw(const fa_feedback *fb, feedback_array *array, fa_init init, double scale, uint64_t seed);

/* Draw "B" from the feedback's seed in the way of some authors, unless the parameters say otherwise.
 *
 * FA_ERR_UNSUPPORTED  orthogonal, in a form that has no dense matrix
 * FA_ERR_MEMORY       no room to make it orthogonal */
fa_status feedback_draw_as(const fa_feedback *fb, feedback_array *array, fa_feedback_draw draw);

/* Width of the widest hidden layer; 1 without any. */
size_t feedback_widest(const fa_feedback *fb);

/* Whether a rule is well-formed; copies what this version knows of it. */
fa_status rule_check(const fa_rule *rule, fa_rule *copy);

#endif
