/* A local rule, delta_l = (B_l target) .* f'(z_l) as DRTP has it, that can be told to fail, and equal sessions of it on
 * an ordinary pass and on a streaming one. */
#ifndef LIBFA_TESTS_LOCAL_RULE_H
#define LIBFA_TESTS_LOCAL_RULE_H

#include "descent.h"

enum { LOCAL_SAMPLES = 11 };

/* What the rule is to do on its way, and what it saw. */
typedef struct guest {
    size_t fails_at; /* layer; 0: none */
    size_t spoils;   /* layer whose delta becomes infinite; 0: none */
    bool looks;      /* at all layers there are and at those that a streaming pass lacks */
    size_t refused, seen;
} guest;

/* The rule; user_data is a guest or NULL. */
fa_rule make_local_rule(void);

fa_status local_setup(fa_setup *setup);
fa_status local_delta(fa_step *step, size_t l);

fa_pass *make_streaming(const fa_network *net, size_t max_batch);

/* Two equal sessions; the second one streams, with the guest. */
typedef struct pair {
    session ordinary, streaming;
    guest guest;
} pair;

/* With the optimizer of the recipe, or the sessions' own for NULL. p->guest is set before, and *p stays where it is. */
void start_pair(pair *p, const net_spec *spec, const fa_rule *rule, const recipe *r);

/* The same weights, biases and numbers of steps. */
void expect_equal(const pair *p);

#endif
