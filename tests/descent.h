/* Naive optimizers: the equations of PyTorch's documentation, one parameter at a time in float64, on numbers that carry
 * an error bound (model.h). Every operation adds u + 2^-53 times its result to what its operands bring, u the unit
 * roundoff of the library's element type: one rounding of the library, one of the reference. Fused multiply-adds round
 * less often. */
#ifndef LIBFA_TESTS_DESCENT_H
#define LIBFA_TESTS_DESCENT_H

#include "model.h"

enum { RECIPE_SETTINGS = 8 };

/* A kind and what differs from its defaults; the rest has a NULL name. */
typedef struct recipe {
    const char *kind;
    struct {
        const char *name;
        double value;
    } settings[RECIPE_SETTINGS];
} recipe;

/* A parameter and its moments: mean or velocity m, mean square or sum of squares v, the largest one, rmsprop's velocity
 * b; t updates so far. */
typedef struct parameter {
    num w, m, v, largest, b;
    unsigned t;
} parameter;

/* Every kind, alone and with each of its options. */
extern const recipe recipes[];
extern const size_t recipe_count;

/* Value of a setting: the recipe's, or the documented default, PyTorch's where it has the kind. */
double recipe_value(const recipe *r, const char *name);

/* Optimizer of the recipe's kind with its settings. */
fa_optimizer *make_recipe_optimizer(const fa_network *net, const recipe *r);

/* One update with gradient g; the learning rate is multiplied by factor. */
void descend(const recipe *r, double u, double factor, num g, parameter *p);

/* scale x g for a scale that the library rounds to its element type. */
num scaled(double u, double scale, num g);

#endif
