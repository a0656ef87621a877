#include "io/stream.h"

#include "gzip.h"

#include <string.h>

static fa_status plain_take(stream *s, void *buffer, size_t count)
{
    if (count > s->in.left)
        return file_fail(FA_ERR_FORMAT, s->in.path, "is truncated: %zu bytes of it are missing",
                         count - (size_t)s->in.left);
    return input_take(&s->in, buffer, count);
}

static fa_status plain_finish(stream *s)
{
    if (s->in.left > 0)
        return file_fail(FA_ERR_FORMAT, s->in.path, "has %llu bytes after the end of its array",
                         (unsigned long long)s->in.left);
    return FA_OK;
}

fa_status stream_open(stream *s, const char *path)
{
    const fa_status status = input_open(&s->in, path);

    s->expands = 1;
    s->decoder = NULL;
    s->take = plain_take;
    s->finish = plain_finish;
    s->release = NULL;
    return status;
}

fa_status stream_decompress(stream *s)
{
    char start[GZIP_MAGIC_SIZE];
    size_t found = 0;
    const fa_status status = input_peek(&s->in, start, sizeof(start), &found);

    if (status != FA_OK)
        return status;
    if (found == sizeof(start) && memcmp(start, GZIP_MAGIC, sizeof(start)) == 0)
        return gzip_start(s);
    return FA_OK;
}

uint64_t stream_most(const stream *s)
{
    uint64_t most;

    /* A decoder may have read ahead, at the beginning of a small file as far as its end. */
    if (s->decoder == NULL)
        return s->in.left;
    return __builtin_mul_overflow(s->in.size, s->expands, &most) ? UINT64_MAX : most;
}

void stream_close(stream *s)
{
    if (s->release != NULL)
        s->release(s);
    input_close(&s->in);
}
