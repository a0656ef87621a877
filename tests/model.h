/* An independent model of a training step: naive float64 loops over numbers that carry an error bound.
 *
 * A num is a value and a bound on how far what the library computes may lie from it, by running error analysis
 * (Higham, Accuracy and Stability of Numerical Algorithms, 3.3): sums of k products, in any order and with or without
 * fused multiply-adds, add gamma_k = k u / (1 - k u) times the sum of absolute values; u is the unit roundoff of the
 * library's element type. Bounds travel through every layer, phase and step. The model rounds as well: constants
 * are chosen twice as large as needed. */
#ifndef LIBFA_TESTS_MODEL_H
#define LIBFA_TESTS_MODEL_H

#include "session.h"

typedef struct num {
    double v; /* value */
    double e; /* bound on |library - v| */
} num;

enum { MODEL_WEIGHTS = MAX_WIDTH * MAX_WIDTH, MODEL_ACTIVITIES = MAX_BATCH * MAX_WIDTH };

typedef struct model_layer {
    num w[MODEL_WEIGHTS], b[MAX_WIDTH];
    num w_velocity[MODEL_WEIGHTS], b_velocity[MAX_WIDTH];
    num w_gradient[MODEL_WEIGHTS], b_gradient[MAX_WIDTH]; /* summed over samples */
    num w_increment[MODEL_WEIGHTS], b_increment[MAX_WIDTH]; /* what the last update added for the gradient's sake */
    num feedback[MODEL_WEIGHTS];                          /* B_l [n_l x n_{l+1}] */
    num h[MODEL_ACTIVITIES], z[MODEL_ACTIVITIES], delta[MODEL_ACTIVITIES];
    num out[MODEL_ACTIVITIES];     /* h after dropout: what the next layer sees */
    const num *noise;              /* added to z, laid out like it; or NULL */
    double mask[MODEL_ACTIVITIES]; /* of dropout on h, if `masked` */
    bool masked, frozen;
    bool removed[MODEL_WEIGHTS]; /* by pruning */
    double w_factor, b_factor;
} model_layer;

typedef struct model {
    net_spec spec;
    double u;
    double tiny; /* what underflow may take away */
    size_t batch;
    size_t samples; /* accumulated */
    num loss;
    double learning_rate, momentum, weight_decay, decoupled_weight_decay;
    double clip_norm; /* 0: any */
    bool nesterov;
    model_layer layer[MAX_DEPTH + 1];
} model;

/* Weights and biases of the network; B of the feedback if it has any. */
model *make_model(const net_spec *spec, const fa_network *net, const fa_feedback *fb);

/* Go on from the weights that the library has, as exact numbers, so that bounds do not grow from step to step. */
void model_read_weights(model *m, const fa_network *net);

void model_forward(model *m, const fa_matrix *x);
/* Layers first .. depth, on what lies in layer[first - 1].out. */
void model_run(model *m, size_t first);

/* Loss of every sample. */
void model_losses(const model *m, const fa_matrix *target, num *losses);

/* A signal for unit `at` (sample by sample) of hidden layer l, through f' and the mask. */
num model_finished(const model *m, size_t l, size_t at, num signal);

void model_error(model *m, const fa_matrix *target);

/* "bp", "fa" or "shallow". */
void model_backward(model *m, const char *rule);
void model_gradient(model *m);
void model_update(model *m);

/* max |got - v| / e; infinite if anything is NaN. 1 or less is agreement. */
double misfit(const num *expected, const fa_matrix *got);
double misfit_number(num expected, double got);

/* max e / max |v|: a bound that is too wide proves nothing. */
double relative_bound(const num *expected, size_t count);

#endif
