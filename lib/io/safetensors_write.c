#include "io/safetensors.h"

#include "alloc.h"
#include "output.h"
#include "status.h"

/* The elements begin on a multiple of this. */
enum { ALIGNMENT = 64 };

/* {"dtype": ..., "shape": [...], "data_offsets": [...]} */
static json_t *describe(const tensor *t, uint64_t begin, uint64_t end)
{
    json_t *shape = t->rank == 1 ? json_pack("[I]", (json_int_t)t->cols)
                                 : json_pack("[II]", (json_int_t)t->rows, (json_int_t)t->cols);

    return json_pack("{s:s, s:o, s:[II]}", "dtype", tensor_type_name(t->type), "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

static json_t *make_header(const json_t *metadata, const tensor_list *list)
{
    json_t *header = json_object();
    uint64_t begin = 0;
    bool sound = header != NULL && json_object_set_new(header, "__metadata__", json_deep_copy(metadata)) == 0;

    for (size_t i = 0; i < list->count && sound; i++) {
        const tensor *t = &list->items[i];
        const uint64_t end = begin + (uint64_t)t->rows * t->cols * tensor_type_size(t->type);

        sound = json_object_set_new(header, t->name, describe(t, begin, end)) == 0;
        begin = end;
    }
    if (!sound) {
        json_decref(header);
        header = NULL;
        (void)status_set(FA_ERR_MEMORY, "out of memory: a header");
    }
    return header;
}

static void put_header(output *out, const char *text, size_t length)
{
    static const char spaces[ALIGNMENT] = "                                                                ";
    const size_t padding = (ALIGNMENT - (8 + length) % ALIGNMENT) % ALIGNMENT;
    uint64_t left = (uint64_t)length + padding;
    unsigned char size[8];

    for (int i = 0; i < 8; i++, left >>= 8)
        size[i] = (unsigned char)(left & 0xff);
    output_put(out, size, sizeof(size));
    output_put(out, text, length);
    output_put(out, spaces, padding);
}

static fa_status write_with_header(const char *path, const tensor_list *list, const char *text, size_t length)
{
    output out;
    fa_status status = output_open(&out, path);

    if (status != FA_OK)
        return status;
    put_header(&out, text, length);
    for (size_t i = 0; i < list->count; i++) {
        const tensor *t = &list->items[i];

        if (t->integers != NULL)
            output_put_elements(&out, t->integers, t->rows * t->cols, tensor_type_size(t->type));
        else
            output_put_matrix(&out, &t->matrix, false);
    }
    return output_finish(&out);
}

fa_status safetensors_write(const char *path, const json_t *metadata, tensor_list *list)
{
    fa_status status = list->status;
    size_t length = 0;

    tensor_sort(list);
    json_t *header = status == FA_OK ? make_header(metadata, list) : NULL;
    char *text = NULL;
    if (status == FA_OK)
        status = header != NULL ? fields_write(header, &text, &length) : FA_ERR_MEMORY;
    json_decref(header);
    if (status == FA_OK && length > SAFETENSORS_HEADER_MAX - ALIGNMENT)
        status = status_set(FA_ERR_UNSUPPORTED, "a header of %zu bytes is longer than the format allows", length);
    if (status == FA_OK)
        status = write_with_header(path, list, text, length);
    mem_free(text);
    return status;
}
