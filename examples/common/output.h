/* A text file that a program writes while it works.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_OUTPUT_H
#define EXAMPLES_COMMON_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

typedef struct output {
    FILE       *stream; /* NULL: nothing is asked for */
    const char *path;
    bool        failed; /* something could not be written, and was told */
} output;

/* Opens the file anew; false after a complaint. path may be NULL, and must outlive the output. */
bool output_open(output *file, const char *path);

/* Hands all that was written to the system, so that it is there even if the program is killed. False, after a
 * complaint (one for each file), if anything could not be written. */
bool output_flush(output *file);

/* The same, and closes it. */
bool output_close(output *file);

#endif
