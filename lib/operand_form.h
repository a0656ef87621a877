/* Making operands, drawing them, and writing them out. */
#ifndef LIBFA_OPERAND_FORM_H
#define LIBFA_OPERAND_FORM_H

#include "operand.h"

/* What an operand is to be. */
typedef struct operand_plan {
    operand_form form;
    size_t       rows;
    size_t       cols;
    fa_dtype     dtype;
    bool         by_rows; /* dense: runs row by row, not column by column */
    double       density; /* sparse: the probability of an entry */
    size_t       rank;    /* low rank: at most; not 0 */
    fa_stream    stream;  /* FA_PURPOSE_FORM: of the entries that are kept, or of the right factor */
} operand_plan;

/* An operand of zeros over memory that is the caller's to release.
 *
 * FA_ERR_SHAPE   too large for size_t
 * FA_ERR_MEMORY  out of memory */
fa_status operand_make(fa_operand *operand, const operand_plan *plan, void **memory, size_t *bytes);

/* Draw it from its stream, so that its entries have the mean and the variance that rng_fill() gives to a dense matrix;
 * a sparse one gets the entries of that dense matrix where it has any. `form` is the plan's stream. */
void operand_draw(fa_operand *operand, fa_init init, double scale, const fa_stream *stream, const fa_stream *form);

/* out = operand, for a sound view of its shape and dtype. */
void operand_write(const fa_operand *operand, const fa_matrix *out);

#endif
