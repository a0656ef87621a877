#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"

extern char **environ;

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

bool gnuplot_takes(const char *path)
{
    return ends_in(path, ".svg") || ends_in(path, ".png");
}

/* gnuplot reads the script from `input` and draws into `output`: no file name ever passes through a script or a shell.
 * Both are closed on exec, so that the child has them as stdin and stdout only. */
static int spawn(pid_t *process, int input, int output)
{
    char name[] = "gnuplot";
    char *arguments[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);

    /* The labels are UTF-8; in a C locale, which containers have, gnuplot would complain of its degree sign. */
    setenv("LC_ALL", "C.UTF-8", 1);

    if (failure)
        return failure;
    failure = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!failure)
        failure = posix_spawnp(process, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* The script's pipe and the process behind it; 0 or an errno. */
static int open_script(gnuplot *plot, int output)
{
    int ends[2], failure;

    if (pipe(ends) != 0)
        return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    plot->script = fdopen(ends[1], "w");
    failure = plot->script ? spawn(&plot->process, ends[0], output) : errno;
    close(ends[0]);
    if (failure && plot->script)
        fclose(plot->script);
    else if (failure)
        close(ends[1]);
    return failure;
}

static void set_terminal(gnuplot *plot, int width, int height)
{
    FILE *script = plot->script;

    fprintf(script, "set encoding utf8\n");
    if (ends_in(plot->path, ".svg")) {
        fprintf(script, "set terminal svg size %d,%d dynamic enhanced font 'DejaVu Sans,Helvetica,sans-serif,13'"
                        " background '#ffffff'\n", width, height);
        return;
    }
    fprintf(script, "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {\n"
                    "  set terminal pngcairo size %d,%d enhanced font 'DejaVu Sans,10' fontscale 1.5 linewidth 1.5"
                    " pointscale 1.7"
                    " background '#ffffff'\n"
                    "} else {\n"
                    "  set terminal png size %d,%d enhanced font 'DejaVu Sans,15' background '#ffffff'\n"
                    "}\n", width * 3 / 2, height * 3 / 2, width * 3 / 2, height * 3 / 2);
}

bool gnuplot_start(gnuplot *plot, const char *path, int width, int height)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    size_t length = strlen(path) + sizeof ".part";
    int output, failure;

    *plot = (gnuplot){.path = path, .part = malloc(length)};
    if (!plot->part) {
        complain("out of memory");
        return false;
    }
    snprintf(plot->part, length, "%s.part", path);
    output = open(plot->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output < 0) {
        complain("cannot write %s: %s", plot->part, strerror(errno));
        free(plot->part);
        return false;
    }
    failure = open_script(plot, output);
    close(output);
    if (failure) {
        if (failure == ENOENT)
            complain("gnuplot is not installed, so there is no %s: apt install gnuplot-nox", path);
        else
            complain("cannot run gnuplot: %s", strerror(failure));
        unlink(plot->part);
        free(plot->part);
        return false;
    }
    /* A gnuplot that gives up early is found by its exit status. */
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &plot->broken_pipe);
    set_terminal(plot, width, height);
    return true;
}

void gnuplot_quote(gnuplot *plot, const char *text)
{
    fputc('\'', plot->script);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', plot->script);
        /* A line break would end the command. */
        fputc((unsigned char)*text < ' ' ? ' ' : *text, plot->script);
    }
    fputc('\'', plot->script);
}

void gnuplot_number(FILE *script, double value)
{
    if (isfinite(value))
        fprintf(script, " %.5g", value);
    else
        fputs(" ?", script);
}

/* Ends the script and waits; whether gnuplot drew everything, else after a complaint. */
static bool end(gnuplot *plot)
{
    bool written = fclose(plot->script) == 0;
    int status = 0;

    sigaction(SIGPIPE, &plot->broken_pipe, NULL);
    while (waitpid(plot->process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        complain("gnuplot is not installed, so there is no %s: apt install gnuplot-nox", plot->path);
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        complain("gnuplot failed, so there is no %s", plot->path);
    else if (!written)
        complain("gnuplot stopped reading, so there is no %s", plot->path);
    return written && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool gnuplot_check(const char *path)
{
    gnuplot plot;
    bool good;

    if (!gnuplot_start(&plot, path, 100, 100))
        return false;
    good = end(&plot);
    unlink(plot.part);
    free(plot.part);
    return good;
}

bool gnuplot_finish(gnuplot *plot)
{
    bool whole = end(plot);

    if (whole && rename(plot->part, plot->path) != 0) {
        complain("cannot write %s: %s", plot->path, strerror(errno));
        whole = false;
    }
    if (!whole)
        unlink(plot->part);
    free(plot->part);
    return whole;
}
