/* Random123's Philox4x64-10: blocks of four words, each from a counter and a key. */
#ifndef LIBFA_PHILOX_H
#define LIBFA_PHILOX_H

#ifndef __SIZEOF_INT128__ /* 32-bit processors: Random123's portable product, off by default */
#define R123_USE_MULHILO64_ASM 0
#define R123_USE_MULHILO64_C99 1
#endif
#include <Random123/philox.h>

#endif
