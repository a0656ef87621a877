/* Streams that zlib decompresses. The format: RFC 1952. */
#ifndef LIBFA_GZIP_H
#define LIBFA_GZIP_H

#include "stream.h"

#define GZIP_MAGIC "\x1f\x8b"
enum { GZIP_MAGIC_SIZE = 2 };

/* Take the decompressed bytes of the stream from now on. FA_ERR_MEMORY; FA_ERR_UNSUPPORTED without zlib. */
fa_status gzip_start(stream *s);

#endif
