/* Diagnostics of a batch in scratch memory of the caller's, for one-time calls and the recorder alike. Everything is
 * const but the scratch. Public contracts are in <fa/diagnostics.h>. */
#ifndef LIBFA_DIAGNOSTICS_PRIVATE_H
#define LIBFA_DIAGNOSTICS_PRIVATE_H

#include <fa/diagnostics.h>

#include "angle.h"
#include "arena.h"
#include "network.h"
#include "pass.h"

/* pass was made for net and holds every delta. */
fa_status diagnostics_check(const fa_network *net, const fa_pass *pass, const char *function);

/* Scratch for diagnostics_update(). */
typedef struct update_scratch {
    fa_matrix in;     /* copy of what stands for h_{l-1}, [largest batch x widest] */
    void     *own[2]; /* gradients, or products of samples with samples */
} update_scratch;

/* A backward pass of back-propagation, or of pseudo-back-propagation, layer by layer, beside the rule's. */
typedef struct descent {
    const fa_network *net;
    const fa_pass    *pass;
    bool              pseudo;
    void             *deltas[2]; /* take turns, each [largest batch x widest layer] */
    void             *inverse;   /* of one W */
    double           *svd;
    update_scratch    update;
    fa_matrix         above;     /* the other rule's delta of the layer that was last */
    products          total;     /* of the updates so far */
} descent;

/* Takes the arena for itself until the pass is over. updates: diagnostics_descend() will be asked for them (not with
 * pseudo). */
fa_status diagnostics_descent(descent *d, arena *a, const fa_network *net, const fa_pass *pass, bool pseudo,
                              bool updates);

/* Layer l = L, L - 1 .. 1 in turn, and the comparisons that are asked for: delta (only below L) or NULL, update or
 * NULL. */
fa_status diagnostics_descend(descent *d, size_t l, fa_delta_report *delta, fa_update_report *update);

/* The updates of all layers that it went through. */
fa_update_report diagnostics_descended(const descent *d);

void diagnostics_update_lay(arena *a, const fa_network *net, const fa_pass *pass, update_scratch *s);

/* Products of the gradient of W_l, a mean over samples, with that of back-propagation, whose delta_l is bp. */
fa_status diagnostics_update(const fa_network *net, const fa_pass *pass, size_t l, const fa_matrix *bp,
                             const update_scratch *s, products *p);

/* B_l as an inner matrix: the rule's own array or, if its form has none, a copy among the pieces of an arena, which is
 * written once the arena is no longer counting. */
fa_status diagnostics_feedback_lay(arena *a, const fa_feedback *fb, size_t l, fa_matrix *b);

/* The same where the copy is all that the arena is for. */
fa_status diagnostics_feedback(arena *a, const fa_feedback *fb, size_t l, fa_matrix *b);

/* fa_weight_angle() and fa_alignment_angle() for arguments that have been checked. weights and feedback, the norms of
 * W_{l+1} and B_l, or of W_l in the latter, are taken as they are unless they are NaN, and become what they should
 * be. */
fa_status diagnostics_weight_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l, double *weights,
                                   double *feedback, double *degrees);
fa_status diagnostics_alignment_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                      double *weights, double *degrees);

/* Whether the feedback of layers l and l - 1 brings the output error, so that diagnostics_alignment_*() can say
 * something of layer l >= 1 of a network that has a hidden layer; and the same with a sentence and for any l. */
bool diagnostics_has_alignment(const fa_network *net, const fa_feedback *fb, size_t l);
fa_status diagnostics_check_alignment(const fa_network *net, const fa_feedback *fb, size_t l, size_t lowest);

/* Spectra of A_l in the network's dtype, of B_l, and of any sound view. */
fa_status diagnostics_alignment_spectrum(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                         fa_spectrum *spectrum);
fa_status diagnostics_feedback_spectrum(arena *a, const fa_feedback *fb, size_t l, fa_spectrum *spectrum);
fa_status diagnostics_spectrum(arena *a, const fa_matrix *matrix, fa_spectrum *spectrum);

/* A norm that is NaN so far; those of a report that are. */
void diagnostics_take_norm(const fa_matrix *of, double *norm);
fa_status diagnostics_norms(arena *a, const fa_network *net, const fa_pass *pass, const fa_feedback *fb, size_t l,
                            fa_norm_report *report);
double diagnostics_saturation(const fa_network *net, const fa_pass *pass, double threshold, size_t l);

#endif
