/* What a rule's curves look like: a color and a mark, which tell rules apart for color-blind people and in gray print.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_LOOK_H
#define EXAMPLES_COMMON_LOOK_H

#include <stddef.h>
#include <stdio.h>

/* Of the rule at this place in the library's list, whatever is drawn beside it. */
const char *look_color(size_t place);

/* The same for its mark, one of gnuplot's point types. No two of the first 21 places have both in common. */
int look_mark(size_t place);

/* "every A::B": about eight of a curve's points, those of one of `count` curves between those of the others. */
void look_put_every(FILE *script, size_t points, size_t curve, size_t count);

/* "points pt 7 ps 0.8 lc '#0072b2'" */
void look_put_points(FILE *script, size_t place, double size);

#endif
