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

/* One backward pass of back-propagation, or of pseudo-back-propagation, and the comparisons that are asked for:
 * deltas [L - 1] or NULL, updates [L + 1] or NULL (not with pseudo). */
fa_status diagnostics_backward(arena *a, const fa_network *net, const fa_pass *pass, bool pseudo,
                               fa_delta_report *deltas, fa_update_report *updates);

/* Scratch for diagnostics_update(). */
typedef struct update_scratch {
    fa_matrix in[2];  /* copies of h_{l-1} and of what stands for it, [largest batch x widest] */
    void     *own[2]; /* gradients, or products of samples with samples */
} update_scratch;

void diagnostics_update_lay(arena *a, const fa_network *net, const fa_pass *pass, update_scratch *s);

/* Products of the gradient of W_l, a mean over samples, with that of back-propagation, whose delta_l is bp. */
fa_status diagnostics_update(const fa_network *net, const fa_pass *pass, size_t l, const fa_matrix *bp,
                             const update_scratch *s, products *p);

/* B_l as an inner matrix. If its form has none, a copy is made, which the caller releases with mem_free(); else, and on
 * failure, *copy is NULL. */
fa_status diagnostics_feedback(const fa_feedback *fb, size_t l, fa_matrix *b, void **copy);

/* fa_weight_angle() and fa_alignment_angle() for arguments that have been checked. norms [2] are |W_{l+1}| and |B_l|;
 * NULL if they are not known yet. */
fa_status diagnostics_weight_angle(const fa_network *net, const fa_feedback *fb, size_t l, const double *norms,
                                   double *degrees);
fa_status diagnostics_alignment_angle(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                      double *degrees);

/* Whether the feedback of layers l and l - 1 brings the output error, so that diagnostics_alignment_*() can say
 * something of layer l >= 1 of a network that has a hidden layer; and the same with a sentence and for any l. */
bool diagnostics_has_alignment(const fa_network *net, const fa_feedback *fb, size_t l);
fa_status diagnostics_check_alignment(const fa_network *net, const fa_feedback *fb, size_t l, size_t lowest);

/* Spectra of A_l in the network's dtype, and of any sound view. */
fa_status diagnostics_alignment_spectrum(arena *a, const fa_network *net, const fa_feedback *fb, size_t l,
                                         fa_spectrum *spectrum);
fa_status diagnostics_spectrum(arena *a, const fa_matrix *matrix, fa_spectrum *spectrum);

fa_norm_report diagnostics_norms(const fa_network *net, const fa_pass *pass, const fa_feedback *fb, size_t l);
double diagnostics_saturation(const fa_network *net, const fa_pass *pass, double threshold, size_t l);

#endif
