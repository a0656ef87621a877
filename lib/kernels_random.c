/* Words of random streams, and numbers made of them, many at once.
 *
 * A block of Philox4x64-10 is ten rounds of two products of 64 by 64 bits, one after the other. A multiplier for whole
 * words does one product a cycle at best; vectors of four products of 32 by 32 bits are ahead of it with four vectors
 * of blocks at a time, which hide their latency. The words are the same. */
#include "kernels_vector.h"

#include "philox.h"

#include <string.h>

static void words_of_blocks(const uint64_t key[2], uint64_t step, uint64_t first, size_t blocks, uint64_t *words)
{
    const philox4x64_key_t k = {{key[0], key[1]}};

    for (size_t b = 0; b < blocks; b++) {
        const philox4x64_ctr_t counter = {{1 + first + b, step, 0, 0}};
        const philox4x64_ctr_t block = philox4x64(counter, k);

        for (size_t i = 0; i < 4; i++)
            words[4 * b + i] = block.v[i];
    }
}

#ifdef __AVX2__
#include <immintrin.h>

enum { GROUPS = 4, ABREAST = 4 * GROUPS };

typedef uint64_t words_vec __attribute__((vector_size(32)));
typedef uint64_t words_anywhere __attribute__((vector_size(32), aligned(8), may_alias));

/* Four blocks, one a lane. */
typedef struct lanes {
    words_vec v[4];
} lanes;

/* Product of the low halves of each lane. */
static ALWAYS_INLINE words_vec half_product(words_vec a, words_vec b)
{
    return (words_vec)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}

static ALWAYS_INLINE words_vec every(uint64_t x)
{
    return (words_vec){x, x, x, x};
}

/* The 128 bits of a times m, from four products of halves. */
static ALWAYS_INLINE void product_128(words_vec a, uint64_t m, words_vec *high, words_vec *low)
{
    const words_vec half = every(UINT32_MAX), m_low = every(m & UINT32_MAX), m_high = every(m >> 32);
    const words_vec low_low = half_product(a, m_low), low_high = half_product(a, m_high);
    const words_vec high_low = half_product(a >> 32, m_low), high_high = half_product(a >> 32, m_high);
    const words_vec middle = high_low + (low_low >> 32), second = low_high + (middle & half);

    *high = high_high + (middle >> 32) + (second >> 32);
    *low = second << 32 | (low_low & half);
}

static ALWAYS_INLINE void pass_round(lanes *block, const uint64_t key[2])
{
    words_vec high[2], low[2];

    product_128(block->v[0], PHILOX_M4x64_0, &high[0], &low[0]);
    product_128(block->v[2], PHILOX_M4x64_1, &high[1], &low[1]);
    *block = (lanes){{high[1] ^ block->v[1] ^ key[0], low[1], high[0] ^ block->v[3] ^ key[1], low[0]}};
}

/* Block after block: the lanes turned. */
static ALWAYS_INLINE void store_blocks(const lanes *block, uint64_t *words)
{
    const words_vec even = __builtin_shufflevector(block->v[0], block->v[1], 0, 4, 2, 6);
    const words_vec odd = __builtin_shufflevector(block->v[0], block->v[1], 1, 5, 3, 7);
    const words_vec later_even = __builtin_shufflevector(block->v[2], block->v[3], 0, 4, 2, 6);
    const words_vec later_odd = __builtin_shufflevector(block->v[2], block->v[3], 1, 5, 3, 7);
    words_anywhere *to = (words_anywhere *)words;

    to[0] = __builtin_shufflevector(even, later_even, 0, 1, 4, 5);
    to[1] = __builtin_shufflevector(odd, later_odd, 0, 1, 4, 5);
    to[2] = __builtin_shufflevector(even, later_even, 2, 3, 6, 7);
    to[3] = __builtin_shufflevector(odd, later_odd, 2, 3, 6, 7);
}

/* The first two rounds of counters {block, step, 0, 0}: one product is 0, and one the same for all blocks. */
static ALWAYS_INLINE lanes begin(words_vec block, uint64_t step, const uint64_t key[2])
{
    const uint64_t same = step ^ key[0];
    words_vec      same_high, same_low, high[2], low[2];

    product_128(every(same), PHILOX_M4x64_0, &same_high, &same_low);
    product_128(block, PHILOX_M4x64_0, &high[0], &low[0]);
    product_128(high[0] ^ key[1], PHILOX_M4x64_1, &high[1], &low[1]);
    return (lanes){{high[1] ^ (key[0] + PHILOX_W64_0), low[1], same_high ^ low[0] ^ (key[1] + PHILOX_W64_1), same_low}};
}

static void abreast(const uint64_t key[2], uint64_t step, uint64_t first, uint64_t *words)
{
    uint64_t k[2] = {key[0], key[1]};
    lanes    block[GROUPS];

    for (size_t g = 0; g < GROUPS; g++)
        block[g] = begin(every(1 + first + 4 * g) + (words_vec){0, 1, 2, 3}, step, key);
    k[0] += PHILOX_W64_0;
    k[1] += PHILOX_W64_1;
    for (size_t round = 2; round < 10; round++) {
        k[0] += PHILOX_W64_0;
        k[1] += PHILOX_W64_1;
        for (size_t g = 0; g < GROUPS; g++)
            pass_round(&block[g], k);
    }
    for (size_t g = 0; g < GROUPS; g++)
        store_blocks(&block[g], words + 16 * g);
}
#endif

void kernels_name(random_words)(const uint64_t key[2], uint64_t step, uint64_t first, size_t blocks, uint64_t *words)
{
#ifdef __AVX2__
    for (; blocks >= ABREAST; blocks -= ABREAST) {
        abreast(key, step, first, words);
        first += ABREAST;
        words += 4 * ABREAST;
    }
#endif
    words_of_blocks(key, step, first, blocks, words);
}

/* As many high bits of a word as numbers of the type hold make an integer, and that times the unit is in [0, 1). */
#ifdef FA_KERNELS_FLOAT64
enum { DROPPED = 11 };
static const real unit = 0x1p-53;
#else
enum { DROPPED = 40 };
static const real unit = 0x1p-24f;
#endif

static ALWAYS_INLINE vec from_words(const uint64_t *words, const kernels_interval *in)
{
    vec_mask whole;

    for (size_t lane = 0; lane < LANES; lane++)
        whole[lane] = (real_bits)(words[lane] >> DROPPED);
    const vec value = (real)in->low + rounded((real)in->span * (__builtin_convertvector(whole, vec) * unit));
    return vec_select(value < (real)in->high, value, (real)in->last - (vec){0}); /* x - 0 is x for every x */
}

void kernels_name(uniform)(size_t count, const uint64_t *words, const kernels_interval *in, void *out)
{
    const kernels_interval interval = *in; /* which out cannot overlap */
    real                  *to = out;
    size_t                 i = 0;

    for (; i + LANES <= count; i += LANES)
        vec_store(to + i, from_words(words + i, &interval));
    if (i < count) {
        uint64_t rest[LANES] = {0};
        real     numbers[LANES];

        memcpy(rest, words + i, (count - i) * sizeof *rest);
        vec_store(numbers, from_words(rest, &interval));
        memcpy(to + i, numbers, (count - i) * sizeof *to);
    }
}
