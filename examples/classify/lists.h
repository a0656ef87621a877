/* What the library has to choose from.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLASSIFY_LISTS_H
#define CLASSIFY_LISTS_H

#include <stdio.h>

/* Every optimizer with its parameters, their defaults and ranges. */
void list_optimizers(FILE *stream);

#endif
