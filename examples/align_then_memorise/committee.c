#include "committee.h"

#include <math.h>
#include <string.h>

static double two_over_pi(void)
{
    return 1.0 / acos(0.0);
}

/* <g(z) g(z')> for normal fields of these variances and covariance. */
static double correlation(double variance_1, double variance_2, double covariance)
{
    return two_over_pi() * asin(covariance / sqrt((1.0 + variance_1) * (1.0 + variance_2)));
}

double integral_2(const order *at, size_t a, size_t c)
{
    return correlation(at->C[a][a], at->C[c][c], at->C[a][c]);
}

/* g'(z) = sqrt(2 / pi) exp(-z^2 / 2) tilts the normal distribution: its mass becomes sqrt(2 / pi) / sqrt(1 + C_aa), and
 * its covariance C - C_.a C_a. / (1 + C_aa). In that distribution <z g(z')> is a covariance times <g'(z')>. */
double integral_3(const order *at, size_t a, size_t c, size_t d)
{
    const double(*C)[MAX_FIELDS] = at->C;
    double mass = 1.0 + C[a][a];
    double covariance = C[c][d] - C[a][c] * C[a][d] / mass, variance = C[d][d] - C[a][d] * C[a][d] / mass;

    return two_over_pi() * covariance / sqrt(mass * (1.0 + variance));
}

/* Two such factors: the tilted covariance is C - C_.ac (1 + C_ac,ac)^-1 C_ac. with a matrix of two rows and columns. */
typedef struct tilt {
    double determinant; /* of 1 + C_ac,ac */
    double aa, ac, cc;  /* its inverse */
} tilt;

static tilt tilt_by(const order *at, size_t a, size_t c)
{
    double aa = 1.0 + at->C[a][a], cc = 1.0 + at->C[c][c], ac = at->C[a][c], determinant = aa * cc - ac * ac;

    return (tilt){determinant, cc / determinant, -ac / determinant, aa / determinant};
}

static double tilted(const order *at, const tilt *by, size_t a, size_t c, size_t d, size_t e)
{
    const double *ad = at->C[a], *cd = at->C[c];

    return at->C[d][e] - by->aa * ad[d] * ad[e] - by->cc * cd[d] * cd[e] - by->ac * (ad[d] * cd[e] + ad[e] * cd[d]);
}

double integral_4(const order *at, size_t a, size_t c, size_t d, size_t e)
{
    tilt by = tilt_by(at, a, c);

    return two_over_pi() / sqrt(by.determinant) *
           correlation(tilted(at, &by, a, c, d, d), tilted(at, &by, a, c, e, e), tilted(at, &by, a, c, d, e));
}

/* u of the header, [K + M]. */
static void output_weights(const committee *machine, const order *at, double *u)
{
    for (size_t i = 0; i < machine->K; i++)
        u[i] = -at->v[i];
    for (size_t m = 0; m < machine->M; m++)
        u[machine->K + m] = machine->A[m];
}

/* <g'(z_a) g'(z_c) D^2> */
static double squared_error(const committee *machine, const order *at, const double *u, size_t a, size_t c)
{
    size_t n = machine->K + machine->M;
    tilt by = tilt_by(at, a, c);
    double variance[MAX_FIELDS], sum = 0.0;

    for (size_t d = 0; d < n; d++)
        variance[d] = tilted(at, &by, a, c, d, d);
    for (size_t d = 0; d < n; d++)
        for (size_t e = d; e < n; e++)
            sum += (d == e ? 1.0 : 2.0) * u[d] * u[e] *
                   correlation(variance[d], variance[e], tilted(at, &by, a, c, d, e));
    return two_over_pi() / sqrt(by.determinant) * sum;
}

double committee_error(const committee *machine, const order *at)
{
    size_t n = machine->K + machine->M;
    double u[MAX_FIELDS], sum = 0.0;

    output_weights(machine, at, u);
    for (size_t a = 0; a < n; a++)
        for (size_t c = 0; c < n; c++)
            sum += u[a] * u[c] * integral_2(at, a, c);
    return sum;
}

double committee_angle(const committee *machine, const order *at)
{
    double product = 0.0, v_square = 0.0, b_square = 0.0, cosine;

    for (size_t i = 0; i < machine->K; i++) {
        product += at->v[i] * machine->b[i];
        v_square += at->v[i] * at->v[i];
        b_square += machine->b[i] * machine->b[i];
    }
    cosine = product / sqrt(v_square * b_square);
    return isnan(cosine) ? cosine : 90.0 * acos(fmin(1.0, fmax(-1.0, cosine))) / acos(0.0);
}

/* sum_a u_a I3(i, c, a) */
static double drift(const committee *machine, const order *at, const double *u, size_t i, size_t c)
{
    double sum = 0.0;

    for (size_t a = 0; a < machine->K + machine->M; a++)
        sum += u[a] * integral_3(at, i, c, a);
    return sum;
}

void committee_slope(const committee *machine, const order *at, order *slope)
{
    size_t K = machine->K, n = K + machine->M;
    const double *b = machine->own ? at->v : machine->b;
    double u[MAX_FIELDS], eta = machine->eta;

    output_weights(machine, at, u);
    memset(slope, 0, sizeof *slope);
    for (size_t i = 0; i < K; i++) {
        for (size_t a = 0; a < n; a++)
            slope->v[i] += eta * u[a] * integral_2(at, i, a);
        for (size_t m = K; m < n; m++)
            slope->C[i][m] = slope->C[m][i] = eta * b[i] * drift(machine, at, u, i, m);
        for (size_t k = 0; k <= i; k++)
            slope->C[i][k] = slope->C[k][i] =
                eta * (b[i] * drift(machine, at, u, i, k) + b[k] * drift(machine, at, u, k, i)) +
                eta * eta * b[i] * b[k] * squared_error(machine, at, u, i, k);
    }
}

/* at + factor slope */
static order moved(const committee *machine, const order *at, double factor, const order *slope)
{
    size_t n = machine->K + machine->M;
    order result = *at;

    for (size_t i = 0; i < machine->K; i++)
        result.v[i] += factor * slope->v[i];
    for (size_t a = 0; a < n; a++)
        for (size_t c = 0; c < n; c++)
            result.C[a][c] += factor * slope->C[a][c];
    return result;
}

static void runge_kutta(const committee *machine, order *at, double step)
{
    static const double to_next[] = {0.5, 0.5, 1.0}, weights[] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
    order middle = *at, end = *at, slope;

    for (size_t stage = 0; stage < 4; stage++) {
        committee_slope(machine, &middle, &slope);
        end = moved(machine, &end, step * weights[stage], &slope);
        if (stage < 3)
            middle = moved(machine, at, step * to_next[stage], &slope);
    }
    *at = end;
}

void committee_advance(const committee *machine, order *at, double time, double step)
{
    size_t count = (size_t)ceil(time / step);

    for (size_t i = 0; i < count; i++)
        runge_kutta(machine, at, time / (double)count);
}

double committee_distance(const committee *machine, const order *a, const order *b)
{
    double largest = 0.0;

    for (size_t i = 0; i < machine->K; i++) {
        largest = fmax(largest, fabs(a->v[i] - b->v[i]));
        for (size_t c = 0; c < machine->K + machine->M; c++)
            largest = fmax(largest, fabs(a->C[i][c] - b->C[i][c]));
    }
    return largest;
}
