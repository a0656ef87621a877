/* Independent pieces of work in child processes, several at once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_JOBS_H
#define EXAMPLES_COMMON_JOBS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct jobs {
    size_t count;    /* pieces of work */
    size_t parallel; /* processes at once, at least 1 */
    void  *data;
    /* In the child: do piece i and write what came of it to a pipe; false after a complaint. */
    bool (*work)(void *data, size_t i, int pipe);
    /* In the parent, in the order in which they end: what the child wrote. False stops the rest. */
    bool (*done)(void *data, size_t i, const void *bytes, size_t size);
} jobs;

/* Does all of them. Ctrl-C is passed on to the children, whose last results still arrive. The program must not have
 * started threads. False after a complaint; then the other children have been stopped too. */
bool jobs_run(const jobs *all);

/* Writes everything; false after a complaint. */
bool jobs_write(int pipe, const void *bytes, size_t size);

#endif
