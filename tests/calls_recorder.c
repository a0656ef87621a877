/* <fa/recorder.h> */
#include "calls.h"

HOLDS(fa_quantity_count, fa_quantity_count() > 0)
HOLDS(fa_quantity_at, fa_quantity_at(0) != NULL)

CALL(fa_recorder_create)
{
    fa_recorder    *rec;
    const fa_status status = fa_recorder_create(&rec, w->net, NULL, 1);
    if ((rec != NULL) != (status == FA_OK))
        return FA_ERR_RULE;
    fa_recorder_destroy(rec);
    return status;
}

HOLDS(fa_recorder_destroy, (fa_recorder_destroy(w->spare_rec), w->spare_rec = NULL, true))
GIVES(fa_recorder_set_threshold, fa_recorder_set_threshold(w->rec, 0.1))
GIVES(fa_recorder_open, fa_recorder_open(w->rec, world_path(w, "run.csv"), FA_RECORD_CSV))

CALL(fa_recorder_close)
{
    fa_status status = fa_recorder_open(w->rec, world_path(w, "run.csv"), FA_RECORD_CSV);
    if (status == FA_OK)
        MEASURED(w, status, fa_recorder_close(w->rec));
    return status;
}

GIVES(fa_recorder_observe, fa_recorder_observe(w->rec, w->net, w->pass, w->fb, 1, 1))

/* It tells of a failure by false and fa_recorder_status(). */
CALL(fa_recorder_callback)
{
    const fa_progress progress = {.struct_size = sizeof progress, .point = FA_AFTER_DELTAS, .epoch = 1, .batch = 1,
                                  .batches = 1, .net = w->net, .pass = w->pass, .fb = w->fb, .opt = w->opt};
    const bool        goes_on = fa_recorder_callback(w->rec, &progress);
    const fa_status   status = fa_recorder_status(w->rec);
    return goes_on == (status == FA_OK) ? status : FA_ERR_RULE;
}

GIVES(fa_recorder_status, fa_recorder_status(w->observed))
HOLDS(fa_recorder_count, fa_recorder_count(w->observed) == 1)

CALL(fa_recorder_value)
{
    double value;
    return fa_recorder_value(w->observed, "delta_angle", 1, &value);
}

static const every_call calls[] = {
    NEVER(fa_quantity_count),
    NEVER(fa_quantity_at),
    ALLOCATES(fa_recorder_create),
    NEVER(fa_recorder_destroy),
    NEVER(fa_recorder_set_threshold),
    ALLOCATES(fa_recorder_open),
    NEVER(fa_recorder_close),
    ALLOCATES(fa_recorder_observe),
    ALLOCATES(fa_recorder_callback),
    NEVER(fa_recorder_status),
    NEVER(fa_recorder_count),
    NEVER(fa_recorder_value),
};

TABLE(calls_of_recorder, calls);
