/* JSON lines: a header that is enough to run everything again, then every epoch and every run.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_JSONL_H
#define CLASSIFY_JSONL_H

#include <stdio.h>

#include "run.h"

void jsonl_head(FILE *stream, const settings *chosen, const data *samples);
void jsonl_epoch(FILE *stream, const settings *chosen, const run *result, size_t i);
void jsonl_run(FILE *stream, const settings *chosen, const run *result);

/* Whether it is a header of this program, of any version; false after a complaint that begins with the file's name. */
struct json_t;
bool jsonl_is_header(const char *path, const struct json_t *header);

/* Whether a header is of these settings, but for those that say which runs there are; false after a complaint that
 * begins with the file's name. */
bool jsonl_agrees(const char *path, const struct json_t *header, const settings *chosen, const data *samples);

#endif
