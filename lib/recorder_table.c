/* What can be recorded: the one table of it. */
#include "recorder.h"

#include <stddef.h>
#include <string.h>

#include "names.h"
#include "status.h"

#define DELTA(field) offsetof(fa_delta_report, field)
#define UPDATE(field) offsetof(fa_update_report, field)
#define NORM(field) offsetof(fa_norm_report, field)
#define SPECTRUM(field) offsetof(recorder_spectrum, field)

static const recorder_quantity table[] = {
    {{"delta_angle", "degrees", "1..L-1", "deltas", "between delta_l and back-propagation's, the batch as one vector"},
     GROUP_DELTAS, DELTA(angle), 1, 1},
    {{"delta_angle_mean", "degrees", "1..L-1", "deltas", "the same for each sample, mean over the batch"},
     GROUP_DELTAS, DELTA(angle_mean), 1, 1},
    {{"delta_angle_deviation", "degrees", "1..L-1", "deltas", "standard deviation of that over the batch"},
     GROUP_DELTAS, DELTA(angle_deviation), 1, 1},
    {{"delta_ratio", "1", "1..L-1", "deltas", "|delta_l| / |back-propagation's|"},
     GROUP_DELTAS, DELTA(ratio), 1, 1},
    {{"update_angle", "degrees", "0..L", "backward",
      "between the gradient of W_l (0: of all) and back-propagation's"},
     GROUP_UPDATES, UPDATE(angle), 0, 0},
    {{"update_ratio", "1", "0..L", "backward", "|gradient of W_l| (0: of all) / |back-propagation's|"},
     GROUP_UPDATES, UPDATE(ratio), 0, 0},
    {{"weight_angle", "degrees", "1..L-1", "low", "between W_{l+1}^T and B_l; nan for direct feedback"},
     GROUP_WEIGHT_ANGLE, 0, 1, 1},
    {{"alignment_angle", "degrees", "2..L", "low",
      "between W_l and B_l B_{l-1}^T, of W_L and B_{L-1}^T; nan for layerwise feedback where l < L"},
     GROUP_ALIGNMENT_ANGLE, 0, 2, 0},
    {{"weight_norm", "1", "1..L", "low", "|W_l|"}, GROUP_NORMS, NORM(weights), 1, 0},
    {{"bias_norm", "1", "1..L", "low", "|b_l|"}, GROUP_NORMS, NORM(bias), 1, 0},
    {{"feedback_norm", "1", "1..L-1", "low", "|B_l|"}, GROUP_NORMS, NORM(feedback), 1, 1},
    {{"activity_norm", "1", "1..L", "low", "|h_l| of the batch, before dropout"}, GROUP_NORMS, NORM(activity), 1, 0},
    {{"delta_norm", "1", "1..L", "low", "|delta_l| of the batch; that of layer L is |e|"},
     GROUP_NORMS, NORM(delta), 1, 0},
    {{"saturation", "1", "1..L", "low", "fraction of saturated activities; nan for identity and softmax"},
     GROUP_SATURATION, 0, 1, 0},
    {{"pseudo_angle", "degrees", "1..L-1", "svd", "between delta_l and pseudo-back-propagation's, as one vector"},
     GROUP_PSEUDO, DELTA(angle), 1, 1},
    {{"pseudo_angle_mean", "degrees", "1..L-1", "svd", "the same for each sample, mean over the batch"},
     GROUP_PSEUDO, DELTA(angle_mean), 1, 1},
    {{"pseudo_angle_deviation", "degrees", "1..L-1", "svd", "standard deviation of that over the batch"},
     GROUP_PSEUDO, DELTA(angle_deviation), 1, 1},
    {{"pseudo_ratio", "1", "1..L-1", "svd", "|delta_l| / |pseudo-back-propagation's|"},
     GROUP_PSEUDO, DELTA(ratio), 1, 1},
    {{"weight_rank", "1", "1..L", "svd", "rank of W_l"}, GROUP_WEIGHT_SPECTRUM, SPECTRUM(rank), 1, 0},
    {{"weight_condition", "1", "1..L", "svd", "condition of W_l"}, GROUP_WEIGHT_SPECTRUM, SPECTRUM(condition), 1, 0},
    {{"feedback_rank", "1", "1..L-1", "svd", "rank of B_l"}, GROUP_FEEDBACK_SPECTRUM, SPECTRUM(rank), 1, 1},
    {{"feedback_condition", "1", "1..L-1", "svd", "condition of B_l"},
     GROUP_FEEDBACK_SPECTRUM, SPECTRUM(condition), 1, 1},
    {{"alignment_rank", "1", "1..L", "svd", "rank of A_l in W_l = B_l A_l B_{l-1}^T"},
     GROUP_ALIGNMENT_SPECTRUM, SPECTRUM(rank), 1, 0},
    {{"alignment_condition", "1", "1..L", "svd", "condition of A_l"},
     GROUP_ALIGNMENT_SPECTRUM, SPECTRUM(condition), 1, 0},
};

#define N_QUANTITIES (sizeof table / sizeof table[0])

size_t fa_quantity_count(void)
{
    return N_QUANTITIES;
}

const fa_quantity *fa_quantity_at(size_t i)
{
    return i < N_QUANTITIES ? &table[i].told : NULL;
}

size_t recorder_report_size(recorder_group group)
{
    switch (group) {
    case GROUP_DELTAS:
    case GROUP_PSEUDO:
        return sizeof(fa_delta_report);
    case GROUP_UPDATES:
        return sizeof(fa_update_report);
    case GROUP_NORMS:
        return sizeof(fa_norm_report);
    case GROUP_WEIGHT_SPECTRUM:
    case GROUP_FEEDBACK_SPECTRUM:
    case GROUP_ALIGNMENT_SPECTRUM:
        return sizeof(recorder_spectrum);
    case GROUP_WEIGHT_ANGLE:
    case GROUP_ALIGNMENT_ANGLE:
    case GROUP_SATURATION:
    case GROUPS:
        break;
    }
    return sizeof(double);
}

const recorder_quantity *recorder_find(const char *name, size_t length)
{
    for (size_t i = 0; i < N_QUANTITIES; i++)
        if (strlen(table[i].told.name) == length && memcmp(table[i].told.name, name, length) == 0)
            return &table[i];

    names_list known = {0};
    for (size_t i = 0; i < N_QUANTITIES; i++)
        names_list_add(&known, table[i].told.name, strlen(table[i].told.name));
    status_say("there is no quantity \"%.*s\"; known: %s", (int)(length < 40 ? length : 40), name, known.text);
    return NULL;
}

size_t recorder_last(const recorder_quantity *q, size_t depth)
{
    return depth - q->missing;
}
