/* Numbers in files.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_COMMON_DECIMAL_H
#define EXAMPLES_COMMON_DECIMAL_H

enum { DECIMAL_SIZE = 32 };

/* The shortest of 15 to 17 digits that give the float64 back: 0.1054 and not 0.10539999999999999. */
void decimal(char text[DECIMAL_SIZE], double value);

#endif
