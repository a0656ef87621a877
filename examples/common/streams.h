/* The three standard streams, from a program's first line to its last.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_STREAMS_H
#define EXAMPLES_COMMON_STREAMS_H

/* Occupies those that the caller has closed, so that no file takes the place of one and gets what is meant for it. What
 * is written to them fails as if they were closed. The first call of a program. */
void streams_occupy(void);

/* The exit status: the given one or, after a complaint, 1 if something of the standard output is lost. */
int streams_end(int status);

#endif
