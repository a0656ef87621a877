#include "io/json_read.h"

#include "alloc.h"
#include "decimal.h"
#include "status.h"
#include "utf8.h"

#include <math.h>
#include <string.h>

enum { NUMBER_SIZE = 128 };

/* A text on its way. Decoded strings lie in `decoded` one behind the other while they are needed; there they cannot be
 * longer than in the text. */
typedef struct reader {
    const fields *from;
    const char   *text;
    size_t        length;
    size_t        at;
    size_t        depth;
    size_t        values;
    char         *decoded;
    size_t        used;
    fa_status     status; /* of the first mistake */
} reader;

static json_t *wrong(reader *r, const char *what)
{
    if (r->status == FA_OK)
        r->status = fields_fail(r->from, "is not JSON: %s (byte %zu)", what, r->at);
    return NULL;
}

/* The same for JSON that is sound, but not for us. */
static json_t *refused(reader *r, const char *what)
{
    if (r->status == FA_OK)
        r->status = fields_fail(r->from, "%s (byte %zu)", what, r->at);
    return NULL;
}

/* What jansson made, or NULL: then memory is out. */
static json_t *made(reader *r, json_t *value)
{
    if (value == NULL && r->status == FA_OK)
        r->status = status_set(FA_ERR_MEMORY, "out of memory: JSON of %zu bytes", r->length);
    return value;
}

/* The next character; 0 at the end, and for a byte 0, which stands nowhere in JSON. */
static char peek(const reader *r)
{
    if (r->at >= r->length)
        return '\0';
    return r->text[r->at];
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(reader *r)
{
    while (is_space(peek(r)))
        r->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- strings --- */

static int hexadecimal(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u; false if they are none. */
static bool take_unit(reader *r, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        const int digit = hexadecimal(peek(r));

        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* Behind \u: a character, or two halves of one. */
static bool take_character(reader *r)
{
    uint32_t c, low;

    if (!take_unit(r, &c) || (c >= 0xdc00 && c < 0xe000))
        return false;
    if (c == 0)
        return refused(r, "a text has a character of value 0 in it") != NULL;
    if (c >= 0xd800 && c < 0xdc00) {
        if (r->length - r->at < 2 || r->text[r->at] != '\\' || r->text[r->at + 1] != 'u')
            return false;
        r->at += 2;
        if (!take_unit(r, &low) || low < 0xdc00 || low >= 0xe000)
            return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    r->used += utf8_put(r->decoded + r->used, c);
    return true;
}

static bool take_escape(reader *r)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char c = peek(r);
    const char *found = c != '\0' ? strchr(names, c) : NULL;

    r->at++;
    if (c == 'u')
        return take_character(r);
    if (found == NULL)
        return false;
    r->decoded[r->used++] = meanings[found - names];
    return true;
}

/* From the quote on; the decoded string ends with a 0. NULL if it is none. */
static const char *take_string(reader *r, size_t *length)
{
    const size_t start = r->used;

    r->at++;
    while (peek(r) != '"') {
        const char c = peek(r);

        if (r->at >= r->length || (unsigned char)c < 0x20) {
            wrong(r, r->at < r->length ? "a control character in a string" : "a string does not end");
            return NULL;
        }
        r->at++;
        if (c != '\\') {
            r->decoded[r->used++] = c;
        } else if (!take_escape(r)) {
            wrong(r, "an escape that means nothing");
            return NULL;
        }
    }
    r->at++;
    *length = r->used - start;
    r->decoded[r->used++] = '\0';
    return r->decoded + start;
}

static json_t *read_string(reader *r)
{
    const size_t start = r->used;
    size_t length = 0;
    const char *string = take_string(r, &length);
    json_t *value = string != NULL ? made(r, json_stringn_nocheck(string, length)) : NULL;

    r->used = start;
    return value;
}

/* --- numbers and names --- */

static size_t count_digits(const reader *r, size_t at)
{
    size_t count = 0;

    while (at + count < r->length && is_digit(r->text[at + count]))
        count++;
    return count;
}

/* How long the number here is; 0 if it is none. */
static size_t measure_number(const reader *r, bool *whole)
{
    size_t at = r->at + (peek(r) == '-');
    size_t digits = count_digits(r, at);

    if (digits == 0 || (digits > 1 && r->text[at] == '0'))
        return 0;
    at += digits;
    *whole = true;
    if (at < r->length && r->text[at] == '.') {
        digits = count_digits(r, at + 1);
        if (digits == 0)
            return 0;
        at += 1 + digits;
        *whole = false;
    }
    if (at < r->length && (r->text[at] == 'e' || r->text[at] == 'E')) {
        at++;
        at += at < r->length && (r->text[at] == '+' || r->text[at] == '-');
        digits = count_digits(r, at);
        if (digits == 0)
            return 0;
        at += digits;
        *whole = false;
    }
    return at - r->at;
}

static json_t *make_integer(reader *r, const char *digits)
{
    const bool negative = digits[0] == '-';
    json_int_t value = 0;

    for (const char *c = digits + negative; *c != '\0'; c++) {
        const json_int_t digit = negative ? '0' - *c : *c - '0';

        if (__builtin_mul_overflow(value, (json_int_t)10, &value) || __builtin_add_overflow(value, digit, &value))
            return refused(r, "a number is too large");
    }
    return made(r, json_integer(value));
}

static json_t *read_number(reader *r)
{
    char text[NUMBER_SIZE];
    bool whole = false;
    const size_t length = measure_number(r, &whole);
    json_t *value;

    if (length == 0 || length >= sizeof(text))
        return wrong(r, length == 0 ? "invalid token" : "a number is too long");
    memcpy(text, r->text + r->at, length);
    text[length] = '\0';
    if (whole) {
        value = make_integer(r, text);
    } else {
        const double real = decimal_read(text);
        value = isfinite(real) ? made(r, json_real(real)) : wrong(r, "real number overflow");
    }
    r->at += length;
    return value;
}

static json_t *read_name(reader *r)
{
    static const char *const names[] = {"true", "false", "null"};

    for (size_t i = 0; i < 3; i++) {
        const size_t length = strlen(names[i]);

        if (r->length - r->at >= length && memcmp(r->text + r->at, names[i], length) == 0) {
            r->at += length;
            return i == 0 ? json_true() : i == 1 ? json_false() : json_null();
        }
    }
    return wrong(r, "invalid token");
}

/* --- values --- */

static json_t *read_value(reader *r);

/* "name": value */
static bool read_member(reader *r, json_t *object)
{
    const size_t start = r->used;
    size_t length = 0;

    skip_space(r);
    if (peek(r) != '"')
        return wrong(r, "string or '}' expected") != NULL;
    const char *name = take_string(r, &length);
    if (name == NULL)
        return false;
    if (json_object_get(object, name) != NULL)
        return refused(r, "a name is there twice") != NULL;
    skip_space(r);
    if (peek(r) != ':')
        return wrong(r, "':' expected") != NULL;
    r->at++;
    json_t *value = read_value(r);
    if (value != NULL && json_object_set_new_nocheck(object, name, value) != 0)
        made(r, NULL);
    r->used = start;
    return r->status == FA_OK;
}

static bool read_element(reader *r, json_t *array)
{
    json_t *value = read_value(r);

    if (value != NULL && json_array_append_new(array, value) != 0)
        made(r, NULL);
    return r->status == FA_OK;
}

/* From the bracket to the one that closes it. */
static json_t *read_members(reader *r, json_t *whole, char close, bool (*read)(reader *r, json_t *whole))
{
    r->at++;
    skip_space(r);
    bool more = whole != NULL && peek(r) != close;

    while (more && read(r, whole)) {
        skip_space(r);
        more = peek(r) == ',';
        r->at += more;
    }
    if (r->status == FA_OK && peek(r) != close)
        wrong(r, close == '}' ? "'}' expected" : "']' expected");
    r->at++;
    if (r->status == FA_OK)
        return whole;
    json_decref(whole);
    return NULL;
}

static json_t *read_nested(reader *r)
{
    json_t *value;

    r->values++; /* an empty object takes as much memory as two other values */
    if (++r->depth > FIELDS_DEPTH) {
        r->status = fields_fail(r->from, "JSON is nested more than %d deep", FIELDS_DEPTH);
        return NULL;
    }
    if (peek(r) == '{')
        value = read_members(r, made(r, json_object()), '}', read_member);
    else
        value = read_members(r, made(r, json_array()), ']', read_element);
    r->depth--;
    return value;
}

static json_t *read_value(reader *r)
{
    skip_space(r);
    if (++r->values > FIELDS_VALUES) {
        r->status = fields_fail(r->from, "JSON has more than %d values", FIELDS_VALUES);
        return NULL;
    }

    const char c = peek(r);
    if (c == '{' || c == '[')
        return read_nested(r);
    if (c == '"')
        return read_string(r);
    return c == '-' || is_digit(c) ? read_number(r) : read_name(r);
}

/* --- the text --- */

fa_status json_read(const fields *from, const char *text, size_t length, json_t **value)
{
    reader r = {.from = from, .text = text, .length = length};
    size_t at = 0;

    *value = NULL;
    if (!utf8_check(text, length, &at))
        return fields_fail(from, "is not UTF-8 (byte %zu)", at);
    r.decoded = mem_zeroed(length + 1, 1);
    if (r.decoded == NULL)
        return FA_ERR_MEMORY;
    *value = read_value(&r);
    skip_space(&r);
    if (r.status == FA_OK && r.at < length)
        wrong(&r, "something follows its end");
    mem_free(r.decoded);
    if (r.status != FA_OK) {
        json_decref(*value);
        *value = NULL;
    }
    return r.status;
}
