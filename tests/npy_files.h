/* .npy files of any element type for the tests, as NumPy lays them out. */
#ifndef LIBFA_TESTS_NPY_FILES_H
#define LIBFA_TESTS_NPY_FILES_H

#include "files.h"

enum { NPY_MOST = 4096 };

/* A type of element, and how the library's files of it hold a number. */
typedef struct npy_kind {
    const char *code; /* without the byte order */
    size_t size;
} npy_kind;

static inline uint64_t npy_bits(npy_kind kind, double value)
{
    const float single = (float)value;
    uint32_t low;
    uint64_t word;
    memcpy(&low, &single, sizeof low);
    memcpy(&word, &value, sizeof word);
    if (kind.code[0] == 'f')
        return kind.size == 4 ? low : word;
    return value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value;
}

/* Write the file: `order` is '<', '>' or '|', `shape` a tuple, `values` as they lie in the file. */
static inline void npy_save(const char *path, npy_kind kind, char order, bool fortran, const char *shape,
                            const double *values, size_t count)
{
    unsigned char bytes[NPY_MOST] = "\x93NUMPY\x01";
    char *header = (char *)bytes + 10;
    size_t size = 10 + (size_t)snprintf(header, 200, "{'descr': '%c%s', 'fortran_order': %s, 'shape': %s, }\n", order,
                                        kind.code, fortran ? "True" : "False", shape);
    bytes[8] = (unsigned char)(size - 10);
    ck_assert(size + count * kind.size <= NPY_MOST);
    for (size_t i = 0; i < count; i++) {
        const uint64_t word = npy_bits(kind, values[i]);
        for (size_t k = 0; k < kind.size; k++)
            bytes[size++] = (unsigned char)(word >> (8 * (order == '>' ? kind.size - 1 - k : k)));
    }
    put_file(path, bytes, size);
}

#endif
