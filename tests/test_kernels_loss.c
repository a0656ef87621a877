/* The loss kernels at the CPU level that runs, against double loops over libm. */
#include "inner.h"
#include "kernels.h"

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

typedef struct loss_case {
    fa_matrix z, y, target, e;
} loss_case;

static double run_loss(const loss_case *c, int loss, bool with_error)
{
    const kernels *run = kernels_for(c->z.dtype);
    const fa_matrix *t = &c->target;
    const size_t rows = c->z.rows, cols = c->z.cols, ld = c->z.row_stride;
    void *e = with_error ? c->e.data : NULL;
    switch (loss) {
    case 0:
        return run->squared_error(rows, cols, ld, c->y.data, t->data, t->row_stride, t->col_stride, e);
    case 1:
        return run->binary_cross_entropy(rows, cols, ld, c->z.data, c->y.data, t->data, t->row_stride, t->col_stride,
                                         e);
    default:
        return run->cross_entropy(rows, cols, ld, c->z.data, c->y.data, t->data, t->row_stride, t->col_stride, e);
    }
}

/* Loss of row i with the bound of its error: magnitudes times the roundings, in double but for y - t. `scale` is s. */
static double row_loss(const loss_case *c, int loss, size_t i, double *bound, double *scale)
{
    double max = element(&c->z, i, 0), sum = 0, magnitude = 0, total = 0, dot = 0, exps = 0;
    for (size_t j = 0; j < c->z.cols; j++) {
        const double z = element(&c->z, i, j), t = element(&c->target, i, j), d = element(&c->y, i, j) - t;
        sum += loss == 0 ? d * d : fmax(z, 0) - z * t + log1p(exp(-fabs(z)));
        magnitude += loss == 0 ? d * d * (1 + 2 * epsilon(c->z.dtype) / DBL_EPSILON) : fabs(z) + fabs(z * t) + 1;
        max = fmax(max, z);
        total += t;
        dot += z * t;
    }
    *scale = loss == 2 ? total : 1;
    *bound = ((double)(c->z.rows * c->z.cols) + 10) * DBL_EPSILON * magnitude;
    if (loss != 2)
        return sum;
    for (size_t j = 0; j < c->z.cols; j++)
        exps += exp(element(&c->z, i, j) - max);
    *bound += ((double)(c->z.rows * c->z.cols) + 10) * DBL_EPSILON * fabs(total) * (fabs(max) + log(exps) + 1);
    return total * (max + log(exps)) - dot;
}

START_TEST(losses)
{
    const fa_dtype dtype = dtypes[_i % 2];
    const int loss = _i / 2;
    uint64_t state = (uint64_t)_i + 1;
    for (size_t at = 0; at < 160; at++) {
        const size_t rows = 1 + at % 6, cols = 1 + at / 4;
        loss_case c = {.z = make_inner_uniform(dtype, rows, cols, at % 3 ? 5 : 500, &state),
                       .y = make_inner_uniform(dtype, rows, cols, 1, &state),
                       .target = make_uniform(dtype, rows, cols, (view_layout)(at % LAYOUTS), 1, &state),
                       .e = make_inner(dtype, rows, cols)};
        const double got = run_loss(&c, loss, true);
        double expected = 0, bound = 0;
        for (size_t i = 0; i < rows; i++) {
            double row_bound, scale;
            expected += row_loss(&c, loss, i, &row_bound, &scale);
            bound += row_bound;
            for (size_t j = 0; j < cols; j++) {
                const double y = scale * element(&c.y, i, j), t = element(&c.target, i, j);
                /* s is a sum of cols targets, rounded to the type; s y - t makes two roundings more. */
                const double error_bound =
                    2 * epsilon(dtype) * (fabs(y) + fabs(t)) + (double)(cols * cols) * DBL_EPSILON;
                check_near(element(&c.e, i, j), y - t, error_bound, "error", (double)j);
            }
        }
        check_near(got, expected, bound, "loss", (double)at);
        ck_assert(run_loss(&c, loss, false) == got);
    }
}
END_TEST

/* Sums go in the same order wherever the target lies. */
START_TEST(losses_in_every_layout)
{
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = 7;
    for (size_t cols = 1; cols <= 20; cols++) {
        loss_case c = {.z = make_inner_uniform(dtype, 5, cols, 1, &state),
                       .y = make_inner_uniform(dtype, 5, cols, 1, &state),
                       .target = make_uniform(dtype, 5, cols, LAYOUT_C, 1, &state),
                       .e = make_inner(dtype, 5, cols)};
        const fa_matrix original = c.target, e = make_inner(dtype, 5, cols);
        const double loss = run_loss(&c, _i / 2, true);
        expect_ok(fa_matrix_copy(&c.e, &e));
        for (int layout = 0; layout < LAYOUTS; layout++) {
            c.target = make_layout(dtype, 5, cols, (view_layout)layout);
            expect_ok(fa_matrix_copy(&original, &c.target));
            ck_assert(run_loss(&c, _i / 2, true) == loss);
            ck_assert(same_bits(&c.e, &e));
        }
    }
}
END_TEST

START_TEST(losses_of_what_is_not_finite)
{
    const fa_dtype dtype = dtypes[_i % 2];
    uint64_t state = 1;
    for (size_t cols = 1; cols <= 20; cols++)
        for (int where = 0; where < 2; where++) {
            loss_case c = {.z = make_inner_uniform(dtype, 2, cols, 1, &state),
                           .y = make_inner_uniform(dtype, 2, cols, 1, &state),
                           .target = make_uniform(dtype, 2, cols, LAYOUT_ROWS, 1, &state),
                           .e = make_inner(dtype, 2, cols)};
            ck_assert(isfinite(run_loss(&c, _i / 2, true)));
            const fa_matrix *output = _i / 2 == 0 ? &c.y : &c.z;
            set_element(where == 0 ? output : &c.target, 1, cols - 1, (double)NAN);
            ck_assert(isnan(run_loss(&c, _i / 2, true)));
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_loss");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, losses, 0, 6);
    tcase_add_loop_test(tcase, losses_in_every_layout, 0, 6);
    tcase_add_loop_test(tcase, losses_of_what_is_not_finite, 0, 6);
    return support_run(suite, true);
}
