/* Student's t tests of a difference of two means.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_STUDENT_H
#define EXAMPLES_COMMON_STUDENT_H

#include <stddef.h>

/* P(|t'| >= |t|) for a t' of Student's distribution with so many degrees of freedom (> 0, need not be whole): small
 * probabilities to the same relative accuracy as large ones. NaN if an argument is NaN. */
double student_p(double t, double degrees_of_freedom);

typedef struct t_test {
    double difference; /* of the means, a - b */
    double t, degrees_of_freedom;
    double p;          /* two-sided */
    double half;       /* half the width of the 95 % confidence interval of the difference */
} t_test;

/* Tests on finite numbers; NaN everywhere but in the difference below two numbers or where nothing varies. */
t_test t_test_paired(const double *a, const double *b, size_t count);

/* Unequal variances: Welch, Biometrika 34 (1947). */
t_test t_test_welch(const double *a, size_t count_a, const double *b, size_t count_b);

#endif
