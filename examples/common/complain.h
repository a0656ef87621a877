/* Sentences on stderr.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_COMPLAIN_H
#define EXAMPLES_COMMON_COMPLAIN_H

#include <fa/fa.h>

/* Every program defines its own. */
extern const char program_name[];

/* One line on stderr, begun with the program's name. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void complain(const char *format, ...);

/* Whether a call of the library succeeded; complains with the library's sentence if not. */
bool succeeded(fa_status status);

#endif
