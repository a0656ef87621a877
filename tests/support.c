#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what the fixture releases --- */

enum { MAX_KEPT = 4096 };

typedef struct kept {
    void *memory;
    void (*release)(void *);
} kept;

static kept kept_things[MAX_KEPT];
static size_t kept_count;

void *keep(void *memory, void (*release)(void *))
{
    ck_assert_msg(memory != NULL && kept_count < MAX_KEPT, "the test's own memory is out");
    kept_things[kept_count].memory = memory;
    kept_things[kept_count++].release = release;
    return memory;
}

static void start(void)
{
    kept_count = 0;
}

static void finish(void)
{
    while (kept_count > 0) {
        kept_count--;
        kept_things[kept_count].release(kept_things[kept_count].memory);
    }
}

/* --- running and expectations --- */

TCase *support_case(Suite *suite)
{
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, start, finish);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int support_run(Suite *suite, bool fork)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    if (!fork)
        srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static char forgotten[512];

void support_forget(void)
{
    fa_rule_find("no_such_rule");
    strncpy(forgotten, fa_last_error(), sizeof forgotten - 1);
}

void support_failed(fa_status expected, fa_status got, const char *call, int line)
{
    ck_assert_msg(got == expected, "line %d: %s: expected \"%s\", got \"%s\" (%s)", line, call,
                  fa_status_string(expected), fa_status_string(got), fa_last_error());
    ck_assert_msg(fa_last_error()[0] != '\0', "line %d: %s leaves no sentence", line, call);
    ck_assert_msg(strncmp(fa_last_error(), forgotten, sizeof forgotten - 1) != 0,
                  "line %d: %s leaves the sentence of an earlier failure", line, call);
}

/* --- random numbers --- */

uint64_t draw_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t draw_index(uint64_t *state, size_t count)
{
    return (size_t)(draw_word(state) % count);
}

double draw_uniform(uint64_t *state, double low, double high)
{
    double u = (double)(draw_word(state) >> 11) * 0x1p-53;
    return (double)(float)(low + (high - low) * u);
}

/* --- matrices --- */

void *make_memory(size_t count, size_t size)
{
    return keep(calloc(count, size), free);
}

fa_matrix make_matrix(fa_dtype dtype, size_t rows, size_t cols)
{
    return fa_matrix_view(make_memory(rows * cols, fa_dtype_size(dtype)), rows, cols, dtype);
}

fa_matrix make_layout(fa_dtype dtype, size_t rows, size_t cols, view_layout layout)
{
    fa_matrix whole, part;
    switch (layout) {
    case LAYOUT_FORTRAN:
        return fa_matrix_transpose(make_matrix(dtype, cols, rows));
    case LAYOUT_ROWS:
        whole = make_matrix(dtype, rows + 3, cols + 5);
        whole.cols = cols;
        expect_ok(fa_matrix_rows(&whole, 1, rows, &part));
        return part;
    case LAYOUT_TRANSPOSED:
        whole = make_matrix(dtype, cols + 1, rows + 2);
        whole.rows = cols;
        whole.cols = rows;
        return fa_matrix_transpose(whole);
    default:
        return make_matrix(dtype, rows, cols);
    }
}

fa_matrix make_uniform(fa_dtype dtype, size_t rows, size_t cols, view_layout layout, double bound, uint64_t *state)
{
    fa_matrix matrix = make_layout(dtype, rows, cols, layout);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            set_element(&matrix, i, j, draw_uniform(state, -bound, bound));
    return matrix;
}

double element(const fa_matrix *matrix, size_t i, size_t j)
{
    size_t at = i * matrix->row_stride + j * matrix->col_stride;
    return matrix->dtype == FA_FLOAT32 ? (double)((const float *)matrix->data)[at]
                                       : ((const double *)matrix->data)[at];
}

void set_element(const fa_matrix *matrix, size_t i, size_t j, double value)
{
    size_t at = i * matrix->row_stride + j * matrix->col_stride;
    if (matrix->dtype == FA_FLOAT32)
        ((float *)matrix->data)[at] = (float)value;
    else
        ((double *)matrix->data)[at] = value;
}

bool same_bits(const fa_matrix *a, const fa_matrix *b)
{
    if (a->rows != b->rows || a->cols != b->cols || a->dtype != b->dtype)
        return false;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++) {
            double left = element(a, i, j), right = element(b, i, j);
            if (memcmp(&left, &right, sizeof left) != 0)
                return false;
        }
    return true;
}

bool is_zeroed(const fa_matrix *view)
{
    return view->data == NULL && view->rows == 0 && view->cols == 0 && view->row_stride == 0 &&
           view->col_stride == 0 && view->dtype == 0;
}

double distance(const fa_matrix *a, const fa_matrix *b)
{
    ck_assert(a->rows == b->rows && a->cols == b->cols);
    double worst = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++) {
            double d = fabs(element(a, i, j) - element(b, i, j));
            worst = isnan(d) ? (double)INFINITY : fmax(worst, d);
        }
    return worst;
}

double norm(const fa_matrix *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++)
            sum += element(a, i, j) * element(a, i, j);
    return sqrt(sum);
}

