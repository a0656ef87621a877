/* What brings an error signal back to a layer. */
#ifndef LIBFA_OPERAND_H
#define LIBFA_OPERAND_H

#include <fa/rule.h>

/* A dense matrix [n_l x n_{l+1}] (transport) or [n_l x n_L] (inject), inner, in either direction. */
struct fa_operand {
    fa_matrix matrix;
};

#endif
