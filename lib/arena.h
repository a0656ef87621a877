/* Scratch memory that is laid out anew for every use and grows when a use needs more than any before.
 *
 * The function that takes the pieces runs twice: between arena_begin() and arena_commit() it is only counted, and what
 * it gets is NULL; after that it gets the memory, which starts out with what the last use has left there. */
#ifndef LIBFA_ARENA_H
#define LIBFA_ARENA_H

#include <fa/base.h>

/* Starts as {0}. */
typedef struct arena {
    char  *memory;
    size_t size;
    size_t used;
    bool   counting;
    bool   overflow;
} arena;

void arena_begin(arena *a);

/* FA_ERR_MEMORY, or FA_ERR_SHAPE where the sizes overflow. */
fa_status arena_commit(arena *a);

/* count elements of size bytes, aligned to 64 bytes. */
void *arena_take(arena *a, size_t count, size_t size);

/* An inner matrix (matrix.h) that runs row by row. */
fa_matrix arena_matrix(arena *a, size_t rows, size_t cols, fa_dtype dtype);

void arena_release(arena *a);

#endif
