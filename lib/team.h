/* Threads that share the work of a pass: a fixed number, made once. Each has its part, always the same one.
 * docs/adr/0006-threads-of-a-pass.md says why it looks like this. */
#ifndef LIBFA_TEAM_H
#define LIBFA_TEAM_H

#include <fa/base.h>

enum { TEAM_MAX = 256 };

/* The calling thread and its workers; NULL is the calling thread alone. */
typedef struct team team;

/* Do part 0 .. parts - 1 of something. */
typedef void (*team_task)(void *data, size_t part, size_t parts);

/* A team of n = 2 .. TEAM_MAX. NULL, with the sentence set, if memory is out or the system starts no more threads. */
team *team_create(size_t n);

/* Joins the workers. NULL is fine. */
void team_destroy(team *t);

/* 1 for NULL. */
size_t team_size(const team *t);

/* Call the task for every part and return when all are done. Part 0 is done by the calling thread, any other one by its
 * worker, or by the calling thread too if the worker does not begin in time. One thread at a time may call it. In the
 * child of a fork(), which has no workers, the calling thread does every part. */
void team_run(team *t, team_task task, void *data);

/* A block of a matrix. */
typedef struct team_block {
    size_t row, rows;
    size_t col, cols; /* cols may be 0: nothing to do */
} team_block;

/* Which block of a [rows x cols] matrix a part gets: columns of all rows, or rows where there are more of them. Borders
 * are multiples of 64 bytes, or of 8 rows. Depends on these arguments alone. */
team_block team_split(size_t rows, size_t cols, fa_dtype dtype, size_t part, size_t parts);

/* Which part of `count` things, in multiples of `unit`: the first one is returned. */
size_t team_share(size_t count, size_t unit, size_t part, size_t parts, size_t *length);

#endif
