/* The function to be learned, its samples, and where every rule starts.
 *
 * Everything is drawn in float64 from one seed and then rounded to the element type of the run. The streams:
 *
 *     FA_PURPOSE_USER      T [10 x 30]    U[-1, 1)
 *     FA_PURPOSE_USER + 1  x [100 x 30]   N(0, 1), samples are rows
 *     FA_PURPOSE_USER + 2  permutation of the 100 samples: the first 75 are for training
 *     FA_PURPOSE_USER + 3  W_l            U[-omega, omega), layer l: W_1 = W0 [20 x 30], W_2 = W [10 x 20]
 *     FA_PURPOSE_USER + 4  B [20 x 10]    U[-beta, beta)
 *     FA_PURPOSE_USER + 5  fresh samples [75 x 30] of an online epoch, N(0, 1); step = epoch, counted from 0
 *
 * y* = T x is what the library computes for a float64 network with the one linear layer T.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINEAR_FUNCTION_TASK_H
#define LINEAR_FUNCTION_TASK_H

#include <fa/fa.h>

#include "settings.h"

typedef struct task {
    uint64_t    seed;
    fa_dtype    dtype;
    fa_network *teacher; /* y* = T x in float64; NULL where the samples came from files */
    fa_matrix   T;       /* float64; {0} then */
    fa_matrix   W0;      /* [n_1 x n_0] */
    fa_matrix   W;       /* [n_2 x n_1] */
    fa_matrix   B;       /* [n_1 x n_2] */
    fa_matrix   x_train, y_train, x_test, y_test; /* samples are rows */
} task;

/* Each false after a complaint, with nothing left to free. */
bool task_draw(task *problem, const settings *chosen, uint64_t seed);
bool task_load(task *problem, const settings *chosen);

void task_free(task *problem);

/* Fresh samples of an online epoch, as many as x has rows. */
fa_status task_fresh(const task *problem, uint64_t epoch, const fa_matrix *x, const fa_matrix *y);

/* |T - W W0|^2 / |T|^2 for a network that learns a drawn task; NaN where it is not finite. */
double task_expected_error(const task *problem, const fa_network *net);

/* Frobenius norm. */
double frobenius(const fa_matrix *matrix);

#endif
