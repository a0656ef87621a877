/* Elements as files hold them: booleans, integers and floats of any size and byte order. */
#ifndef LIBFA_ELEMENT_H
#define LIBFA_ELEMENT_H

#include <fa/base.h>

typedef enum element_kind { ELEMENT_BOOLEAN, ELEMENT_UNSIGNED, ELEMENT_SIGNED, ELEMENT_FLOAT } element_kind;

typedef struct element_type {
    element_kind kind;
    size_t       size; /* bytes: 1 (booleans), 1, 2, 4, 8 (integers), 4, 8 (floats) */
    bool         big_endian;
} element_type;

/* "uint8", "float64", ... */
const char *element_name(element_type type);

/* Integers and booleans: what labels can be. */
bool element_is_integer(element_type type);

/* How elements become numbers of a dtype. Single bytes go through a table. */
typedef struct element_decoder {
    element_type type;
    fa_dtype     dtype;
    union {
        float  float32[256];
        double float64[256];
    } table;
} element_decoder;

/* Values as they are, converted to nearest; with pixels, unsigned bytes become k / 255. */
void element_decoder_init(element_decoder *decoder, element_type type, fa_dtype dtype, bool pixels);

/* Decode count elements to numbers of the decoder's dtype, one after the other. */
void element_decode(const element_decoder *decoder, const unsigned char *bytes, size_t count, void *to);

/* Decode integers or booleans; the place of the first that int32_t cannot hold, or count. */
size_t element_decode_labels(element_type type, const unsigned char *bytes, size_t count, int32_t *to);

/* Whether this processor keeps the lowest byte last. */
bool element_host_is_big_endian(void);

/* Reverse the bytes of every element of that size. */
void element_swap(void *elements, size_t count, size_t size);

#endif
