/* A trainer with all that it trains. */
#ifndef LIBFA_TESTS_TRAINING_H
#define LIBFA_TESTS_TRAINING_H

#include "session.h"

enum { TRAINING_SAMPLES = 22, VALIDATION_SAMPLES = 9, TRAINING_BATCH = 5, TRAINING_DEPTH = 3, TRAINING_SEED = 123 };

typedef struct scene {
    session s;
    fa_trainer *trainer;
    fa_dataset *training, *validation; /* with labels */
} scene;

/* Four epochs of fa with tanh layers; equal for equal seeds. */
scene make_scene(fa_dtype dtype, uint64_t seed);

fa_trainer *make_trainer(const fa_network *net, uint64_t seed);
fa_dataset *make_samples(const net_spec *spec, size_t n, uint64_t seed);

/* A parameter of the trainer. */
void scene_set(const scene *c, const char *name, double value);

fa_status scene_run(const scene *c);

/* The record of an epoch, or the test fails. */
fa_epoch_record record_of(const scene *c, uint64_t epoch);

/* Every weight, bias and B. */
bool same_weights(const scene *a, const scene *b);

#endif
