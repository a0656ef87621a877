#include "statistics.h"

#include <math.h>

void moments_add(moments *all, double value)
{
    double deviation = value - all->mean;

    if (!isfinite(value))
        return;
    /* Welford (1962): no cancellation, whatever the mean. */
    all->count++;
    all->mean += deviation / (double)all->count;
    all->squares += deviation * (value - all->mean);
}

double moments_deviation(const moments *all)
{
    return all->count < 2 ? NAN : sqrt(all->squares / (double)(all->count - 1));
}

double moments_half_interval(const moments *all)
{
    if (all->count < 2)
        return NAN;
    return student_t(all->count - 1) * moments_deviation(all) / sqrt((double)all->count);
}

/* P(|t| <= tan(angle) sqrt(n)) for n degrees of freedom: Abramowitz & Stegun 26.7.3 and 26.7.4. */
static double student_probability(double angle, size_t n)
{
    double cosine = cos(angle), square = cosine * cosine, sum = 0.0;
    double term = n % 2 ? cosine : 1.0;

    for (size_t power = n % 2; power + 2 <= n; power += 2) {
        sum += term;
        term *= square * (double)(power + 1) / (double)(power + 2);
    }
    sum *= sin(angle);
    return n % 2 ? 2.0 / acos(-1.0) * (angle + sum) : sum;
}

double student_t(size_t degrees_of_freedom)
{
    double low = 0.0, high = acos(0.0);

    for (int step = 0; step < 60; step++) {
        double middle = 0.5 * (low + high);

        if (student_probability(middle, degrees_of_freedom) < 0.95)
            low = middle;
        else
            high = middle;
    }
    return tan(low) * sqrt((double)degrees_of_freedom);
}
