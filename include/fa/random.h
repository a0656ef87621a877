/* libfa -- reproducible random numbers.
 *
 * Philox4x64-10 (Salmon et al., SC 2011), counter-based: a number is a function of its stream and its index, and
 * there is no hidden position. Key = {seed, purpose << 32 | layer}; counter = {1 + block, step, 0, 0}; a block
 * gives four 64-bit words. Purpose 0, layer 0, step 0 gives the words of numpy.random.Philox(key=seed).
 *
 * From a word w: float64 = (w >> 11) 2^-53, float32 = (w >> 40) 2^-24, both in [0, 1). Element i (counted row by
 * row, whatever the strides) takes word i. Normals are Box-Muller in float64: with u = 1 - word[2k], v = word[2k+1] as
 * float64, elements 2k and 2k+1 are sqrt(-2 ln u) cos(2 pi v) and sqrt(-2 ln u) sin(2 pi v). Uniform numbers are
 * the same bits everywhere; normals as far as the C library's log, cos and sin are.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIBFA_RANDOM_H
#define LIBFA_RANDOM_H

#include <fa/base.h>

FA_BEGIN_DECLS

/**
 * What a stream is drawn for. One seed gives independent streams for each. Numbers are only ever added;
 * FA_PURPOSE_USER and above never will be the library's own.
 */
typedef enum fa_purpose {
    FA_PURPOSE_RAW = 0,      /**< no purpose: the words of NumPy's Philox(key=seed) */
    FA_PURPOSE_WEIGHTS = 1,  /**< initial weights of a layer */
    FA_PURPOSE_BIAS = 2,     /**< initial bias of a layer */
    FA_PURPOSE_FEEDBACK = 3, /**< initial feedback arrays; array k of a rule uses step k */
    FA_PURPOSE_ORDER = 4,    /**< order of the samples */
    FA_PURPOSE_RULE = 5,     /**< numbers that a rule draws while it runs */
    FA_PURPOSE_DROPOUT = 6,  /**< dropout masks of a layer; step counts batches */
    FA_PURPOSE_SPLIT = 7,    /**< random parts of a data set */
    FA_PURPOSE_PRUNING = 8,  /**< connections that are removed from a layer */
    FA_PURPOSE_FORM = 9,     /**< what the form of a feedback array adds: which entries are kept, the right factor */
    FA_PURPOSE_USER = 0x40000000 /**< first number for programs of your own */
} fa_purpose;

/** Name of one stream of random numbers. Pass by pointer; it holds no position and is never written. */
typedef struct fa_stream {
    uint64_t seed;    /**< any number; equal seeds give equal streams */
    uint64_t step;    /**< e.g. the training step; 0 where there is none */
    uint32_t purpose; /**< fa_purpose */
    uint32_t layer;   /**< layer or other sub-stream; 0 where there is none */
} fa_stream;

/**
 * Raw 64-bit words number first .. first + count - 1 of a stream.
 *
 * @retval FA_ERR_ARGUMENT  stream is NULL, or words is NULL and count > 0
 * @retval FA_ERR_SHAPE     first + count overflows
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_random_words(const fa_stream *stream, uint64_t first, size_t count, uint64_t *words);

/**
 * Fill a matrix with uniform numbers, low + (high - low) u, u in [0, 1).
 *
 * @retval FA_ERR_ARGUMENT  a NULL, low or high not finite, or low > high
 * @retval FA_ERR_SHAPE     a view that breaks the rules of fa_matrix
 * Threads: nothing else may use matrix. Since 0.1.
 */
FA_API fa_status fa_random_uniform(const fa_stream *stream, double low, double high, const fa_matrix *matrix);

/**
 * Fill a matrix with normal numbers of the given mean and standard deviation (>= 0).
 * Errors as for fa_random_uniform(). Since 0.1.
 */
FA_API fa_status fa_random_normal(const fa_stream *stream, double mean, double deviation, const fa_matrix *matrix);

/**
 * A random permutation of 0 .. count - 1 (Fisher-Yates from the end, unbiased: step i draws an index below i + 1
 * from word i as the high half of the 128-bit product word * (i + 1)).
 *
 * @param[out] order  [count]
 * @retval FA_ERR_ARGUMENT  stream is NULL, or order is NULL and count > 0
 * Threads: any. Since 0.1.
 */
FA_API fa_status fa_random_permutation(const fa_stream *stream, size_t count, size_t *order);

FA_END_DECLS

#endif
