#include "kernels.h"

#include "config.h"

extern const kernels kernels_baseline_float32;
extern const kernels kernels_baseline_float64;
#if FA_HAVE_CPU_LEVELS
extern const kernels kernels_avx2_float32;
extern const kernels kernels_avx2_float64;
extern const kernels kernels_avx512_float32;
extern const kernels kernels_avx512_float64;
#endif

/* By cpu_level; float32 first. */
static const kernels *const tables[][2] = {
    {&kernels_baseline_float32, &kernels_baseline_float64},
#if FA_HAVE_CPU_LEVELS
    {&kernels_avx2_float32, &kernels_avx2_float64},
    {&kernels_avx512_float32, &kernels_avx512_float64},
#endif
};

const kernels *kernels_for(fa_dtype dtype)
{
    return tables[cpu_level_now()][dtype == FA_FLOAT64];
}

const kernels *kernels_at(cpu_level level, fa_dtype dtype)
{
    return level <= cpu_level_best() ? tables[level][dtype == FA_FLOAT64] : NULL;
}

const char *kernels_math(void)
{
    return FA_HAVE_SLEEF ? "SLEEF" : "libm";
}
