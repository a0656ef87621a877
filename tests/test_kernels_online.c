/* One sample's update and the next one's product in one pass, at every CPU level, against double loops. */
#include "inner.h"
#include "kernels.h"

#include <string.h>

static const fa_dtype dtypes[] = {FA_FLOAT32, FA_FLOAT64};

/* w = (beta w + alpha h delta^T) .* kept, z = w^T x. */
typedef struct online_case {
    double alpha, beta;
    bool update, pruned;
    fa_matrix kept; /* ones and zeros */
    fa_matrix h, x, delta, before, w, z;
} online_case;

/* [1 x count] at an address that no vector is aligned to, a share of it exactly 0. */
static fa_matrix make_sample(fa_dtype dtype, size_t count, double share, uint64_t *state)
{
    char *memory = make_memory(count + 2, fa_dtype_size(dtype));
    fa_matrix sample = fa_matrix_view(memory + fa_dtype_size(dtype), 1, count, dtype);
    for (size_t i = 0; i < count; i++)
        set_element(&sample, 0, i, draw_uniform(state, 0, 1) < share ? 0 : draw_uniform(state, -1, 1));
    return sample;
}

static online_case make_case(fa_dtype dtype, size_t n_in, size_t n_out, double zeros, uint64_t *state)
{
    static const double betas[] = {1, 1, 0.75, 0};
    online_case c = {.alpha = draw_uniform(state, -1, 1), .beta = betas[draw_index(state, 4)]};
    c.update = draw_index(state, 5) > 0;
    c.h = make_sample(dtype, n_in, zeros, state);
    c.x = make_sample(dtype, n_in, zeros, state);
    c.delta = make_inner_uniform(dtype, 1, n_out, 1, state);
    c.w = make_inner_uniform(dtype, n_in, n_out, 1, state);
    c.z = make_inner(dtype, 1, n_out);
    c.pruned = draw_index(state, 3) == 0;
    if (c.pruned)
        c.kept = make_inner(dtype, n_in, n_out);
    for (size_t i = 0; c.pruned && i < n_in; i++)
        for (size_t j = 0; j < n_out; j++) {
            const bool keeps = draw_index(state, 2) == 0;
            set_element(&c.kept, i, j, keeps);
            if (!keeps)
                set_element(&c.w, i, j, 0);
        }
    c.before = make_matrix(dtype, n_in, n_out);
    expect_ok(fa_matrix_copy(&c.w, &c.before));
    return c;
}

static void run_case(const kernels *run, const online_case *c)
{
    run->update_product(c->w.rows, c->w.cols, c->w.row_stride, c->alpha, c->update ? c->h.data : NULL, c->delta.data,
                        c->beta, c->pruned ? c->kept.data : NULL, c->x.data, c->w.data, c->z.data);
}

/* w: the coefficients, two products and a sum are rounded, 5 in all. z is then a sum of n_in products of the new w, as
 * the kernel left it, in any order. The reference makes as many roundings, in double. */
static void check_case(const online_case *c)
{
    const double rounding = (epsilon(c->w.dtype) + DBL_EPSILON) / 2;
    for (size_t j = 0; j < c->w.cols; j++) {
        double sum = 0, magnitude = 0;
        for (size_t i = 0; i < c->w.rows; i++) {
            double w = element(&c->w, i, j), rest = element(&c->before, i, j), change = 0;
            if (c->update) {
                rest *= c->beta;
                change = c->alpha * element(&c->h, 0, i) * element(&c->delta, 0, j);
                if (c->pruned)
                    change *= element(&c->kept, i, j);
            }
            if (!(fabs(w - (rest + change)) <= 5 * rounding * (fabs(rest) + fabs(change))))
                ck_abort_msg("%zu x %zu: w(%zu, %zu) is %.9g, not %.9g", c->w.rows, c->w.cols, i, j, w, rest + change);
            sum += w * element(&c->x, 0, i);
            magnitude += fabs(w * element(&c->x, 0, i));
        }
        check_near(element(&c->z, 0, j), sum, ((double)c->w.rows + 2) * rounding * magnitude, "z", (double)j);
    }
}

static const kernels *level_of(int i)
{
    return kernels_at((cpu_level)(i / 2), dtypes[i % 2]);
}

/* Every width that a vector, a narrow layer or a group can leave over; rows below and above a list's length. */
START_TEST(online_of_every_width)
{
    static const double zeros[] = {0, 0.8, 0.5, 1};
    const kernels *run = level_of(_i);
    uint64_t state = (uint64_t)_i + 1;
    for (size_t n_out = 1; run != NULL && n_out <= 40; n_out++)
        for (size_t at = 0; at < 16; at++) {
            const size_t n_in = at < 12 ? 1 + draw_index(&state, 40) : 120 + draw_index(&state, 200);
            online_case c = make_case(dtypes[_i % 2], n_in, n_out, zeros[at % 4], &state);
            run_case(run, &c);
            check_case(&c);
        }
}
END_TEST

/* More columns than a block, and no multiple of anything. */
START_TEST(online_of_wide_layers)
{
    static const size_t widths[] = {1000, 1025, 2051};
    const kernels *run = level_of(_i);
    uint64_t state = (uint64_t)_i + 100;
    for (size_t at = 0; run != NULL && at < 12; at++) {
        online_case c = make_case(dtypes[_i % 2], 150, widths[at % 3], at < 6 ? 0 : 0.8, &state);
        run_case(run, &c);
        check_case(&c);
    }
}
END_TEST

START_TEST(online_repeats_its_bits)
{
    const kernels *run = level_of(_i);
    uint64_t state = (uint64_t)_i + 200;
    for (size_t at = 0; run != NULL && at < 20; at++) {
        online_case c = make_case(dtypes[_i % 2], 1 + draw_index(&state, 300), 1 + draw_index(&state, 90), 0.5, &state);
        online_case again = c;
        again.w = make_inner(c.w.dtype, c.w.rows, c.w.cols);
        again.z = make_inner(c.w.dtype, 1, c.w.cols);
        again.x = make_uniform(c.w.dtype, 1, c.x.cols, LAYOUT_C, 1, &state);
        expect_ok(fa_matrix_copy(&c.before, &again.w));
        expect_ok(fa_matrix_copy(&c.x, &again.x));
        run_case(run, &c);
        run_case(run, &again);
        ck_assert(same_bits(&c.w, &again.w) && same_bits(&c.z, &again.z));
    }
}
END_TEST

/* A row that needs nothing keeps even what is not a number; any other row brings it into z. */
START_TEST(online_skips_idle_rows)
{
    enum { ROWS = 30, IDLE = 17 };
    static const size_t widths[] = {3, 10, 32, 50};
    const kernels *run = level_of(_i);
    uint64_t state = (uint64_t)_i + 300;
    for (size_t at = 0; run != NULL && at < 8; at++) {
        online_case c = make_case(dtypes[_i % 2], ROWS, widths[at % 4], 0, &state);
        c.update = at < 4;
        c.beta = 1;
        set_element(&c.h, 0, IDLE, 0);
        set_element(&c.x, 0, IDLE, 0);
        set_element(&c.w, IDLE, 1, (double)NAN);
        set_element(&c.w, IDLE - 1, 2, (double)INFINITY);
        run_case(run, &c);
        ck_assert(isnan(element(&c.w, IDLE, 1)));
        for (size_t j = 0; j < widths[at % 4]; j++)
            ck_assert(isfinite(element(&c.z, 0, j)) == (j != 2));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_online");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, online_of_every_width, 0, 6);
    tcase_add_loop_test(tcase, online_of_wide_layers, 0, 6);
    tcase_add_loop_test(tcase, online_repeats_its_bits, 0, 6);
    tcase_add_loop_test(tcase, online_skips_idle_rows, 0, 6);
    return support_run(suite, true);
}
