#include "io/array.h"

#include "alloc.h"
#include "matrix.h"

#include <limits.h>

/* Bytes of the array that are decoded at once. */
enum { CHUNK = 1 << 16 };

fa_status array_size(array_file *file)
{
    const char *path = file->bytes.in.path;
    const uint64_t rows = file->shape[0], most = stream_most(&file->bytes);
    uint64_t cols = 1, wanted;

    for (size_t d = 1; d < file->rank; d++)
        if (__builtin_mul_overflow(cols, file->shape[d], &cols))
            cols = UINT64_MAX / UINT32_MAX; /* no extent of 1 or more makes this a small number again */
    if (rows > INT_MAX)
        return file_fail(FA_ERR_SHAPE, path, "claims %llu samples, there may be at most %d", (unsigned long long)rows,
                         INT_MAX);
    if (cols > INT_MAX)
        return file_fail(FA_ERR_SHAPE, path, "claims samples of more than %d elements", INT_MAX);
    if (__builtin_mul_overflow(rows * cols, (uint64_t)file->type.size, &wanted) || wanted > SIZE_MAX)
        return file_fail(FA_ERR_SHAPE, path, "claims %llu samples of %llu elements, more than there are addresses for",
                         (unsigned long long)rows, (unsigned long long)cols);
    if (wanted > most)
        return file_fail(FA_ERR_FORMAT, path, "is truncated: %llu samples of %llu elements of %s, but only %llu %s",
                         (unsigned long long)rows, (unsigned long long)cols, element_name(file->type),
                         (unsigned long long)(file->bytes.decoder ? file->bytes.in.size : most),
                         file->bytes.decoder ? "compressed bytes" : "bytes for them");
    file->rows = (size_t)rows;
    file->cols = (size_t)cols;
    return FA_OK;
}

/* Elements of a chunk. */
static size_t chunk_elements(const array_file *file)
{
    const size_t all = file->rows * file->cols, most = CHUNK / file->type.size;

    return all < most ? all : most;
}

/* Memory for the bytes of a chunk, behind `more` bytes for each of its elements. */
static unsigned char *make_chunk(const array_file *file, size_t more)
{
    unsigned char *chunk = mem_zeroed(chunk_elements(file), file->type.size + more);

    if (chunk == NULL)
        file_fail_again(FA_ERR_MEMORY, file->bytes.in.path);
    return chunk;
}

/* Column in C order of line number `line` of a file in Fortran order, in which the second index runs fastest. */
static size_t column_of(const array_file *file, size_t line)
{
    const size_t n[ARRAY_RANK] = {file->rows, (size_t)file->shape[1], (size_t)file->shape[2], (size_t)file->shape[3]};
    const size_t second = line % n[1], rest = line / n[1];

    return (second * n[2] + rest % n[2]) * n[3] + rest / n[2];
}

/* Put elements first .. first + count - 1 of a file in Fortran order into their places: pieces of columns. */
static void scatter(const array_file *file, size_t first, size_t count, void *values, const fa_matrix *matrix)
{
    char *from = values;

    while (count > 0) {
        const size_t row = first % file->rows, col = column_of(file, first / file->rows);
        const size_t piece = count < file->rows - row ? count : file->rows - row;
        const fa_matrix source = fa_matrix_view(from, piece, 1, matrix->dtype);
        fa_matrix column = *matrix;

        column.data = matrix_at(matrix, row, col);
        column.rows = piece;
        column.cols = 1;
        matrix_move(&source, &column);
        from += piece * fa_dtype_size(matrix->dtype);
        first += piece;
        count -= piece;
    }
}

/* Next elements of a file, decoded to where they belong; for Fortran order by way of `values`. */
static fa_status take_elements(array_file *file, const element_decoder *decoder, size_t first, size_t count,
                               unsigned char *chunk, void *values, const fa_matrix *matrix)
{
    const fa_status status = file->bytes.take(&file->bytes, chunk, count * file->type.size);

    if (status != FA_OK)
        return status;
    if (values == NULL) {
        element_decode(decoder, chunk, count, (char *)matrix->data + first * fa_dtype_size(matrix->dtype));
    } else {
        element_decode(decoder, chunk, count, values);
        scatter(file, first, count, values, matrix);
    }
    return FA_OK;
}

static fa_status fill_matrix(array_file *file, const element_decoder *decoder, const fa_matrix *matrix)
{
    const size_t all = file->rows * file->cols, most = chunk_elements(file);
    const bool turned = file->fortran_order && file->cols > 1;
    const size_t more = turned ? fa_dtype_size(matrix->dtype) : 0;
    unsigned char *values = make_chunk(file, more);
    fa_status status = values != NULL ? FA_OK : FA_ERR_MEMORY;

    for (size_t done = 0; status == FA_OK && done < all; done += most)
        status = take_elements(file, decoder, done, all - done < most ? all - done : most, values + most * more,
                               turned ? values : NULL, matrix);
    mem_free(values);
    return status;
}

fa_status array_take_matrix(array_file *file, fa_dtype dtype, bool pixels, fa_matrix *matrix)
{
    element_decoder decoder;
    fa_status status = fa_matrix_alloc(matrix, file->rows, file->cols, dtype);

    if (status != FA_OK)
        return file_fail_again(status, file->bytes.in.path);
    element_decoder_init(&decoder, file->type, dtype, pixels);
    status = fill_matrix(file, &decoder, matrix);
    if (status == FA_OK)
        status = file->bytes.finish(&file->bytes);
    if (status != FA_OK)
        fa_matrix_free(matrix);
    return status;
}

static fa_status fill_labels(array_file *file, int32_t *labels, size_t all)
{
    const size_t most = chunk_elements(file);
    unsigned char *chunk = make_chunk(file, 0);
    fa_status status = chunk != NULL ? FA_OK : FA_ERR_MEMORY;

    for (size_t done = 0; status == FA_OK && done < all; done += most) {
        const size_t count = all - done < most ? all - done : most;

        status = file->bytes.take(&file->bytes, chunk, count * file->type.size);
        if (status != FA_OK)
            break;
        const size_t held = element_decode_labels(file->type, chunk, count, labels + done);
        if (held < count)
            status = file_fail(FA_ERR_FORMAT, file->bytes.in.path,
                               "label %zu (counted from 0) is a number of type %s that int32_t cannot hold",
                               done + held, element_name(file->type));
    }
    mem_free(chunk);
    return status;
}

fa_status array_take_labels(array_file *file, int32_t **labels, size_t *count)
{
    const size_t all = file->rows * file->cols;
    int32_t *numbers = mem_zeroed(all, sizeof(*numbers));

    *labels = NULL;
    *count = 0;
    if (numbers == NULL)
        return file_fail_again(FA_ERR_MEMORY, file->bytes.in.path);

    fa_status status = fill_labels(file, numbers, all);
    if (status == FA_OK)
        status = file->bytes.finish(&file->bytes);
    if (status != FA_OK) {
        mem_free(numbers);
        return status;
    }
    *labels = numbers;
    *count = all;
    return FA_OK;
}

void array_close(array_file *file)
{
    stream_close(&file->bytes);
}
