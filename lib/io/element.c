#include "io/element.h"

#include <string.h>

/* Elements that are decoded at once. */
enum { PIECE = 256 };

bool element_host_is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

void element_swap(void *elements, size_t count, size_t size)
{
    unsigned char *element = elements;

    for (size_t i = 0; i < count; i++, element += size)
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            const unsigned char kept = element[low];

            element[low] = element[high];
            element[high] = kept;
        }
}

const char *element_name(element_type type)
{
    static const char *const unsigned_names[] = {"uint8", "uint16", "uint32", "uint64"};
    static const char *const signed_names[] = {"int8", "int16", "int32", "int64"};
    const size_t place = type.size == 1 ? 0 : type.size == 2 ? 1 : type.size == 4 ? 2 : 3;

    switch (type.kind) {
    case ELEMENT_UNSIGNED:
        return unsigned_names[place];
    case ELEMENT_SIGNED:
        return signed_names[place];
    case ELEMENT_FLOAT:
        return type.size == 4 ? "float32" : "float64";
    case ELEMENT_BOOLEAN:
        break;
    }
    return "bool";
}

bool element_is_integer(element_type type)
{
    return type.kind != ELEMENT_FLOAT;
}

/* Bytes to the lowest bytes of words. Inlined for one size and order at a time, which makes a load and a swap of it. */
static inline void load(const unsigned char *bytes, size_t size, bool big_endian, size_t count, uint64_t *words)
{
    for (size_t i = 0; i < count; i++, bytes += size) {
        uint64_t word = 0;

        for (size_t k = 0; k < size; k++)
            word = word << 8 | bytes[big_endian ? k : size - 1 - k];
        words[i] = word;
    }
}

static void load_words(element_type type, const unsigned char *bytes, size_t count, uint64_t *words)
{
    if (type.size == 1)
        load(bytes, 1, false, count, words);
    else if (type.size == 2)
        type.big_endian ? load(bytes, 2, true, count, words) : load(bytes, 2, false, count, words);
    else if (type.size == 4)
        type.big_endian ? load(bytes, 4, true, count, words) : load(bytes, 4, false, count, words);
    else
        type.big_endian ? load(bytes, 8, true, count, words) : load(bytes, 8, false, count, words);
}

/* The integer in two's complement of that many bytes. */
static inline int64_t signed_of(uint64_t word, size_t size)
{
    const uint64_t sign = (uint64_t)1 << (8 * size - 1);
    const uint64_t wide = (word ^ sign) - sign;
    int64_t value;

    memcpy(&value, &wide, sizeof(value));
    return value;
}

static inline double float_of(uint64_t word, size_t size)
{
    const uint32_t low = (uint32_t)word;
    float single;
    double value;

    if (size == sizeof(single)) {
        memcpy(&single, &low, sizeof(single));
        return (double)single;
    }
    memcpy(&value, &word, sizeof(value));
    return value;
}

/* Integers go to float32 directly: by way of double they would be rounded twice. */
static inline float to_float32(element_type type, uint64_t word)
{
    if (type.kind == ELEMENT_FLOAT)
        return (float)float_of(word, type.size);
    if (type.kind == ELEMENT_SIGNED)
        return (float)signed_of(word, type.size);
    return type.kind == ELEMENT_BOOLEAN ? (float)(word != 0) : (float)word;
}

static inline double to_float64(element_type type, uint64_t word)
{
    if (type.kind == ELEMENT_FLOAT)
        return float_of(word, type.size);
    if (type.kind == ELEMENT_SIGNED)
        return (double)signed_of(word, type.size);
    return type.kind == ELEMENT_BOOLEAN ? (double)(word != 0) : (double)word;
}

void element_decoder_init(element_decoder *decoder, element_type type, fa_dtype dtype, bool pixels)
{
    decoder->type = type;
    decoder->dtype = dtype;
    if (type.size != 1)
        return;

    const bool scaled = pixels && type.kind == ELEMENT_UNSIGNED;
    for (unsigned k = 0; k < 256; k++)
        if (dtype == FA_FLOAT32)
            decoder->table.float32[k] = scaled ? (float)k / 255.0f : to_float32(type, k);
        else
            decoder->table.float64[k] = scaled ? (double)k / 255.0 : to_float64(type, k);
}

static void decode_words(const element_decoder *decoder, const uint64_t *words, size_t count, void *to)
{
    const element_type type = decoder->type;

    if (decoder->dtype == FA_FLOAT32)
        for (size_t i = 0; i < count; i++)
            ((float *)to)[i] = to_float32(type, words[i]);
    else
        for (size_t i = 0; i < count; i++)
            ((double *)to)[i] = to_float64(type, words[i]);
}

void element_decode(const element_decoder *decoder, const unsigned char *bytes, size_t count, void *to)
{
    uint64_t words[PIECE];

    if (decoder->type.size == 1 && decoder->dtype == FA_FLOAT32) {
        for (size_t i = 0; i < count; i++)
            ((float *)to)[i] = decoder->table.float32[bytes[i]];
        return;
    }
    if (decoder->type.size == 1) {
        for (size_t i = 0; i < count; i++)
            ((double *)to)[i] = decoder->table.float64[bytes[i]];
        return;
    }
    for (size_t done = 0; done < count; done += PIECE) {
        const size_t piece = count - done < PIECE ? count - done : PIECE;

        load_words(decoder->type, bytes + done * decoder->type.size, piece, words);
        decode_words(decoder, words, piece, (char *)to + done * fa_dtype_size(decoder->dtype));
    }
}

/* The label that a word stands for; false if there is none. */
static bool label_of(element_type type, uint64_t word, int32_t *label)
{
    const int64_t value = signed_of(word, type.size);

    if (type.kind == ELEMENT_BOOLEAN)
        *label = word != 0;
    else if (type.kind == ELEMENT_UNSIGNED && word <= INT32_MAX)
        *label = (int32_t)word;
    else if (type.kind == ELEMENT_SIGNED && value >= INT32_MIN && value <= INT32_MAX)
        *label = (int32_t)value;
    else
        return false;
    return true;
}

size_t element_decode_labels(element_type type, const unsigned char *bytes, size_t count, int32_t *to)
{
    uint64_t words[PIECE];

    for (size_t done = 0; done < count; done += PIECE) {
        const size_t piece = count - done < PIECE ? count - done : PIECE;

        load_words(type, bytes + done * type.size, piece, words);
        for (size_t i = 0; i < piece; i++)
            if (!label_of(type, words[i], &to[done + i]))
                return done + i;
    }
    return count;
}
