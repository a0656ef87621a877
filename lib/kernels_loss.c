/* Losses: the error of every sample, and the loss summed in double whatever the element type.
 *
 * Work goes in parts: as many elements as a vector of doubles has lanes, so that float32 widens into one vector. */
#include "kernels_math.h"

typedef real part __attribute__((vector_size(WIDE_LANES * sizeof(real))));
typedef real part_anywhere __attribute__((vector_size(WIDE_LANES * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef int64_t wide_mask __attribute__((vector_size(FA_VECTOR_BYTES)));

static inline part part_load(const real *from)
{
    return *(const part_anywhere *)from;
}

static inline void part_store(real *to, part value)
{
    *(part_anywhere *)to = value;
}

/* A row of the target, somebody's array: nothing past its end may be read. */
typedef struct target_row {
    const real *at;
    size_t      stride;
    size_t      left; /* elements that lie side by side from `at` on, those of later rows included */
} target_row;

static target_row row_of(const void *target, size_t i, size_t rows, size_t cols, size_t row_stride, size_t col_stride)
{
    bool joined = row_stride == cols && col_stride == 1;
    return (target_row){(const real *)target + i * row_stride, col_stride, joined ? (rows - i) * cols : cols};
}

/* Elements j .. j + count - 1 of the row. The other lanes hold anything. */
static inline part part_gather(const target_row *row, size_t j, size_t count)
{
    if (row->stride == 1 && row->left - j >= WIDE_LANES)
        return part_load(row->at + j);
    part value = {0};
    for (size_t lane = 0; lane < WIDE_LANES && lane < count; lane++)
        value[lane] = row->at[(j + lane) * row->stride];
    return value;
}

static inline wide widen(part value)
{
    return __builtin_convertvector(value, wide);
}

/* The first `count` lanes, 0 in the place of the others, whatever they hold. */
static inline wide wide_first(wide value, size_t count)
{
    wide_mask lane;
    for (size_t i = 0; i < WIDE_LANES; i++)
        lane[i] = (int64_t)i;
    return (wide)((wide_mask)value & (lane < (int64_t)count));
}

static inline wide wide_row(const real *from, size_t count)
{
    return wide_first(widen(part_load(from)), count);
}

static inline double wide_sum(wide value)
{
    double sum = 0;
    for (size_t i = 0; i < WIDE_LANES; i++)
        sum += value[i];
    return sum;
}

double kernels_name(squared_error)(size_t rows, size_t cols, size_t ld, const void *y, const void *target,
                                   size_t target_row_stride, size_t target_col_stride, void *e)
{
    wide sum[2] = {{0}}; /* rows in turn, to overlap the latency of additions */
    for (size_t i = 0; i < rows; i++) {
        const real *output = (const real *)y + i * ld;
        const target_row row = row_of(target, i, rows, cols, target_row_stride, target_col_stride);
        real *error = e != NULL ? (real *)e + i * ld : NULL;
        for (size_t j = 0; j < cols; j += WIDE_LANES) {
            part d = part_load(output + j) - part_gather(&row, j, cols - j);
            wide off = widen(d);
            if (error != NULL)
                part_store(error + j, d);
            if (cols - j < WIDE_LANES)
                off = wide_first(off, cols - j);
            sum[i % 2] += off * off;
        }
    }
    return wide_sum(sum[0] + sum[1]);
}

/* max(z, 0) - z t + ln(1 + exp(-|z|)) */
static inline wide logistic_loss(wide z, wide t)
{
    wide magnitude = (wide)((wide_mask)z & INT64_MAX);
    wide positive = (z + magnitude) * 0.5; /* not a choice: NaN has to come through */
    return positive - z * t + wide_log1p(wide_exp(-magnitude));
}

double kernels_name(binary_cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y,
                                          const void *target, size_t target_row_stride, size_t target_col_stride,
                                          void *e)
{
    const real *argument = z;
    const real *output = y;
    real *error = e;
    wide sum = {0};
    for (size_t i = 0; i < rows; i++) {
        const target_row row = row_of(target, i, rows, cols, target_row_stride, target_col_stride);
        for (size_t j = 0; j < cols; j += WIDE_LANES) {
            part t = part_gather(&row, j, cols - j);
            sum += wide_first(logistic_loss(widen(part_load(argument + i * ld + j)), widen(t)), cols - j);
            if (error != NULL)
                part_store(error + i * ld + j, part_load(output + i * ld + j) - t);
        }
    }
    return wide_sum(sum);
}

/* ln sum_j exp z_j, shifted by the largest. */
static double log_sum_exp(size_t cols, const real *z)
{
    double max = (double)z[0];
    for (size_t j = 1; j < cols; j++)
        max = (double)z[j] > max ? (double)z[j] : max;
    wide sum = {0};
    for (size_t j = 0; j < cols; j += WIDE_LANES) {
        wide term = wide_exp(widen(part_load(z + j)) - max);
        sum += wide_first(term, cols - j);
    }
    return max + log(wide_sum(sum));
}

double kernels_name(cross_entropy)(size_t rows, size_t cols, size_t ld, const void *z, const void *y,
                                   const void *target, size_t target_row_stride, size_t target_col_stride, void *e)
{
    double loss = 0;
    for (size_t i = 0; i < rows; i++) {
        const real *argument = (const real *)z + i * ld;
        const real *output = (const real *)y + i * ld;
        const target_row row = row_of(target, i, rows, cols, target_row_stride, target_col_stride);
        wide total = {0};
        wide dot = {0};
        for (size_t j = 0; j < cols; j += WIDE_LANES) {
            wide t = wide_first(widen(part_gather(&row, j, cols - j)), cols - j);
            total += t;
            dot += t * wide_row(argument + j, cols - j);
        }
        double sum = wide_sum(total);
        loss += sum * log_sum_exp(cols, argument) - wide_sum(dot);
        for (size_t j = 0; e != NULL && j < cols; j += WIDE_LANES) {
            part t = part_gather(&row, j, cols - j);
            part_store((real *)e + i * ld + j, (real)sum * part_load(output + j) - t);
        }
    }
    return loss;
}
