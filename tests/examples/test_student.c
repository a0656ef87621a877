/* Student's t tests of the examples. */
#include "../support.h"

#include "../../examples/common/student.h"

#include <math.h>

/* The fraction is good to some roundings; lgamma, exp and log of numbers up to 1000 lose a few more digits. */
static void check_relative(double expected, double got)
{
    ck_assert_msg(fabs(got / expected - 1) <= 1e-11, "%.17g is not %.17g", got, expected);
}

/* Elementary for 1, 2 and 4 degrees of freedom, written without cancellation. */
START_TEST(closed_forms)
{
    const double pi = acos(-1);
    for (double t = 1e-3; t < 1e9; t *= 3.7) {
        double root_2 = sqrt(2 + t * t), root_4 = sqrt(4 + t * t), y_4 = 4 / (root_4 * (root_4 + t));
        check_relative(2 / pi * atan(1 / t), student_p(t, 1));
        check_relative(2 / (root_2 * (root_2 + t)), student_p(t, 2));
        /* 1 - s (3 - s^2) / 2 with s = t / root = 1 - y: y^2 (3 - y) / 2 */
        check_relative(y_4 * y_4 * (3 - y_4) / 2, student_p(-t, 4));
    }
}
END_TEST

/* Computed with 40 digits (mpmath's betainc). */
START_TEST(known_values)
{
    static const struct {
        double t, degrees_of_freedom, p;
    } rows[] = {
        {0.001, 19, 0.999212540523565578},
        {1, 19, 0.329876800921125059},
        {5, 19, 0.0000794997499841763379},
        {17.5, 19, 3.55420311440303672e-13},
        {30, 19, 1.80973184172504455e-17},
        {2.5, 7.25, 0.0398655207589145786},
        {14.125, 29.625, 1.07255389201886281e-14},
        {8.5, 38, 2.54749716788763977e-10},
        {40, 5.5, 5.41050998904610034e-8},
        {3, 1000, 0.00276670904423819246},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_relative(rows[i].p, student_p(rows[i].t, rows[i].degrees_of_freedom));
}
END_TEST

START_TEST(limits)
{
    ck_assert_double_eq(student_p(0, 5), 1);
    ck_assert_double_eq(student_p(INFINITY, 5), 0);
    ck_assert(isnan(student_p(NAN, 5)));
}
END_TEST

/* Gosset's example (1908): hours of sleep gained by ten patients under two drugs. t, p and intervals as R's t.test()
 * prints them. */
static const double drug_1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double drug_2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

START_TEST(paired)
{
    t_test got = t_test_paired(drug_1, drug_2, 10);
    ck_assert_double_eq_tol(got.difference, -1.58, 1e-12);
    ck_assert_double_eq_tol(got.t, -4.0621, 5e-5);
    ck_assert_double_eq(got.degrees_of_freedom, 9);
    ck_assert_double_eq_tol(got.p, 0.002833, 5e-7);
    ck_assert_double_eq_tol(got.difference - got.half, -2.4598858, 5e-8);
    ck_assert_double_eq_tol(got.difference + got.half, -0.7001142, 5e-8);
}
END_TEST

START_TEST(welch)
{
    t_test got = t_test_welch(drug_1, 10, drug_2, 10);
    ck_assert_double_eq_tol(got.difference, -1.58, 1e-12);
    ck_assert_double_eq_tol(got.t, -1.8608, 5e-5);
    ck_assert_double_eq_tol(got.degrees_of_freedom, 17.776, 5e-4);
    ck_assert_double_eq_tol(got.p, 0.07939, 5e-6);
    ck_assert_double_eq_tol(got.difference - got.half, -3.3654832, 5e-8);
    ck_assert_double_eq_tol(got.difference + got.half, 0.2054832, 5e-8);
}
END_TEST

START_TEST(too_little_to_test)
{
    static const double same[] = {1, 1, 1};
    ck_assert(isnan(t_test_paired(drug_1, drug_2, 1).p));
    ck_assert(isnan(t_test_welch(drug_1, 1, drug_2, 10).p));
    ck_assert(isnan(t_test_paired(same, same, 3).t));
    ck_assert_double_eq(t_test_welch(same, 3, same, 3).difference, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("student");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, closed_forms);
    tcase_add_test(tcase, known_values);
    tcase_add_test(tcase, limits);
    tcase_add_test(tcase, paired);
    tcase_add_test(tcase, welch);
    tcase_add_test(tcase, too_little_to_test);
    return support_run(suite, true);
}
