/* The learning rules of the library as naive loops over numbers with error bounds: an independent reading of their
 * equations, beside the model of everything else (model.h). */
#ifndef LIBFA_TESTS_FAMILY_MODEL_H
#define LIBFA_TESTS_FAMILY_MODEL_H

#include "model.h"

/* An array of the rule, [rows x cols], row by row. */
typedef struct family_array {
    const char *name;
    size_t rows, cols; /* 0: the rule keeps none for this layer */
    num values[2 * MODEL_WEIGHTS];
} family_array;

enum { FAMILY_ARRAYS = 4 }; /* "B", "M", "R", "F" */

typedef struct family {
    model *m;
    model *second; /* a further forward pass */
    const char *rule;
    uint64_t seed;
    uint64_t step;
    double rate; /* of the optimizer, without factors */
    family_array arrays[MAX_DEPTH + 1][FAMILY_ARRAYS];
    double parameters[8]; /* in the order of the rule's table */
    num noise[MAX_DEPTH + 1][MODEL_ACTIVITIES];
    num presynaptic[MAX_DEPTH + 1][MODEL_ACTIVITIES]; /* [l]: what W_{l+1} sees, if `presynaptic_differs` */
    bool presynaptic_differs;
    num output_error[MODEL_ACTIVITIES]; /* what W_L learns from, if `output_differs` */
    bool output_differs;
    num written[MAX_DEPTH + 1][MODEL_WEIGHTS], written_bias[MAX_DEPTH + 1][MAX_WIDTH]; /* mean gradients, if `writes` */
    bool writes;
} family;

/* Whether the rule is modelled. */
bool family_knows(const char *rule);

family *make_family(model *m, const fa_rule *rule, const fa_feedback *fb, uint64_t seed);

/* Go on from the arrays that the library has. */
void family_read(family *f, const fa_feedback *fb);

family_array *family_array_of(family *f, const char *name, size_t l);

/* What the library draws in this step: its streams are documented in <fa/rule.h>. */
void family_draw(const family *f, bool normal, size_t stream_layer, double scale, size_t rows, size_t cols,
                 num *numbers);

/* Deltas of the batch, and whatever else the rule puts into the gradient; after model_error(). */
void family_backward(family *f, const fa_matrix *target);

/* model_gradient() with what the rule put into it. */
void family_gradient(family *f);

/* What the rule changes after model_update(): its arrays, and W by a decay of its own. */
void family_adapt(family *f);

/* max over the arrays of misfit(). */
double family_misfit(const family *f, const fa_feedback *fb);

#endif
