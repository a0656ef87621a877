/* What brings an error signal back to a layer, in one of several forms.
 *
 * A new form is a value here, its arrays in fa_operand, its product in operand.c, its making and drawing in
 * operand_form.c. docs/adr/0009-forms-of-feedback.md says why these. */
#ifndef LIBFA_OPERAND_H
#define LIBFA_OPERAND_H

#include <fa/random.h>
#include <fa/rule.h>

#include "kernels.h"
#include "team.h"

typedef enum operand_form {
    OPERAND_DENSE,
    OPERAND_SPARSE,
    OPERAND_LOW_RANK,
    OPERAND_REGENERATED
} operand_form;

/* left right^T. */
typedef struct operand_low_rank {
    fa_matrix left;  /* [rows x rank], inner, column by column */
    fa_matrix right; /* [cols x rank], inner, row by row */
} operand_low_rank;

/* What rng_fill() draws it with. */
typedef struct operand_regenerated {
    fa_init   init;
    double    scale;
    fa_stream stream;
} operand_regenerated;

/* A matrix [n_l x n_{l+1}] (transport) or [n_l x n_L] (inject). */
struct fa_operand {
    operand_form        form;
    fa_matrix           matrix; /* dense: inner, in either direction; else shape and dtype alone, and data is NULL */
    kernels_sparse      sparse;
    operand_low_rank    low_rank;
    operand_regenerated regenerated;
};

/* Bytes of scratch that the products of an operand need for batches up to a largest one; 0 for none, SIZE_MAX for more
 * than there can be. */
size_t operand_scratch(const fa_operand *operand, size_t max_batch);

/* out = delta operand^T; delta is anybody's view, out an inner matrix row by row. Bits depend on the shapes and the
 * team's size alone. */
void operand_product(team *t, const fa_operand *operand, const fa_matrix *delta, const fa_matrix *out, void *scratch);

#endif
