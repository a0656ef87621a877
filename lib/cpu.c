#include "cpu.h"

#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if FA_HAVE_CPU_LEVELS
cpu_level cpu_level_best(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return CPU_BASELINE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl"))
        return CPU_AVX2;
    return CPU_AVX512;
}
#else
cpu_level cpu_level_best(void)
{
    return CPU_BASELINE;
}
#endif

static cpu_level decide(void)
{
    cpu_level best = cpu_level_best();
    const char *wish = getenv("FA_CPU"); /* NOLINT(concurrency-mt-unsafe): the library sets no variable */
    for (int level = CPU_BASELINE; wish != NULL && level < (int)best; level++) {
        if (strcmp(wish, cpu_level_name((cpu_level)level)) == 0)
            return (cpu_level)level;
    }
    return best;
}

cpu_level cpu_level_now(void)
{
    static atomic_int decided = -1;
    int level = atomic_load_explicit(&decided, memory_order_relaxed);
    if (level < 0) {
        /* Several threads may decide at once; what the first one wrote holds, even if the environment changes. */
        int expected = -1;
        level = (int)decide();
        if (!atomic_compare_exchange_strong(&decided, &expected, level))
            level = expected;
    }
    return (cpu_level)level;
}

const char *cpu_level_name(cpu_level level)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    return names[level];
}
