#include "jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "interrupt.h"

/* How long a Ctrl-C that comes just before poll() may wait, in milliseconds. */
enum { PATIENCE = 200 };

typedef struct child {
    pid_t  process; /* 0: the place is free */
    size_t piece;
    int    pipe;
    char  *bytes;
    size_t size, capacity;
} child;

typedef struct pool {
    const jobs    *all;
    child         *children; /* [parallel] */
    struct pollfd *polled;   /* [parallel] */
    size_t         running, next;
    bool           stopped; /* the children were told to end */
    bool           good;
} pool;

bool jobs_write(int pipe, const void *bytes, size_t size)
{
    const char *rest = bytes;

    while (size > 0) {
        ssize_t written = write(pipe, rest, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            complain("cannot hand over results: %s", strerror(errno));
            return false;
        }
        rest += written;
        size -= (size_t)written;
    }
    return true;
}

static bool start(pool *workers, child *place)
{
    int ends[2];
    pid_t process;
    sigset_t ending, before;

    if (pipe(ends) != 0) {
        complain("cannot make a pipe: %s", strerror(errno));
        return false;
    }
    /* What is still in a buffer would be written twice. */
    fflush(NULL);
    /* Neither signal comes before the child is ready for it. */
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, &before);
    process = fork();
    if (process == 0) {
        interrupt_follow_parent();
        sigprocmask(SIG_SETMASK, &before, NULL);
        close(ends[0]);
        _exit(workers->all->work(workers->all->data, workers->next, ends[1]) ? 0 : 1);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (process < 0) {
        complain("cannot start a process: %s", strerror(errno));
        close(ends[0]);
        return false;
    }
    *place = (child){.process = process, .piece = workers->next++, .pipe = ends[0]};
    workers->running++;
    return true;
}

/* Free places get the next pieces, unless the end has come. */
static void fill(pool *workers)
{
    for (size_t i = 0; i < workers->all->parallel; i++) {
        if (workers->children[i].process != 0 || workers->next == workers->all->count)
            continue;
        if (!workers->good || interrupt_came())
            return;
        workers->good = start(workers, &workers->children[i]);
    }
}

static void stop(pool *workers)
{
    if (workers->stopped)
        return;
    workers->stopped = true;
    for (size_t i = 0; i < workers->all->parallel; i++)
        if (workers->children[i].process != 0)
            kill(workers->children[i].process, SIGTERM);
}

/* The child has closed its pipe. */
static void finish(pool *workers, child *ended)
{
    int status = 0;

    close(ended->pipe);
    while (waitpid(ended->process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        complain("a process was ended by signal %d", WTERMSIG(status));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        workers->good = false;
    else if (!workers->all->done(workers->all->data, ended->piece, ended->bytes, ended->size))
        workers->good = false;
    free(ended->bytes);
    *ended = (child){0};
    workers->running--;
}

static void receive(pool *workers, child *from)
{
    ssize_t count;

    if (from->capacity - from->size < 65536) {
        char *grown = realloc(from->bytes, from->capacity * 2 + 65536);

        if (!grown) {
            complain("out of memory");
            workers->good = false;
            stop(workers);
            finish(workers, from);
            return;
        }
        from->bytes = grown;
        from->capacity = from->capacity * 2 + 65536;
    }
    count = read(from->pipe, from->bytes + from->size, from->capacity - from->size);
    if (count > 0)
        from->size += (size_t)count;
    else if (count == 0 || errno != EINTR)
        finish(workers, from);
}

static void wait_for_children(pool *workers)
{
    for (size_t i = 0; i < workers->all->parallel; i++)
        workers->polled[i] = (struct pollfd){.fd = workers->children[i].process ? workers->children[i].pipe : -1,
                                             .events = POLLIN};
    if (poll(workers->polled, (nfds_t)workers->all->parallel, PATIENCE) <= 0)
        return;
    for (size_t i = 0; i < workers->all->parallel; i++)
        if (workers->polled[i].revents != 0)
            receive(workers, &workers->children[i]);
}

bool jobs_run(const jobs *all)
{
    pool workers = {.all = all, .good = true};

    workers.children = calloc(all->parallel, sizeof *workers.children);
    workers.polled = calloc(all->parallel, sizeof *workers.polled);
    if (workers.children && workers.polled) {
        for (fill(&workers); workers.running > 0; fill(&workers)) {
            if (interrupt_came() || !workers.good)
                stop(&workers);
            wait_for_children(&workers);
        }
    } else {
        complain("out of memory");
        workers.good = false;
    }
    free(workers.children);
    free(workers.polled);
    return workers.good;
}
