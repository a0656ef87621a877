/* Numbers as text that reads back as the same number. */
#ifndef LIBFA_DECIMAL_H
#define LIBFA_DECIMAL_H

#include <fa/base.h>

enum { DECIMAL_SIZE = 40 };

/* The fewest of 15 to 17 digits that mean this double, with a point whatever the locale is; "nan", "inf", "-inf". The
 * number of characters without the closing 0. */
size_t decimal_write(char text[DECIMAL_SIZE], double value);

/* The double nearest to a number with a point, of at most 127 characters; infinite if it is too large. */
double decimal_read(const char *text);

#endif
