/* UTF-8. */
#ifndef LIBFA_UTF8_H
#define LIBFA_UTF8_H

#include <fa/base.h>

/* Whether the text is UTF-8; if not, *at is where the first wrong character begins. */
bool utf8_check(const char *text, size_t length, size_t *at);

/* Write a character of Unicode; returns the number of bytes, 1 .. 4. */
size_t utf8_put(char *to, uint32_t c);

#endif
