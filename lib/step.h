/* One training step from inside: the only place where network, pass and feedback meet. */
#ifndef LIBFA_STEP_PRIVATE_H
#define LIBFA_STEP_PRIVATE_H

#include <fa/rule.h>

#include "feedback.h"
#include "optimizer.h"
#include "pass.h"

/* Which callback is running: it decides what may be seen and written. */
typedef enum step_phase {
    STEP_LOCAL,    /* h_1 .. h_reached exist, the loss is not known */
    STEP_BACKWARD, /* everything but the increment */
    STEP_ADAPT     /* weights are updated */
} step_phase;

struct fa_step {
    const fa_network *net;
    fa_pass          *pass;
    fa_feedback      *fb;
    step_phase        phase;
    size_t            reached; /* in STEP_LOCAL: the layer whose delta is wanted */
    const fa_optimizer *opt;   /* in STEP_ADAPT, except in a mirror phase */
};

/* A mirror phase: `adapt` without an update. */
static inline bool step_mirrors(const fa_step *step)
{
    return step->phase == STEP_ADAPT && !step->opt;
}

/* `adapt` without a batch: a mirror phase, or an update by gradients whose batches the pass has forgotten. */
static inline bool step_lacks_batch(const fa_step *step)
{
    return step->phase == STEP_ADAPT && step->pass->stage < PASS_BACKWARD;
}

/* Everything the rule must have on this pass before it runs: slots, arena of written gradients. */
fa_status step_prepare(const fa_network *net, fa_pass *pass, const fa_feedback *fb);

/* Forget what a rule wrote into this batch before. */
void step_reset(fa_pass *pass);

/* Call `local` for hidden layer l. */
fa_status step_local(const fa_network *net, fa_pass *pass, fa_feedback *fb, size_t l);

/* Call `backward`. */
fa_status step_backward(const fa_network *net, fa_pass *pass, fa_feedback *fb);

/* Set to 0 the deltas that the rule did not write. */
void step_complete(const fa_pass *pass);

/* Call `adapt`, if there is one, and count the step. */
void step_adapt(const fa_network *net, fa_pass *pass, fa_feedback *fb, const fa_optimizer *opt);

/* Whether vector code may run along the rows of a rule's matrix: they start at multiples of 32 bytes, reach to one, and
 * do not lie in x or the target. */
bool step_is_inner(const fa_step *step, const fa_matrix *m);

/* The same of a view or its transpose: vector code may run along it, or down. */
bool step_runs_along(const fa_step *step, const fa_matrix *m);

/* On a streaming pass, FA_ERR_STATE for l below `lowest`: what there was is overwritten or updated. */
fa_status step_check_kept(const fa_step *step, const char *function, size_t l, size_t lowest);

/* FA_ERR_ARGUMENT unless low <= l <= high. */
fa_status step_check_layer(const fa_step *step, const char *function, size_t l, size_t low, size_t high);

#endif
