/* The threads that a BLAS would start of its own accord.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_ENVIRONMENT_H
#define CLASSIFY_ENVIRONMENT_H

/* Variables that tell a BLAS how many threads to use; NULL after the last one. */
extern const char *const environment_variables[];

/* If none of them is set, sets them all to 1 and starts the program again, since a BLAS reads them when it is loaded.
 * Where that is impossible the program goes on as it is. */
void environment_settle(char **argv);

#endif
