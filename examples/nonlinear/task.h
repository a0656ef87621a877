/* The teacher and its samples.
 *
 * Everything is drawn in float64 from one seed and then rounded to the element type of the run. The streams:
 *
 *     FA_PURPOSE_USER      W_l of the teacher (layer l), U[-teacher, teacher)
 *     FA_PURPOSE_USER + 1  b_l of the teacher (layer l), U[-teacher_bias, teacher_bias)
 *     FA_PURPOSE_USER + 2  x [n x 30], N(0, 1): fresh samples n s .. n s + n - 1 with step s, where n is the largest
 *                          multiple of --batch that is not above 1000
 *     FA_PURPOSE_USER + 3  x, N(0, 1), validation samples
 *     FA_PURPOSE_USER + 4  x, N(0, 1), test samples
 *
 * and the library's own of the same seed for the students' W_l and B_l.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NONLINEAR_TASK_H
#define NONLINEAR_TASK_H

#include "settings.h"

enum { N_INPUTS = 30, N_FIRST = 20, N_SECOND = 10, N_OUTPUTS = 10 };

typedef enum held_out { FOR_VALIDATION, FOR_TEST } held_out;

typedef struct task {
    uint64_t    seed;
    size_t      block;            /* n above */
    fa_network *teacher;          /* in float64 */
    fa_matrix   x_drawn, y_drawn; /* [n x 30], [n x 10], float64 */
    fa_matrix   x, y;             /* the same in the run's type: the present block */
    fa_matrix   x_held, y_held;   /* validation or test samples */
    double      variance;         /* |y* - mean y*|^2 / n over those */
} task;

/* With held-out samples of the one kind or the other. False after a complaint, with nothing left to free. */
bool task_draw(task *problem, const settings *chosen, uint64_t seed, held_out kind);
void task_free(task *problem);

/* Block number s becomes the present one. */
fa_status task_fresh(task *problem, uint64_t s);

/* Normalized squared error over the held-out samples. */
fa_status task_error(const task *problem, const fa_network *net, double *error);

/* A network of that many layers of neurons, the inputs among them: 3 or 4. Weights and biases are 0. */
fa_status task_network(fa_network **net, fa_dtype dtype, size_t layers);

#endif
