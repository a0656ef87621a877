/* IDX files for the tests, byte by byte. */
#ifndef LIBFA_TESTS_IDX_FILES_H
#define LIBFA_TESTS_IDX_FILES_H

#include "files.h"

enum { IDX_MOST = 4096 };

/* A file that is being written. */
typedef struct idx_bytes {
    unsigned char bytes[IDX_MOST];
    size_t size;
} idx_bytes;

static inline void idx_put(idx_bytes *file, const void *bytes, size_t size)
{
    ck_assert(file->size + size <= IDX_MOST);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

/* The lowest bytes of a word, the highest of them first. */
static inline void idx_word(idx_bytes *file, uint64_t word, size_t size)
{
    for (size_t k = size; k-- > 0;) {
        unsigned char byte = (unsigned char)(word >> (8 * k));
        idx_put(file, &byte, 1);
    }
}

/* Everything before the elements. */
static inline idx_bytes idx_header(fa_idx_type type, size_t rank, const uint32_t *extents)
{
    idx_bytes file = {.size = 0};
    idx_word(&file, (uint64_t)type << 8 | rank, 4);
    for (size_t d = 0; d < rank; d++)
        idx_word(&file, extents[d], 4);
    return file;
}

/* Unsigned bytes 7, 44, 81, ... of that shape. */
static inline idx_bytes idx_pixels(size_t rank, const uint32_t *extents)
{
    idx_bytes file = idx_header(FA_IDX_UINT8, rank, extents);
    size_t count = 1;
    for (size_t d = 0; d < rank; d++)
        count *= extents[d];
    for (size_t k = 0; k < count; k++)
        idx_word(&file, (7 + 37 * k) % 256, 1);
    return file;
}

/* One of the changes that a byte is put through: each bit turned over, and all of them 0 or 1. */
enum { CHANGES = 10 };

static inline void change_byte(idx_bytes *file, size_t at, size_t change)
{
    unsigned value = change < 8 ? file->bytes[at] ^ 1u << change : change == 8 ? 0 : 0xff;
    file->bytes[at] = (unsigned char)value;
}

static inline void idx_save(const idx_bytes *file, const char *name, char path[PATH_SIZE])
{
    path_of(name, path);
    put_file(path, file->bytes, file->size);
}

#endif
