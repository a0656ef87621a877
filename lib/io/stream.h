/* Bytes of a file, as they are or decompressed on the way. */
#ifndef LIBFA_STREAM_H
#define LIBFA_STREAM_H

#include "file.h"

typedef struct stream stream;
struct stream {
    input    in;
    uint64_t expands; /* the most bytes that a byte of the file can become */
    void    *decoder; /* the decompressor's own; NULL for bytes as they are */

    /* The next count bytes. FA_ERR_FORMAT if the stream ends before. */
    fa_status (*take)(stream *s, void *buffer, size_t count);

    /* That nothing comes after what was taken, and that checksums are right. */
    fa_status (*finish)(stream *s);

    void (*release)(stream *s); /* the decoder */
};

/* The bytes of a regular file as they are. On failure nothing is open. */
fa_status stream_open(stream *s, const char *path);

/* If the file is compressed by gzip, the bytes that come from now on are the decompressed ones. For the beginning of
 * the file; the stream has to be closed on failure too. FA_ERR_UNSUPPORTED without zlib. */
fa_status stream_decompress(stream *s);

/* Bytes that can still come, at most. */
uint64_t stream_most(const stream *s);

void stream_close(stream *s);

#endif
