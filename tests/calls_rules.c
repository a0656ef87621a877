/* <fa/rule.h>: the registry, and what a rule declares in `setup`. */
#include "calls.h"

HOLDS(fa_rule_count, fa_rule_count() > 0)
HOLDS(fa_rule_at, fa_rule_at(0) != NULL)
HOLDS(fa_rule_find, fa_rule_find("bp") != NULL)
HOLDS(fa_rule_fail, fa_rule_fail("on purpose") == FA_ERR_RULE)

HOLDS(fa_setup_depth, fa_setup_depth(w->setup) == CALLS_DEPTH)
HOLDS(fa_setup_width, fa_setup_width(w->setup, 1) == 6)
HOLDS(fa_setup_user_data, fa_setup_user_data(w->setup) == w)

CALL(fa_setup_param)
{
    double value;
    return fa_setup_param(w->setup, "gain", &value);
}

GIVES(fa_setup_feedback, fa_setup_feedback(w->setup, FA_LAYERWISE))
GIVES(fa_setup_feedback_layer, fa_setup_feedback_layer(w->setup, FA_DIRECT, 1, FA_DRAW_ORTHOGONAL))
GIVES(fa_setup_derived_feedback, fa_setup_derived_feedback(w->setup, FA_LAYERWISE))
GIVES(fa_setup_array, fa_setup_array(w->setup, "A", 1, 3, 4, FA_INIT_NORMAL, 1))
GIVES(fa_setup_scratch, fa_setup_scratch(w->setup, "A", 1, 3, 4))
GIVES(fa_setup_increments, fa_setup_increments(w->setup, 2))
GIVES(fa_setup_slots, fa_setup_slots(w->setup, 3))

static const every_call calls[] = {
    NEVER(fa_rule_count),
    NEVER(fa_rule_at),
    NEVER(fa_rule_find),
    NEVER(fa_rule_fail),
    AT(IN_SETUP, fa_setup_depth, false),
    AT(IN_SETUP, fa_setup_width, false),
    AT(IN_SETUP, fa_setup_user_data, false),
    AT(IN_SETUP, fa_setup_param, false),
    AT(IN_SETUP, fa_setup_feedback, true),
    AT(IN_SETUP, fa_setup_feedback_layer, true),
    AT(IN_SETUP, fa_setup_derived_feedback, true),
    AT(IN_SETUP, fa_setup_array, true),
    AT(IN_SETUP, fa_setup_scratch, true),
    AT(IN_SETUP, fa_setup_increments, false),
    AT(IN_SETUP, fa_setup_slots, false),
};

TABLE(calls_of_rules, calls);
