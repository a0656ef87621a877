/* A stream and its words, for the tests of what is made of them. */
#ifndef LIBFA_TESTS_STREAM_WORDS_H
#define LIBFA_TESTS_STREAM_WORDS_H

#include "support.h"

/* Different in every field, so that none can be forgotten. */
static const fa_stream full = {
    .seed = UINT64_C(0x0123456789abcdef), .step = 9, .purpose = FA_PURPOSE_RULE, .layer = 7,
};

static inline uint64_t *words_of(const fa_stream *stream, size_t count)
{
    uint64_t *words = make_memory(count, sizeof *words);
    expect_ok(fa_random_words(stream, 0, count, words));
    return words;
}

#endif
