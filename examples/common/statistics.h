/* Mean, standard deviation and confidence interval of numbers that come one by one.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_STATISTICS_H
#define EXAMPLES_COMMON_STATISTICS_H

#include <stddef.h>

/* Zeroed, it holds no number. */
typedef struct moments {
    size_t count;
    double mean;
    double squares; /* sum of squared deviations from the mean */
} moments;

/* Adds a finite number; any other is passed over. */
void moments_add(moments *all, double value);

/* Standard deviation with count - 1; NaN below two numbers. */
double moments_deviation(const moments *all);

/* Half the width of the 95 % confidence interval of the mean (Student's t); NaN below two numbers. */
double moments_half_interval(const moments *all);

/* The 97.5 % quantile of Student's t with 1 or more degrees of freedom. */
double student_t(size_t degrees_of_freedom);

#endif
