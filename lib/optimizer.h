/* Optimizers from inside. A new one is one file in lib/optimizers/ that fills an optimizer_kind, and a line there. */
#ifndef LIBFA_OPTIMIZER_PRIVATE_H
#define LIBFA_OPTIMIZER_PRIVATE_H

#include <fa/optimizer.h>

typedef struct optimizer_kind {
    const char     *name;
    const fa_param *params;
    size_t          n_params;

    /* How many arrays of the size of the parameters the present values of the parameters ask for. */
    size_t (*moments)(const double *values);

    /* If the update is w = beta w + alpha (summed gradient) for the present values: true, with alpha and beta. Such an
     * update can be folded into the product that makes the gradient. factor is the rate factor. */
    bool (*linear)(const double *values, double factor, size_t samples, double *alpha, double *beta);

    /* Update count parameters in a row. g holds the gradient summed over samples and receives the increment that the
     * gradient caused; moments[m] are the arrays asked for. */
    void (*apply)(const double *values, double factor, size_t samples, fa_dtype dtype, size_t count, void *g,
                  void *const *moments, void *w);
} optimizer_kind;

#define OPTIMIZER_MAX_MOMENTS 4

struct fa_optimizer {
    const optimizer_kind *kind;
    uint64_t              fingerprint;
    fa_dtype              dtype;
    size_t                depth;
    size_t                moment_bytes; /* of one array; laid out like the gradients of a pass */
    double               *values;       /* [kind->n_params] */
    double               *factors;      /* [2 depth]: of W_l at 2 (l - 1), of b_l behind it */
    size_t                n_moments;
    void                 *moments[OPTIMIZER_MAX_MOMENTS];
    uint64_t              steps;
};

static inline double optimizer_factor(const fa_optimizer *opt, size_t l, bool bias)
{
    return opt->factors[2 * (l - 1) + bias];
}

/* optimizer_kind.linear for the weights or the bias of layer l. */
bool optimizer_linear(const fa_optimizer *opt, size_t l, bool bias, size_t samples, double *alpha, double *beta);

/* Update an array of layer l that lies `offset` bytes into the arena of gradients. */
void optimizer_apply(const fa_optimizer *opt, size_t l, bool bias, size_t samples, size_t offset, size_t count, void *g,
                     void *w);

#endif
