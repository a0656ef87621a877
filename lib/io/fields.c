#include "io/fields.h"

#include "alloc.h"
#include "decimal.h"
#include "file.h"
#include "json_read.h"
#include "status.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fa_status fields_fail(const fields *from, const char *format, ...)
{
    char text[192];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return file_fail(FA_ERR_FORMAT, from->path, "%s: %s", from->what, text);
}

/* --- parsing --- */

fa_status fields_parse(const char *path, const char *what, const char *text, size_t length, json_t **object)
{
    const fields from = {path, what, NULL};

    *object = NULL;
    if (length == 0 || text[0] != '{')
        return fields_fail(&from, "does not start with {");
    return json_read(&from, text, length, object);
}

/* --- members --- */

static fa_status wrong(const fields *from, const char *key, const char *kind)
{
    if (json_object_get(from->object, key) != NULL)
        return fields_fail(from, "\"%.64s\" is not %s", key, kind);
    return fields_fail(from, "\"%.64s\" is missing", key);
}

fa_status fields_text(const fields *from, const char *key, const char **text)
{
    *text = json_string_value(json_object_get(from->object, key));
    return *text != NULL ? FA_OK : wrong(from, key, "a string");
}

fa_status fields_count(const fields *from, const char *key, uint64_t *count)
{
    const json_t *value = json_object_get(from->object, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return wrong(from, key, "a whole number that is not negative");
    *count = (uint64_t)json_integer_value(value);
    return FA_OK;
}

fa_status fields_number(const fields *from, const char *key, uint64_t *number)
{
    const char *text = json_string_value(json_object_get(from->object, key));
    uint64_t found = 0;

    if (text == NULL || *text == '\0')
        return wrong(from, key, "a string of digits");
    for (; *text != '\0'; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(found, (uint64_t)10, &found) ||
            __builtin_add_overflow(found, (uint64_t)(*text - '0'), &found))
            return wrong(from, key, "a string of digits, below 2^64");
    *number = found;
    return FA_OK;
}

fa_status fields_real(const fields *from, const char *key, double *real)
{
    const json_t *value = json_object_get(from->object, key);
    const char *text = json_string_value(value);

    if (json_is_number(value))
        *real = json_number_value(value);
    else if (text != NULL && (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0))
        *real = text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
    else
        return wrong(from, key, "a number");
    return FA_OK;
}

fa_status fields_flag(const fields *from, const char *key, bool *flag)
{
    const json_t *value = json_object_get(from->object, key);

    if (!json_is_boolean(value))
        return wrong(from, key, "true or false");
    *flag = json_is_true(value);
    return FA_OK;
}

fa_status fields_object(const fields *from, const char *key, fields *object)
{
    json_t *value = json_object_get(from->object, key);

    if (!json_is_object(value))
        return wrong(from, key, "an object");
    *object = (fields){from->path, from->what, value};
    return FA_OK;
}

fa_status fields_list(const fields *from, const char *key, json_t **array)
{
    *array = json_object_get(from->object, key);
    return json_is_array(*array) ? FA_OK : wrong(from, key, "an array");
}

fa_status fields_array(const fields *from, const char *key, size_t length, json_t **array)
{
    const fa_status status = fields_list(from, key, array);

    if (status == FA_OK && json_array_size(*array) != length)
        return fields_fail(from, "\"%.64s\" has %zu members, not %zu", key, json_array_size(*array), length);
    return status;
}

/* One parameter, under the name of one in the table. */
static fa_status take_param(const fields *from, const fa_param *params, size_t n, size_t i, double *values)
{
    const json_t *value = json_object_get(from->object, params[i].name);
    const char *choice = params[i].type == FA_PARAM_CHOICE ? json_string_value(value) : NULL;
    double number = 0.0;
    fa_status status;

    if (params[i].type == FA_PARAM_CHOICE) {
        if (choice == NULL)
            return wrong(from, params[i].name, "the name of a choice");
        status = param_set_choice(params, n, values, from->what, params[i].name, choice);
    } else {
        status = fields_real(from, params[i].name, &number);
        if (status != FA_OK)
            return status;
        status = param_set(params, n, values, from->what, params[i].name, number);
    }
    return status == FA_OK ? FA_OK : file_fail_again(FA_ERR_FORMAT, from->path);
}

fa_status fields_params(const fields *from, const fa_param *params, size_t n, double *values)
{
    size_t found = 0;

    param_defaults(params, n, values);
    for (size_t i = 0; i < n; i++) {
        if (json_object_get(from->object, params[i].name) == NULL)
            continue;
        const fa_status status = take_param(from, params, n, i, values);
        if (status != FA_OK)
            return status;
        found++;
    }
    if (found < json_object_size(from->object))
        return fields_fail(from, "there is a parameter that this version of libfa does not know");
    return FA_OK;
}

/* --- writing --- */

json_t *fields_make_number(uint64_t number)
{
    return json_sprintf("%" PRIu64, number);
}

json_t *fields_make_real(double real)
{
    return isfinite(real) ? json_real(real) : json_string(real < 0.0 ? "-inf" : "inf");
}

static json_t *make_param(const fa_param *param, double value)
{
    size_t length;

    if (param->type != FA_PARAM_CHOICE)
        return fields_make_real(value);
    const char *name = param_choice(param, (size_t)value, &length);
    return json_stringn(name, length);
}

json_t *fields_make_params(const fa_param *params, size_t n, const double *values)
{
    json_t *object = json_object();

    for (size_t i = 0; i < n && object != NULL; i++)
        if (json_object_set_new(object, params[i].name, make_param(&params[i], values[i])) != 0) {
            json_decref(object);
            object = NULL;
        }
    return object;
}

/* Values as the reader counts them: an object or array for two. */
static size_t count_values(json_t *value)
{
    size_t count = json_is_object(value) || json_is_array(value) ? 2 : 1;
    const char *key;
    json_t *member;

    for (size_t i = 0; i < json_array_size(value); i++)
        count += count_values(json_array_get(value, i));
    json_object_foreach(value, key, member)
        count += count_values(member);
    return count;
}

/* jansson puts a dot in the place of the first byte of a locale's decimal point. Where that is a character of several
 * bytes the others are left over: they are of UTF-8, where such a byte stands behind no dot. */
static size_t repair_points(char *text, size_t length)
{
    size_t to = 0;

    for (size_t at = 0; at < length; at++) {
        if (to == 0 || text[to - 1] != '.' || ((unsigned char)text[at] & 0xc0) != 0x80)
            text[to++] = text[at];
    }
    text[to] = '\0';
    return to;
}

fa_status fields_write(json_t *object, char **text, size_t *length)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(17);
    const size_t values = count_values(object);

    *text = NULL;
    if (values > FIELDS_VALUES)
        return status_set(FA_ERR_UNSUPPORTED, "a header of %zu values could not be read again; %d is the most", values,
                          FIELDS_VALUES);
    const size_t size = json_dumpb(object, NULL, 0, flags);
    char *made = size > 0 ? mem_zeroed(size + 1, 1) : NULL;
    if (made == NULL || json_dumpb(object, made, size, flags) != size) {
        mem_free(made);
        return status_set(FA_ERR_MEMORY, "out of memory: a header");
    }
    *length = repair_points(made, size);
    *text = made;
    return FA_OK;
}
