/* Random123's Philox4x64-10: blocks of four words, each from a counter and a key. */
#ifndef LIBFA_PHILOX_H
#define LIBFA_PHILOX_H

/* Random123 knows of 128-bit integers on x86-64 and AArch64 only, and leaves its portable product, for processors
 * without them, to be asked for. */
#ifdef __SIZEOF_INT128__
#define R123_USE_GNU_UINT128 1
#else
#define R123_USE_MULHILO64_ASM 0
#define R123_USE_MULHILO64_C99 1
#endif
#include <Random123/philox.h>

#endif
