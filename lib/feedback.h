/* The feedback from inside. */
#ifndef LIBFA_FEEDBACK_PRIVATE_H
#define LIBFA_FEEDBACK_PRIVATE_H

#include <fa/feedback.h>

#include "network.h"
#include "operand.h"

#define FEEDBACK_NAME_MAX 15

/* Who fills an array, and how long it lives. */
typedef enum feedback_kind {
    FEEDBACK_KEPT,    /* drawn, then changed by `adapt` or the user only */
    FEEDBACK_DERIVED, /* computed by `backward` in every step */
    FEEDBACK_SCRATCH  /* means nothing beyond a step */
} feedback_kind;

/* One array of the rule: named, labelled with a layer. What is kept runs column by column, so that its transpose, by which
 * errors are multiplied, runs row by row. What is written in every step runs row by row, as the transpose of W does, from
 * which it is made element by element. */
typedef struct feedback_array feedback_array;
struct feedback_array {
    feedback_array *next;
    char            name[FEEDBACK_NAME_MAX + 1];
    size_t          l;
    feedback_kind   kind;
    uint64_t        number; /* of the name, in the order of declaration: the step of its stream */
    fa_operand      operand;
    size_t          bytes;
    void           *memory;
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
    feedback_array    *arrays;    /* in the order of declaration */
    fa_topology        topology;  /* of "B"; 0 if the rule keeps none */
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

/* Draw an array from its stream under a seed. */
void feedback_draw(feedback_array *array, fa_init init, double scale, uint64_t seed);

/* The same in the way of some authors. */
void feedback_draw_as(const fa_feedback *fb, feedback_array *array, fa_feedback_draw draw, uint64_t seed);

/* Whether a rule is well-formed; copies what this version knows of it. */
fa_status rule_check(const fa_rule *rule, fa_rule *copy);

#endif
