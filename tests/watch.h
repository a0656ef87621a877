/* The library's allocations, counted and made to fail. It allocates with calloc and releases with free only
 * (lib/alloc.c); tests that use this wrap both at link time and run without forks. What jansson allocates for it counts
 * like its own. */
#ifndef LIBFA_TESTS_WATCH_H
#define LIBFA_TESTS_WATCH_H

#include <stdbool.h>

extern long allocations; /* since watch() */
extern long live;        /* allocated and not released since watch() */

/* Between watch() and unwatch() only the library allocates. Allocation number `fail` = 0, 1, ... fails, and if `on`
 * every one behind it; -1: none. */
void watch(long fail, bool on);
void unwatch(void);

/* Go on watching with the counts there are. */
void watch_on(void);

#endif
