/* One valid call of every public function, by name: test_every_function.c holds the list against the symbol map, and
 * what it says of memory against what happens.
 *
 * A new function gets its call in the file of its header, and its line in the table at the end of that file: NEVER if
 * it asks for no memory, ALLOCATES if it does. */
#ifndef LIBFA_TESTS_CALLS_H
#define LIBFA_TESTS_CALLS_H

#include "watch.h"

#include <fa/fa.h>

enum { CALLS_DEPTH = 3, CALLS_SAMPLES = 6, CALLS_PATH = 512, CALLS_ROOMS = 8, CALLS_ROOM = 64 };

/* Where a call can be made: by a program, or only by a rule in one of its callbacks. */
typedef enum call_place {
    ANYWHERE,
    IN_SETUP,
    IN_BACKWARD,
    IN_BACKWARD_DIRECT, /* of a rule with direct feedback */
    IN_BACKWARD_FORM,   /* before any error was brought back, with a B of low rank */
    IN_BACKWARD_DIRECT_FORM,
    IN_ADAPT
} call_place;

typedef struct world world;

typedef struct every_call {
    const char *name;
    call_place  place;
    bool        allocates;
    /* What it makes it releases again, unless that belongs to what there was before. FA_ERR_RULE if a result is wrong;
     * no assertion, since Check's own allocations must not be counted. */
    fa_status (*run)(world *w);
} every_call;

typedef struct call_table {
    const every_call *calls;
    size_t            count;
} call_table;

extern const call_table calls_of_base, calls_of_data, calls_of_diagnostics, calls_of_feedback, calls_of_files,
    calls_of_network, calls_of_pass, calls_of_recorder, calls_of_rules, calls_of_steps, calls_of_training;

/* Everything that a call may need. Layers 5-6-4-3, float64, dropout, biases; six samples. */
struct world {
    fa_network   *net, *bare, *linear;  /* bare: one layer that nothing else is made for; linear: two, without biases */
    fa_pass      *pass, *fresh;         /* a gradient is there; nothing was ever done */
    fa_pass      *linear_pass;          /* error signals are there */
    fa_feedback  *fb;                   /* of the rule below */
    fa_feedback  *regenerated, *direct; /* of fa and dfa; the first keeps no B */
    fa_feedback  *mirror, *linear_fb;
    fa_optimizer *opt, *linear_opt;
    fa_trainer   *trainer, *trained; /* one that has not run and one that has */
    fa_dataset   *data, *labelled, *own; /* own: holds its samples itself */
    fa_recorder  *rec, *observed;
    fa_invariant *invariant;
    fa_matrix     x, target;
    int32_t       labels[CALLS_SAMPLES];

    /* To be destroyed by the call that is about that. */
    fa_network   *spare_net;
    fa_pass      *spare_pass;
    fa_feedback  *spare_fb;
    fa_optimizer *spare_opt;
    fa_trainer   *spare_trainer;
    fa_dataset   *spare_data;
    fa_recorder  *spare_rec;
    fa_invariant *spare_invariant;
    fa_matrix     spare_matrix;
    int32_t      *spare_labels;

    fa_rule           rule; /* calls `call` in the callback that it belongs to */
    const every_call *call;
    fa_setup         *setup;
    fa_step          *step;
    fa_status         status; /* of a call in a callback that returns none */
    long              made;   /* allocations of the function itself */

    const char *directory; /* with x.npy, labels.npy, x.idx, labels.idx */
    char        path[CALLS_PATH];
    double      memory[CALLS_ROOMS][CALLS_ROOM];
};

/* Make the world for calls at a place; on failure it has to be destroyed as well. */
fa_status world_make(world *w, call_place place, const char *directory);
void      world_destroy(world *w);

/* A number that changes if anything changes that the functions of the library show of these objects. */
uint64_t world_digest(const world *w);

/* Make the call where it belongs; afterwards w->made is known. */
fa_status world_invoke(world *w, const every_call *call);

/* Matrix number `room` of the world's memory, float64. */
fa_matrix world_matrix(world *w, size_t room, size_t rows, size_t cols);
const char *world_path(world *w, const char *name);

/* Forward and error; backward as well. */
fa_status world_to_error(world *w, fa_pass *pass);
fa_status world_to_deltas(world *w, fa_pass *pass);

/* The call itself, where others have to go before it: their allocations are not its own. */
#define MEASURED(w, status, expression)                                                                                \
    do {                                                                                                               \
        const long before_ = allocations;                                                                              \
        (status) = (expression);                                                                                       \
        (w)->made = allocations - before_;                                                                             \
    } while (0)

#define CALL(function) static fa_status call_##function(world *w)

/* A call that returns a status, or of which something must hold. */
#define GIVES(function, expression)                                                                                    \
    CALL(function)                                                                                                     \
    {                                                                                                                  \
        (void)w;                                                                                                       \
        return (expression);                                                                                           \
    }
#define HOLDS(function, condition) GIVES(function, (condition) ? FA_OK : FA_ERR_RULE)

#define AT(place, function, allocates) {#function, place, allocates, call_##function}
#define NEVER(function) AT(ANYWHERE, function, false)
#define ALLOCATES(function) AT(ANYWHERE, function, true)
#define TABLE(name, calls) const call_table name = {calls, sizeof calls / sizeof *calls}

#endif
