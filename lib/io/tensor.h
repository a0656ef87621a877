/* Tensors on their way to a file or from one: names, types, and where in memory their elements are.
 *
 * One list serves both directions: what a file of these tensors is written from is what it is read into. */
#ifndef LIBFA_TENSOR_H
#define LIBFA_TENSOR_H

#include <fa/base.h>

/* By size of an element, the largest first: the order in a file. */
typedef enum tensor_type { TENSOR_F64, TENSOR_U64, TENSOR_F32, TENSOR_U32, TENSOR_U8 } tensor_type;

enum { TENSOR_NAME_SIZE = 80 };

typedef struct tensor {
    char        name[TENSOR_NAME_SIZE];
    tensor_type type;
    size_t      rank;      /* 1: [cols], 2: [rows x cols] */
    size_t      rows;      /* 1 with rank 1 */
    size_t      cols;
    fa_matrix   matrix;    /* of floats */
    void       *integers;  /* one after the other; NULL for floats */
    bool        any_value; /* may hold NaN and infinity */
} tensor;

/* Starts as {0}. The first failure is kept in status; after it nothing is added. */
typedef struct tensor_list {
    tensor   *items;
    size_t    count;
    size_t    room;
    void    **owned;   /* memory to be released with the list */
    size_t    n_owned;
    fa_status status;
    tensor    nowhere; /* what is added after a failure, which nobody looks at */
} tensor_list;

/* "F64", ...; and the bytes of an element. */
const char *tensor_type_name(tensor_type type);
size_t tensor_type_size(tensor_type type);

/* Add a matrix of floats; with rank 1, which is for one row, as [cols]. */
tensor *tensor_add(tensor_list *list, const fa_matrix *matrix, size_t rank, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Add integers [rows x cols], one after the other. */
tensor *tensor_add_integers(tensor_list *list, tensor_type type, void *integers, size_t rows, size_t cols, size_t rank,
                            const char *format, ...) __attribute__((format(printf, 7, 8)));

/* Zeroed memory that lives as long as the list; NULL after a failure. */
void *tensor_memory(tensor_list *list, size_t count, size_t size);

/* Into the order of a file: by size of the elements, the largest first, then by name. */
void tensor_sort(tensor_list *list);

/* The tensor of that name, or NULL. */
const tensor *tensor_find(const tensor_list *list, const char *name);

void tensor_list_free(tensor_list *list);

#endif
