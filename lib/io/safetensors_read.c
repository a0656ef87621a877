/* Elements of a safetensors file, into the places that a list says. */
#include "io/safetensors.h"

#include "element.h"
#include "matrix.h"

#include <fa/io.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "[2 x 3]"; of more than two extents the number alone. */
static void write_shape(char text[64], size_t rank, uint64_t rows, uint64_t cols)
{
    if (rank == 1)
        (void)snprintf(text, 64, "[%llu]", (unsigned long long)cols);
    else if (rank == 2)
        (void)snprintf(text, 64, "[%llu x %llu]", (unsigned long long)rows, (unsigned long long)cols);
    else
        (void)snprintf(text, 64, "of %zu dimensions", rank);
}

static fa_status fail_shape(const safetensors *file, const tensor *t, const safetensors_entry *e)
{
    char found[64], wanted[64];

    write_shape(found, e->rank, e->shape[0], e->rank == 1 ? e->shape[0] : e->shape[1]);
    write_shape(wanted, t->rank, t->rows, t->cols);
    return file_fail(FA_ERR_SHAPE, file->in.path, "tensor %s is %s, it has to be %s", t->name, found, wanted);
}

static bool fits(const tensor *t, const safetensors_entry *e)
{
    if (e->rank != t->rank)
        return false;
    return t->rank == 1 ? e->shape[0] == t->cols : e->shape[0] == t->rows && e->shape[1] == t->cols;
}

/* The file's element type, which is the list's own but for floats that may be converted. */
static fa_status take_type(const safetensors *file, const tensor *t, const safetensors_entry *e, uint32_t flags,
                           tensor_type *type)
{
    const bool is_f32 = strcmp(e->dtype, "F32") == 0, is_f64 = strcmp(e->dtype, "F64") == 0;

    *type = t->type;
    if (strcmp(e->dtype, tensor_type_name(t->type)) == 0)
        return FA_OK;
    if (t->integers == NULL && (is_f32 || is_f64) && (flags & FA_LOAD_CONVERT)) {
        *type = is_f32 ? TENSOR_F32 : TENSOR_F64;
        return FA_OK;
    }
    return file_fail(FA_ERR_DTYPE, file->in.path, "tensor %s is of type %s, not %s", t->name, e->dtype,
                     tensor_type_name(t->type));
}

static fa_status take_integers(safetensors *file, const tensor *t)
{
    const size_t size = tensor_type_size(t->type), count = t->rows * t->cols;
    const fa_status status = input_take(&file->in, t->integers, count * size);

    if (status == FA_OK && element_host_is_big_endian())
        element_swap(t->integers, count, size);
    return status;
}

/* Row by row, in pieces that are decoded and then moved. */
static fa_status take_matrix(safetensors *file, const tensor *t, tensor_type type)
{
    enum { PIECE = 512 };
    const element_type from = {ELEMENT_FLOAT, tensor_type_size(type), false};
    unsigned char bytes[PIECE * sizeof(double)];
    double decoded[PIECE];
    element_decoder decoder;
    fa_status status = FA_OK;

    element_decoder_init(&decoder, from, t->matrix.dtype, false);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t j = 0; j < t->cols && status == FA_OK; j += PIECE) {
            const size_t count = t->cols - j < PIECE ? t->cols - j : PIECE;
            const fa_matrix piece = fa_matrix_view(decoded, 1, count, t->matrix.dtype);
            fa_matrix to = t->matrix;

            status = input_take(&file->in, bytes, count * from.size);
            if (status != FA_OK)
                return status;
            to.data = matrix_at(&t->matrix, i, j);
            to.rows = 1;
            to.cols = count;
            element_decode(&decoder, bytes, count, decoded);
            matrix_move(&piece, &to);
        }
    return status;
}

static fa_status seek(safetensors *file, uint64_t begin)
{
    if (lseek(file->in.fd, (off_t)(file->data + begin), SEEK_SET) < 0)
        return file_fail_io(file->in.path, "cannot be read", errno);
    file->in.left = file->in.size - file->data - begin;
    return FA_OK;
}

static fa_status read_tensor(safetensors *file, const tensor *t, uint32_t flags)
{
    safetensors_entry entry;
    tensor_type type;

    if (!safetensors_find(file, t->name, &entry))
        return file_fail(FA_ERR_FORMAT, file->in.path, "there is no tensor \"%s\"", t->name);
    if (!fits(t, &entry))
        return fail_shape(file, t, &entry);
    fa_status status = take_type(file, t, &entry, flags, &type);
    if (status == FA_OK)
        status = seek(file, entry.begin);
    if (status == FA_OK)
        status = t->integers != NULL ? take_integers(file, t) : take_matrix(file, t, type);
    if (status == FA_OK && t->integers == NULL && !t->any_value && !(flags & FA_LOAD_NOT_FINITE) &&
        matrix_check_finite(&t->matrix, t->name) != FA_OK)
        status = file_fail_again(FA_ERR_NOT_FINITE, file->in.path);
    return status;
}

fa_status safetensors_read(safetensors *file, tensor_list *list, uint32_t flags)
{
    fa_status status = list->status;

    tensor_sort(list);
    for (size_t i = 0; i < list->count && status == FA_OK; i++)
        status = read_tensor(file, &list->items[i], flags);
    return status;
}
