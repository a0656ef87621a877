#include "alloc.h"

#include "status.h"

#include <stdlib.h>

enum { ALIGNMENT = 64 };

/* calloc() and not aligned_alloc() with memset(): large arrays come as zero pages that cost nothing until touched. The
 * pointer that free() needs is kept in the word before the aligned memory. */
void *mem_zeroed(size_t count, size_t size)
{
    const size_t extra = ALIGNMENT - 1 + sizeof(void *);
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > (size_t)PTRDIFF_MAX - extra) {
        status_say("out of memory: %zu x %zu bytes are more than there are addresses for", count, size);
        return NULL;
    }
    char *base = calloc(1, bytes + extra);
    if (base == NULL) {
        status_say("out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    char *aligned = base + sizeof(void *);
    aligned += (ALIGNMENT - (uintptr_t)aligned % ALIGNMENT) % ALIGNMENT;
    ((void **)(void *)aligned)[-1] = base; /* NOLINT(bugprone-casting-through-void): aligned by the line above */
    return aligned;
}

void mem_free(void *memory)
{
    if (memory != NULL)
        free(((void **)memory)[-1]);
}

static bool round_up(size_t *bytes)
{
    if (__builtin_add_overflow(*bytes, (size_t)ALIGNMENT - 1, bytes))
        return false;
    *bytes -= *bytes % ALIGNMENT;
    return true;
}

bool mem_add(size_t *total, size_t count, size_t size)
{
    size_t start = *total, bytes;

    return !__builtin_mul_overflow(count, size, &bytes) && round_up(&start) && round_up(&bytes) &&
           !__builtin_add_overflow(start, bytes, total);
}
