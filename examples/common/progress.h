/* Progress on stderr: one line written over and over on a terminal, plain lines elsewhere.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_PROGRESS_H
#define EXAMPLES_COMMON_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct progress {
    bool   quiet;
    bool   terminal;
    double shown_at; /* seconds(), when the line was last written */
    int    width;    /* characters of that line */
    size_t tenth;    /* tenths of the work already told in plain lines */
} progress;

/* Seconds of a clock that never goes back. */
double seconds(void);

progress progress_start(bool quiet);

/* A new piece of work begins: plain lines count its tenths from 0. */
void progress_restart(progress *shown);

/* On a terminal: whether the line has become old. Elsewhere, and if quiet, false. */
bool progress_stale(progress *shown);

/* Whether it is time to show that `done` of `total` steps are done. Cheap enough to be asked at every step. */
bool progress_due(progress *shown, size_t done, size_t total);

/* Shows a line: below the one before or, on a terminal, over it, cut to the terminal's width, between parts that two
 * blanks separate if there are any. ASCII only. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void progress_line(progress *shown, const char *format, ...);

/* Take the line off the terminal, before anything else is written there. */
void progress_clear(progress *shown);

#endif
