/* What the tests train: random architectures, networks, whole sessions, copies of all that a step may change. */
#ifndef LIBFA_TESTS_SESSION_H
#define LIBFA_TESTS_SESSION_H

#include "support.h"

enum { MAX_DEPTH = 4, MAX_WIDTH = 33, MAX_BATCH = 40 };

/* An architecture: width[0 .. depth], activation and bias [1 .. depth]. */
typedef struct net_spec {
    fa_dtype dtype;
    fa_loss loss;
    size_t depth;
    size_t width[MAX_DEPTH + 1];
    fa_activation activation[MAX_DEPTH + 1];
    bool bias[MAX_DEPTH + 1];
} net_spec;

/* All layers alike: `activation` in the hidden layers, identity at the end, squared error. */
net_spec make_spec(fa_dtype dtype, size_t depth, size_t width, fa_activation activation, bool bias);

/* Any depth, widths, activations, biases, and a loss that the outputs may have. */
net_spec random_spec(fa_dtype dtype, uint64_t *state);

/* Number of pairs of an output activation and a loss it may have; pair i. */
size_t output_pair_count(void);
void set_output_pair(net_spec *spec, size_t i);

/* Weights and biases U[-1.5, 1.5) / sqrt(n_{l-1}). */
fa_network *make_network(const net_spec *spec, uint64_t seed);
fa_pass *make_pass(const fa_network *net, size_t max_batch);
fa_feedback *make_feedback(const fa_network *net, const fa_rule *rule, void *user_data, uint64_t seed);
fa_optimizer *make_optimizer(const fa_network *net, double learning_rate);

/* Whether the rule keeps a B_l of the shape that brings an error to hidden layer l, from the layer above or the
 * output. */
bool keeps_feedback(const fa_feedback *fb, const fa_network *net, size_t l);

/* Legal targets for the loss. */
fa_matrix make_target(const net_spec *spec, size_t n, view_layout layout, uint64_t *state);

/* The dropout mask of h_l with `count` elements, as <fa/pass.h> defines it. */
void draw_mask(double probability, uint64_t seed, uint64_t step, size_t l, size_t count, double *mask);

/* Labels 0 .. n_classes - 1, each drawn. */
int32_t *make_labels(size_t n, size_t n_classes, uint64_t *state);

/* Data sets over arrays that stay until the end of the test. */
fa_dataset *make_dataset(const fa_matrix *x, const fa_matrix *target);
fa_dataset *make_labelled(const fa_matrix *x, const int32_t *labels, size_t n_classes);

/* `count` samples of a data set, drawn: in general they do not lie one after the other. */
fa_dataset *make_scattered(const fa_dataset *whole, size_t count, uint64_t seed);

typedef struct session {
    net_spec spec;
    fa_network *net;
    fa_pass *pass;
    fa_feedback *fb;
    fa_optimizer *opt;
    fa_matrix x;
    fa_matrix target;
} session;

/* Everything for a rule, equal for equal seeds: n samples, learning rate 0.05, momentum 0.5. */
session make_session(const net_spec *spec, const fa_rule *rule, size_t n, uint64_t seed);

fa_status session_step(session *s, double *loss);
fa_status session_phases(session *s, double *loss);

/* W_l, b_l, delta_l of a session, or the test fails. */
fa_matrix weights_of(const fa_network *net, size_t l);
fa_matrix bias_of(const fa_network *net, size_t l);
fa_matrix delta_of(const fa_pass *pass, size_t l);

/* Every weight, bias and array "B" or "R", in a row. */
typedef struct state_copy {
    size_t count;
    double *values;
} state_copy;

state_copy take_snapshot(const session *s);
bool same_snapshot(const state_copy *a, const state_copy *b);

#endif
