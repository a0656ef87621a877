/* What fuzz_api calls functions with: a few objects of each kind, some of which may not be there, and arguments made of
 * the fuzzer's bytes, most of which fit. */
#ifndef LIBFA_FUZZ_WORLD_H
#define LIBFA_FUZZ_WORLD_H

#include "harness.h"

enum { SLOTS = 2, KEPT = 1024, LAYERS = 5 };

typedef struct world {
    fa_network *net[SLOTS];
    fa_pass *pass[SLOTS];
    fa_feedback *fb[SLOTS];
    fa_optimizer *opt[SLOTS];
    fa_dataset *data[SLOTS];
    fa_trainer *trainer[SLOTS];
    fa_recorder *rec[SLOTS];
    fa_invariant *invariant[SLOTS];
    void *kept[KEPT]; /* memory that objects may have borrowed; released last */
    size_t n_kept;
    const char *kind; /* of the optimizer that was made last */
    bool partly;      /* the call may have changed a network although it failed */
} world;

/* A call or a few; the status of the last, which left a sentence if it failed. */
typedef fa_status call(world *w, input *in);

/* What a call may do to networks, as their headers say. */
typedef enum change {
    NOTHING,  /* whatever comes of it */
    ON_OK,    /* only if it succeeds */
    LEARNING, /* the same, and frozen layers stay as they are */
    RUNNING   /* a run: part of it may stand after a failure */
} change;

typedef struct operation {
    call *run;
    change change;
} operation;

/* Every operation on one kind of object; ends with {NULL}. */
extern const operation network_operations[], feedback_operations[], optimizer_operations[], pass_operations[],
    training_operations[], data_operations[], trainer_operations[], diagnostics_operations[], random_operations[];

/* The object in one of the slots, mostly the first; rarely NULL. */
#define PICK(w, in, kind) (take_chance(in, 4) ? NULL : (w)->kind[slot_of(in)])
size_t slot_of(input *in);

/* Whether an operation that destroys should: else too little would be left to work with. */
bool may_destroy(input *in);

/* Destroy everything. */
void end_world(world *w);

/* Memory that stays until the input is done, with nothing behind its end. */
void *keep_memory(world *w, size_t bytes);

/* Something that a size may be: mostly small and not 0. */
size_t take_size(input *in);

/* A number, among them those that programs fail at. */
double take_number(input *in);

/* Mostly 1 .. most. */
size_t take_layer(input *in, size_t most);

/* Mostly 1 .. count: a number of an enum. */
int take_kind(input *in, size_t count);

/* The name of a parameter in a table, or anything. */
const char *take_name(world *w, input *in, const fa_param *params, size_t n);

/* The name of one that is a choice, or anything. */
const char *take_choice_param(world *w, input *in, const fa_param *params, size_t n);

/* The name of a choice of a parameter, or anything. */
const char *take_choice(world *w, input *in, const fa_param *params, size_t n, const char *name);

/* A matrix that is mostly [rows x cols] of the dtype, in any layout, or NULL. */
const fa_matrix *take_matrix(world *w, input *in, size_t rows, size_t cols, fa_dtype dtype);

/* x [n x n_0] and target [n x n_L] that mostly fit a network; n is mostly the pass's. */
const fa_matrix *take_x(world *w, input *in, const fa_network *net, size_t n);
const fa_matrix *take_target(world *w, input *in, const fa_network *net, size_t n);
size_t take_batch(input *in, const fa_pass *pass);

/* A view that a function gave: nothing on failure, and all of it can be read. */
void look_at(fa_status status, const fa_matrix *view);

#endif
