#include "watch.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#if FA_HAVE_JANSSON
#include <jansson.h>
#endif

void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);

static bool watching;
long allocations;
long live;
static long fails_at = -1;
static bool fails_on;

/* Whether the next allocation fails; it is counted. */
static bool fails(void)
{
    const long number = allocations++;
    if (fails_at >= 0 && (number == fails_at || (fails_on && number > fails_at)))
        return true;
    live++;
    return false;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return watching && fails() ? NULL : __real_calloc(count, size);
}

void __wrap_free(void *memory)
{
    if (watching && memory)
        live--;
    __real_free(memory);
}

#if FA_HAVE_JANSSON
static void *allocate_json(size_t size)
{
    return watching && fails() ? NULL : malloc(size);
}

/* jansson is a shared library, whose own calls the linker does not wrap: it is told whom to ask instead. */
static void watch_json(void)
{
    json_set_alloc_funcs(allocate_json, __wrap_free);
}
#else
static void watch_json(void)
{
}
#endif

void watch(long fail, bool on)
{
    watch_json();
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
