#include "io/gzip.h"

#include "config.h"

#if FA_HAVE_ZLIB

#include "alloc.h"

#include <zlib.h>

/* Compressed bytes that are read at once, and the most that deflate makes of one: https://zlib.net/zlib_tech.html */
enum { READ_SIZE = 1 << 16, MOST_PER_BYTE = 1032 };

typedef struct decoder {
    z_stream z;
    bool     between; /* before the first member of the file, or behind one */
    bool     any;     /* a member has ended */
    Bytef    bytes[READ_SIZE];
} decoder;

static voidpf allocate(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return mem_zeroed(count, size);
}

static void release_memory(voidpf opaque, voidpf memory)
{
    (void)opaque;
    mem_free(memory);
}

/* More compressed bytes, if there are any. */
static fa_status refill(stream *s, decoder *d)
{
    const size_t count = s->in.left < READ_SIZE ? (size_t)s->in.left : READ_SIZE;

    d->z.next_in = d->bytes;
    d->z.avail_in = (uInt)count;
    return input_take(&s->in, d->bytes, count);
}

/* One call of inflate(); there is something to read, and room to write. */
static fa_status inflate_some(stream *s, decoder *d)
{
    const char *path = s->in.path;

    if (d->between && d->any && d->z.next_in[0] != (Bytef)GZIP_MAGIC[0])
        return file_fail(FA_ERR_FORMAT, path, "has bytes after the end of its compressed data");
    d->between = false;

    const int result = inflate(&d->z, Z_NO_FLUSH);
    if (result == Z_OK)
        return FA_OK;
    if (result == Z_MEM_ERROR)
        return file_fail_again(FA_ERR_MEMORY, path);
    if (result != Z_STREAM_END)
        return file_fail(FA_ERR_FORMAT, path, "its compressed data are damaged: %s",
                         d->z.msg != NULL ? d->z.msg : "no gzip stream");
    /* Another member may follow: gzip files may be put one after the other. */
    d->between = d->any = true;
    inflateReset(&d->z);
    return FA_OK;
}

/* Decompress at most count bytes; fewer only at the end of the last member, whose checksum is then seen to be right. */
static fa_status produce(stream *s, void *buffer, size_t count, size_t *produced)
{
    decoder *d = s->decoder;
    fa_status status = FA_OK;

    d->z.next_out = buffer;
    d->z.avail_out = (uInt)count;
    while (status == FA_OK && d->z.avail_out > 0) {
        if (d->z.avail_in == 0)
            status = refill(s, d);
        if (status != FA_OK || (d->z.avail_in == 0 && d->between))
            break;
        if (d->z.avail_in == 0)
            return file_fail(FA_ERR_FORMAT, s->in.path, "is truncated: its compressed data end too early");
        status = inflate_some(s, d);
    }
    *produced = count - d->z.avail_out;
    return status;
}

static fa_status gzip_take(stream *s, void *buffer, size_t count)
{
    const size_t most = (size_t)1 << 30; /* zlib counts in unsigned int */
    char *to = buffer;

    while (count > 0) {
        const size_t piece = count < most ? count : most;
        size_t produced = 0;
        const fa_status status = produce(s, to, piece, &produced);

        if (status != FA_OK)
            return status;
        if (produced < piece)
            return file_fail(FA_ERR_FORMAT, s->in.path, "is truncated: %zu decompressed bytes of it are missing",
                             count - produced);
        to += piece;
        count -= piece;
    }
    return FA_OK;
}

static fa_status gzip_finish(stream *s)
{
    char more;
    size_t produced = 0;
    const fa_status status = produce(s, &more, 1, &produced);

    if (status == FA_OK && produced > 0)
        return file_fail(FA_ERR_FORMAT, s->in.path, "has decompressed bytes after the end of its array");
    return status;
}

static void gzip_release(stream *s)
{
    decoder *d = s->decoder;

    inflateEnd(&d->z);
    mem_free(d);
}

fa_status gzip_start(stream *s)
{
    const int only_gzip = 16 + MAX_WBITS;
    decoder *d = mem_zeroed(1, sizeof(*d));

    if (d == NULL)
        return file_fail_again(FA_ERR_MEMORY, s->in.path);
    d->z.zalloc = allocate;
    d->z.zfree = release_memory;
    d->between = true;
    if (inflateInit2(&d->z, only_gzip) != Z_OK) {
        mem_free(d);
        return file_fail(FA_ERR_MEMORY, s->in.path, "out of memory for its decompression");
    }
    s->decoder = d;
    s->take = gzip_take;
    s->finish = gzip_finish;
    s->release = gzip_release;
    s->expands = MOST_PER_BYTE;
    return FA_OK;
}

#else

fa_status gzip_start(stream *s)
{
    return file_fail(FA_ERR_UNSUPPORTED, s->in.path,
                     "is compressed by gzip, and this libfa was built without zlib: decompress it with gunzip");
}

#endif
