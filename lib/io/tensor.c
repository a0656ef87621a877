#include "io/tensor.h"

#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t      size;
} types[] = {
    [TENSOR_F64] = {"F64", 8}, [TENSOR_U64] = {"U64", 8}, [TENSOR_F32] = {"F32", 4},
    [TENSOR_U32] = {"U32", 4}, [TENSOR_U8] = {"U8", 1},
};

const char *tensor_type_name(tensor_type type)
{
    return types[type].name;
}

size_t tensor_type_size(tensor_type type)
{
    return types[type].size;
}

/* Room for one more. */
static bool make_room(tensor_list *list)
{
    const size_t room = list->room > 0 ? 2 * list->room : 16;

    if (list->status != FA_OK || list->count < list->room)
        return list->status == FA_OK;
    tensor *items = mem_zeroed(room, sizeof(*items));
    if (items == NULL) {
        list->status = FA_ERR_MEMORY;
        return false;
    }
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    mem_free(list->items);
    list->items = items;
    list->room = room;
    return true;
}

/* A further tensor without shape. */
static tensor *append(tensor_list *list, const char *format, va_list arguments)
{
    if (!make_room(list))
        return &list->nowhere;
    tensor *added = &list->items[list->count++];
    (void)vsnprintf(added->name, sizeof(added->name), format, arguments);
    return added;
}

tensor *tensor_add(tensor_list *list, const fa_matrix *matrix, size_t rank, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tensor *added = append(list, format, arguments);
    va_end(arguments);
    added->type = matrix->dtype == FA_FLOAT64 ? TENSOR_F64 : TENSOR_F32;
    added->rank = rank;
    added->rows = matrix->rows;
    added->cols = matrix->cols;
    added->matrix = *matrix;
    return added;
}

tensor *tensor_add_integers(tensor_list *list, tensor_type type, void *integers, size_t rows, size_t cols, size_t rank,
                            const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tensor *added = append(list, format, arguments);
    va_end(arguments);
    added->type = type;
    added->rank = rank;
    added->rows = rows;
    added->cols = cols;
    added->integers = integers;
    return added;
}

void *tensor_memory(tensor_list *list, size_t count, size_t size)
{
    void **owned = list->status == FA_OK ? mem_zeroed(list->n_owned + 1, sizeof(*owned)) : NULL;
    void  *memory = owned != NULL ? mem_zeroed(count, size) : NULL;

    if (memory == NULL) {
        mem_free(owned);
        list->status = FA_ERR_MEMORY;
        return NULL;
    }
    if (list->n_owned > 0)
        memcpy(owned, list->owned, list->n_owned * sizeof(*owned));
    owned[list->n_owned++] = memory;
    mem_free(list->owned);
    list->owned = owned;
    return memory;
}

static int compare(const void *first, const void *second)
{
    const tensor *a = first, *b = second;
    const size_t a_size = tensor_type_size(a->type), b_size = tensor_type_size(b->type);

    if (a_size != b_size)
        return a_size > b_size ? -1 : 1;
    return strcmp(a->name, b->name);
}

void tensor_sort(tensor_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare);
}

const tensor *tensor_find(const tensor_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

void tensor_list_free(tensor_list *list)
{
    for (size_t i = 0; i < list->n_owned; i++)
        mem_free(list->owned[i]);
    mem_free(list->owned);
    mem_free(list->items);
    *list = (tensor_list){0};
}
