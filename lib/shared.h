/* Work on whole matrices, shared out among a team. What is too little to be worth it stays in the calling thread; that,
 * and who gets which block, depends on shapes and the team's size alone. Neighbouring operations give a thread the same
 * block, which then still lies in its cache. */
#ifndef LIBFA_SHARED_H
#define LIBFA_SHARED_H

#include <fa/network.h>

#include "team.h"

/* The team if it is worth its while for so many multiplications, else NULL. Rounds cost a few microseconds. */
team *shared_team(team *t, size_t rows, size_t cols, size_t depth);

/* View of a block. */
fa_matrix shared_block(const fa_matrix *matrix, const team_block *block);

/* C = beta C + alpha A B, as blas_product(). */
void shared_product(team *t, double alpha, const fa_matrix *a, const fa_matrix *b, double beta, const fa_matrix *c);

/* delta = delta .* f'(z); z like h, or NULL. */
void shared_slope(team *t, fa_activation f, const fa_matrix *h, const void *z, const fa_matrix *delta);

/* out = beta out + alpha (sums of a's columns), out [1 x n]. */
void shared_column_sums(team *t, double alpha, const fa_matrix *a, double beta, const fa_matrix *out);

/* Sum of squares of a view; NaN or infinite if any element is, or if it overflows. */
double shared_sum_squares(team *t, const fa_matrix *m);

/* w = (beta w + alpha h^T delta) .* kept, then z = x w, for rows h and x whose elements lie side by side, inner
 * matrices delta, w and z. h NULL: w stays as it is. kept lies like w, or is NULL. */
void shared_update_product(team *t, double alpha, const fa_matrix *h, const fa_matrix *delta, double beta,
                           const void *kept, const fa_matrix *x, const fa_matrix *w, const fa_matrix *z);

#endif
