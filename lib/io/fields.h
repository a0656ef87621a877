/* JSON objects from strangers: parsing within limits, and members of the type they have to be. Everything that is
 * not as it should be is FA_ERR_FORMAT with a sentence that names the file, the object and the member. */
#ifndef LIBFA_FIELDS_H
#define LIBFA_FIELDS_H

#include <fa/base.h>
#include <jansson.h>

#include "param.h"

/* An object of a file. */
typedef struct fields {
    const char *path;
    const char *what;   /* for sentences: "the header", "the optimizer" */
    json_t     *object; /* borrowed */
} fields;

/* Parse an object: UTF-8, no member twice, nested at most FIELDS_DEPTH deep, of at most FIELDS_VALUES values, nothing
 * behind it but white space. The caller has json_decref() of what is returned. FA_ERR_FORMAT, FA_ERR_MEMORY. */
enum { FIELDS_DEPTH = 8, FIELDS_VALUES = 1 << 20 };
fa_status fields_parse(const char *path, const char *what, const char *text, size_t length, json_t **object);

/* FA_ERR_FORMAT, "<path>: <what>: <sentence>". */
fa_status fields_fail(const fields *from, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Members. Counts are JSON integers 0 .. INT64_MAX; numbers of 64 bits are strings of decimal digits, because JSON's
 * integers end below; reals are JSON numbers, or "inf" and "-inf". */
fa_status fields_text(const fields *from, const char *key, const char **text);
fa_status fields_count(const fields *from, const char *key, uint64_t *count);
fa_status fields_number(const fields *from, const char *key, uint64_t *number);
fa_status fields_real(const fields *from, const char *key, double *real);
fa_status fields_flag(const fields *from, const char *key, bool *flag);
fa_status fields_object(const fields *from, const char *key, fields *object);

/* An array; and one of just that many members. */
fa_status fields_list(const fields *from, const char *key, json_t **array);
fa_status fields_array(const fields *from, const char *key, size_t length, json_t **array);

/* values[i] = member params[i].name, choices by name; what is missing, because an older version did not know it,
 * gets its default. A member that is not in the table is an error. */
fa_status fields_params(const fields *from, const fa_param *params, size_t n, double *values);

/* The reverse: new values; NULL if there is no memory. */
json_t *fields_make_number(uint64_t number);
json_t *fields_make_real(double real);
json_t *fields_make_params(const fa_param *params, size_t n, const double *values);

/* Text of an object, to be released with mem_free(), in any locale. FA_ERR_MEMORY; FA_ERR_UNSUPPORTED if
 * fields_parse() would refuse it for its number of values; *text is NULL then. */
fa_status fields_write(json_t *object, char **text, size_t *length);

#endif
