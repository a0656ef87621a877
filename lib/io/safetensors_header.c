/* Opening a safetensors file. Nothing in it is believed; every demand has a sentence of its own. */
#include "io/safetensors.h"

#include "alloc.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* Element types of the format, with their bits: four of them are smaller than a byte or not of this library, but a
 * file that holds them beside what is wanted is sound. */
static const struct {
    const char *name;
    unsigned    bits;
} known[] = {
    {"F4", 4},       {"F6_E2M3", 6},  {"F6_E3M2", 6}, {"BOOL", 8}, {"U8", 8},   {"I8", 8},   {"F8_E4M3", 8},
    {"F8_E5M2", 8},  {"F8_E8M0", 8},  {"F16", 16},    {"BF16", 16}, {"I16", 16}, {"U16", 16}, {"F32", 32},
    {"I32", 32},     {"U32", 32},     {"F64", 64},    {"I64", 64}, {"U64", 64}, {"C64", 64},
};

static unsigned bits_of(const char *dtype)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].name, dtype) == 0)
            return known[i].bits;
    return 0;
}

/* Members of a tensor's object, and nothing else. */
static fa_status check_members(const fields *t)
{
    const char *key;
    json_t *value;

    json_object_foreach(t->object, key, value)
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
            return fields_fail(t, "has an unknown member \"%.64s\"", key);
    return FA_OK;
}

static bool is_size(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* Number of elements. */
static fa_status take_shape(const fields *t, safetensors_entry *entry, uint64_t *elements)
{
    json_t *shape;
    fa_status status = fields_list(t, "shape", &shape);

    if (status != FA_OK)
        return status;
    entry->rank = json_array_size(shape);
    *elements = 1;
    for (size_t i = 0; i < entry->rank; i++) {
        const json_t *size = json_array_get(shape, i);

        if (!is_size(size))
            return fields_fail(t, "\"shape\" has a member that is not a whole number of at least 0");
        const uint64_t extent = (uint64_t)json_integer_value(size);
        if (i < 2)
            entry->shape[i] = extent;
        if (__builtin_mul_overflow(*elements, extent, elements))
            return fields_fail(t, "the product of \"shape\" is above 2^64");
    }
    return FA_OK;
}

static fa_status take_offsets(const fields *t, safetensors_entry *entry)
{
    json_t *offsets;
    fa_status status = fields_array(t, "data_offsets", 2, &offsets);

    if (status != FA_OK)
        return status;
    if (!is_size(json_array_get(offsets, 0)) || !is_size(json_array_get(offsets, 1)))
        return fields_fail(t, "\"data_offsets\" has a member that is not a whole number of at least 0");
    entry->begin = (uint64_t)json_integer_value(json_array_get(offsets, 0));
    entry->end = (uint64_t)json_integer_value(json_array_get(offsets, 1));
    if (entry->end < entry->begin)
        return fields_fail(t, "ends before it begins");
    return FA_OK;
}

static fa_status take_entry(const fields *t, safetensors_entry *entry)
{
    uint64_t elements = 0, bits;
    fa_status status = check_members(t);

    if (status == FA_OK)
        status = fields_text(t, "dtype", &entry->dtype);
    if (status != FA_OK)
        return status;
    if (bits_of(entry->dtype) == 0)
        return fields_fail(t, "there is no element type \"%.16s\"", entry->dtype);
    status = take_shape(t, entry, &elements);
    if (status == FA_OK)
        status = take_offsets(t, entry);
    if (status != FA_OK)
        return status;
    if (__builtin_mul_overflow(elements, (uint64_t)bits_of(entry->dtype), &bits) || bits % 8 != 0 ||
        bits / 8 != entry->end - entry->begin)
        return fields_fail(t, "has %llu bytes, which is not what its shape and type take",
                           (unsigned long long)(entry->end - entry->begin));
    return FA_OK;
}

static fa_status check_metadata(const fields *header)
{
    json_t *metadata = json_object_get(header->object, "__metadata__"), *value;
    const char *key;

    if (metadata == NULL)
        return FA_OK;
    if (!json_is_object(metadata))
        return fields_fail(header, "\"__metadata__\" is not an object");
    json_object_foreach(metadata, key, value)
        if (!json_is_string(value))
            return fields_fail(header, "\"__metadata__\" has a member that is not a string: \"%.64s\"", key);
    return FA_OK;
}

/* Where a tensor's bytes lie. */
typedef struct extent {
    const char *name;
    uint64_t    begin;
    uint64_t    end;
} extent;

static int compare(const void *first, const void *second)
{
    const extent *a = first, *b = second;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* One behind the other, from the first byte behind the header to the last of the file. */
static fa_status check_extents(const fields *header, extent *extents, size_t count, uint64_t size)
{
    uint64_t at = 0;

    if (count > 0)
        qsort(extents, count, sizeof(*extents), compare);
    for (size_t i = 0; i < count; i++) {
        if (extents[i].begin != at)
            return fields_fail(header, "\"%.64s\" %s", extents[i].name,
                               extents[i].begin < at ? "overlaps another tensor"
                                                     : "does not follow the tensor before it");
        at = extents[i].end;
    }
    if (at > size)
        return fields_fail(header, "the tensors take %llu bytes, the file has %llu for them", (unsigned long long)at,
                           (unsigned long long)size);
    if (at < size)
        return fields_fail(header, "%llu bytes follow the last tensor", (unsigned long long)(size - at));
    return FA_OK;
}

static fa_status check_tensors(const fields *header, extent *extents, uint64_t size)
{
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach(header->object, name, value) {
        char what[96] = "tensor ";
        const fields t = {header->path, what, value};
        safetensors_entry entry;

        if (strcmp(name, "__metadata__") == 0)
            continue;
        strncat(what, name, sizeof(what) - 16);
        if (!json_is_object(value))
            return fields_fail(&t, "is not an object");
        const fa_status status = take_entry(&t, &entry);
        if (status != FA_OK)
            return status;
        extents[count++] = (extent){name, entry.begin, entry.end};
    }
    return check_extents(header, extents, count, size);
}

/* Everything about the header that can be checked without the elements. */
static fa_status check_header(const safetensors *file)
{
    const fields header = {file->in.path, "the header", file->header};
    fa_status status = check_metadata(&header);

    if (status != FA_OK)
        return status;
    extent *extents = mem_zeroed(json_object_size(file->header) + 1, sizeof(*extents));
    if (extents == NULL)
        return FA_ERR_MEMORY;
    status = check_tensors(&header, extents, file->in.size - file->data);
    mem_free(extents);
    return status;
}

static fa_status take_length(input *in, uint64_t *length)
{
    unsigned char bytes[8];

    if (in->left < sizeof(bytes))
        return file_fail(FA_ERR_FORMAT, in->path, "has %llu bytes, a safetensors file has 8 at least",
                         (unsigned long long)in->left);
    const fa_status status = input_take(in, bytes, sizeof(bytes));
    if (status != FA_OK)
        return status;
    *length = 0;
    for (int i = 7; i >= 0; i--)
        *length = *length << 8 | bytes[i];
    if (*length > in->left)
        return file_fail(FA_ERR_FORMAT, in->path, "the header takes %llu bytes, and %llu follow",
                         (unsigned long long)*length, (unsigned long long)in->left);
    if (*length > SAFETENSORS_HEADER_MAX)
        return file_fail(FA_ERR_FORMAT, in->path, "the header takes %llu bytes; %d is the most that is read",
                         (unsigned long long)*length, SAFETENSORS_HEADER_MAX);
    return FA_OK;
}

static fa_status take_header(safetensors *file)
{
    uint64_t length = 0;
    fa_status status = take_length(&file->in, &length);

    if (status != FA_OK)
        return status;
    char *text = mem_zeroed((size_t)length + 1, 1);
    if (text == NULL)
        return FA_ERR_MEMORY;
    status = input_take(&file->in, text, (size_t)length);
    if (status == FA_OK)
        status = fields_parse(file->in.path, "the header", text, (size_t)length, &file->header);
    mem_free(text);
    file->data = 8 + length;
    return status;
}

fa_status safetensors_open(safetensors *file, const char *path)
{
    fa_status status = input_open(&file->in, path);

    file->header = NULL;
    if (status != FA_OK)
        return status;
    status = take_header(file);
    if (status == FA_OK)
        status = check_header(file);
    if (status != FA_OK)
        safetensors_close(file);
    return status;
}

void safetensors_close(safetensors *file)
{
    json_decref(file->header);
    input_close(&file->in);
}

const char *safetensors_metadata(const safetensors *file, const char *name)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), name));
}

bool safetensors_find(const safetensors *file, const char *name, safetensors_entry *entry)
{
    const fields t = {file->in.path, "a tensor", json_object_get(file->header, name)};

    return t.object != NULL && strcmp(name, "__metadata__") != 0 && take_entry(&t, entry) == FA_OK;
}

/* The names of a list as an object, which finds them fast. */
static json_t *names_of_list(const tensor_list *list)
{
    json_t *names = json_object();

    for (size_t i = 0; i < list->count && names != NULL; i++)
        if (json_object_set_new(names, list->items[i].name, json_null()) != 0) {
            json_decref(names);
            names = NULL;
        }
    if (names == NULL)
        (void)status_set(FA_ERR_MEMORY, "out of memory: %zu names", list->count);
    return names;
}

fa_status safetensors_check_names(const safetensors *file, const tensor_list *list,
                                  bool (*accept)(const void *data, const char *name), const void *data)
{
    json_t *names = list->status == FA_OK ? names_of_list(list) : NULL, *value;
    const char *name;
    fa_status status = names != NULL ? FA_OK : FA_ERR_MEMORY;

    json_object_foreach(file->header, name, value)
        if (status == FA_OK && strcmp(name, "__metadata__") != 0 && json_object_get(names, name) == NULL &&
            !accept(data, name))
            status = file_fail(FA_ERR_FORMAT, file->in.path, "there is no place for tensor \"%.64s\"", name);
    json_decref(names);
    return status;
}
