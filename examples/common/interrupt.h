/* Ctrl-C ends a program's work, not the program: the first one sets a flag, a second one kills as usual.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_INTERRUPT_H
#define EXAMPLES_COMMON_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_came(void);

/* In a child process: leave Ctrl-C, which a terminal sends to both, to the parent, and end the work when the parent
 * sends SIGTERM or is gone. */
void interrupt_follow_parent(void);

#endif
