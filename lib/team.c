#include "team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "alloc.h"
#include "status.h"

/* How often a waiting thread looks before it goes to sleep: some tens of microseconds, longer than what the caller does
 * between two pieces of shared work, and short beside a time slice. */
enum { LOOKS = 4000 };

typedef struct worker {
    team       *team;
    size_t      part;
    atomic_uint taken; /* the last round whose part somebody has begun */
    pthread_t   thread;
} worker;

struct team {
    size_t          parts;
    pid_t           process;  /* the one that has the workers */
    team_task       task;     /* of the current round */
    void           *data;
    atomic_uint     round;    /* counts up to start one */
    atomic_bool     over;     /* there is nothing in it: go home */
    atomic_size_t   working;  /* parts of the workers that are not finished */
    atomic_uint     sleepers; /* workers that wait for `start` or are about to */
    atomic_bool     waiting;  /* so does the caller for `finish` */
    pthread_mutex_t mutex;
    pthread_cond_t  start;
    pthread_cond_t  finish;
    worker          workers[]; /* [parts - 1]; worker w does part w + 1 */
};

static inline void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A worker's part is its own if it is there in time; else the caller does it, and the worker finds it taken. What the
 * round is about stays as it is as long as a taken part is not finished. */
static bool take(worker *w, unsigned round)
{
    unsigned before = round - 1;

    return atomic_compare_exchange_strong(&w->taken, &before, round);
}

/* Wait until the round is no longer `seen`. A worker first says that it sleeps and then looks again, the caller first
 * starts the round and then looks for sleepers: one of them sees the other. */
static void await_round(team *t, unsigned seen)
{
    for (int look = 0; look < LOOKS; look++) {
        if (atomic_load(&t->round) != seen)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&t->mutex);
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->round) == seen)
        pthread_cond_wait(&t->start, &t->mutex);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->mutex);
}

static void start_round(team *t)
{
    atomic_fetch_add(&t->round, 1);
    if (atomic_load(&t->sleepers) > 0) {
        pthread_mutex_lock(&t->mutex);
        pthread_cond_broadcast(&t->start);
        pthread_mutex_unlock(&t->mutex);
    }
}

static void finish_part(team *t)
{
    if (atomic_fetch_sub(&t->working, 1) == 1 && atomic_load(&t->waiting)) {
        pthread_mutex_lock(&t->mutex);
        pthread_cond_signal(&t->finish);
        pthread_mutex_unlock(&t->mutex);
    }
}

/* The same as await_round(), the other way round. */
static void await_workers(team *t)
{
    for (int look = 0; look < LOOKS; look++) {
        if (atomic_load(&t->working) == 0)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&t->mutex);
    atomic_store(&t->waiting, true);
    while (atomic_load(&t->working) > 0)
        pthread_cond_wait(&t->finish, &t->mutex);
    atomic_store(&t->waiting, false);
    pthread_mutex_unlock(&t->mutex);
}

static void *work(void *argument)
{
    worker  *w = argument;
    team    *t = w->team;
    unsigned round = 0;

    for (;;) {
        await_round(t, round);
        round = atomic_load(&t->round);
        if (atomic_load(&t->over))
            return NULL;
        if (take(w, round)) {
            t->task(t->data, w->part, t->parts);
            finish_part(t);
        }
    }
}

/* Send home and join the first `count` workers; all others have never been. */
static void dismiss(team *t, size_t count)
{
    atomic_store(&t->over, true);
    start_round(t);
    for (size_t w = 0; w < count; w++)
        pthread_join(t->workers[w].thread, NULL);
    pthread_cond_destroy(&t->finish);
    pthread_cond_destroy(&t->start);
    pthread_mutex_destroy(&t->mutex);
}

/* The workers started, all with every signal blocked: a program's handlers run in its own threads. */
static size_t hire(team *t)
{
    sigset_t all, before;
    size_t   w = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; w < t->parts - 1; w++) {
        t->workers[w].team = t;
        t->workers[w].part = w + 1;
        if (pthread_create(&t->workers[w].thread, NULL, work, &t->workers[w]) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

team *team_create(size_t n)
{
    team  *t = mem_zeroed(1, sizeof *t + (n - 1) * sizeof t->workers[0]);
    size_t hired;

    if (!t)
        return NULL;
    t->parts = n;
    t->process = getpid();
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->start, NULL);
    pthread_cond_init(&t->finish, NULL);
    hired = hire(t);
    if (hired == n - 1)
        return t;
    dismiss(t, hired);
    mem_free(t);
    status_say("the system started %zu threads, %zu were asked for", hired, n - 1);
    return NULL;
}

void team_destroy(team *t)
{
    if (!t)
        return;
    if (t->process == getpid())
        dismiss(t, t->parts - 1);
    mem_free(t);
}

size_t team_size(const team *t)
{
    return t ? t->parts : 1;
}

/* Part 0, then whatever no worker has begun: one that sleeps, or whose core has other work, is not waited for. */
static void lead(team *t, unsigned round)
{
    t->task(t->data, 0, t->parts);
    for (size_t w = t->parts - 1; w-- > 0;)
        if (take(&t->workers[w], round)) {
            t->task(t->data, w + 1, t->parts);
            atomic_fetch_sub(&t->working, 1);
        }
    await_workers(t);
}

void team_run(team *t, team_task task, void *data)
{
    if (!t) {
        task(data, 0, 1);
    } else if (t->process != getpid()) {
        for (size_t part = 0; part < t->parts; part++)
            task(data, part, t->parts);
    } else {
        t->task = task;
        t->data = data;
        atomic_store(&t->working, t->parts - 1);
        start_round(t);
        lead(t, atomic_load(&t->round));
    }
}

size_t team_share(size_t count, size_t unit, size_t part, size_t parts, size_t *length)
{
    if (parts == 1) { /* without the divisions, which a step of a small network would feel */
        *length = count;
        return 0;
    }

    size_t units = (count + unit - 1) / unit;
    size_t first = units / parts * part + (part < units % parts ? part : units % parts);
    size_t own = units / parts + (part < units % parts ? 1 : 0);
    size_t start = first * unit < count ? first * unit : count;
    size_t end = (first + own) * unit < count ? (first + own) * unit : count;

    *length = end - start;
    return start;
}

team_block team_split(size_t rows, size_t cols, fa_dtype dtype, size_t part, size_t parts)
{
    team_block block = {0, rows, 0, cols};

    if (parts == 1)
        return block;
    if (cols >= rows) {
        block.col = team_share(cols, 64 / fa_dtype_size(dtype), part, parts, &block.cols);
    } else {
        block.row = team_share(rows, 8, part, parts, &block.rows);
        if (block.rows == 0)
            block.cols = 0;
    }
    return block;
}
