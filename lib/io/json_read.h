/* JSON text to jansson's values.
 *
 * jansson's own parser does not notice that memory is out while it collects the characters of a string: one that is
 * lost makes another string or number, and where the closing quote is lost it reads and writes beyond its buffers
 * (2.14, lex_save()). Its values say so, and are used. */
#ifndef LIBFA_JSON_READ_H
#define LIBFA_JSON_READ_H

#include "fields.h"

/* The one value that the text (RFC 8259) is: valid UTF-8, no name twice in an object, no \u0000, nested at most
 * FIELDS_DEPTH deep, at most FIELDS_VALUES values, integers that fit 64 bits, numbers of at most 127 characters.
 * Sentences begin as fields_fail() begins them. FA_ERR_FORMAT, FA_ERR_MEMORY; *value is NULL then. */
fa_status json_read(const fields *from, const char *text, size_t length, json_t **value);

#endif
