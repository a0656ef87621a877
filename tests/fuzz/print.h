/* What may not change: a finger print of every network of the world. */
#ifndef LIBFA_FUZZ_PRINT_H
#define LIBFA_FUZZ_PRINT_H

#include "world.h"

/* A number for the weights and biases of every layer. */
typedef struct print {
    size_t depth[SLOTS];
    uint64_t layer[SLOTS][LAYERS];
    bool frozen[SLOTS][LAYERS];
} print;

void take_print(const world *w, print *p);

/* That no layer has changed, or no frozen one. */
void compare_prints(const print *before, const print *after, bool all);

#endif
