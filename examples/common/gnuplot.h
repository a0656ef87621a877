/* A running gnuplot that draws into a file, told by a script.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_GNUPLOT_H
#define EXAMPLES_COMMON_GNUPLOT_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct gnuplot {
    FILE            *script; /* write commands and inline data here */
    const char      *path;
    char            *part;   /* the file that grows, renamed to path when it is whole */
    pid_t            process;
    struct sigaction broken_pipe; /* what SIGPIPE did before */
} gnuplot;

/* Whether a plot can be written there: the name ends in .svg or .png. */
bool gnuplot_takes(const char *path);

/* Whether gnuplot runs and the file can be made, before there is anything to draw; false after a complaint. */
bool gnuplot_check(const char *path);

/* Starts it and chooses the terminal, in pixels; false after a complaint. The path must outlive it. */
bool gnuplot_start(gnuplot *plot, const char *path, int width, int height);

/* A string in gnuplot's quotes, whatever it holds. */
void gnuplot_quote(gnuplot *plot, const char *text);

/* A number in the script, with a blank before it; "?" where it is not finite, for "set datafile missing". */
void gnuplot_number(FILE *script, double value);

/* Ends the script and waits for the file; false after a complaint, and then there is no new file. */
bool gnuplot_finish(gnuplot *plot);

#endif
