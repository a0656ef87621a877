#include "student.h"

#include <float.h>
#include <math.h>

#include "statistics.h"

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method as Thompson & Barnett
 * (1986) changed it. It converges quickly for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1.0, d = 1.0 / (1.0 - (a + b) * x / (a + 1.0)), product = d;

    for (int m = 1; m <= 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));

        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        product *= d * c;
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        product *= d * c;
        if (fabs(d * c - 1.0) < DBL_EPSILON)
            break;
    }
    return product;
}

/* I_x(a, b), the regularized incomplete beta function; y = 1 - x, which the caller knows without cancellation. */
static double beta_regularized(double a, double b, double x, double y)
{
    double factor;

    if (!(x > 0.0))
        return x < 0.0 || isnan(x) ? (double)NAN : 0.0;
    if (x > (a + 1.0) / (a + b + 2.0))
        return 1.0 - beta_regularized(b, a, y, x);
    factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    return factor * beta_fraction(a, b, x) / a;
}

double student_p(double t, double degrees_of_freedom)
{
    double square = t * t, sum = degrees_of_freedom + square;

    if (isinf(square))
        return 0.0;
    return beta_regularized(0.5 * degrees_of_freedom, 0.5, degrees_of_freedom / sum, square / sum);
}

/* t with P(|t'| <= t) = 0.95. */
static double limit(double degrees_of_freedom)
{
    double low = 0.0, high = acos(0.0);

    for (int step = 0; step < 60; step++) {
        double middle = 0.5 * (low + high);

        if (student_p(tan(middle), degrees_of_freedom) > 0.05)
            low = middle;
        else
            high = middle;
    }
    return tan(low);
}

static t_test test(double difference, double error, double degrees_of_freedom)
{
    t_test result = {.difference = difference, .t = NAN, .degrees_of_freedom = NAN, .p = NAN, .half = NAN};

    if (!(error > 0.0))
        return result;
    result.t = difference / error;
    result.degrees_of_freedom = degrees_of_freedom;
    result.p = student_p(result.t, degrees_of_freedom);
    result.half = limit(degrees_of_freedom) * error;
    return result;
}

t_test t_test_paired(const double *a, const double *b, size_t count)
{
    moments over = {0};

    for (size_t i = 0; i < count; i++)
        moments_add(&over, a[i] - b[i]);
    return test(over.mean, moments_deviation(&over) / sqrt((double)count), (double)count - 1.0);
}

t_test t_test_welch(const double *a, size_t count_a, const double *b, size_t count_b)
{
    moments over_a = {0}, over_b = {0};
    double square_a, square_b, sum;

    for (size_t i = 0; i < count_a; i++)
        moments_add(&over_a, a[i]);
    for (size_t i = 0; i < count_b; i++)
        moments_add(&over_b, b[i]);
    square_a = pow(moments_deviation(&over_a), 2.0) / (double)count_a;
    square_b = pow(moments_deviation(&over_b), 2.0) / (double)count_b;
    sum = square_a + square_b;
    return test(over_a.mean - over_b.mean, sqrt(sum),
                sum * sum / (square_a * square_a / ((double)count_a - 1.0) +
                             square_b * square_b / ((double)count_b - 1.0)));
}
