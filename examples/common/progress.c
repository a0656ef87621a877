#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
    const char *kind = getenv("TERM");

    return (progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1 && !(kind && strcmp(kind, "dumb") == 0)};
}

void progress_restart(progress *shown)
{
    shown->tenth = 0;
}

bool progress_stale(progress *shown)
{
    double now;

    if (shown->quiet || !shown->terminal)
        return false;
    now = seconds();
    if (now - shown->shown_at < 0.1)
        return false;
    shown->shown_at = now;
    return true;
}

bool progress_due(progress *shown, size_t done, size_t total)
{
    if (shown->quiet)
        return false;
    if (shown->terminal)
        return progress_stale(shown);
    if (done * 10 / total == shown->tenth)
        return false;
    shown->tenth = done * 10 / total;
    return true;
}

/* Characters that fit on one line: a longer one would go on below, where it cannot be written over. */
static int terminal_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;

    /* Serial lines and some containers do not know. */
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    return width > 1 && width < 10000 ? (int)width - 1 : 79;
}

/* Without the part that crosses the limit, nor those after it: two blanks part them. */
static int cut(const char *line, int width, int limit)
{
    if (width <= limit)
        return width;
    for (int end = limit; end > 0; end--)
        if (line[end] == ' ' && line[end + 1] == ' ')
            return end;
    return limit;
}

void progress_line(progress *shown, const char *format, ...)
{
    char line[400];
    int width, limit = shown->terminal ? terminal_width() : (int)sizeof line - 1;
    va_list arguments;

    va_start(arguments, format);
    width = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (width >= (int)sizeof line)
        width = (int)sizeof line - 1;
    width = cut(line, width, limit);
    if (!shown->terminal) {
        fprintf(stderr, "%.*s\n", width, line);
        return;
    }
    fprintf(stderr, "\r%.*s%*s", width, line, shown->width > width ? shown->width - width : 0, "");
    fflush(stderr);
    shown->width = width;
}

void progress_clear(progress *shown)
{
    if (shown->width > 0)
        fprintf(stderr, "\r%*s\r", shown->width, "");
    shown->width = 0;
}
