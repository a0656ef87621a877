/* Words against NumPy's, and permutations against the formula of <fa/random.h> and what chance allows. */
#include "stream_words.h"

#include <math.h>
#include <string.h>

static fa_stream raw(uint64_t seed)
{
    return (fa_stream){.seed = seed, .purpose = FA_PURPOSE_RAW};
}

/* --- words --- */

/* [f"{w:#018x}" for w in numpy.random.Philox(key=seed).random_raw(8)] */
static const struct {
    uint64_t seed;
    uint64_t words[8];
} numpy_words[] = {
    {0,
     {UINT64_C(0x02f4ba6408e4d89b), UINT64_C(0x3dd62b0b9ca8c5b2), UINT64_C(0x1c8667a55d902e79),
      UINT64_C(0x907d7a052fd5b4dc), UINT64_C(0x809bf322883987c3), UINT64_C(0x471128b9e807f7dd),
      UINT64_C(0xf250ba0dbec065b7), UINT64_C(0xfc6ed66767a457bc)}},
    {42,
     {UINT64_C(0xd1f8817d4d62880e), UINT64_C(0x307266b65cc8797e), UINT64_C(0xde1f04e7f084ed03),
      UINT64_C(0x65034a8e78cd1e59), UINT64_C(0x5e3daa8961c3e3d3), UINT64_C(0x6f37dea4a04bd05c),
      UINT64_C(0x31d3a1ae26e190b9), UINT64_C(0x0fef7fae0ab2a01a)}},
    {UINT64_MAX,
     {UINT64_C(0x3c2521c58dde5bfb), UINT64_C(0xb7a1ad5dae1306d7), UINT64_C(0x6942eae9fd2feb84),
      UINT64_C(0xb7552e878d1c26fe), UINT64_C(0x59a439c096c17b4e), UINT64_C(0xc34ccc2492b8fcfe),
      UINT64_C(0x8537fbaa1803e440), UINT64_C(0x4e61296eee79ea30)}},
};

START_TEST(words_are_numpys)
{
    fa_stream stream = raw(numpy_words[_i].seed);
    const uint64_t *words = words_of(&stream, 8);
    ck_assert_mem_eq(words, numpy_words[_i].words, sizeof numpy_words[_i].words);
}
END_TEST

/* u64 = lambda *x: numpy.array(x, dtype=numpy.uint64)
 * numpy.random.Philox(key=u64(0x0123456789abcdef, 5 << 32 | 7), counter=u64(0, 9, 0, 0)).random_raw(8) */
START_TEST(words_of_a_purpose_a_layer_and_a_step)
{
    static const uint64_t expected[] = {
        UINT64_C(0x1f66be4822ff5e1d), UINT64_C(0x27e7812415c6de5c), UINT64_C(0x676f314559ebad43),
        UINT64_C(0xc753a9e69b5187bd), UINT64_C(0xe6dbf89ccafdee2c), UINT64_C(0x267962b9b2ecb13a),
        UINT64_C(0xbe5e89d1e3321eb8), UINT64_C(0x0d857662f87a7e72),
    };
    ck_assert_mem_eq(words_of(&full, 8), expected, sizeof expected);
}
END_TEST

START_TEST(words_from_any_place)
{
    enum { ALL = 40 };
    const uint64_t *all = words_of(&full, ALL);
    uint64_t some[ALL];
    for (size_t first = 0; first < ALL; first++)
        for (size_t count = 0; count <= ALL - first; count++) {
            expect_ok(fa_random_words(&full, first, count, some));
            ck_assert(memcmp(some, all + first, count * sizeof *some) == 0);
        }
}
END_TEST

/* The last block but one: its counter is 2^62 - 1, which a 32-bit or a float counter gets wrong.
 * numpy.random.Philox(key=42, counter=2**62 - 2).random_raw(4) */
START_TEST(words_far_away)
{
    static const uint64_t expected[] = {
        UINT64_C(0x4d47a2df10171b7b), UINT64_C(0xb88f85edef0dc9f9), UINT64_C(0xe50ef45809abced1),
        UINT64_C(0xe342100bd41c2d23),
    };
    fa_stream stream = raw(42);
    uint64_t words[4];
    expect_ok(fa_random_words(&stream, UINT64_MAX - 7, 4, words));
    ck_assert_mem_eq(words, expected, sizeof expected);
}
END_TEST

START_TEST(words_and_permutations_refuse)
{
    uint64_t word = 77;
    size_t order[2] = {77, 77};
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(NULL, 2, order));
    expect_failure(FA_ERR_ARGUMENT, fa_random_permutation(&full, 2, NULL));
    ck_assert(order[0] == 77 && order[1] == 77);
    expect_ok(fa_random_permutation(&full, 0, NULL));
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(NULL, 0, 1, &word));
    expect_failure(FA_ERR_ARGUMENT, fa_random_words(&full, 0, 1, NULL));
    expect_failure(FA_ERR_SHAPE, fa_random_words(&full, UINT64_MAX, 2, &word));
    ck_assert_uint_eq(word, 77);
    expect_ok(fa_random_words(&full, 0, 0, NULL));
    expect_ok(fa_random_words(&full, UINT64_MAX - 1, 1, &word));
}
END_TEST

/* --- permutations --- */

/* High half of word * n for n < 2^32. */
static size_t below(uint64_t word, uint64_t n)
{
    return (size_t)(((word >> 32) * n + ((word & UINT32_MAX) * n >> 32)) >> 32);
}

START_TEST(fisher_yates)
{
    enum { MOST = 100 };
    const uint64_t *words = words_of(&full, MOST);
    for (size_t count = 0; count <= MOST; count++) {
        size_t expected[MOST], order[MOST + 1] = {0};
        for (size_t i = 0; i < count; i++)
            expected[i] = i;
        for (size_t i = count; i-- > 1;) {
            size_t other = below(words[i], i + 1), kept = expected[i];
            expected[i] = expected[other];
            expected[other] = kept;
        }
        order[count] = 77;
        expect_ok(fa_random_permutation(&full, count, order));
        ck_assert(memcmp(order, expected, count * sizeof *order) == 0);
        ck_assert_uint_eq(order[count], 77);
    }
}
END_TEST

START_TEST(permutation_has_every_index_once)
{
    enum { COUNT = 5000 };
    size_t *order = make_memory(COUNT, sizeof *order), *seen = make_memory(COUNT, sizeof *seen);
    expect_ok(fa_random_permutation(&full, COUNT, order));
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(order[i] < COUNT && seen[order[i]]++ == 0);
}
END_TEST

/* Chi-square with 5 degrees of freedom is above 35.888 with probability 1e-6. */
START_TEST(permutations_are_equally_frequent)
{
    enum { DRAWS = 60000 };
    double seen[9] = {0}, chi_square = 0;
    for (uint64_t step = 0; step < DRAWS; step++) {
        fa_stream stream = {.seed = 5, .step = step, .purpose = FA_PURPOSE_ORDER};
        size_t order[3];
        expect_ok(fa_random_permutation(&stream, 3, order));
        seen[order[0] * 3 + order[1]]++;
    }
    for (size_t first = 0; first < 3; first++)
        for (size_t second = 0; second < 3; second++)
            if (first != second)
                chi_square += pow(seen[first * 3 + second] - (double)DRAWS / 6., 2) / ((double)DRAWS / 6.);
    ck_assert_msg(chi_square < 35.888, "chi-square %.4g", chi_square);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, words_are_numpys, 0, (int)(sizeof numpy_words / sizeof *numpy_words));
    tcase_add_test(tcase, words_of_a_purpose_a_layer_and_a_step);
    tcase_add_test(tcase, words_from_any_place);
    tcase_add_test(tcase, words_far_away);
    tcase_add_test(tcase, words_and_permutations_refuse);
    tcase_add_test(tcase, fisher_yates);
    tcase_add_test(tcase, permutation_has_every_index_once);
    tcase_add_test(tcase, permutations_are_equally_frequent);
    return support_run(suite, true);
}
