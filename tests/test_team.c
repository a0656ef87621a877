/* Threads of a pass: who does what, that nobody is forgotten or left behind, and that results do not depend on
 * timing. */
#include "session.h"
#include "inner.h"
#include "shared.h"
#include "team.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void *__real_calloc(size_t count, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

static long allocations, threads;                            /* made so far */
static long allocation_that_fails = -1, thread_that_fails = -1; /* counted from 0 */

void *__wrap_calloc(size_t count, size_t size)
{
    return allocations++ == allocation_that_fails ? NULL : __real_calloc(count, size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return threads++ == thread_that_fails ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

static team *make_team(size_t n)
{
    team *made = team_create(n);
    ck_assert_ptr_nonnull(made);
    ck_assert_uint_eq(team_size(made), n);
    return made;
}

/* --- shares --- */

START_TEST(shares_cover_everything_once)
{
    for (size_t parts = 1; parts <= 9; parts++)
        for (size_t count = 1; count <= 70; count++)
            for (size_t unit = 1; unit <= 16; unit *= 4) {
                size_t next = 0, largest = 0, smallest = count;
                for (size_t part = 0; part < parts; part++) {
                    size_t length, first = team_share(count, unit, part, parts, &length);
                    ck_assert_uint_eq(first, next);
                    ck_assert(first % unit == 0 || length == 0);
                    next += length;
                    largest = length > largest ? length : largest;
                    smallest = length < smallest ? length : smallest;
                }
                ck_assert_uint_eq(next, count);
                ck_assert_uint_lt(largest - smallest, 2 * unit);
            }
}
END_TEST

START_TEST(blocks_cover_a_matrix_once)
{
    uint64_t state = 1;
    for (int run = 0; run < 300; run++) {
        const fa_dtype dtype = run % 2 ? FA_FLOAT32 : FA_FLOAT64;
        const size_t rows = 1 + draw_index(&state, 60), cols = 1 + draw_index(&state, 60);
        const size_t parts = 1 + draw_index(&state, 7);
        unsigned char *seen = make_memory(rows * cols, 1);
        for (size_t part = 0; part < parts; part++) {
            const team_block b = team_split(rows, cols, dtype, part, parts);
            for (size_t at = 0; at < b.rows * b.cols; at++)
                seen[(b.row + at / b.cols) * cols + b.col + at % b.cols]++;
        }
        for (size_t at = 0; at < rows * cols; at++)
            ck_assert_int_eq(seen[at], 1);
    }
}
END_TEST

/* --- rounds --- */

typedef struct roll {
    pthread_t caller;
    unsigned count[TEAM_MAX];
    bool by_caller[TEAM_MAX], parts_known[TEAM_MAX], blocked[TEAM_MAX];
    size_t parts;
} roll;

static void answer(void *data, size_t part, size_t parts)
{
    roll *r = data;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    r->count[part]++;
    r->by_caller[part] = pthread_equal(pthread_self(), r->caller) != 0;
    r->parts_known[part] = parts == r->parts;
    r->blocked[part] = sigismember(&set, SIGINT) && sigismember(&set, SIGALRM);
}

/* Long pauses put the workers to sleep. */
START_TEST(every_part_is_done_once)
{
    const size_t n = (size_t)_i;
    team *t = n > 1 ? make_team(n) : NULL;
    roll r = {.caller = pthread_self(), .parts = n};
    for (unsigned round = 1; round <= 60; round++) {
        if (round % 20 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        team_run(t, answer, &r);
        for (size_t part = 0; part < n; part++) {
            ck_assert_uint_eq(r.count[part], round);
            ck_assert(r.parts_known[part] && (part > 0 || r.by_caller[part]));
            ck_assert(r.blocked[part] == !r.by_caller[part]);
        }
    }
    team_destroy(t);
}
END_TEST

/* The caller is not done before everybody else has begun, so every worker has to. */
static void meet(void *data, size_t part, size_t parts)
{
    atomic_size_t *present = data;
    atomic_fetch_add(present, 1);
    while (part == 0 && atomic_load(present) < parts)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

START_TEST(workers_work)
{
    team *t = make_team(4);
    for (int round = 0; round < 20; round++) {
        atomic_size_t present = 0;
        team_run(t, meet, &present);
        ck_assert_uint_eq(atomic_load(&present), 4);
    }
    team_destroy(t);
}
END_TEST

START_TEST(teams_come_and_go)
{
    for (size_t round = 0; round < 100; round++) {
        team *t = make_team(2 + round % 4);
        roll r = {.caller = pthread_self(), .parts = team_size(t)};
        if (round % 2)
            team_run(t, answer, &r);
        ck_assert_uint_eq(r.count[1], round % 2);
        team_destroy(t);
    }
    team_destroy(NULL);
}
END_TEST

/* The child has no workers: it does all parts itself, and may clear up. */
START_TEST(a_child_works_alone)
{
    team *t = make_team(3);
    const pid_t child = fork();
    int status = -1;
    if (child == 0) {
        roll r = {.caller = pthread_self(), .parts = 3};
        team_run(t, answer, &r);
        team_destroy(t);
        _exit(r.count[0] == 1 && r.count[1] == 1 && r.count[2] == 1 && r.by_caller[2] ? 0 : 1);
    }
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    team_destroy(t);
}
END_TEST

/* --- operations --- */

/* Products of k terms, in blocks: k + 4 roundings, of no more than the sum of magnitudes; the reference alike. */
START_TEST(products_in_blocks)
{
    static const size_t shapes[][3] = {{60, 200, 90}, {200, 60, 90}, {7, 300, 80}, {130, 10, 200}};
    const fa_dtype dtype = _i % 2 ? FA_FLOAT32 : FA_FLOAT64;
    uint64_t state = (uint64_t)_i + 1;
    team *t = make_team(2 + (size_t)_i / 2);
    for (size_t s = 0; s < 8; s++) {
        const size_t m = shapes[s / 2][0], n = shapes[s / 2][1], k = shapes[s / 2][2];
        fa_matrix a = make_uniform(dtype, m, k, s % 2 ? LAYOUT_FORTRAN : LAYOUT_C, 1, &state);
        fa_matrix b = s % 2 ? make_inner_uniform(dtype, k, n, 1, &state)
                            : fa_matrix_transpose(make_inner_uniform(dtype, n, k, 1, &state));
        fa_matrix c = make_inner(dtype, m, n);
        ck_assert_ptr_eq(shared_team(t, m, n, k), t);
        shared_product(t, 2, &a, &b, 0, &c);
        for (size_t at = 0; at < m * n; at++) {
            double sum = 0, magnitude = 0;
            for (size_t q = 0; q < k; q++) {
                sum += 2 * element(&a, at / n, q) * element(&b, q, at % n);
                magnitude += fabs(2 * element(&a, at / n, q) * element(&b, q, at % n));
            }
            double error = fabs(element(&c, at / n, at % n) - sum);
            if (!(error <= ((double)k + 4) * epsilon(dtype) * magnitude))
                ck_abort_msg("%zu x %zu x %zu: (%zu, %zu) is off by %.3g", m, n, k, at / n, at % n, error);
        }
    }
    team_destroy(t);
}
END_TEST

/* Sums of squares in parts, and both directions of storage. */
START_TEST(squares_in_parts)
{
    const fa_dtype dtype = _i ? FA_FLOAT32 : FA_FLOAT64;
    uint64_t state = 1;
    team *t = make_team(3);
    for (size_t layout = 0; layout < LAYOUTS; layout++) {
        fa_matrix m = make_uniform(dtype, 301, 211, (view_layout)layout, 1, &state);
        const double expected = norm(&m) * norm(&m), terms = 301 * 211;
        check_near(shared_sum_squares(t, &m), expected, (terms + 3) * epsilon(dtype) * expected, "sum", 0);
        set_element(&m, 300, 210, (double)NAN);
        ck_assert(isnan(shared_sum_squares(t, &m)));
    }
    team_destroy(t);
}
END_TEST

/* --- training --- */

/* Layers large enough for every operation to be shared, with a softmax or without. */
static session make_large(int variant, size_t threads_of_pass)
{
    net_spec spec = {.dtype = variant % 2 ? FA_FLOAT32 : FA_FLOAT64, .depth = 3, .width = {220, 250, 300, 40}};
    session s;
    for (size_t l = 1; l <= spec.depth; l++) {
        spec.activation[l] = FA_TANH;
        spec.bias[l] = true;
    }
    spec.activation[3] = variant / 2 % 2 ? FA_SOFTMAX : FA_IDENTITY;
    spec.loss = variant / 2 % 2 ? FA_CROSS_ENTROPY : FA_SQUARED_ERROR;
    s = make_session(&spec, fa_rule_find(variant / 4 % 2 ? "fa" : "bp"), 70, 5);
    expect_ok(fa_optimizer_set(s.opt, "momentum", variant / 8 % 2 ? 0.5 : 0));
    expect_ok(fa_pass_set_threads(s.pass, threads_of_pass));
    ck_assert_uint_eq(fa_pass_threads(s.pass), threads_of_pass);
    return s;
}

static state_copy trained(int variant, size_t threads_of_pass)
{
    session s = make_large(variant, threads_of_pass);
    double loss;
    for (int step = 0; step < 3; step++)
        expect_ok(step == 1 ? session_phases(&s, &loss) : session_step(&s, &loss));
    return take_snapshot(&s);
}

/* One after the other, the products of a step add fewer than 2500 terms; each rounding is at most eps of numbers that
 * are at most 1, slopes are at most 1, and a layer's weights U[-1.5, 1.5) / sqrt(n) enlarge an error less than
 * twice. */
START_TEST(threads_change_only_roundings)
{
    const state_copy alone = trained(_i, 1);
    for (size_t n = 2; n <= 4; n++) {
        const state_copy together = trained(_i, n);
        ck_assert_uint_eq(alone.count, together.count);
        for (size_t at = 0; at < alone.count; at++)
            check_near(together.values[at], alone.values[at], 3 * 2500 * 8 * epsilon(_i % 2 ? FA_FLOAT32 : FA_FLOAT64),
                       "parameter", (double)at);
    }
}
END_TEST

START_TEST(threads_repeat_the_bits)
{
    const state_copy first = trained(_i, 3);
    for (int run = 1; run < 20; run++) {
        const state_copy again = trained(_i, 3);
        ck_assert(same_snapshot(&first, &again));
    }
}
END_TEST

/* A thread count that cannot be had leaves the pass as it was, and training goes on. */
START_TEST(threads_that_fail)
{
    session s = make_large(0, 2);
    double loss;
    expect_failure(FA_ERR_ARGUMENT, fa_pass_set_threads(NULL, 2));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_set_threads(s.pass, 0));
    expect_failure(FA_ERR_ARGUMENT, fa_pass_set_threads(s.pass, 257));
    allocation_that_fails = allocations;
    expect_failure(FA_ERR_MEMORY, fa_pass_set_threads(s.pass, 3));
    ck_assert_int_gt(allocations, allocation_that_fails);
    for (long nth = 0; nth < 4; nth++) {
        thread_that_fails = threads + nth;
        expect_failure(FA_ERR_MEMORY, fa_pass_set_threads(s.pass, 5));
        ck_assert_int_gt(threads, thread_that_fails);
        ck_assert_uint_eq(fa_pass_threads(s.pass), 2);
        expect_ok(session_step(&s, &loss));
    }
    expect_ok(fa_pass_set_threads(s.pass, 1));
    expect_ok(session_step(&s, &loss));
    ck_assert_uint_eq(fa_pass_threads(s.pass), 1);
    ck_assert_uint_eq(fa_pass_threads(NULL), 0);
}
END_TEST

START_TEST(steps_make_nothing)
{
    session s = make_large(_i, 3);
    double loss;
    long allocated, started;
    expect_ok(session_step(&s, &loss));
    expect_ok(session_phases(&s, &loss));
    allocated = allocations;
    started = threads;
    for (int step = 0; step < 4; step++) {
        expect_ok(session_step(&s, &loss));
        expect_ok(session_phases(&s, &loss));
    }
    ck_assert_int_eq(allocations, allocated);
    ck_assert_int_eq(threads, started);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("team");
    TCase *tcase = support_case(suite);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, shares_cover_everything_once);
    tcase_add_test(tcase, blocks_cover_a_matrix_once);
    tcase_add_loop_test(tcase, every_part_is_done_once, 1, 6);
    tcase_add_test(tcase, workers_work);
    tcase_add_test(tcase, teams_come_and_go);
    tcase_add_test(tcase, a_child_works_alone);
    tcase_add_loop_test(tcase, products_in_blocks, 0, 4);
    tcase_add_loop_test(tcase, squares_in_parts, 0, 2);
    tcase_add_loop_test(tcase, threads_change_only_roundings, 0, 16);
    tcase_add_loop_test(tcase, threads_repeat_the_bits, 0, 2);
    tcase_add_test(tcase, threads_that_fail);
    tcase_add_loop_test(tcase, steps_make_nothing, 0, 16);
    return support_run(suite, false);
}
