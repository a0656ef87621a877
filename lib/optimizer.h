/* Optimizers from inside. A new one is one file in lib/optimizers/ that fills an optimizer_kind, and a line there. */
#ifndef LIBFA_OPTIMIZER_PRIVATE_H
#define LIBFA_OPTIMIZER_PRIVATE_H

#include <fa/optimizer.h>

#include "team.h"

/* The parameters that every kind has: a table begins with OPTIMIZER_COMMON_PARAMS, the rest is OPTIMIZER_COMMON .. */
enum { LEARNING_RATE, GRADIENT_SCALE, CLIP_NORM, UNSCALED_WEIGHT_DECAY, OPTIMIZER_COMMON };

#define OPTIMIZER_COMMON_PARAMS(default_learning_rate)                                                                \
    [LEARNING_RATE] = {"learning_rate", FA_PARAM_REAL, default_learning_rate, 0.0, 1e30, NULL, "step size"},          \
    [GRADIENT_SCALE] = {"gradient_scale", FA_PARAM_REAL, 1.0, 0.0, 1e30, NULL,                                        \
                        "multiplies the mean gradient: the batch size gives the sum"},                                \
    [CLIP_NORM] = {"clip_norm", FA_PARAM_REAL, 0.0, 0.0, 1e30, NULL,                                                  \
                   "largest norm of the gradient of all layers that learn; 0: any"},                                  \
    [UNSCALED_WEIGHT_DECAY] = {"unscaled_weight_decay", FA_PARAM_REAL, 0.0, 0.0, 1.0, NULL,                           \
                               "w shrinks by this times itself, whatever the learning rate"}

#define OPTIMIZER_MAX_MOMENTS 4

/* One update of an array of parameters. */
typedef struct optimizer_update {
    const double *values; /* of the parameters, as in the kind's table */
    double        rate;   /* learning rate x rate factor x schedule */
    double        scale;  /* makes the gradient of the summed one: gradient_scale x clipping / samples */
    uint64_t      t;      /* which update of the layer this is, from 1 */
    fa_dtype      dtype;
    size_t        count;  /* parameters in a row */
    void         *g;      /* the gradient summed over samples; receives the increment that the gradient caused */
    void         *w;
    void         *moments[OPTIMIZER_MAX_MOMENTS]; /* NULL where none was made */
} optimizer_update;

typedef struct optimizer_kind {
    const char     *name;
    const fa_param *params;
    size_t          n_params;

    /* Place of the parameter that is a weight decay inside the gradient; 0: there is none. */
    size_t          coupled_decay;

    /* Names of the moments in files, PyTorch's where it keeps them too. */
    const char *moment_names[OPTIMIZER_MAX_MOMENTS];

    /* Which moments are of squares, and never negative: bit m for moments[m]. */
    unsigned squares;

    /* Which arrays of the size of the parameters the present values ask for: bit m for moments[m]. They start at 0. */
    unsigned (*moments)(const double *values);

    /* If the update is w = beta w + alpha (summed gradient) for the present values: true, with alpha and beta. Such an
     * update can be folded into the product that makes the gradient. count and arrays are not set. NULL: never. */
    bool (*linear)(const optimizer_update *update, double *alpha, double *beta);

    void (*apply)(const optimizer_update *update);
} optimizer_kind;

/* What is left of w by the decay beside the gradient. All decay acts on the old w, so that shares add up. */
static inline double optimizer_keep(const optimizer_update *update, double decoupled_weight_decay)
{
    return 1.0 - update->values[UNSCALED_WEIGHT_DECAY] - update->rate * decoupled_weight_decay;
}

struct fa_optimizer {
    const optimizer_kind *kind;
    uint64_t              fingerprint;
    fa_dtype              dtype;
    size_t                depth;
    size_t                moment_bytes; /* of one array; laid out like the gradients of a pass */
    double               *values;       /* [kind->n_params] */
    double               *factors;      /* [2 depth]: of W_l at 2 (l - 1), of b_l behind it */
    double                schedule;
    void                 *moments[OPTIMIZER_MAX_MOMENTS];
    uint64_t             *updates;      /* [depth] of each layer: fewer than steps where it was frozen */
    uint64_t              steps;
};

/* Make moment m, of zeros, unless it is there. */
fa_status optimizer_make_moment(fa_optimizer *opt, size_t m);

/* Make the moments that the parameters ask for; those that are there stay, also when they are not needed now. */
fa_status optimizer_make_moments(fa_optimizer *opt);

/* gradient_scale / samples: what makes the gradient of the summed one where nothing is clipped. */
double optimizer_scale(const fa_optimizer *opt, size_t samples);

/* optimizer_kind.linear for an array of layer l; false where the gradient has to be seen as a whole, to be clipped. */
bool optimizer_linear(const fa_optimizer *opt, size_t l, bool bias, size_t samples, double *alpha, double *beta);

/* Update an array of layer l that lies `offset` bytes into the arena of gradients. */
void optimizer_apply(const fa_optimizer *opt, team *t, size_t l, bool bias, double scale, size_t offset, size_t count,
                     void *g, void *w);

#endif
