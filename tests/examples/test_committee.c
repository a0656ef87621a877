/* The theory of align_then_memorise: its integrals and equations against Monte Carlo, its integrator against itself.
 *
 * A mean over n samples is compared with what it estimates within 5.5 of its standard deviations, as they come out of
 * the same samples. By chance one of the 826 comparisons would fail with one choice of seeds in 30 000. */
#include "../support.h"

#include "../../examples/align_then_memorise/committee.h"
#include "../../examples/common/statistics.h"

#include <math.h>
#include <string.h>

enum { K = 3, M = 2, N_FIELDS = K + M, SAMPLES = 200000 };

/* Fields z = F s with s normal, so that C = F F^T is a covariance; the first and the last one are dependent. */
typedef struct drawn {
    committee machine;
    order     at;
    double  (*z)[N_FIELDS]; /* [SAMPLES] */
} drawn;

static double g(double z)
{
    return erf(z / sqrt(2));
}

static double slope_of_g(double z)
{
    return sqrt(2 / acos(-1)) * exp(-z * z / 2);
}

static drawn draw(uint64_t seed, bool own)
{
    drawn all = {.machine = {.K = K, .M = M, .eta = 0.7, .own = own}};
    uint64_t state = seed;
    double F[N_FIELDS][N_FIELDS];
    fa_matrix normal = make_matrix(FA_FLOAT64, SAMPLES, N_FIELDS);
    fa_stream stream = {.seed = seed, .purpose = FA_PURPOSE_USER};
    expect_ok(fa_random_normal(&stream, 0, 1, &normal));
    for (size_t a = 0; a < N_FIELDS; a++)
        for (size_t c = 0; c < N_FIELDS; c++)
            F[a][c] = a == N_FIELDS - 1 ? -0.5 * F[0][c] : draw_uniform(&state, -1, 1);
    for (size_t a = 0; a < N_FIELDS; a++)
        for (size_t c = 0; c < N_FIELDS; c++)
            for (size_t s = 0; s < N_FIELDS; s++)
                all.at.C[a][c] += F[a][s] * F[c][s];
    for (size_t i = 0; i < K; i++) {
        all.at.v[i] = draw_uniform(&state, -1, 1);
        all.machine.b[i] = draw_uniform(&state, -1, 1);
    }
    for (size_t m = 0; m < M; m++)
        all.machine.A[m] = draw_uniform(&state, -1, 1);
    all.z = make_memory(SAMPLES, sizeof *all.z);
    for (size_t n = 0; n < SAMPLES; n++)
        for (size_t a = 0; a < N_FIELDS; a++)
            for (size_t s = 0; s < N_FIELDS; s++)
                all.z[n][a] += F[a][s] * ((const double *)normal.data)[n * N_FIELDS + s];
    return all;
}

static double uncertainty(const moments *over)
{
    return 5.5 * moments_deviation(over) / sqrt((double)over->count);
}

static void check_mean(const moments *over, double expected, const char *what)
{
    ck_assert_msg(fabs(over->mean - expected) <= uncertainty(over) + 1e-14, "%s: %g is not %g +- %g", what, expected,
                  over->mean, uncertainty(over));
}

START_TEST(integrals_of_two_and_three)
{
    drawn all = draw((uint64_t)_i + 1, false);
    for (size_t a = 0; a < N_FIELDS; a++)
        for (size_t c = 0; c < N_FIELDS; c++) {
            moments two = {0}, three[N_FIELDS] = {{0}};
            for (size_t n = 0; n < SAMPLES; n++) {
                const double *z = all.z[n];
                double slope = slope_of_g(z[a]);
                moments_add(&two, g(z[a]) * g(z[c]));
                for (size_t d = 0; d < N_FIELDS; d++)
                    moments_add(&three[d], slope * z[c] * g(z[d]));
            }
            check_mean(&two, integral_2(&all.at, a, c), "I2");
            for (size_t d = 0; d < N_FIELDS; d++)
                check_mean(&three[d], integral_3(&all.at, a, c, d), "I3");
        }
}
END_TEST

START_TEST(integrals_of_four)
{
    drawn all = draw((uint64_t)_i + 11, false);
    for (size_t a = 0; a < N_FIELDS; a++)
        for (size_t c = 0; c <= a; c++) {
            moments four[N_FIELDS][N_FIELDS] = {{{0}}};
            for (size_t n = 0; n < SAMPLES; n++) {
                const double *z = all.z[n];
                double slopes = slope_of_g(z[a]) * slope_of_g(z[c]), h[N_FIELDS];
                for (size_t d = 0; d < N_FIELDS; d++)
                    h[d] = g(z[d]);
                for (size_t d = 0; d < N_FIELDS; d++)
                    for (size_t e = 0; e <= d; e++)
                        moments_add(&four[d][e], slopes * h[d] * h[e]);
            }
            for (size_t d = 0; d < N_FIELDS; d++)
                for (size_t e = 0; e <= d; e++) {
                    check_mean(&four[d][e], integral_4(&all.at, a, c, d, e), "I4");
                    ck_assert_double_eq_tol(integral_4(&all.at, c, a, e, d), integral_4(&all.at, a, c, d, e), 1e-14);
                }
        }
}
END_TEST

/* What one sample does to the order parameters, times N, for N -> infinity, where |x|^2 / N = 1. */
typedef struct change {
    moments v[K], R[K][M], Q[K][K], error;
} change;

static void add_sample(change *all, const drawn *from, const double *z)
{
    const committee *machine = &from->machine;
    const double *b = machine->own ? from->at.v : machine->b;
    double D = 0, eta = machine->eta, w[K]; /* w_i moves by w[i] x / sqrt N */
    for (size_t m = 0; m < M; m++)
        D += machine->A[m] * g(z[K + m]);
    for (size_t i = 0; i < K; i++)
        D -= from->at.v[i] * g(z[i]);
    for (size_t i = 0; i < K; i++)
        w[i] = eta * b[i] * slope_of_g(z[i]) * D;
    moments_add(&all->error, D * D);
    for (size_t i = 0; i < K; i++) {
        moments_add(&all->v[i], eta * g(z[i]) * D);
        for (size_t m = 0; m < M; m++)
            moments_add(&all->R[i][m], w[i] * z[K + m]);
        for (size_t k = 0; k < K; k++)
            moments_add(&all->Q[i][k], w[i] * z[k] + w[k] * z[i] + w[i] * w[k]);
    }
}

START_TEST(slopes)
{
    drawn all = draw((uint64_t)_i + 21, _i % 2 == 1);
    order slope;
    change *mean = make_memory(1, sizeof *mean);
    for (size_t n = 0; n < SAMPLES; n++)
        add_sample(mean, &all, all.z[n]);
    committee_slope(&all.machine, &all.at, &slope);
    check_mean(&mean->error, committee_error(&all.machine, &all.at), "error");
    for (size_t i = 0; i < K; i++) {
        check_mean(&mean->v[i], slope.v[i], "v");
        for (size_t m = 0; m < M; m++) {
            check_mean(&mean->R[i][m], slope.C[i][K + m], "R");
            ck_assert_double_eq(slope.C[K + m][i], slope.C[i][K + m]);
        }
        for (size_t k = 0; k < K; k++)
            check_mean(&mean->Q[i][k], slope.C[i][k], "Q");
    }
    for (size_t m = K; m < N_FIELDS; m++)
        for (size_t n = K; n < N_FIELDS; n++)
            ck_assert_double_eq(slope.C[m][n], 0);
}
END_TEST

/* The term in eta^2 of the diagonal of Q is far outside of what the comparison above lets pass. */
START_TEST(the_square_of_the_rate_counts)
{
    drawn all = draw(31, false);
    const committee *machine = &all.machine;
    committee slower = *machine;
    order slope, without;
    change *mean = make_memory(1, sizeof *mean);
    for (size_t n = 0; n < SAMPLES; n++)
        add_sample(mean, &all, all.z[n]);
    slower.eta = 1e-9;
    committee_slope(machine, &all.at, &slope);
    committee_slope(&slower, &all.at, &without);
    for (size_t i = 0; i < K; i++)
        ck_assert_double_gt(fabs(slope.C[i][i] - without.C[i][i] / slower.eta * machine->eta),
                            2 * uncertainty(&mean->Q[i][i]));
}
END_TEST

/* A student that is the teacher knows everything, and stays. */
START_TEST(student_is_teacher)
{
    committee machine = {.K = 2, .M = 2, .eta = 0.2, .A = {1, -0.5}, .b = {0.3, 2}};
    order at = {.v = {1, -0.5}}, slope;
    static const double T[2][2] = {{1.1, 0.2}, {0.2, 0.9}};
    for (size_t a = 0; a < 4; a++)
        for (size_t c = 0; c < 4; c++)
            at.C[a][c] = T[a % 2][c % 2];
    committee_slope(&machine, &at, &slope);
    ck_assert_double_le(fabs(committee_error(&machine, &at)), 1e-15);
    for (size_t a = 0; a < 4; a++)
        for (size_t c = 0; c < 4; c++)
            ck_assert_double_le(fabs(slope.C[a][c]), 1e-14);
}
END_TEST

START_TEST(angle)
{
    committee machine = {.K = 2, .M = 1, .b = {0, 2}};
    order at = {.v = {3, 3}};
    ck_assert_double_eq_tol(committee_angle(&machine, &at), 45, 1e-12);
    at.v[1] = -3;
    ck_assert_double_eq_tol(committee_angle(&machine, &at), 135, 1e-12);
    at.v[0] = at.v[1] = 0;
    ck_assert(isnan(committee_angle(&machine, &at)));
}
END_TEST

/* Fourth order: a step half as long leaves a sixteenth of the error. */
START_TEST(integrator)
{
    drawn all = draw(41, _i == 1);
    order coarse = all.at, fine = all.at, exact = all.at;
    double ratio;
    committee_advance(&all.machine, &coarse, 2, 0.2);
    committee_advance(&all.machine, &fine, 2, 0.1);
    committee_advance(&all.machine, &exact, 2, 0.005);
    ratio = committee_distance(&all.machine, &coarse, &exact) / committee_distance(&all.machine, &fine, &exact);
    ck_assert_msg(ratio > 12 && ratio < 20, "%g", ratio);
    ck_assert_double_gt(committee_distance(&all.machine, &all.at, &exact), 0.1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("committee");
    TCase *tcase = support_case(suite);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, integrals_of_two_and_three, 0, 2);
    tcase_add_loop_test(tcase, integrals_of_four, 0, 2);
    tcase_add_loop_test(tcase, slopes, 0, 4);
    tcase_add_test(tcase, the_square_of_the_rate_counts);
    tcase_add_test(tcase, student_is_teacher);
    tcase_add_test(tcase, angle);
    tcase_add_loop_test(tcase, integrator, 0, 2);
    return support_run(suite, true);
}
