/* What the tests share: expectations, matrices in every layout, random numbers.
 *
 * Everything a make_*() function returns is released by the fixture after the test, whether it passed or not. */
#ifndef LIBFA_TESTS_SUPPORT_H
#define LIBFA_TESTS_SUPPORT_H

#include <check.h>
#include <fa/fa.h>

/* --- running --- */

/* A test case with the fixture, to be filled by the caller. */
TCase *support_case(Suite *suite);

/* Run, print TAP; the exit status. Counting allocations and threads need it without forks. */
int support_run(Suite *suite, bool fork);

/* Have the fixture release something; returns it. */
void *keep(void *thing, void (*release)(void *));

/* --- expectations --- */

#define expect_ok(call) ck_assert_msg((call) == FA_OK, "%s: %s", #call, fa_last_error())

/* The call fails with the status and leaves a sentence of its own. */
#define expect_failure(status, call) (support_forget(), support_failed((status), (call), #call, __LINE__))

/* Replace the thread's sentence by a known one. */
void support_forget(void);

void support_failed(fa_status expected, fa_status got, const char *call, int line);

/* --- random numbers of the tests' own (SplitMix64), all representable as float --- */

uint64_t draw_word(uint64_t *state);
size_t draw_index(uint64_t *state, size_t count);
double draw_uniform(uint64_t *state, double low, double high);

/* --- matrices --- */

typedef enum view_layout {
    LAYOUT_C,
    LAYOUT_FORTRAN,
    LAYOUT_ROWS,       /* rows 1 .. of a larger, padded C array */
    LAYOUT_TRANSPOSED, /* the transpose of a padded C array */
    LAYOUTS
} view_layout;

/* Zeros. */
fa_matrix make_matrix(fa_dtype dtype, size_t rows, size_t cols);
fa_matrix make_layout(fa_dtype dtype, size_t rows, size_t cols, view_layout layout);
fa_matrix make_uniform(fa_dtype dtype, size_t rows, size_t cols, view_layout layout, double bound, uint64_t *state);

/* Zeroed memory until the end of the test. */
void *make_memory(size_t count, size_t size);

double element(const fa_matrix *matrix, size_t i, size_t j);
void set_element(const fa_matrix *matrix, size_t i, size_t j, double value);
bool same_bits(const fa_matrix *a, const fa_matrix *b);
bool is_zeroed(const fa_matrix *view);

/* max |a - b|, infinite if anything is NaN. */
double distance(const fa_matrix *a, const fa_matrix *b);
double norm(const fa_matrix *a);

#endif
