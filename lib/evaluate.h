/* Loss and accuracy on a data set, for those who evaluate more than once. */
#ifndef LIBFA_EVALUATE_H
#define LIBFA_EVALUATE_H

#include <fa/train.h>

#include "batch.h"
#include "predict.h"

/* Everything that an evaluation needs while it runs; starts as {0}. */
typedef struct evaluation {
    batch_staging   staging;
    batch_source    from;
    predict_scratch scratch;
} evaluation;

/* Make the room for a data set that batch_check() likes. On failure it has to be released, too. */
fa_status evaluation_make(evaluation *e, const fa_network *net, const fa_dataset *data);

/* Evaluate a network of the architecture that the room was made for; allocates nothing. Everything else as
 * fa_evaluate(). */
fa_status evaluation_run(const evaluation *e, const fa_network *net, fa_result *result, uint64_t *confusion);

/* {0} is fine. */
void evaluation_free(evaluation *e);

#endif
