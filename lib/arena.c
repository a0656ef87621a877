#include "arena.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

void arena_begin(arena *a)
{
    a->used = 0;
    a->counting = true;
    a->overflow = false;
}

fa_status arena_commit(arena *a)
{
    const size_t needed = a->used;

    a->used = 0;
    a->counting = false;
    if (a->overflow)
        return status_set(FA_ERR_SHAPE, "the scratch memory would be more than there are addresses for");
    if (needed <= a->size)
        return FA_OK;
    arena_release(a);
    a->memory = mem_zeroed(1, needed);
    if (!a->memory)
        return FA_ERR_MEMORY;
    a->size = needed;
    return FA_OK;
}

void *arena_take(arena *a, size_t count, size_t size)
{
    const size_t start = a->used;

    if (!mem_add(&a->used, count, size))
        a->overflow = true;
    return a->counting ? NULL : a->memory + start;
}

fa_matrix arena_matrix(arena *a, size_t rows, size_t cols, fa_dtype dtype)
{
    return matrix_inner(arena_take(a, rows, matrix_padded(cols, dtype) * fa_dtype_size(dtype)), rows, cols, dtype);
}

void arena_release(arena *a)
{
    mem_free(a->memory);
    *a = (arena){0};
}
