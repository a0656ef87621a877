#include "watch.h"

#include <stdlib.h>

void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);

static bool watching;
long allocations;
long live;
static long fails_at = -1;
static bool fails_on;

void *__wrap_calloc(size_t count, size_t size)
{
    if (!watching)
        return __real_calloc(count, size);
    long number = allocations++;
    if (fails_at >= 0 && (number == fails_at || (fails_on && number > fails_at)))
        return NULL;
    live++;
    return __real_calloc(count, size);
}

void __wrap_free(void *memory)
{
    if (watching && memory)
        live--;
    __real_free(memory);
}

void watch(long fail, bool on)
{
    allocations = live = 0;
    fails_at = fail;
    fails_on = on;
    watching = true;
}

void unwatch(void)
{
    watching = false;
}

void watch_on(void)
{
    watching = true;
}
