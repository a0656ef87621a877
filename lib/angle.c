#include "angle.h"

#include <math.h>

#include "kernels.h"
#include "matrix.h"
#include "status.h"

#include <fa/diagnostics.h>

/* Whether elements along a row lie side by side. */
static bool runs_by_rows(const fa_matrix *m)
{
    return m->cols == 1 || m->col_stride == 1;
}

/* Both by rows. */
static double dot_rows(const fa_matrix *a, const fa_matrix *b)
{
    return kernels_for(a->dtype)->dot(a->rows, a->cols, a->row_stride, a->data, b->row_stride, b->data);
}

enum { BLOCK = 32 };

/* a by rows, b by columns: blocks of b are turned. */
static double dot_turned(const fa_matrix *a, const fa_matrix *b)
{
    const kernels *k = kernels_for(a->dtype);
    double block[BLOCK * BLOCK] __attribute__((aligned(64)));
    double sum = 0.0;

    for (size_t j = 0; j < a->cols; j += BLOCK) {
        const size_t cols = a->cols - j < BLOCK ? a->cols - j : BLOCK;

        for (size_t i = 0; i < a->rows; i += BLOCK) {
            const size_t rows = a->rows - i < BLOCK ? a->rows - i : BLOCK;

            k->transpose(cols, rows, matrix_at(b, i, j), b->col_stride, block, BLOCK);
            sum += k->dot(rows, cols, a->row_stride, matrix_at(a, i, j), BLOCK, block);
        }
    }
    return sum;
}

/* Of the matrix, or of its transpose, whichever runs by rows. */
static double squares(const fa_matrix *a)
{
    const bool by_rows = runs_by_rows(a);

    return kernels_for(a->dtype)->sum_squares_double(1.0, by_rows ? a->rows : a->cols, by_rows ? a->cols : a->rows,
                                                     by_rows ? a->row_stride : a->col_stride, a->data);
}

double angle_dot(const fa_matrix *a, const fa_matrix *b)
{
    if (a->data == b->data && a->row_stride == b->row_stride && a->col_stride == b->col_stride)
        return squares(a);

    const fa_matrix a_t = fa_matrix_transpose(*a), b_t = fa_matrix_transpose(*b);

    if (runs_by_rows(a))
        return runs_by_rows(b) ? dot_rows(a, b) : dot_turned(a, b);
    return runs_by_rows(b) ? dot_turned(b, a) : dot_rows(&a_t, &b_t);
}

/* --- numbers whose squares a double cannot hold ----------------------------------------------------------------- */

static double largest(const fa_matrix *a)
{
    double found = 0.0;

    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++)
            found = fmax(found, fabs(matrix_get(a, i, j)));
    return found;
}

static int shift_of(const fa_matrix *a)
{
    int exponent;

    (void)frexp(largest(a), &exponent);
    return -exponent;
}

static products scaled(const fa_matrix *a, const fa_matrix *b)
{
    products p = {.shift_a = shift_of(a), .shift_b = shift_of(b)};

    for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 0; j < a->cols; j++) {
            const double x = ldexp(matrix_get(a, i, j), p.shift_a), y = ldexp(matrix_get(b, i, j), p.shift_b);

            p.ab += x * y;
            p.aa += x * x;
            p.bb += y * y;
        }
    return p;
}

/* Squares of float32 numbers are always there. */
bool angle_is_exact(const fa_matrix *a, double squares)
{
    return a->dtype == FA_FLOAT32 || (squares >= 0x1p-960 && squares <= 0x1p+1020);
}

/* --- products, angles, norms -------------------------------------------------------------------------------------- */

static products products_of_rows(const fa_matrix *a, const fa_matrix *b)
{
    double sums[3] = {0.0};

    kernels_for(a->dtype)->products(a->rows, a->cols, a->row_stride, a->data, b->row_stride, b->data, sums);
    return (products){.ab = sums[0], .aa = sums[1], .bb = sums[2]};
}

fa_status angle_products(const fa_matrix *a, const char *a_name, const fa_matrix *b, const char *b_name, products *p)
{
    fa_status status = FA_OK;

    if (runs_by_rows(a) && runs_by_rows(b))
        *p = products_of_rows(a, b);
    else
        *p = (products){.ab = angle_dot(a, b), .aa = squares(a), .bb = squares(b)};
    if (!isfinite(p->aa))
        status = matrix_check_finite(a, a_name);
    if (status == FA_OK && !isfinite(p->bb))
        status = matrix_check_finite(b, b_name);
    if (status == FA_OK && (!angle_is_exact(a, p->aa) || !angle_is_exact(b, p->bb)))
        *p = scaled(a, b);
    return status;
}

double angle_between(double ab, double a, double b)
{
    if (!(a > 0.0) || !(b > 0.0))
        return (double)NAN;
    return acos(fmax(-1.0, fmin(1.0, ab / (a * b)))) * (180.0 / 3.14159265358979323846);
}

double angle_degrees(const products *p)
{
    return angle_between(p->ab, sqrt(p->aa), sqrt(p->bb));
}

double angle_ratio(const products *p)
{
    return p->bb > 0.0 ? ldexp(sqrt(p->aa) / sqrt(p->bb), p->shift_b - p->shift_a) : (double)NAN;
}

double angle_norm(const fa_matrix *a)
{
    const double sum = squares(a);

    if (angle_is_exact(a, sum) || isnan(sum) || isinf(largest(a)))
        return sqrt(sum);

    const products p = scaled(a, a);
    return ldexp(sqrt(p.aa), -p.shift_a);
}

fa_status fa_angle(const fa_matrix *a, const fa_matrix *b, double *degrees)
{
    products p;
    fa_status status;

    if (!degrees)
        return status_null(__func__, "degrees");
    *degrees = (double)NAN;
    if (!a || !b)
        return status_null(__func__, !a ? "a" : "b");
    status = matrix_check(a, "a");
    if (status == FA_OK)
        status = matrix_check_shape(b, "b", a->rows, a->cols, b->dtype);
    if (status != FA_OK)
        return status;
    if (a->dtype != b->dtype) {
        status = matrix_check_finite(a, "a");
        if (status == FA_OK)
            status = matrix_check_finite(b, "b");
        if (status == FA_OK)
            p = scaled(a, b);
    } else {
        status = angle_products(a, "a", b, "b", &p);
    }
    if (status == FA_OK)
        *degrees = angle_degrees(&p);
    return status;
}
