/* What a rule's curves look like: a color and a mark, which tell rules apart for color-blind people and in gray print.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_LOOK_H
#define EXAMPLES_COMMON_LOOK_H

#include <fa/fa.h>
#include <stddef.h>
#include <stdio.h>

/* The number of a rule's look, whatever is drawn beside it. New rules have one without being named here; when there are
 * more of them than looks are left, they share the last one, and a test fails. */
size_t look_of(const fa_rule *rule);

const char *look_color(size_t look);

/* One of gnuplot's point types. */
int look_mark(size_t look);

/* "every A::B": about eight of a curve's points, those of one of `count` curves between those of the others. */
void look_put_every(FILE *script, size_t points, size_t curve, size_t count);

/* "points pt 7 ps 0.8 lc '#0072b2'" */
void look_put_points(FILE *script, size_t look, double size);

#endif
