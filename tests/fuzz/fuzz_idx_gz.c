/* The readers of IDX files on compressed ones. The first byte says how the others become a file:
 *
 *     0 mod 4  as they are
 *     1 mod 4  they are deflate's own bytes: header and checksum are put around them
 *     2 mod 4  they are the decompressed bytes, in one stored block: what is behind the checksum is reached
 *     3 mod 4  the same in two members
 *
 * Its fourth bit picks the element type. */
#include "idx.h"

#include <string.h>
#define ZLIB_CONST /* inflate() reads what is const */
#include <zlib.h>

enum { MOST = 1 << 16, AROUND = 64, HEADER = 10 };

typedef struct bytes {
    uint8_t at[MOST + AROUND];
    size_t size;
} bytes;

static void put(bytes *to, const void *from, size_t size)
{
    memcpy(to->at + to->size, from, size);
    to->size += size;
}

static void put_little(bytes *to, uint64_t number, size_t size)
{
    for (; size > 0; size--, number >>= 8)
        to->at[to->size++] = (uint8_t)number;
}

static void put_header(bytes *to)
{
    static const uint8_t header[HEADER] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    put(to, header, sizeof header);
}

/* RFC 1951, 3.2.4, and RFC 1952. */
static void put_stored(bytes *to, const uint8_t *data, size_t size)
{
    put_header(to);
    put_little(to, 1, 1);
    put_little(to, size, 2);
    put_little(to, ~size & 0xffff, 2);
    put(to, data, size);
    put_little(to, crc32(0, data, (uInt)size), 4);
    put_little(to, size, 4);
}

/* The checksum is that of what zlib makes of the bytes, as far as it gets. */
static void put_deflated(bytes *to, const uint8_t *data, size_t size)
{
    static uint8_t out[MOST];
    z_stream z = {.next_in = data, .avail_in = (uInt)size, .next_out = out, .avail_out = MOST};
    require(inflateInit2(&z, -MAX_WBITS) == Z_OK);
    inflate(&z, Z_FINISH);
    put_header(to);
    put(to, data, size);
    put_little(to, crc32(0, out, (uInt)z.total_out), 4);
    put_little(to, z.total_out, 4);
    inflateEnd(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bytes file;
    if (size == 0 || size >= MOST)
        return -1;
    const unsigned how = *data++;
    size--;
    file.size = 0;
    if (how % 4 == 0)
        put(&file, data, size);
    else if (how % 4 == 1)
        put_deflated(&file, data, size);
    else
        put_stored(&file, data, how % 4 == 2 ? size : size / 2);
    if (how % 4 == 3)
        put_stored(&file, data + size / 2, size - size / 2);
    read_idx_file(file_of(0, file.at, file.size), how & 8 ? FA_FLOAT64 : FA_FLOAT32);
    return 0;
}
