#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

progress progress_start(bool quiet)
{
    return (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1};
}

void progress_restart(progress *shown)
{
    shown->tenth = 0;
}

bool progress_due(progress *shown, size_t done, size_t total)
{
    double now;

    if (shown->quiet)
        return false;
    if (shown->terminal) {
        now = seconds();
        if (now - shown->shown_at < 0.1)
            return false;
        shown->shown_at = now;
        return true;
    }
    if (done * 10 / total == shown->tenth)
        return false;
    shown->tenth = done * 10 / total;
    return true;
}

void progress_line(progress *shown, const char *format, ...)
{
    va_list arguments;
    int width;

    if (shown->terminal)
        fputc('\r', stderr);
    va_start(arguments, format);
    width = vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (!shown->terminal) {
        fputc('\n', stderr);
        return;
    }
    fprintf(stderr, "%*s", shown->width > width ? shown->width - width : 0, "");
    fflush(stderr);
    shown->width = width;
}

void progress_clear(progress *shown)
{
    if (shown->width > 0)
        fprintf(stderr, "\r%*s\r", shown->width, "");
    shown->width = 0;
}
