/* The updates of the optimizers at every CPU level of this machine, element by element against the naive optimizers. */
#include "descent.h"
#include "inner.h"
#include "kernels.h"

#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { G, W, M, V, LARGEST, B, ROWS, MOST = 70, T = 3, LEVELS = 3 };

static const double scale = 0.125;

/* Test number _i: a recipe, a dtype, a level; NULL if this machine lacks the level. */
static const kernels *kernels_of(int i)
{
    return kernels_at((cpu_level)(i / 2 % LEVELS), dtypes[i % 2]);
}

static const recipe *recipe_of(int i)
{
    return &recipes[i / 2 / LEVELS];
}

static kernels_optimizer common_of(const recipe *r, double correction)
{
    bool decoupled = strcmp(r->kind, "adamw") == 0;
    double rate = recipe_value(r, "learning_rate"), decay = recipe_value(r, "weight_decay");
    return (kernels_optimizer){
        .scale = scale,
        .weight_decay = decoupled ? 0 : decay,
        .rate = rate * correction,
        .keep = 1 - recipe_value(r, "unscaled_weight_decay") -
                rate * (decoupled ? decay : recipe_value(r, "decoupled_weight_decay")),
    };
}

static void run_sgd(const kernels *k, const recipe *r, size_t count, void *const *a)
{
    double momentum = recipe_value(r, "momentum");
    kernels_sgd c = {common_of(r, 1), momentum, recipe_value(r, "nesterov") > 0};
    k->sgd(count, &c, a[G], a[W], momentum > 0 ? a[M] : NULL);
}

static void run_rmsprop(const kernels *k, const recipe *r, size_t count, void *const *a)
{
    double momentum = recipe_value(r, "momentum");
    kernels_rmsprop c = {common_of(r, 1), recipe_value(r, "alpha"), recipe_value(r, "eps"), momentum};
    k->rmsprop(count, &c, a[G], a[W], a[V], recipe_value(r, "centered") > 0 ? a[M] : NULL, momentum > 0 ? a[B] : NULL);
}

static void run_adam(const kernels *k, const recipe *r, size_t count, void *const *a)
{
    double beta1 = recipe_value(r, "beta1"), beta2 = recipe_value(r, "beta2");
    kernels_adam c = {common_of(r, 1 / (1 - pow(beta1, T))), beta1, beta2, 1 / sqrt(1 - pow(beta2, T)),
                      recipe_value(r, "eps")};
    k->adam(count, &c, a[G], a[W], a[M], a[V], recipe_value(r, "amsgrad") > 0 ? a[LARGEST] : NULL);
}

static void run_adagrad(const kernels *k, const recipe *r, size_t count, void *const *a)
{
    kernels_adagrad c = {common_of(r, 1 / (1 + (T - 1) * recipe_value(r, "learning_rate_decay"))),
                         recipe_value(r, "initial_accumulator"), recipe_value(r, "eps")};
    k->adagrad(count, &c, a[G], a[W], a[V]);
}

static void run_manhattan(const kernels *k, const recipe *r, size_t count, void *const *a)
{
    double momentum = recipe_value(r, "momentum");
    kernels_manhattan c = {common_of(r, 1), momentum};
    k->manhattan(count, &c, a[G], a[W], momentum > 0 ? a[M] : NULL);
}

/* Elements first .. first + count - 1 of the rows of m. */
static void run(const kernels *k, const recipe *r, const fa_matrix *m, size_t first, size_t count)
{
    void *a[ROWS];
    for (size_t row = 0; row < ROWS; row++)
        a[row] = matrix_at(m, row, first);
    if (strcmp(r->kind, "sgd") == 0)
        run_sgd(k, r, count, a);
    else if (strcmp(r->kind, "rmsprop") == 0)
        run_rmsprop(k, r, count, a);
    else if (strcmp(r->kind, "adagrad") == 0)
        run_adagrad(k, r, count, a);
    else if (strcmp(r->kind, "manhattan") == 0)
        run_manhattan(k, r, count, a);
    else
        run_adam(k, r, count, a);
}

/* Gradients, weights and moments that an earlier update could have left: v is at least m^2, and of v's size. */
static fa_matrix make_arrays(fa_dtype dtype, size_t count, uint64_t *state)
{
    fa_matrix m = make_uniform(dtype, ROWS, count, LAYOUT_C, 1, state);
    for (size_t j = 0; j < count; j++) {
        double mean = element(&m, M, j);
        set_element(&m, V, j, mean * mean + draw_uniform(state, 0.25, 1));
        set_element(&m, LARGEST, j, draw_uniform(state, 0, 2));
    }
    return m;
}

static parameter parameter_at(const recipe *r, const fa_matrix *m, size_t j)
{
    parameter p = {.w = {element(m, W, j), 0}, .m = {element(m, M, j), 0}, .v = {element(m, V, j), 0},
                   .largest = {element(m, LARGEST, j), 0}, .b = {element(m, B, j), 0}, .t = T - 1};
    if (strcmp(r->kind, "manhattan") == 0 && recipe_value(r, "momentum") == 0)
        p.m.v = 0;
    if (strcmp(r->kind, "rmsprop") != 0 || recipe_value(r, "momentum") > 0)
        return p;
    p.b.v = 0;
    return p;
}

static bool uses(const recipe *r, int row)
{
    bool rmsprop = strcmp(r->kind, "rmsprop") == 0;
    bool sgd = strcmp(r->kind, "sgd") == 0 || strcmp(r->kind, "manhattan") == 0; /* as to moments */
    switch (row) {
    case M:
        return sgd ? recipe_value(r, "momentum") > 0
                   : rmsprop ? recipe_value(r, "centered") > 0 : strcmp(r->kind, "adagrad") != 0;
    case V:
        return !sgd;
    case LARGEST:
        return recipe_value(r, "amsgrad") > 0;
    default: /* B */
        return rmsprop && recipe_value(r, "momentum") > 0;
    }
}

static void check(num expected, double got, const char *what, size_t j)
{
    if (!(misfit_number(expected, got) <= 1)) /* an assertion writes to a file, even one that holds */
        ck_abort_msg("%s at %zu: %.17g, expected %.17g within %.3g", what, j, got, expected.v, expected.e);
}

/* Every array after the update; those that the kind does not use keep their values. The increment is w less what the
 * decay keeps of it, which takes two more roundings. */
static void check_element(const recipe *r, double u, const fa_matrix *before, const fa_matrix *after, size_t j)
{
    parameter p = parameter_at(r, before, j);
    const double w = element(before, W, j);
    descend(r, u, 1, scaled(u, scale, (num){element(before, G, j), 0}), &p);
    const num rows[ROWS] = {[W] = p.w, [M] = p.m, [V] = p.v, [LARGEST] = p.largest, [B] = p.b};
    const char *const names[ROWS] = {"increment", "w", "m", "v", "largest", "b"};
    double keep_share = common_of(r, 1).keep;
    num increment = {p.w.v - keep_share * w, p.w.e + 4 * u * (fabs(w) + fabs(p.w.v))};
    check(increment, element(after, G, j), names[G], j);
    check(rows[W], element(after, W, j), names[W], j);
    for (int row = M; row < ROWS; row++) {
        if (uses(r, row))
            check(rows[row], element(after, (size_t)row, j), names[row], j);
        else
            check((num){element(before, (size_t)row, j), 0}, element(after, (size_t)row, j), names[row], j);
    }
}

START_TEST(updates)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = (uint64_t)_i + 1;
    for (size_t count = 1; count <= MOST && k != NULL; count++) {
        fa_matrix m = make_arrays(dtype, count + 1, &state), before = make_matrix(dtype, ROWS, count + 1);
        expect_ok(fa_matrix_copy(&m, &before));
        run(k, recipe_of(_i), &m, 0, count);
        for (size_t j = 0; j < count; j++)
            check_element(recipe_of(_i), epsilon(dtype) / 2, &before, &m, j);
        for (size_t row = 0; row < ROWS; row++)
            ck_assert(element(&m, row, count) == element(&before, row, count));
    }
}
END_TEST

/* The same bits wherever an element lies and however the array is cut. */
START_TEST(bits_do_not_depend_on_the_place)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = (uint64_t)_i + 1;
    fa_matrix whole = make_arrays(dtype, MOST, &state), cut = make_matrix(dtype, ROWS, MOST);
    if (k == NULL)
        return;
    expect_ok(fa_matrix_copy(&whole, &cut));
    run(k, recipe_of(_i), &whole, 0, MOST);
    for (size_t first = 0, count = 1; first < MOST; first += count, count = 1 + (count + 2) % 19) {
        if (count > MOST - first)
            count = MOST - first;
        run(k, recipe_of(_i), &cut, first, count);
    }
    ck_assert(same_bits(&whole, &cut));
}
END_TEST

/* A variance that rounding makes negative counts as 0: equal gradients for ever, centered. */
START_TEST(variance_is_not_negative)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = 1;
    const recipe r = {"rmsprop", {{"centered", 1}, {"alpha", 0.5}, {"eps", 1}, {"learning_rate", 0}}};
    fa_matrix m = make_arrays(dtype, MOST, &state), g = make_matrix(dtype, 1, MOST);
    for (size_t j = 0; j < MOST; j++) {
        set_element(&g, 0, j, 0.1 + 0.01 * (double)j);
        set_element(&m, V, j, 0);
        set_element(&m, M, j, 0);
    }
    for (int step = 0; step < 200 && k != NULL; step++) {
        for (size_t j = 0; j < MOST; j++)
            set_element(&m, G, j, element(&g, 0, j));
        run(k, &r, &m, 0, MOST);
        ck_assert(isfinite(norm(&m)));
    }
}
END_TEST

/* manhattan: 0 of either sign moves nothing, the least number there is moves as far as any other, however small the
 * scale; with a scale of 0 nothing moves. */
START_TEST(signs_are_exact)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    const double least = dtype == FA_FLOAT32 ? 0x1p-149 : 0x1p-1074;
    const double values[] = {0, -0.0, least, -least, 1, -1, INFINITY, -INFINITY};
    const double expected[] = {0, 0, -1, 1, -1, 1, -1, 1};
    const double scales[] = {1, 1e-300, 0};
    for (size_t s = 0; s < 3 && k != NULL; s++) {
        fa_matrix g = make_matrix(dtype, 1, 8), w = make_matrix(dtype, 1, 8);
        kernels_manhattan c = {{scales[s], 0, 0.25, 1}, 0};
        for (size_t j = 0; j < 8; j++)
            set_element(&g, 0, j, values[j]);
        k->manhattan(8, &c, g.data, w.data, NULL);
        for (size_t j = 0; j < 8; j++) {
            ck_assert(element(&w, 0, j) == (scales[s] > 0 ? 0.25 * expected[j] : 0));
            ck_assert(element(&g, 0, j) == element(&w, 0, j));
        }
    }
}
END_TEST

/* --- sums of squares in double: no float overflows, and few roundings of double --- */

START_TEST(sums_of_squares_in_double)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = 1;
    for (size_t cols = 1; cols <= 90 && k != NULL; cols++) {
        const size_t rows = 1 + cols % 5;
        fa_matrix a = make_inner_uniform(dtype, rows, cols, dtype == FA_FLOAT32 ? 3e38 : 1, &state);
        double expected = 0;
        for (size_t at = 0; at < rows * cols; at++) {
            double x = 0x1p-100 * element(&a, at / cols, at % cols);
            expected += x * x;
        }
        double got = k->sum_squares_double(0x1p-100, rows, cols, a.row_stride, a.data);
        check_near(got, expected, (double)(2 * rows * cols + 20) * 0x1p-53 * expected, "sum", (double)cols);
    }
}
END_TEST

START_TEST(sums_of_products_in_double)
{
    const kernels *k = kernels_of(_i);
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = 2;
    for (size_t cols = 1; cols <= 90 && k != NULL; cols++) {
        const size_t rows = 1 + cols % 5;
        const double bound = dtype == FA_FLOAT32 ? 3e38 : 1;
        fa_matrix a = make_inner_uniform(dtype, rows, cols, bound, &state);
        fa_matrix b = make_inner_uniform(dtype, rows, cols + 7, bound, &state);
        const double unit = (double)(2 * rows * cols + 20) * 0x1p-53;
        double expected = 0, absolute = 0, squares[2] = {0}, sums[3] = {0};
        for (size_t at = 0; at < rows * cols; at++) {
            double x = element(&a, at / cols, at % cols), y = element(&b, at / cols, at % cols);
            expected += x * y;
            absolute += fabs(x * y);
            squares[0] += x * x;
            squares[1] += y * y;
        }
        double got = k->dot(rows, cols, a.row_stride, a.data, b.row_stride, b.data);
        check_near(got, expected, unit * absolute, "dot", (double)cols);
        k->products(rows, cols, a.row_stride, a.data, b.row_stride, b.data, sums);
        check_near(sums[0], expected, unit * absolute, "product", (double)cols);
        check_near(sums[1], squares[0], unit * squares[0], "square", (double)cols);
        check_near(sums[2], squares[1], unit * squares[1], "other square", (double)cols);
    }
}
END_TEST

START_TEST(what_is_outside_is_counted)
{
    const kernels *k = kernels_of(_i);
    const double values[] = {-1, -0.5, 0.25, 1, 2, (double)NAN, (double)INFINITY, -(double)INFINITY, 0.25};
    fa_matrix a = make_matrix(dtypes[_i % 2], 1, 90);
    size_t expected = 0;
    for (size_t n = 0; n < 90 && k != NULL; n++) {
        ck_assert_uint_eq(k->count_outside(-0.5, 1, n, a.data), expected);
        set_element(&a, 0, n, values[n % 9]);
        expected += values[n % 9] < -0.5 || values[n % 9] > 1;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels optimize");
    TCase *tcase = support_case(suite);
    int all = 2 * LEVELS * (int)recipe_count;
    tcase_add_loop_test(tcase, updates, 0, all);
    tcase_add_loop_test(tcase, bits_do_not_depend_on_the_place, 0, all);
    tcase_add_loop_test(tcase, variance_is_not_negative, 0, 2 * LEVELS);
    tcase_add_loop_test(tcase, signs_are_exact, 0, 2 * LEVELS);
    tcase_add_loop_test(tcase, sums_of_squares_in_double, 0, 2 * LEVELS);
    tcase_add_loop_test(tcase, sums_of_products_in_double, 0, 2 * LEVELS);
    tcase_add_loop_test(tcase, what_is_outside_is_counted, 0, 2 * LEVELS);
    return support_run(suite, true);
}
