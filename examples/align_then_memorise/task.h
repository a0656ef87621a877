/* The teacher, its samples, and where every student starts.
 *
 * Everything is drawn in float64 from one seed. The streams:
 *
 *     FA_PURPOSE_USER      w* [M x N]  N(0, 1)
 *     FA_PURPOSE_USER + 1  A [1 x M]   N(0, 1), if it is drawn
 *     FA_PURPOSE_USER + 2  layer 1: w [K x N], layer 2: v [1 x K], N(0, init^2)
 *     FA_PURPOSE_USER + 3  b [K x 1]   N(0, 1)
 *     FA_PURPOSE_USER + 4  x [500 x N] N(0, 1), the fresh samples number 500 s .. 500 s + 499 with step s
 *     FA_PURPOSE_USER + 5  x           N(0, 1), test samples
 *
 * Networks of the library have no 1 / sqrt N in their fields: their W_1 is w / sqrt N.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_TASK_H
#define ALIGN_THEN_MEMORISE_TASK_H

#include "settings.h"

enum { BLOCK = 500 };

typedef struct task {
    uint64_t    seed;
    fa_network *teacher;
    fa_matrix   w, v, b;        /* W_1 = w / sqrt N, W_2 = v and B_1 = b at the start */
    fa_matrix   x_test, y_test; /* samples are rows */
    fa_matrix   x, y;           /* [BLOCK x N], [BLOCK x 1]: the present block of fresh samples */
} task;

/* False after a complaint, with nothing left to free. */
bool task_draw(task *problem, const settings *chosen, uint64_t seed);
void task_free(task *problem);

/* Block number s becomes the present one. */
fa_status task_fresh(task *problem, uint64_t s);

/* A network N - hidden - 1 of these weights. */
fa_status task_network(fa_network **net, const fa_matrix *hidden, const fa_matrix *output);

#endif
