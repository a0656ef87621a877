/* Forward passes on const networks, piece by piece, with scratch of their own. */
#ifndef LIBFA_PREDICT_H
#define LIBFA_PREDICT_H

#include "network.h"

/* Samples per piece: bounds the scratch, and is large enough for the matrix products to run at full speed. */
#define PREDICT_PIECE 256

/* Three matrices [PREDICT_PIECE x widest layer] in one block. */
typedef struct predict_scratch {
    void *memory; /* to be released with mem_free() */
    void *even;   /* h_l of even l */
    void *odd;
    void *z;
} predict_scratch;

/* Scratch for pieces of a data set of that many samples. */
fa_status predict_scratch_make(predict_scratch *s, const fa_network *net, size_t samples);

/* h_l of a piece of x, in the scratch; z_l goes there too when asked for. */
fa_matrix predict_run(const fa_network *net, const fa_matrix *x, size_t l, const predict_scratch *s, bool keep_z);

#endif
