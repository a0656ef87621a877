/* Two-layer networks of erf units in the limit of many inputs: the order parameters of student and teacher, and how
 * online learning changes them.
 *
 *     y = sum_k v_k g(l_k),  l = w x / sqrt N,   y* = sum_m A_m g(n_m),  n = w* x / sqrt N,   g(z) = erf(z / sqrt 2)
 *
 * With x ~ N(0, 1) the fields z = (l, n) are jointly normal with mean 0 and covariance C, whose blocks are
 * Q = w w^T / N, R = w w*^T / N and T = w* w*^T / N. With u = (-v, A) the error is D = y* - y = sum_a u_a g(z_a). One
 * sample gives
 *
 *     w_i += eta / sqrt N  b_i g'(l_i) D x      v_i += eta / N  g(l_i) D
 *
 * where b is a fixed vector (feedback alignment; with one hidden layer DFA is the same) or v itself (back-propagation).
 * N samples are one unit of time. Since |x|^2 / N -> 1, Q, R and v follow, for N -> infinity,
 *
 *     dv_i  / dt = eta sum_a u_a I2(i, a)
 *     dR_im / dt = eta b_i sum_a u_a I3(i, m, a)
 *     dQ_ik / dt = eta sum_a u_a (b_i I3(i, k, a) + b_k I3(k, i, a)) + eta^2 b_i b_k sum_ac u_a u_c I4(i, k, a, c)
 *
 * with I2(a, c) = <g(z_a) g(z_c)>, I3(a, c, d) = <g'(z_a) z_c g(z_d)> and I4(a, c, d, e) = <g'(z_a) g'(z_c) g(z_d)
 * g(z_e)>. Saad & Solla, Phys. Rev. E 52:4225 (1995); for feedback alignment Refinetti, d'Ascoli, Ohana, Goldt,
 * arXiv:2011.12428.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALIGN_THEN_MEMORISE_COMMITTEE_H
#define ALIGN_THEN_MEMORISE_COMMITTEE_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_UNITS = 16, MAX_FIELDS = 2 * MAX_UNITS };

/* Where the two networks stand. Student's fields are 0 .. K - 1, the teacher's K .. K + M - 1. */
typedef struct order {
    double C[MAX_FIELDS][MAX_FIELDS]; /* symmetric */
    double v[MAX_UNITS];
} order;

/* What never changes. */
typedef struct committee {
    size_t K, M;
    double eta;
    double A[MAX_UNITS];
    double b[MAX_UNITS];
    bool   own; /* b is v: back-propagation */
} committee;

double integral_2(const order *at, size_t a, size_t c);
double integral_3(const order *at, size_t a, size_t c, size_t d);
double integral_4(const order *at, size_t a, size_t c, size_t d, size_t e);

/* <D^2>, the mean squared error over all inputs. */
double committee_error(const committee *machine, const order *at);

/* Degrees between v and b, 0 .. 180; NaN where one is 0. */
double committee_angle(const committee *machine, const order *at);

/* d/dt of every order parameter; 0 for T. */
void committee_slope(const committee *machine, const order *at, order *slope);

/* Goes on by `time` in equal Runge-Kutta steps (fourth order) of at most `step`. */
void committee_advance(const committee *machine, order *at, double time, double step);

/* Largest difference of an order parameter: Q, R and v. */
double committee_distance(const committee *machine, const order *a, const order *b);

#endif
