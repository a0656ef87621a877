/* Arithmetic on the views of a step, for rules. */
#include "step.h"

#include "elementwise.h"
#include "linalg.h"
#include "matrix.h"
#include "shared.h"
#include "status.h"

static fa_status check_like(const fa_matrix *a, const char *name, const fa_matrix *c)
{
    return matrix_check_shape(a, name, c->rows, c->cols, c->dtype);
}

/* A matrix of the step's dtype that is to be written. */
static fa_status check_result(const fa_step *step, const char *function, const fa_matrix *c)
{
    fa_status status;

    if (!step || !c)
        return status_null(function, !step ? "step" : "c");
    status = matrix_check(c, "c");
    return status == FA_OK ? matrix_check_shape(c, "c", c->rows, c->cols, step->pass->dtype) : status;
}

/* Whether its elements lie side by side down the columns; a column of a matrix that runs by rows does not count. */
static bool runs_down(const fa_matrix *m)
{
    return m->cols > 1 ? m->col_stride != 1 : m->rows > 1 && m->row_stride == 1;
}

/* Rows that start at multiples of 32 bytes and reach to one: vector code may run along them (matrix.h). */
static bool rows_are_inner(const fa_matrix *m)
{
    return (uintptr_t)m->data % 32 == 0 && (m->cols == 1 || m->col_stride == 1) &&
           (m->rows == 1 ||
            (m->row_stride >= matrix_padded(m->cols, m->dtype) && m->row_stride % matrix_padded(1, m->dtype) == 0));
}

/* Whether a view lies in what the user gave, whose rows nobody padded. */
static bool is_in(const fa_matrix *m, const fa_matrix *given)
{
    const uintptr_t at = (uintptr_t)m->data, first = (uintptr_t)given->data;

    return given->data && at >= first && at <= (uintptr_t)matrix_at(given, given->rows - 1, given->cols - 1);
}

bool step_is_inner(const fa_step *step, const fa_matrix *m)
{
    return rows_are_inner(m) && !is_in(m, &step->pass->x) && !is_in(m, &step->pass->target);
}

bool step_runs_along(const fa_step *step, const fa_matrix *m)
{
    const fa_matrix turned = fa_matrix_transpose(*m);

    return step_is_inner(step, m) || step_is_inner(step, &turned);
}

fa_status fa_step_product(const fa_step *step, double alpha, const fa_matrix *a, const fa_matrix *b, double beta,
                          const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);
    fa_matrix left, right, result;

    if (status == FA_OK && (!a || !b))
        status = status_null(__func__, !a ? "a" : "b");
    if (status == FA_OK)
        status = matrix_check_shape(a, "a", c->rows, a->cols, c->dtype);
    if (status == FA_OK)
        status = matrix_check_shape(b, "b", a->cols, c->cols, c->dtype);
    if (status != FA_OK)
        return status;
    /* A result that runs by columns is the transpose of the turned product. */
    if (runs_down(c)) {
        result = fa_matrix_transpose(*c);
        left = fa_matrix_transpose(*b);
        right = fa_matrix_transpose(*a);
    } else {
        result = *c;
        left = *a;
        right = *b;
    }
    if (a->data == c->data || b->data == c->data)
        return status_set(FA_ERR_ARGUMENT, "%s: c is one of the factors", __func__);
    /* One factor may be anything, the other one is run along, or down. */
    if (!rows_are_inner(&result) || !step_runs_along(step, &right))
        return status_set(FA_ERR_ARGUMENT, "%s: %s has to be a view of the step's own arrays", __func__,
                          !rows_are_inner(&result) ? "c" : "one factor");
    shared_product(step->pass->team, alpha, &left, &right, beta, &result);
    return FA_OK;
}

fa_status fa_step_combine(const fa_step *step, double alpha, const fa_matrix *a, double beta, const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);

    if (status == FA_OK && !a && alpha != 0.0)
        status = status_null(__func__, "a");
    if (status == FA_OK && a)
        status = check_like(a, "a", c);
    if (status == FA_OK)
        elementwise_combine(alpha, a, beta, c);
    return status;
}

fa_status fa_step_sign(const fa_step *step, double alpha, const fa_matrix *magnitude, const fa_matrix *a,
                       const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);

    if (status == FA_OK && !a)
        status = status_null(__func__, "a");
    if (status == FA_OK)
        status = check_like(a, "a", c);
    if (status == FA_OK && magnitude)
        status = check_like(magnitude, "magnitude", c);
    if (status == FA_OK)
        elementwise_sign(alpha, magnitude, a, c);
    return status;
}

fa_status fa_step_pseudo_inverse(fa_step *step, const fa_matrix *a, const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);
    size_t    doubles;
    double   *workspace;

    if (status == FA_OK && !a)
        status = status_null(__func__, "a");
    if (status == FA_OK)
        status = matrix_check_shape(a, "a", c->cols, c->rows, c->dtype);
    if (status == FA_OK && step->phase == STEP_ADAPT)
        status = status_set(FA_ERR_STATE, "%s: not in adapt, which cannot fail", __func__);
    if (status != FA_OK)
        return status;
    doubles = linalg_workspace(a->rows, a->cols);
    if (doubles == 0)
        return status_set(FA_ERR_SHAPE, "%s: a matrix of %zu x %zu is too large", __func__, a->rows, a->cols);
    workspace = pass_between(step->pass, doubles * sizeof *workspace);
    return workspace ? linalg_pseudo_inverse(a, c, workspace, NULL) : FA_ERR_MEMORY;
}

/* View of row i. */
static fa_matrix row_of(const fa_matrix *m, size_t i)
{
    fa_matrix row = *m;

    row.data = matrix_at(m, i, 0);
    row.rows = 1;
    return row;
}

fa_status fa_step_scale_rows(const fa_step *step, const double *factors, const fa_matrix *a, const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);

    if (status == FA_OK && (!factors || !a))
        status = status_null(__func__, !factors ? "factors" : "a");
    if (status == FA_OK)
        status = check_like(a, "a", c);
    for (size_t i = 0; status == FA_OK && i < c->rows; i++) {
        const fa_matrix from = row_of(a, i), to = row_of(c, i);
        elementwise_combine(factors[i], &from, 0.0, &to);
    }
    return status;
}

fa_status fa_step_add_row(const fa_step *step, const fa_matrix *row, const fa_matrix *c)
{
    fa_status status = check_result(step, __func__, c);

    if (status == FA_OK && !row)
        status = status_null(__func__, "row");
    if (status == FA_OK)
        status = matrix_check_shape(row, "row", 1, c->cols, c->dtype);
    for (size_t i = 0; status == FA_OK && i < c->rows; i++) {
        const fa_matrix to = row_of(c, i);
        elementwise_combine(1.0, row, 1.0, &to);
    }
    return status;
}
