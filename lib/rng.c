#include "rng.h"

#include "kernels.h"
#include "matrix.h"
#include "philox.h"
#include "status.h"

#include <float.h>
#include <math.h>

/* "The same bits everywhere" forbids a fused multiply-add below. gcc fuses nothing in ISO mode (-std=c11). */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

/* Where the words of a stream come from: the block that the latest one was in is kept. */
typedef struct source {
    philox4x64_key_t key;
    philox4x64_ctr_t counter; /* of the block that is kept */
    philox4x64_ctr_t words;
} source;

static void load_block(source *from, uint64_t block)
{
    from->counter.v[0] = 1 + block;
    from->words = philox4x64(from->counter, from->key);
}

static source source_of(const fa_stream *stream)
{
    source from = {.key = {{stream->seed, (uint64_t)stream->purpose << 32 | stream->layer}},
                   .counter = {{0, stream->step, 0, 0}}};

    load_block(&from, 0);
    return from;
}

static uint64_t word(source *from, uint64_t index)
{
    const uint64_t block = index / 4;

    if (from->counter.v[0] != 1 + block)
        load_block(from, block);
    return from->words.v[index % 4];
}

fa_status fa_random_words(const fa_stream *stream, uint64_t first, size_t count, uint64_t *words)
{
    if (stream == NULL)
        return status_null("fa_random_words", "stream");
    if (words == NULL && count > 0)
        return status_null("fa_random_words", "words");
    if (first > UINT64_MAX - count)
        return status_set(FA_ERR_SHAPE, "fa_random_words: %zu words from number %llu on are more than a stream has",
                          count, (unsigned long long)first);

    source from = source_of(stream);
    for (size_t i = 0; i < count; i++)
        words[i] = word(&from, first + i);
    return FA_OK;
}

static double unit_float64(uint64_t bits)
{
    return (double)(int64_t)(bits >> 11) * 0x1p-53; /* signed: processors convert those at once */
}

/* low + (high - low) u in the element type; where that rounds up to high, the number before high instead. low if the
 * two are the same number of the type. */
static kernels_interval interval_of(double low, double high, fa_dtype dtype)
{
    if (dtype == FA_FLOAT64)
        return (kernels_interval){low, high, high - low, nextafter(high, low)};

    const float from = (float)low, to = (float)high;
    return (kernels_interval){from, to, to - from, nextafterf(to, from)};
}

/* Words drawn at once: three times as many as the kernels draw abreast. */
enum { SUPPLY = 192 };

/* Words of a stream in their order. */
typedef struct supply {
    uint64_t key[2];
    uint64_t step;
    uint64_t block; /* the next to draw */
    uint64_t to_draw;
    size_t   skip;  /* of the next block */
    size_t   left;
    uint64_t words[SUPPLY];
} supply;

/* `count` words from number `first` on. */
static void start_supply(supply *s, const fa_stream *stream, uint64_t first, uint64_t count)
{
    s->key[0] = stream->seed;
    s->key[1] = (uint64_t)stream->purpose << 32 | stream->layer;
    s->step = stream->step;
    s->block = first / 4;
    s->skip = (size_t)(first % 4);
    s->to_draw = count + s->skip;
    s->left = 0;
}

/* Up to `wanted` of them, at least one. */
static const uint64_t *take_words(supply *s, const kernels *run, size_t wanted, size_t *count)
{
    const uint64_t *words;

    if (s->left == 0) {
        s->left = s->to_draw < SUPPLY ? (size_t)(s->to_draw + 3) / 4 * 4 : SUPPLY;
        run->random_words(s->key, s->step, s->block, s->left / 4, s->words + SUPPLY - s->left);
        s->block += s->left / 4;
        s->to_draw -= s->to_draw < s->left ? s->to_draw : s->left;
        s->left -= s->skip;
        s->skip = 0;
    }
    *count = wanted < s->left ? wanted : s->left;
    words = s->words + SUPPLY - s->left;
    s->left -= *count;
    return words;
}

/* Elements of row i from column j on, from as many words. */
static void put_uniform(const kernels *run, const kernels_interval *in, const uint64_t *words, size_t count,
                        const fa_matrix *matrix, size_t i, size_t j)
{
    if (matrix->col_stride == 1) {
        run->uniform(count, words, in, matrix_at(matrix, i, j));
    } else {
        double          numbers[SUPPLY];
        const fa_matrix line = fa_matrix_view(numbers, 1, count, matrix->dtype);
        fa_matrix       part = line;

        part.data = matrix_at(matrix, i, j);
        part.col_stride = matrix->col_stride;
        run->uniform(count, words, in, numbers);
        matrix_move(&line, &part);
    }
}

/* Which words the elements of a matrix take: element (i, j) is number first + i pitch + j. */
typedef struct numbering {
    uint64_t first;
    uint64_t pitch;
} numbering;

static void fill_uniform(const fa_stream *stream, double low, double high, const numbering *n, const fa_matrix *matrix)
{
    const kernels         *run = kernels_for(matrix->dtype);
    const kernels_interval in = interval_of(low, high, matrix->dtype);
    const bool             whole = n->pitch == matrix->cols; /* row after row */
    /* A column is a row as far as the order goes. */
    const fa_matrix lines = whole && matrix->cols == 1 ? fa_matrix_transpose(*matrix) : *matrix;
    supply          from;

    if (whole)
        start_supply(&from, stream, n->first, (uint64_t)lines.rows * lines.cols);
    for (size_t i = 0; i < lines.rows; i++) {
        if (!whole)
            start_supply(&from, stream, n->first + i * n->pitch, lines.cols);
        for (size_t j = 0, count; j < lines.cols; j += count) {
            const uint64_t *words = take_words(&from, run, lines.cols - j, &count);

            put_uniform(run, &in, words, count, &lines, i, j);
        }
    }
}

/* Box-Muller: elements 2k and 2k + 1 from words 2k and 2k + 1. */
static void normal_pair(source *from, uint64_t k, double pair[2])
{
    const double pi = 3.14159265358979323846;
    const double u = 1.0 - unit_float64(word(from, 2 * k));
    const double v = unit_float64(word(from, 2 * k + 1));
    const double radius = sqrt(-2.0 * log(u));

    pair[0] = radius * cos(2.0 * pi * v);
    pair[1] = radius * sin(2.0 * pi * v);
}

static void fill_normal(const fa_stream *stream, double mean, double deviation, const numbering *n,
                        const fa_matrix *matrix)
{
    source from = source_of(stream);
    double pair[2] = {0.0, 0.0};
    uint64_t drawn = UINT64_MAX; /* number of the pair; no stream has that one */

    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->cols; j++) {
            const uint64_t index = n->first + i * n->pitch + j;

            if (index / 2 != drawn) {
                drawn = index / 2;
                normal_pair(&from, drawn, pair);
            }
            const double scaled = deviation * pair[index % 2];
            matrix_put(matrix, i, j, mean + scaled);
        }
}

/* Largest finite number of a type. */
static double largest(fa_dtype dtype)
{
    return dtype == FA_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
}

fa_status fa_random_uniform(const fa_stream *stream, double low, double high, const fa_matrix *matrix)
{
    if (stream == NULL)
        return status_null("fa_random_uniform", "stream");

    const fa_status status = matrix_check(matrix, "matrix");
    if (status != FA_OK)
        return status;

    const double most = largest(matrix->dtype);
    if (!(low <= high && low >= -most && high <= most && high - low <= most))
        return status_set(FA_ERR_ARGUMENT,
                          "fa_random_uniform: low = %.9g, high = %.9g: low must not be above high, and low, high and "
                          "high - low have to be finite in %s",
                          low, high, fa_dtype_name(matrix->dtype));
    fill_uniform(stream, low, high, &(numbering){0, matrix->cols}, matrix);
    return FA_OK;
}

fa_status fa_random_normal(const fa_stream *stream, double mean, double deviation, const fa_matrix *matrix)
{
    const double furthest = 8.6; /* u >= 2^-53, so no radius is above sqrt(106 ln 2) = 8.57... */

    if (stream == NULL)
        return status_null("fa_random_normal", "stream");

    const fa_status status = matrix_check(matrix, "matrix");
    if (status != FA_OK)
        return status;
    if (!(deviation >= 0.0 && fabs(mean) + furthest * deviation <= largest(matrix->dtype)))
        return status_set(FA_ERR_ARGUMENT,
                          "fa_random_normal: mean = %.9g, deviation = %.9g: the deviation has to be 0 or more, and "
                          "every number drawn has to be finite in %s",
                          mean, deviation, fa_dtype_name(matrix->dtype));
    fill_normal(stream, mean, deviation, &(numbering){0, matrix->cols}, matrix);
    return FA_OK;
}

/* High 64 bits of a product, in plain C: not every target has a 128-bit type. */
static uint64_t high_product(uint64_t a, uint64_t b)
{
    const uint64_t a_low = a & UINT32_MAX, a_high = a >> 32;
    const uint64_t b_low = b & UINT32_MAX, b_high = b >> 32;
    const uint64_t middle = a_high * b_low + (a_low * b_low >> 32);
    const uint64_t carry = (middle & UINT32_MAX) + a_low * b_high;

    return a_high * b_high + (middle >> 32) + (carry >> 32);
}

fa_status fa_random_permutation(const fa_stream *stream, size_t count, size_t *order)
{
    if (stream == NULL)
        return status_null("fa_random_permutation", "stream");
    if (order == NULL && count > 0)
        return status_null("fa_random_permutation", "order");

    source from = source_of(stream);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i-- > 1;) {
        const size_t other = (size_t)high_product(word(&from, i), (uint64_t)i + 1);
        const size_t kept = order[i];

        order[i] = order[other];
        order[other] = kept;
    }
    return FA_OK;
}

fa_status rng_check(fa_init init, double scale)
{
    /* Below this limit no initialization can overflow even a float32. */
    const double most = 1e37;

    if (init < FA_INIT_ZERO || init > FA_INIT_KAIMING_NORMAL)
        return status_set(FA_ERR_ARGUMENT, "unknown initialization %d", (int)init);
    if (!(scale >= 0.0 && scale <= most))
        return status_set(FA_ERR_ARGUMENT, "scale = %.9g has to be 0 .. %g", scale, most);
    return FA_OK;
}

void rng_fill(const fa_matrix *matrix, fa_init init, double scale, size_t fan_in, size_t fan_out,
              const fa_stream *stream)
{
    rng_fill_block(matrix, init, scale, fan_in, fan_out, stream, 0, matrix->cols);
}

void rng_fill_block(const fa_matrix *matrix, fa_init init, double scale, size_t fan_in, size_t fan_out,
                    const fa_stream *stream, uint64_t first, size_t pitch)
{
    const numbering n = {first, pitch};
    double factor = 1.0;

    if (init == FA_INIT_ZERO) {
        matrix_zero(matrix);
        return;
    }
    if (init == FA_INIT_GLOROT_UNIFORM || init == FA_INIT_GLOROT_NORMAL)
        factor = sqrt(2.0 / ((double)fan_in + (double)fan_out));
    else if (init == FA_INIT_KAIMING_UNIFORM || init == FA_INIT_KAIMING_NORMAL)
        factor = sqrt(2.0 / (double)fan_in);

    if (init == FA_INIT_NORMAL || init == FA_INIT_GLOROT_NORMAL || init == FA_INIT_KAIMING_NORMAL) {
        fill_normal(stream, 0.0, scale * factor, &n, matrix);
    } else {
        /* U(+-a) has the variance a^2 / 3. */
        const double bound = init == FA_INIT_UNIFORM ? scale : scale * factor * sqrt(3.0);
        fill_uniform(stream, -bound, bound, &n, matrix);
    }
}
