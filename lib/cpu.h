/* Which compiled variant of the kernels runs. */
#ifndef LIBFA_CPU_H
#define LIBFA_CPU_H

typedef enum cpu_level {
    CPU_BASELINE = 0, /* whatever the compiler's default target has */
    CPU_AVX2 = 1,     /* x86-64: AVX2 and FMA */
    CPU_AVX512 = 2    /* x86-64: AVX-512 F, DQ, BW, VL, and FMA */
} cpu_level;

/* The best level of this processor that was compiled in. */
cpu_level cpu_level_best(void);

/* The best level, or the lower one that FA_CPU=baseline|avx2|avx512 in the environment asks for. Decided at the first
 * call, the same for ever after. Any thread. */
cpu_level cpu_level_now(void);

/* "baseline", "avx2", "avx512". */
const char *cpu_level_name(cpu_level level);

#endif
