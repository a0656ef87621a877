/* Ctrl-C ends a program's work, not the program: the first one sets a flag, a second one kills as usual.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_INTERRUPT_H
#define EXAMPLES_COMMON_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_came(void);

#endif
