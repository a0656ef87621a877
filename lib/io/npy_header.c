#include "npy.h"

#include <stdio.h>
#include <string.h>

/* The part of the text that is still to be read. */
typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

/* A piece of the text. */
typedef struct piece {
    const char *text;
    size_t      length;
} piece;

/* The values of the three keys, as they were found. */
typedef struct fields {
    bool     has_descr, has_order, has_shape;
    bool     structured; /* descr is not a string: an array of records; nothing after it was read */
    piece    descr;
    bool     fortran_order;
    size_t   dims;
    uint64_t shape[NPY_DIMS];
} fields;

static void skip_space(cursor *c)
{
    while (c->at < c->end && *c->at != '\0' && strchr(" \t\n\r\f", *c->at) != NULL)
        c->at++;
}

/* The next character that is not space; 0 at the end (and for a 0 in the text, which fits nowhere either). */
static char peek(cursor *c)
{
    skip_space(c);
    if (c->at < c->end)
        return *c->at;
    return '\0';
}

static bool take(cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    const size_t length = strlen(word);

    skip_space(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* A string in either kind of quotes. NumPy writes none with a backslash. */
static bool take_string(cursor *c, piece *string)
{
    const char quote = peek(c);

    if (quote != '\'' && quote != '"')
        return false;
    string->text = ++c->at;
    while (c->at < c->end && *c->at != quote && *c->at != '\\' && *c->at != '\n')
        c->at++;
    if (c->at == c->end || *c->at != quote)
        return false;
    string->length = (size_t)(c->at++ - string->text);
    return true;
}

static bool piece_is(piece p, const char *text)
{
    return p.length == strlen(text) && memcmp(p.text, text, p.length) == 0;
}

/* A decimal number, without sign and without a zero in front; UINT64_MAX stands for all that are larger. Python 2
 * wrote some with an L. */
static bool take_number(cursor *c, uint64_t *number)
{
    const char first = peek(c);

    if (first < '0' || first > '9')
        return false;
    *number = 0;
    for (size_t digits = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, digits++) {
        if (digits > 0 && first == '0')
            return false;
        if (__builtin_mul_overflow(*number, (uint64_t)10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*c->at - '0'), number))
            *number = UINT64_MAX / 10 + 1; /* overflows at the next digit too */
    }
    if (c->at < c->end && *c->at == 'L')
        c->at++;
    return true;
}

/* A tuple of numbers: (), (3,), (3, 4), (3, 4,). (3) is none. Counts all, keeps the first. */
static bool take_shape(cursor *c, fields *found)
{
    bool comma = true;

    if (!take(c, '('))
        return false;
    for (found->dims = 0; peek(c) != ')'; found->dims++) {
        uint64_t extent;

        if (!comma || !take_number(c, &extent))
            return false;
        if (found->dims < NPY_DIMS)
            found->shape[found->dims] = extent;
        comma = take(c, ',');
    }
    c->at++;
    return found->dims != 1 || comma;
}

static bool take_order(cursor *c, fields *found)
{
    found->fortran_order = take_word(c, "True");
    return found->fortran_order || take_word(c, "False");
}

static bool take_descr(cursor *c, fields *found)
{
    found->structured = peek(c) == '[' || peek(c) == '(';
    return found->structured || take_string(c, &found->descr);
}

/* A key that has not been there before. */
static bool is_new(piece key, const char *name, bool *seen)
{
    const bool fresh = piece_is(key, name) && !*seen;

    *seen = *seen || fresh;
    return fresh;
}

/* One "key: value". */
static bool take_item(cursor *c, fields *found)
{
    piece key;

    if (!take_string(c, &key) || !take(c, ':'))
        return false;
    if (is_new(key, "descr", &found->has_descr))
        return take_descr(c, found);
    if (is_new(key, "fortran_order", &found->has_order))
        return take_order(c, found);
    if (is_new(key, "shape", &found->has_shape))
        return take_shape(c, found);
    return false;
}

/* The whole dict, nothing but space after it. */
static bool take_dict(cursor *c, fields *found)
{
    bool comma = true;

    if (!take(c, '{'))
        return false;
    while (peek(c) != '}') {
        if (!comma || !take_item(c, found))
            return false;
        if (found->structured)
            return true;
        comma = take(c, ',');
    }
    c->at++;
    skip_space(c);
    return c->at == c->end && found->has_descr && found->has_order && found->has_shape;
}

/* '<' and '>' name a byte order; '=', '|' and nothing mean this processor's, as NumPy takes them. */
static void read_descr(piece descr, npy_header *header)
{
    static const struct {
        const char  *text;
        element_kind kind;
        size_t       size;
    } types[] = {
        {"f4", ELEMENT_FLOAT, 4},    {"f8", ELEMENT_FLOAT, 8},    {"b1", ELEMENT_BOOLEAN, 1},
        {"u1", ELEMENT_UNSIGNED, 1}, {"u2", ELEMENT_UNSIGNED, 2}, {"u4", ELEMENT_UNSIGNED, 4},
        {"u8", ELEMENT_UNSIGNED, 8}, {"i1", ELEMENT_SIGNED, 1},   {"i2", ELEMENT_SIGNED, 2},
        {"i4", ELEMENT_SIGNED, 4},   {"i8", ELEMENT_SIGNED, 8},
    };
    bool big_endian = element_host_is_big_endian();

    (void)snprintf(header->descr, sizeof(header->descr), "%.*s",
                   descr.length < NPY_DESCR_SIZE ? (int)descr.length : NPY_DESCR_SIZE - 1, descr.text);
    if (descr.length > 0 && strchr("<>=|", descr.text[0]) != NULL) {
        big_endian = descr.text[0] == '>' || (descr.text[0] != '<' && big_endian);
        descr.text++;
        descr.length--;
    }
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
        if (piece_is(descr, types[k].text)) {
            header->known = true;
            header->type = (element_type){types[k].kind, types[k].size, big_endian};
        }
}

fa_status npy_header_parse(const char *path, const char *text, size_t length, npy_header *header)
{
    cursor c = {text, text + length};
    fields found = {0};

    *header = (npy_header){0};
    if (!take_dict(&c, &found))
        return file_fail(FA_ERR_FORMAT, path, "the header of this .npy file is damaged near byte %zu of it",
                         (size_t)(c.at - text));
    header->structured = found.structured;
    if (found.structured)
        return FA_OK;
    read_descr(found.descr, header);
    header->fortran_order = found.fortran_order;
    header->dims = found.dims;
    memcpy(header->shape, found.shape, sizeof(header->shape));
    return FA_OK;
}

size_t npy_header_write(const fa_matrix *matrix, bool fortran_order, char start[NPY_START_SIZE])
{
    char *text = start + NPY_PREAMBLE_SIZE;
    const int written = snprintf(text, NPY_START_SIZE - NPY_PREAMBLE_SIZE,
                                 "{'descr': '<f%zu', 'fortran_order': %s, 'shape': (%zu, %zu), }",
                                 fa_dtype_size(matrix->dtype), fortran_order ? "True" : "False", matrix->rows,
                                 matrix->cols);
    /* Spaces and a newline up to a multiple of 64, so that the elements are aligned where the file is mapped. */
    const size_t end = NPY_PREAMBLE_SIZE + (size_t)written, total = (end + 1 + 63) / 64 * 64;
    const size_t length = total - NPY_PREAMBLE_SIZE;

    memset(start + end, ' ', total - end);
    start[total - 1] = '\n';
    memcpy(start, NPY_MAGIC "\x01\x00", NPY_MAGIC_SIZE + 2);
    start[8] = (char)(length & 0xff);
    start[9] = (char)(length >> 8);
    return total;
}
