/* What a layer is, whatever its kind. A new kind is one file that fills a layer_kind. */
#ifndef LIBFA_LAYER_H
#define LIBFA_LAYER_H

#include <fa/network.h>

#include "operand.h"
#include "team.h"

typedef struct layer layer;

typedef struct layer_kind {
    const char *name;

    /* z = the block of in W^T, without bias; z is an inner matrix that runs row by row. */
    void (*forward)(const layer *layer, const fa_matrix *in, const team_block *block, const fa_matrix *z);

    /* out = delta operand^T: bring delta, which belongs to this layer, below it, with the operand [n_in x n_out] in the
     * place of W^T. scratch has the operand_scratch() of it. */
    void (*transport)(team *t, const fa_operand *operand, const fa_matrix *delta, const fa_matrix *out, void *scratch);

    /* out = e operand^T: bring the output error straight to this layer's output; operand [n_out x n_L]. */
    void (*inject)(team *t, const fa_operand *operand, const fa_matrix *e, const fa_matrix *out, void *scratch);

    /* weights_t = beta weights_t + alpha in^T delta; weights_t [n_in x n_out] inner, row by row. */
    void (*gradient)(team *t, double alpha, const fa_matrix *in, const fa_matrix *delta, double beta,
                     const fa_matrix *weights_t);
} layer_kind;

/* Weights are stored in x out: weights_t [n_in x n_out] runs row by row, and W_l is its transposed view, so that the
 * forward product needs no transpose (ADR 0002). */
struct layer {
    const layer_kind *kind;
    fa_dtype          dtype;
    size_t            n_in;
    size_t            n_out;
    fa_activation     activation;
    bool              has_bias;
    bool              frozen;
    double            dropout;    /* probability, on the layer's input */
    double            held_norm;  /* of W_l after every update; 0: any */
    fa_matrix         weights_t;
    fa_matrix         bias;       /* [1 x n_out]; {0} without */
    fa_operand        transposed; /* W_l^T, for back-propagation: weights_t again */
    void             *memory;     /* of weights and bias */
    void             *kept;       /* laid out like weights_t: 1, or 0 for a removed connection; NULL if all are there */
};

extern const layer_kind layer_dense;

/* Bytes for the weights and the bias of a dense layer, padding included; false on overflow. */
bool layer_bytes(size_t n_in, size_t n_out, bool has_bias, fa_dtype dtype, size_t *bytes);

/* Lay an array like weights_t, and one like bias, over memory of layer_bytes(). */
void layer_lay(const layer *layer, void *memory, fa_matrix *weights_t, fa_matrix *bias);

/* h = f(in W^T + noise + b); noise like h, or NULL; z keeps the pre-activation unless NULL. h, z and noise share shape
 * and strides. */
void layer_run(const layer *layer, team *t, const fa_matrix *in, const fa_matrix *noise, void *z, const fa_matrix *h);

/* The second half of layer_run(): h = f(h + b). */
void layer_activate(const layer *layer, void *z, const fa_matrix *h);

/* delta = delta .* f'(z). Not for softmax. */
void layer_slope(const layer *layer, team *t, const fa_matrix *h, const void *z, const fa_matrix *delta);

#endif
