/* The pass from inside. */
#ifndef LIBFA_PASS_PRIVATE_H
#define LIBFA_PASS_PRIVATE_H

#include <fa/pass.h>

#include "batch.h"
#include "network.h"
#include "team.h"

/* How far the current batch has come. */
typedef enum pass_stage {
    PASS_EMPTY,    /* nothing, or the phase that should have come next failed */
    PASS_FORWARD,  /* h_1 .. h_L */
    PASS_ERROR,    /* and delta_L */
    PASS_BACKWARD, /* and every delta */
    PASS_TAKEN     /* the gradient of this batch has been accumulated or applied */
} pass_stage;

/* What a pass keeps of layer l. Matrices of samples are inner ones, row by row; their rows are the current batch. */
typedef struct pass_layer {
    fa_matrix h;
    fa_matrix delta;
    void     *z;             /* laid out like h; NULL where nobody needs it */
    fa_matrix gradient;      /* sum over samples [n_in x n_out], like weights_t; holds the increment after an update */
    fa_matrix bias_gradient; /* [1 x n_out]; {0} without bias */
    size_t    offset;        /* of gradient in an arena of the gradients of all layers, such as the optimizer's */
    fa_matrix presynaptic;   /* what stands for h_{l-1} in this step's gradient; data NULL: h_{l-1} itself */
    fa_matrix postsynaptic;  /* what stands for delta_l there; data NULL: delta_l itself */
    bool      delta_written; /* the rule wrote delta; else it is 0 */
    bool      own_gradient;  /* the rule wrote the gradient of this batch itself, into pass->written */
    bool      fused;         /* the update of this batch is one product, without a gradient */
} pass_layer;

/* A further activity set: matrices l = 0 .. L, and z_L for the loss. */
typedef struct pass_slot {
    fa_matrix *h; /* [depth + 1] */
    void      *z;
    bool       ran; /* holds a forward pass of the current batch */
} pass_slot;

/* Dropout on h_l. */
typedef struct pass_mask {
    bool      active; /* in the current batch */
    fa_matrix mask;   /* 0 or 1 / (1 - probability) */
    fa_matrix out;    /* h_l .* mask: what layer l + 1 sees */
    void     *memory; /* of both; NULL until it is needed */
} pass_mask;

/* An update of W_l by one sample that was not applied yet: W_l^T = beta W_l^T + alpha h^T delta. */
typedef struct pass_waiting {
    bool      any;
    double    alpha;
    double    beta;
    fa_matrix h;     /* [1 x n_{l-1}], contiguous */
    fa_matrix delta; /* [1 x n_l], inner */
} pass_waiting;

struct fa_pass {
    uint64_t    fingerprint;
    fa_dtype    dtype;
    size_t      depth;
    size_t      max_batch;
    bool        streaming;        /* matrices of different layers share their places */
    size_t      batch;
    pass_stage  stage;
    fa_matrix   x;                /* the caller's, borrowed */
    fa_matrix   target;           /* the caller's, borrowed; data NULL before it is known */
    pass_layer *layers;           /* [depth]; layer l is layers[l - 1] */
    void       *gradients;        /* arena of all gradients */
    size_t      gradient_bytes;
    size_t      gradient_samples; /* accumulated */
    void       *written;          /* arena of what a rule writes itself, laid out like gradients; or NULL */
    pass_slot  *slots;            /* [n_slots]; slot s is slots[s - 1] */
    size_t      n_slots;
    double     *numbers;          /* [2 max_batch], of the rule; NULL without slots */
    void       *between;          /* scratch of single calls; NULL until it is needed */
    size_t      between_bytes;
    void       *memory;           /* activities and deltas */
    pass_mask  *masks;            /* [depth], of h_0 .. h_{L-1}; NULL until there is dropout */
    bool        dropout_seeded;
    uint64_t    dropout_seed;
    uint64_t    dropout_step;     /* batches whose gradient was taken */
    bool        busy;             /* with an epoch, whose callbacks may look but not touch */
    bool        online;           /* updates of single samples may wait */
    pass_waiting *waiting;        /* [depth], and the memory behind it; NULL until training is online */
    team        *team;            /* NULL: the calling thread alone */
    batch_staging staging;        /* of fa_train_epoch() */
};

static inline pass_layer *pass_at(const fa_pass *pass, size_t l)
{
    return &pass->layers[l - 1];
}

/* h_l of the batch, l = 0 (x) .. L, as the next layer sees it: after dropout. */
static inline const fa_matrix *pass_h(const fa_pass *pass, size_t l)
{
    if (pass->masks && l < pass->depth && pass->masks[l].active)
        return &pass->masks[l].out;
    return l == 0 ? &pass->x : &pass->layers[l - 1].h;
}

/* How the matrices of a pass lie. */
typedef struct pass_layout {
    bool streaming;
    /* Sizes of the arenas; false on overflow. */
    bool (*bytes)(const fa_network *net, size_t max_batch, size_t *activities, size_t *gradients);
    /* Views into pass->memory and pass->gradients. */
    void (*lay_out)(fa_pass *pass, const fa_network *net);
} pass_layout;

/* fa_pass_bytes() and fa_pass_create() for a layout; `function` is named in sentences. */
fa_status pass_bytes(const fa_network *net, size_t max_batch, const pass_layout *layout, const char *function,
                     size_t *bytes);
fa_status pass_create(fa_pass **out, const fa_network *net, size_t max_batch, const pass_layout *layout,
                      const char *function);

/* Whether z_l is kept. */
bool pass_keeps_z(const fa_network *net, size_t l);

/* Make n_slots activity sets and, if asked for, the arena of written gradients; what is there already stays. */
fa_status pass_prepare(fa_pass *pass, const fa_network *net, size_t n_slots, bool written);

/* Room of at least `bytes` for what lies between two matrices of a transport, or for a decomposition; NULL, with the
 * sentence set, if there is no memory. What was in it is lost. */
void *pass_between(fa_pass *pass, size_t bytes);

/* Start a batch: everything of the previous one is forgotten but the accumulated gradient. x must have been checked. */
void pass_begin(fa_pass *pass, const fa_matrix *x);

/* Nothing is left of the batch, and x and target are the caller's again: after a step that failed. */
void pass_abandon(fa_pass *pass);

/* View of the written gradient of layer l, like pass_layer.gradient and .bias_gradient. */
void pass_written(const fa_pass *pass, const fa_network *net, size_t l, fa_matrix *weights_t, fa_matrix *bias);

#endif
