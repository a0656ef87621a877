/* The only place that allocates. */
#ifndef LIBFA_ALLOC_H
#define LIBFA_ALLOC_H

#include <fa/base.h>

/* Zeroed memory for count elements of size bytes, aligned to 64 bytes; released with mem_free(). NULL, with the
 * sentence set, when memory is out or count * size overflows. Never called with count or size 0. */
void *mem_zeroed(size_t count, size_t size);

/* NULL is fine. */
void mem_free(void *memory);

/* *total += count * size, both rounded up to 64 bytes; false on overflow. To size an arena before it is made. */
bool mem_add(size_t *total, size_t count, size_t size);

#endif
