/* Drawing arrays the way fa_init says. */
#ifndef LIBFA_RNG_H
#define LIBFA_RNG_H

#include <fa/network.h>
#include <fa/random.h>

/* An init and a scale that rng_fill() takes, else FA_ERR_ARGUMENT. */
fa_status rng_check(fa_init init, double scale);

/* Draw a sound view. init and scale must have been checked; the fans matter to Glorot and Kaiming only (of a weight
 * matrix they are cols and rows). */
void rng_fill(const fa_matrix *matrix, fa_init init, double scale, size_t fan_in, size_t fan_out,
              const fa_stream *stream);

/* The same for a block of a larger matrix, whose elements are numbered as in that one: number `first` is the block's
 * element (0, 0), and its rows are `pitch` numbers apart. */
void rng_fill_block(const fa_matrix *matrix, fa_init init, double scale, size_t fan_in, size_t fan_out,
                    const fa_stream *stream, uint64_t first, size_t pitch);

#endif
