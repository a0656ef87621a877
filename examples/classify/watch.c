#include "watch.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to a text that has `size` characters of room in all; what does not fit is left out. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void append(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

/* A lead, then "45.1 60.3 deg"; nothing where nothing was measured. */
static void append_angles(char *text, size_t size, const char *lead, int digits, const double *angle, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any = any || isfinite(angle[i]);
    if (!any)
        return;
    append(text, size, "%s", lead);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(angle[i]))
            append(text, size, "%.*f ", digits, angle[i]);
        else
            append(text, size, "- ");
    }
    append(text, size, "deg");
}

/* Time left, if every run takes as long as those before. */
static void append_rest(char *text, size_t size, const watch *observer, double done)
{
    double share = ((double)observer->run + done) / (double)observer->runs;
    double left = (seconds() - observer->started) * (1.0 - share) / share;
    unsigned long whole = left < 1e8 ? (unsigned long)(left + 0.5) : 0;

    if (whole >= 3600)
        append(text, size, "  ETA %lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        append(text, size, "  ETA %lu:%02lu", whole / 60, whole % 60);
}

void watch_batch(watch *observer, const run *result, const meter *instrument, const fa_progress *seen,
                 double epoch_start)
{
    const settings *chosen = observer->chosen;
    double angle[MAX_HIDDEN], elapsed = seconds() - epoch_start;
    double part = (double)seen->batch / (double)seen->batches;
    char text[400] = "";

    if (!progress_stale(&observer->shown))
        return;
    for (size_t i = 0; i < chosen->n_hidden; i++)
        angle[i] = meter_mean(&instrument->angle[i]);
    /* 80 columns hold four layers; where there are fewer, the last parts are left out. */
    append(text, sizeof text, "%s %zu/%zu  %llu/%llu  loss ", chosen->rules.at[result->rule]->name, result->epochs + 1,
           chosen->epochs, (unsigned long long)seen->batch, (unsigned long long)seen->batches);
    append(text, sizeof text, seen->training.loss < 10.0 ? "%.3f" : "%.3g", seen->training.loss);
    append(text, sizeof text, "  acc %.1f%%  %.0f/s", 100.0 * seen->training.accuracy,
           (double)seen->training.samples / elapsed);
    append_rest(text, sizeof text, observer, ((double)result->epochs + part) / (double)chosen->epochs);
    append_angles(text, sizeof text, "  ", 0, angle, chosen->n_hidden);
    progress_line(&observer->shown, "%s", text);
}

static void append_error(char *text, size_t size, const char *name, double value)
{
    if (isfinite(value))
        append(text, size, ", %s %.2f %%", name, 100.0 * value);
}

void watch_epoch(watch *observer, const run *result)
{
    const settings *chosen = observer->chosen;
    const record *last = &result->trace[result->epochs - 1];
    char text[400] = "";

    if (observer->files)
        outputs_epoch(observer->files, result, result->epochs - 1);
    if (observer->shown.quiet || observer->shown.terminal)
        return;
    append(text, sizeof text, "%s: epoch %zu of %zu, loss %.4g", chosen->rules.at[result->rule]->name, result->epochs,
           chosen->epochs, last->train_loss);
    append_error(text, sizeof text, "error", last->train_error);
    append_error(text, sizeof text, "validation", last->validation_error);
    append_error(text, sizeof text, "test", last->test_error);
    append(text, sizeof text, ", %.1f s", last->seconds);
    append_angles(text, sizeof text, chosen->n_hidden > 1 ? ", angles " : ", angle ", 1, last->angle,
                  chosen->n_hidden);
    progress_line(&observer->shown, "%s", text);
}

void watch_restored(watch *observer, const run *result)
{
    for (size_t i = 0; observer->files && i < result->epochs; i++)
        outputs_epoch(observer->files, result, i);
    if (result->epochs > 0 && !observer->shown.quiet)
        progress_line(&observer->shown, "%s: going on after epoch %zu of %zu",
                      observer->chosen->rules.at[result->rule]->name, result->epochs, observer->chosen->epochs);
}

void watch_clear(watch *observer)
{
    progress_clear(&observer->shown);
}
