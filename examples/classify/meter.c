#include "meter.h"

#include <math.h>

void meter_read(meter *instrument, const fa_progress *seen)
{
    fa_delta_report reports[MAX_HIDDEN];

    /* What is not finite will be found by the update. */
    if (fa_compare_deltas(seen->net, seen->pass, reports) != FA_OK)
        return;
    for (size_t i = 0; i + 1 < fa_network_depth(seen->net); i++) {
        moments_add(&instrument->angle[i], reports[i].angle);
        moments_add(&instrument->ratio[i], reports[i].ratio);
    }
}

double meter_mean(const moments *over)
{
    return over->count ? over->mean : (double)NAN;
}
