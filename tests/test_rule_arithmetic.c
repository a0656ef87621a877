/* Arithmetic of a rule on the views of a step: against naive loops, for every way that views may run. */
#include "session.h"

#include <math.h>
#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

enum { SIDE = 11 }; /* arrays have 1 .. SIDE rows and columns */

/* One call on a [m x k], b [k x n], c [m x n], each an array or the transpose of one: bit 0, 1, 2 of `turned`. */
typedef struct trial {
    size_t m, n, k;
    int turned;
    double alpha, beta;
    uint64_t state;
    double worst;  /* error over its bound */
    fa_status status;
} trial;

static fa_status declare(fa_setup *setup)
{
    const trial *t = fa_setup_user_data(setup);
    fa_status status = fa_setup_slots(setup, 2);
    const struct {
        const char *name;
        size_t rows, cols;
        int bit;
    } arrays[] = {{"a", t->m, t->k, 1}, {"b", t->k, t->n, 2}, {"c", t->m, t->n, 4}, {"d", t->m, t->n, 1}};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0] && status == FA_OK; i++) {
        bool turned = t->turned & arrays[i].bit;
        status = fa_setup_scratch(setup, arrays[i].name, 0, turned ? arrays[i].cols : arrays[i].rows,
                                  turned ? arrays[i].rows : arrays[i].cols);
    }
    return status;
}

static fa_matrix view_of(fa_step *step, const trial *t, const char *name, int bit)
{
    fa_matrix view;
    if (fa_step_array(step, name, 0, &view) != FA_OK)
        return (fa_matrix){0};
    return t->turned & bit ? fa_matrix_transpose(view) : view;
}

static void fill(const fa_matrix *m, uint64_t *state, double values[SIDE][SIDE])
{
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->cols; j++) {
            double value = draw_index(state, 6) == 0 ? 0 : draw_uniform(state, -2, 2);
            set_element(m, i, j, value);
            values[i][j] = value;
        }
}

static void compare(trial *t, double got, double expected, double size, double terms, double u)
{
    double bound = (terms + 4) * 2 * u * size;
    if (got != expected)
        t->worst = fmax(t->worst, isnan(got) ? (double)INFINITY : fabs(got - expected) / bound);
}

static double unit_of(const fa_step *step)
{
    return fa_step_dtype(step) == FA_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

static fa_status multiply(fa_step *step)
{
    trial *t = fa_step_user_data(step);
    double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
    fa_matrix left = view_of(step, t, "a", 1), right = view_of(step, t, "b", 2), result = view_of(step, t, "c", 4);
    fill(&left, &t->state, a);
    fill(&right, &t->state, b);
    fill(&result, &t->state, c);
    if (t->beta == 0)
        for (size_t at = 0; at < t->m * t->n; at++)
            set_element(&result, at / t->n, at % t->n, NAN); /* is not read */
    t->status = fa_step_product(step, t->alpha, &left, &right, t->beta, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++) {
            double sum = t->beta * c[i][j], size = fabs(sum);
            for (size_t k = 0; k < t->k; k++) {
                sum += t->alpha * a[i][k] * b[k][j];
                size += fabs(t->alpha * a[i][k] * b[k][j]);
            }
            compare(t, element(&result, i, j), sum, size, (double)t->k, unit_of(step));
        }
    return FA_OK;
}

static fa_status combine(fa_step *step)
{
    trial *t = fa_step_user_data(step);
    double a[SIDE][SIDE], c[SIDE][SIDE];
    fa_matrix from = view_of(step, t, "d", 1), result = view_of(step, t, "c", 4);
    fill(&from, &t->state, a);
    fill(&result, &t->state, c);
    if (t->beta == 0)
        for (size_t at = 0; at < t->m * t->n; at++)
            set_element(&result, at / t->n, at % t->n, NAN);
    t->status = fa_step_combine(step, t->alpha, t->alpha == 0 ? NULL : &from, t->beta, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++)
            compare(t, element(&result, i, j), t->alpha * a[i][j] + t->beta * c[i][j],
                    fabs(t->alpha * a[i][j]) + fabs(t->beta * c[i][j]), 2, unit_of(step));
    return FA_OK;
}

/* With a magnitude, and without one in the place itself. */
static fa_status take_signs(fa_step *step)
{
    trial *t = fa_step_user_data(step);
    double a[SIDE][SIDE], c[SIDE][SIDE];
    fa_matrix size = view_of(step, t, "d", 1), result = view_of(step, t, "c", 4);
    fill(&size, &t->state, a);
    fill(&result, &t->state, c);
    t->status = fa_step_sign(step, t->alpha, &size, &result, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++) {
            double sign = c[i][j] > 0 ? 1 : c[i][j] < 0 ? -1 : 0;
            compare(t, element(&result, i, j), t->alpha * fabs(a[i][j]) * sign, fabs(t->alpha * a[i][j]), 1,
                    unit_of(step));
        }
    if (t->status == FA_OK)
        t->status = fa_step_sign(step, 0.5, NULL, &size, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++)
            if (element(&result, i, j) != (a[i][j] > 0 ? 0.5 : a[i][j] < 0 ? -0.5 : 0))
                t->worst = (double)INFINITY;
    set_element(&size, 0, 0, NAN);
    if (t->status == FA_OK)
        t->status = fa_step_sign(step, 1, NULL, &size, &size);
    if (!isnan(element(&size, 0, 0)))
        t->worst = (double)INFINITY;
    return FA_OK;
}

static fa_status by_rows(fa_step *step)
{
    trial *t = fa_step_user_data(step);
    double a[SIDE][SIDE], c[SIDE][SIDE], factors[SIDE];
    fa_matrix from = view_of(step, t, "d", 1), result = view_of(step, t, "c", 4), row;
    fill(&from, &t->state, a);
    fill(&result, &t->state, c);
    for (size_t i = 0; i < t->m; i++)
        factors[i] = draw_uniform(&t->state, -2, 2);
    t->status = fa_step_scale_rows(step, factors, &from, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++)
            compare(t, element(&result, i, j), factors[i] * a[i][j], fabs(factors[i] * a[i][j]), 1, unit_of(step));
    fill(&result, &t->state, c);
    row = from;
    row.rows = 1;
    if (t->status == FA_OK)
        t->status = fa_step_add_row(step, &row, &result);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++)
            compare(t, element(&result, i, j), c[i][j] + a[0][j], fabs(c[i][j]) + fabs(a[0][j]), 1, unit_of(step));
    return FA_OK;
}

static fa_status (*const operations[])(fa_step *) = {multiply, combine, take_signs, by_rows};

enum { OPERATIONS = 4, SHAPES = 60 };

START_TEST(views_run_in_every_way)
{
    static const double alphas[] = {1, -0.5, 0, 3}, betas[] = {0, 1, 0.25};
    const int operation = _i / (2 * SHAPES), shape = _i / 2 % SHAPES;
    net_spec spec = make_spec(dtypes[_i % 2], 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 3, 1);
    fa_rule rule = {.struct_size = sizeof rule, .name = "arithmetic", .setup = declare,
                    .backward = operations[operation]};
    uint64_t state = (uint64_t)shape + 1;
    for (int turned = 0; turned < 8; turned++) {
        trial t = {.turned = turned, .alpha = alphas[shape % 4], .beta = betas[shape % 3], .state = state};
        t.m = shape % 5 == 0 ? 1 : 1 + draw_index(&state, SIDE);
        t.n = shape % 7 == 0 ? 1 : 1 + draw_index(&state, SIDE);
        t.k = shape % 3 == 0 ? t.m : 1 + draw_index(&state, SIDE);
        if (shape % 4 == 1)
            t.n = t.m;
        expect_ok(fa_pass_set_threads(s.pass, 1 + (size_t)turned % 2));
        expect_ok(fa_train_step(s.net, s.pass, make_feedback(s.net, &rule, &t, 1), s.opt, &s.x, &s.target, NULL));
        ck_assert_msg(t.status == FA_OK, "%zu x %zu x %zu, %d: %s", t.m, t.k, t.n, turned, fa_last_error());
        ck_assert_msg(t.worst <= 1, "%zu x %zu x %zu, %d: off by %g times its bound", t.m, t.k, t.n, turned, t.worst);
    }
}
END_TEST

/* Large enough for a BLAS, and for two threads to share: the same numbers as the small pieces of it. */
typedef struct large {
    double worst;
    fa_status status;
} large;

enum { ROWS = 130, INNER = 70, COLS = 90 };

static fa_status declare_large(fa_setup *setup)
{
    fa_status status = fa_setup_array(setup, "a", 0, ROWS, INNER, FA_INIT_UNIFORM, 1);
    if (status == FA_OK)
        status = fa_setup_array(setup, "b", 0, INNER, COLS, FA_INIT_UNIFORM, 1);
    return status == FA_OK ? fa_setup_scratch(setup, "c", 0, ROWS, COLS) : status;
}

static fa_status multiply_large(fa_step *step)
{
    large *l = fa_step_user_data(step);
    fa_matrix a, b, c;
    (void)fa_step_array(step, "a", 0, &a);
    (void)fa_step_array(step, "b", 0, &b);
    (void)fa_step_array(step, "c", 0, &c);
    l->status = fa_step_product(step, 2, &a, &b, 0, &c);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++) {
            double sum = 0, size = 0;
            for (size_t k = 0; k < INNER; k++) {
                sum += 2 * element(&a, i, k) * element(&b, k, j);
                size += fabs(2 * element(&a, i, k) * element(&b, k, j));
            }
            l->worst = fmax(l->worst, fabs(sum - element(&c, i, j)) / (2 * (INNER + 4) * unit_of(step) * size));
        }
    return FA_OK;
}

START_TEST(large_products_are_shared)
{
    large l = {.worst = -1}; /* then 0: the reference BLAS may sum in the order of this loop */
    net_spec spec = make_spec(dtypes[_i % 2], 2, 4, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 3, 1);
    fa_rule rule = {.struct_size = sizeof rule, .name = "large", .setup = declare_large, .backward = multiply_large};
    s.fb = make_feedback(s.net, &rule, &l, 1);
    expect_ok(fa_pass_set_threads(s.pass, 1 + (size_t)_i / 2));
    expect_ok(session_step(&s, NULL));
    ck_assert(l.status == FA_OK && l.worst >= 0 && l.worst <= 1);
}
END_TEST

/* --- scaled signals --- */

static fa_status declare_direct(fa_setup *setup)
{
    return fa_setup_feedback(setup, FA_DIRECT);
}

static fa_status inject_scaled(fa_step *step)
{
    const double *scale = fa_step_user_data(step);
    fa_matrix e;
    fa_status status = fa_step_delta(step, 2, &e);
    return status == FA_OK ? fa_step_inject_signal(step, 1, *scale, &e) : status;
}

/* By powers of two, so that nothing rounds. */
START_TEST(injected_signals_are_scaled)
{
    static const double scales[] = {1, 2, -1, 0.5, 4};
    const fa_rule rule = {.struct_size = sizeof rule, .name = "scaled", .setup = declare_direct,
                          .backward = inject_scaled};
    net_spec spec = make_spec(_i % 2 ? FA_FLOAT32 : FA_FLOAT64, 2, 5, FA_TANH, true);
    session s = make_session(&spec, fa_rule_find("bp"), 6, 1);
    double scale = 1;
    s.fb = make_feedback(s.net, &rule, &scale, 1);
    expect_ok(fa_forward(s.net, s.pass, &s.x));
    expect_ok(fa_error(s.net, s.pass, &s.target, NULL));
    expect_ok(fa_backward(s.net, s.pass, s.fb));
    const fa_matrix delta = delta_of(s.pass, 1);
    const fa_matrix once = make_matrix(spec.dtype, delta.rows, delta.cols);
    expect_ok(fa_matrix_copy(&delta, &once));
    ck_assert(norm(&once) > 0);
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        scale = scales[k];
        expect_ok(fa_backward(s.net, s.pass, s.fb));
        for (size_t i = 0; i < delta.rows; i++)
            for (size_t j = 0; j < delta.cols; j++)
                ck_assert(element(&delta, i, j) == scale * element(&once, i, j));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rule_arithmetic");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, views_run_in_every_way, 0, 2 * SHAPES * OPERATIONS);
    tcase_add_loop_test(tcase, large_products_are_shared, 0, 4);
    tcase_add_loop_test(tcase, injected_signals_are_scaled, 0, 2);
    return support_run(suite, true);
}
