/* Settings from the header of a JSON lines file.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_REPLAY_H
#define CLASSIFY_REPLAY_H

#include "given.h"

/* Gives every parameter of the header that is not given yet, and says on stderr if version, BLAS or its threads are not
 * those of the file. False after a complaint. */
bool replay_read(const char *path, given *texts);

/* Says on stderr if version, BLAS or its threads are not those of a header. */
struct json_t;
void replay_compare(const struct json_t *header);

#endif
