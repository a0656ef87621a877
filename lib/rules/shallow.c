/* shallow -- only the output layer learns.
 *
 *     delta_l = 0,   l = 1 .. L-1
 *
 * The control of Lillicrap et al.: hidden layers stay the random features that they started as. A delta that no rule
 * writes is 0, so there is nothing to do. */
#include <fa/rule.h>

extern const fa_rule fa_rule_shallow;

const fa_rule fa_rule_shallow = {
    .struct_size = sizeof(fa_rule),
    .name = "shallow",
    .summary = "only the output layer learns: delta_l = 0 for l < L",
    .learning_rate = 0.1,
    .source = "Lillicrap et al., Nat. Commun. 7:13276 (2016)",
};
