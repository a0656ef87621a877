#include "schedule.h"

#include <math.h>

static double cosine(const schedule *s, double t)
{
    const double part = t > s->warmup ? fmin(1.0, (t - s->warmup) / fmax(0.0, s->epochs - s->warmup)) : 0.0;

    return s->final_factor + (1.0 - s->final_factor) * (1.0 + cos(3.14159265358979323846 * part)) / 2.0;
}

double schedule_factor(const schedule *s, uint64_t update, uint64_t updates_per_epoch)
{
    const double t = (double)update / (double)updates_per_epoch;
    const double rising = s->warmup * (double)updates_per_epoch; /* updates */
    double       factor = 1.0;

    if (s->kind == SCHEDULE_STEP)
        factor = pow(s->step_factor, floor(t / s->step_epochs));
    else if (s->kind == SCHEDULE_COSINE)
        factor = cosine(s, t);
    return t < s->warmup ? factor * fmin(1.0, (double)(update + 1) / rising) : factor;
}
